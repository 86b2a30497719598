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
		if strings.ContainsAny(text, `%+\`) { // as every other spelling does
			for _, form := range spellings(secret) {
				text = strings.ReplaceAll(text, form, redacted)
			}
		}
	}
	return text
}

// spellings are how else a foreign text may write a secret: as in a URL, as in JSON.
func spellings(secret string) []string {
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	return []string{query, path, lowerHex.Replace(query), lowerHex.Replace(path), inJSON.Replace(secret)}
}

var (
	// The characters of keys and tokens that need escaping.
	lowerHex = strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d", "%3A", "%3a", "%7C", "%7c")
	inJSON   = strings.NewReplacer("/", `\/`, "+", `\u002b`, "&", `\u0026`)
)

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
