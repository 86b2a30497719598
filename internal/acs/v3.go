// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	algorithmV3 = "ACS3-HMAC-SHA256"
	emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// requiredV3 are the headers without which, signed, a V3 request is incomplete.
var requiredV3 = [...]string{
	"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version",
}

// lowerNames spares lower-casing the names that every request carries.
var lowerNames = map[string]string{
	"Content-Type":          "content-type",
	"X-Acs-Action":          "x-acs-action",
	"X-Acs-Content-Sha256":  "x-acs-content-sha256",
	"X-Acs-Date":            "x-acs-date",
	"X-Acs-Security-Token":  "x-acs-security-token",
	"X-Acs-Signature-Nonce": "x-acs-signature-nonce",
	"X-Acs-Version":         "x-acs-version",
}

// SignV3 signs req by ACS3-HMAC-SHA256: it sets the X-Acs-* headers the scheme
// needs and Authorization, replacing those of an earlier attempt.
//
// The signature covers the method, the host, the path, the query, the body,
// Content-Type and every X-Acs-* header, so all of these are set beforehand.
// The query goes out as it stands in req.URL.RawQuery and must be what
// EncodeQuery returns. body is what req.Body will yield, nil for none; SignV3
// does not touch req.Body.
func SignV3(req *http.Request, body []byte, key Key, action, version string, at time.Time, nonce string) {
	if req.Header == nil {
		req.Header = make(http.Header, 8)
	}
	hash := bodyHash(body)
	set := [...]struct{ name, value string }{
		{"X-Acs-Action", action},
		{"X-Acs-Version", version},
		{"X-Acs-Date", at.UTC().Format(timeLayout)},
		{"X-Acs-Signature-Nonce", nonce},
		{"X-Acs-Content-Sha256", hash},
		{"X-Acs-Security-Token", key.Token},
		{"Authorization", ""}, // filled in below
	}
	values := make([]string, len(set)) // one array behind all the headers
	for i, h := range set {
		if h.value == "" && h.name == "X-Acs-Security-Token" {
			delete(req.Header, h.name) // never there beside all the others: a map of more than eight grows
			continue
		}
		values[i] = h.value
		req.Header[h.name] = values[i : i+1 : i+1]
	}

	var stack [16]Param
	headers := signableHeaders(stack[:0], req)
	var buf [1024]byte
	canonical := sha256.Sum256(appendCanonicalV3(buf[:0], req, req.URL.RawQuery, headers, hash))
	signature := signatureV3(canonical, key.Secret)

	auth := append(buf[:0], algorithmV3+" Credential="...)
	auth = append(auth, key.ID...)
	auth = append(auth, ",SignedHeaders="...)
	auth = appendNames(auth, headers)
	auth = append(auth, ",Signature="...)
	auth = hex.AppendEncode(auth, signature)
	values[len(values)-1] = string(auth)
}

// VerifyV3 verifies the V3 signature of a request as it was received. It puts
// the query in canonical form itself, so the order the client wrote it in is
// no matter, and signs the headers that Authorization names.
//
// Host and the five headers every request carries must be signed, and so must
// any other X-Acs-* header present; Content-Type need not. body is the whole
// body. secretOf returns the secret of an access key.
func VerifyV3(req *http.Request, body []byte, secretOf func(accessKeyID string) (secret string, ok bool)) (Signed, error) {
	auth, err := parseAuthorization(req.Header.Get("Authorization"))
	if err != nil {
		return Signed{}, err
	}
	headers, err := namedHeaders(req, auth.signedHeaders)
	if err != nil {
		return Signed{}, err
	}
	at, err := parseTime(req.Header.Get("X-Acs-Date"))
	if err != nil {
		return Signed{}, err
	}
	secret, ok := secretOf(auth.credential)
	if !ok {
		return Signed{}, ErrUnknownKey
	}

	hash := bodyHash(body)
	if req.Header.Get("X-Acs-Content-Sha256") != hash {
		return Signed{}, fmt.Errorf("%w: x-acs-content-sha256 is not the hash of the body", ErrMismatch)
	}
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil { // it would be read otherwise than it was signed
		return Signed{}, fmt.Errorf("%w: malformed query", ErrMismatch)
	}
	query := EncodeQuery(flatten(values))
	canonical := sha256.Sum256(appendCanonicalV3(nil, req, query, headers, hash))
	want := hex.AppendEncode(nil, signatureV3(canonical, secret))
	if !hmac.Equal(want, []byte(auth.signature)) {
		return Signed{}, ErrMismatch
	}
	return Signed{
		AccessKeyID: auth.credential,
		Token:       req.Header.Get("X-Acs-Security-Token"),
		Nonce:       req.Header.Get("X-Acs-Signature-Nonce"),
		At:          at,
		Action:      req.Header.Get("X-Acs-Action"),
		Version:     req.Header.Get("X-Acs-Version"),
	}, nil
}

