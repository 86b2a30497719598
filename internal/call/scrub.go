// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/url"
	"strings"

	"github.com/resellkit/resell/errors"
)

// Secrets are the values of one attempt's credentials: they may not appear in any text.
type Secrets [3]string

const (
	redacted = "[redacted]"
	shortest = 6
)

// Redact takes the secrets out of a foreign text, as they are and as they look in a URL.
func (s Secrets) Redact(text string) string {
	if text == "" {
		return text
	}
	for _, secret := range s {
		if len(secret) < shortest {
			continue // no credential of a cloud, and it would cut words to pieces
		}
		text = strings.ReplaceAll(text, secret, redacted)
		if escaped := url.QueryEscape(secret); escaped != secret {
			text = strings.ReplaceAll(text, escaped, redacted)
		}
	}
	return text
}

// redactError keeps err where its text is clean; where it is not, only the cleaned text remains.
func (s Secrets) redactError(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := s.Redact(text); clean != text {
		return errors.New(clean)
	}
	return err
}

// scrubError drops query and userinfo from the URL that a *url.Error prints.
func scrubError(err error) error {
	broken, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	clean := &url.Error{Op: broken.Op, URL: "(unreadable URL)", Err: broken.Err}
	if u, parseErr := url.Parse(broken.URL); parseErr == nil {
		clean.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	}
	return clean
}
