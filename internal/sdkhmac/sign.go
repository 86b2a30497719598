// SPDX-License-Identifier: Apache-2.0

// Package sdkhmac signs and verifies requests by Huawei Cloud's SDK-HMAC-SHA256.
//
// A client builds the query with [EncodeQuery] and calls [Sign] before each
// attempt; a server hands what it received to [Verify]. Both are pure functions
// of their arguments and safe for concurrent use on different requests. The form
// which is signed:
//
//	METHOD
//	/path/each/segment/escaped/      always ends in a slash, whatever was sent
//	a=1&b=                           sorted, escaped, always with "="
//	host:example.com                 the signed headers, trimmed, by name
//	x-sdk-date:20240129T080000Z
//
//	host;x-sdk-date
//	hex(SHA-256(body))               or UNSIGNED-PAYLOAD
package sdkhmac

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	algorithm       = "SDK-HMAC-SHA256"
	dateLayout      = "20060102T150405Z"
	unsignedPayload = "UNSIGNED-PAYLOAD"

	headerAuthorization = "Authorization"
	headerDate          = "X-Sdk-Date"
	headerToken         = "X-Security-Token"
	headerPayload       = "X-Sdk-Content-Sha256"
)

// Key is an access key. Token is the security token of temporary credentials
// and empty for permanent ones.
type Key struct{ ID, Secret, Token string }

// Sign sets X-Sdk-Date, X-Security-Token (if the key has a token) and
// Authorization, replacing those of an earlier attempt. It signs the host and
// every X- header req carries at that moment, so it has to come last.
//
// req.URL.RawQuery must come from [EncodeQuery]: it is signed as it stands. body
// is what will be sent; Sign does not read req.Body. A body is left out of the
// signature if the caller has set X-Sdk-Content-Sha256 to UNSIGNED-PAYLOAD.
func Sign(req *http.Request, body []byte, key Key, at time.Time) {
	date := at.UTC().Format(dateLayout)
	req.Header.Set(headerDate, date)
	if key.Token != "" {
		req.Header.Set(headerToken, key.Token)
	} else {
		req.Header.Del(headerToken)
	}

	fields := append(make([]field, 0, 8), field{"host", []string{host(req)}})
	for name, values := range req.Header {
		// Proxies drop names with an underscore; a header without values is not sent.
		if strings.HasPrefix(name, "X-") && !strings.Contains(name, "_") && len(values) > 0 {
			fields = append(fields, field{lower(name), values})
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.name, b.name) })

	req.Header.Set(headerAuthorization, authorization(req, req.URL.RawQuery, fields, body, key, date))
}

// A field is a header to be signed: its name in lower case and its values.
type field struct {
	name   string
	values []string
}

// authorization returns the value of the Authorization header.
func authorization(req *http.Request, query string, fields []field, body []byte, key Key, date string) string {
	sig := signature(req, query, fields, body, key.Secret, date)
	b := append(make([]byte, 0, 256), algorithm+" Access="...)
	b = append(b, key.ID...)
	b = append(b, ", SignedHeaders="...)
	b = appendNames(b, fields)
	b = append(b, ", Signature="...)
	b = append(b, sig[:]...)
	return string(b)
}

// signature returns the signature in hex over exactly these fields, in their
// order. query is in canonical form.
func signature(req *http.Request, query string, fields []field, body []byte, secret, date string) (sig [2 * sha256.Size]byte) {
	b := append(make([]byte, 0, 1024), cmp.Or(req.Method, http.MethodGet)...)
	b = append(b, '\n')
	b = appendPath(b, req.URL)
	b = append(b, '\n')
	b = append(b, query...)
	b = append(b, '\n')
	for _, f := range fields {
		b = appendField(b, f)
	}
	b = append(b, '\n')
	b = appendNames(b, fields)
	b = append(b, '\n')
	if req.Header.Get(headerPayload) == unsignedPayload {
		b = append(b, unsignedPayload...)
	} else {
		sum := sha256.Sum256(body)
		b = hex.AppendEncode(b, sum[:])
	}
	canonical := sha256.Sum256(b)

	// A buffer of its own: this one goes to the heap with the hash, b stays on the stack.
	toSign := append(make([]byte, 0, 128), algorithm+"\n"...)
	toSign = append(toSign, date...)
	toSign = append(toSign, '\n')
	toSign = hex.AppendEncode(toSign, canonical[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(toSign)
	hex.Encode(sig[:], mac.Sum(toSign[:0]))
	return sig
}

// appendPath appends the path with every segment escaped. It starts from the
// escaped path, so that a slash inside a segment ("%2F") stays one.
func appendPath(b []byte, u *url.URL) []byte {
	path, more := u.EscapedPath(), true
	for more {
		var segment string
		segment, path, more = strings.Cut(path, "/")
		segment, _ = url.PathUnescape(segment) // EscapedPath is well-formed
		b = appendEscaped(b, segment)
		if more {
			b = append(b, '/')
		}
	}
	if b[len(b)-1] != '/' {
		b = append(b, '/')
	}
	return b
}

// appendField appends a line per value. Values of one name are sorted, for a
// proxy may reorder them.
func appendField(b []byte, f field) []byte {
	values := f.values
	if len(values) > 1 {
		values = make([]string, len(f.values))
		for i, v := range f.values {
			values[i] = strings.TrimSpace(v)
		}
		slices.Sort(values)
	}
	for _, v := range values {
		b = append(b, f.name...)
		b = append(b, ':')
		b = append(b, strings.TrimSpace(v)...)
		b = append(b, '\n')
	}
	return b
}

func appendNames(b []byte, fields []field) []byte {
	for i, f := range fields {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, f.name...)
	}
	return b
}

// host is the host as it stands on the wire: for a received request always
// req.Host.
func host(req *http.Request) string { return cmp.Or(req.Host, req.URL.Host) }

// lower spares the usual headers an allocation.
func lower(name string) string {
	switch name {
	case headerDate:
		return "x-sdk-date"
	case headerToken:
		return "x-security-token"
	case "X-Domain-Id":
		return "x-domain-id"
	}
	return strings.ToLower(name)
}
