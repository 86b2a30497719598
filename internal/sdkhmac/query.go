// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Param is one parameter of a query. Names may repeat.
type Param struct{ Name, Value string }

// EncodeQuery returns the query as it is both sent and signed: sorted by name,
// then value, everything but A-Z a-z 0-9 - _ . ~ escaped, always with "=". The
// order is that of the bytes before they are escaped. params is left as it is.
func EncodeQuery(params []Param) string {
	sorted := append(make([]Param, 0, 16), params...)
	slices.SortFunc(sorted, func(a, b Param) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	b := make([]byte, 0, 512)
	for i, p := range sorted {
		if i > 0 {
			b = append(b, '&')
		}
		b = appendEscaped(b, p.Name)
		b = append(b, '=')
		b = appendEscaped(b, p.Value)
	}
	return string(b)
}

// Escape escapes every byte of s which is not unreserved in RFC 3986.
func Escape(s string) string {
	return string(appendEscaped(make([]byte, 0, 256), s))
}

func appendEscaped(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			b = append(b, c)
		} else {
			const digits = "0123456789ABCDEF"
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

// canonicalQuery brings a query as received into the form of [EncodeQuery]. A
// parameter without "=" has an empty value: so the vendor's SDK sends those,
// though it signs them with "=".
func canonicalQuery(raw string) (string, error) {
	var params []Param
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return "", err
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return "", err
		}
		params = append(params, Param{name, value})
	}
	return EncodeQuery(params), nil
}
