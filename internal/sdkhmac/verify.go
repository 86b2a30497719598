// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Why [Verify] refuses a request. The texts it returns name headers, never what
// they hold.
var (
	ErrIncomplete = errors.New("incomplete authentication") // a part is missing or malformed
	ErrUnknownKey = errors.New("unknown access key")
	ErrMismatch   = errors.New("signature does not match")
	ErrTime       = errors.New("request time too far from the server's") // the signature itself is right
)

// MaxSkew is how far X-Sdk-Date may be from the server's time.
const MaxSkew = 15 * time.Minute

// Signed is what a good signature vouches for. Whether the token belongs to the
// key is the caller's to check.
type Signed struct {
	AccessKeyID, Token string
	At                 time.Time
}

// Verify checks the signature of a received request over exactly the headers
// its Authorization names, whichever they are: X-Sdk-Date has to be among them,
// and X-Security-Token if the request has one. body is all of the received body,
// now the server's time. The error wraps one of the four above.
func Verify(req *http.Request, body []byte, now time.Time, secretOf func(accessKeyID string) (secret string, ok bool)) (Signed, error) {
	auth, err := parseAuthorization(req.Header)
	if err != nil {
		return Signed{}, err
	}
	fields, err := auth.fields(req)
	if err != nil {
		return Signed{}, err
	}
	date, err := single(req.Header, headerDate)
	if err != nil {
		return Signed{}, err
	}
	at, err := time.Parse(dateLayout, date)
	if err != nil || len(date) != len(dateLayout) { // Parse lets fractions of a second pass
		return Signed{}, fmt.Errorf("%w: %s is not of the form %s", ErrIncomplete, headerDate, dateLayout)
	}
	query, err := canonicalQuery(req.URL.RawQuery)
	if err != nil {
		return Signed{}, fmt.Errorf("%w: malformed query", ErrIncomplete)
	}

	secret, ok := secretOf(auth.accessKeyID)
	if !ok {
		return Signed{}, ErrUnknownKey
	}
	want := signature(req, query, fields, body, secret, date)
	if !hmac.Equal(want[:], []byte(auth.signature)) {
		return Signed{}, ErrMismatch
	}
	if skew := now.Sub(at).Abs(); skew > MaxSkew {
		return Signed{}, fmt.Errorf("%w: %s apart, %s allowed", ErrTime, skew.Truncate(time.Second), MaxSkew)
	}
	return Signed{AccessKeyID: auth.accessKeyID, Token: req.Header.Get(headerToken), At: at}, nil
}

// credentials are the parts of an Authorization header.
type credentials struct {
	accessKeyID   string
	signedHeaders []string
	signature     string
}

func parseAuthorization(h http.Header) (credentials, error) {
	value, err := single(h, headerAuthorization)
	if err != nil {
		return credentials{}, err
	}
	rest, ok := strings.CutPrefix(value, algorithm+" ")
	if !ok {
		return credentials{}, fmt.Errorf("%w: %s is not by %s", ErrIncomplete, headerAuthorization, algorithm)
	}
	parts := make(map[string]string, 3)
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	for _, name := range []string{"Access", "SignedHeaders", "Signature"} {
		if parts[name] == "" {
			return credentials{}, fmt.Errorf("%w: no %s in %s", ErrIncomplete, name, headerAuthorization)
		}
	}
	return credentials{
		accessKeyID:   parts["Access"],
		signedHeaders: strings.Split(parts["SignedHeaders"], ";"),
		signature:     parts["Signature"],
	}, nil
}

// fields picks the signed headers from req.
func (c credentials) fields(req *http.Request) ([]field, error) {
	required := []string{headerDate}
	if len(req.Header.Values(headerToken)) > 0 {
		// Of two tokens it would be open which one is vouched for.
		if _, err := single(req.Header, headerToken); err != nil {
			return nil, err
		}
		required = append(required, headerToken)
	}
	for _, name := range required {
		if !slices.Contains(c.signedHeaders, lower(name)) {
			return nil, fmt.Errorf("%w: %s is not signed", ErrIncomplete, name)
		}
	}

	fields := make([]field, len(c.signedHeaders))
	for i, name := range c.signedHeaders {
		values := req.Header.Values(name)
		if name == "host" { // net/http moves it out of the header
			values = []string{host(req)}
		}
		if len(values) == 0 {
			return nil, fmt.Errorf("%w: signed header %q is missing", ErrIncomplete, name)
		}
		fields[i] = field{name, values}
	}
	return fields, nil
}

// single returns the value of a header that must be there exactly once.
func single(h http.Header, name string) (string, error) {
	values := h.Values(name)
	if len(values) != 1 {
		return "", fmt.Errorf("%w: %d %s headers, want one", ErrIncomplete, len(values), name)
	}
	return values[0], nil
}