// appendCanonicalV3 appends the canonical request. headers are sorted.
func appendCanonicalV3(b []byte, req *http.Request, query string, headers []Param, bodyHash string) []byte {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	path := req.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	b = append(b, method...)
	b = append(b, '\n')
	b = append(b, path...)
	b = append(b, '\n')
	b = append(b, query...)
	b = append(b, '\n')
	for _, h := range headers {
		b = append(b, h.Name...)
		b = append(b, ':')
		b = append(b, h.Value...)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	b = appendNames(b, headers)
	b = append(b, '\n')
	return append(b, bodyHash...)
}

// appendNames appends the SignedHeaders list.
func appendNames(b []byte, headers []Param) []byte {
	for i, h := range headers {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, h.Name...)
	}
	return b
}

// signatureV3 returns the signature, not yet in hex, of a canonical request of
// which it takes the hash.
func signatureV3(canonical [sha256.Size]byte, secret string) []byte {
	b := make([]byte, 0, 128)
	b = append(b, algorithmV3+"\n"...)
	b = hex.AppendEncode(b, canonical[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(b)
	return mac.Sum(b[:0])
}

func bodyHash(body []byte) string {
	if len(body) == 0 {
		return emptySHA256
	}
	sum := sha256.Sum256(body)
	var buf [2 * sha256.Size]byte
	return string(hex.AppendEncode(buf[:0], sum[:]))
}

// signableHeaders appends the headers of req that a signature covers, sorted.
func signableHeaders(headers []Param, req *http.Request) []Param {
	headers = append(headers, Param{"host", host(req)})
	for name, values := range req.Header {
		if isACS(name) || name == "Content-Type" {
			lower, ok := lowerNames[name]
			if !ok {
				lower = strings.ToLower(name)
			}
			headers = append(headers, Param{lower, headerValue(values)})
		}
	}
	slices.SortFunc(headers, compareParams)
	return headers
}

// namedHeaders returns the headers of req that a SignedHeaders list names,
// sorted, once it has seen that the list leaves nothing out.
func namedHeaders(req *http.Request, list string) ([]Param, error) {
	var headers []Param
	for name := range strings.SplitSeq(list, ";") {
		name = strings.ToLower(name)
		value := headerValue(req.Header.Values(name))
		if name == "host" {
			value = host(req)
		}
		headers = append(headers, Param{name, value})
	}
	slices.SortFunc(headers, compareParams)

	signed := func(name string) (Param, bool) {
		i, ok := slices.BinarySearchFunc(headers, name, func(h Param, name string) int { return strings.Compare(h.Name, name) })
		if !ok {
			return Param{}, false
		}
		return headers[i], true
	}
	for _, name := range requiredV3 {
		if h, ok := signed(name); !ok || h.Value == "" {
			return nil, fmt.Errorf("%w: %s is missing or not signed", ErrIncomplete, name)
		}
	}
	for name, values := range req.Header {
		if !isACS(name) {
			continue
		}
		if _, ok := signed(strings.ToLower(name)); !ok {
			return nil, fmt.Errorf("%w: %s is not signed", ErrIncomplete, strings.ToLower(name))
		}
		if len(values) > 1 { // which of them is meant?
			return nil, fmt.Errorf("%w: %s is repeated", ErrIncomplete, strings.ToLower(name))
		}
	}
	return headers, nil
}

func isACS(name string) bool {
	const prefix = "x-acs-"
	return len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

// headerValue trims what net/http trims on its way to the wire, no more.
func headerValue(values []string) string {
	return textproto.TrimString(strings.Join(values, ","))
}

func host(req *http.Request) string {
	if req.Host != "" {
		return req.Host
	}
	return req.URL.Host
}

type authorization struct{ credential, signedHeaders, signature string }

func parseAuthorization(header string) (authorization, error) {
	var auth authorization
	fields, ok := strings.CutPrefix(header, algorithmV3+" ")
	if !ok {
		return auth, fmt.Errorf("%w: authorization is not %s", ErrIncomplete, algorithmV3)
	}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			auth.credential = value
		case "SignedHeaders":
			auth.signedHeaders = value
		case "Signature":
			auth.signature = value
		}
	}
	if auth.credential == "" || auth.signedHeaders == "" || auth.signature == "" {
		return auth, fmt.Errorf("%w: authorization lacks Credential, SignedHeaders or Signature", ErrIncomplete)
	}
	return auth, nil
}
