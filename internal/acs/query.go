// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"net/url"
	"slices"
	"strings"
)

// Param is one request parameter. Lists and objects are flattened by the
// caller: ItemList.1, ItemList.2.Name.
type Param struct{ Name, Value string }

// EncodeQuery returns params in canonical form: sorted by the bytes of the
// names, ties by value, escaped as by Escape. It is both what is signed and
// what goes on the wire. params is left as it was.
func EncodeQuery(params []Param) string {
	var stack [32]Param
	sorted := append(stack[:0], params...)
	slices.SortFunc(sorted, compareParams)

	size := 0
	for _, p := range sorted {
		size += escapedLen(p.Name) + escapedLen(p.Value) + len("&=")
	}
	var b strings.Builder
	b.Grow(size)
	for i, p := range sorted {
		if i > 0 {
			b.WriteByte('&')
		}
		writeEscaped(&b, p.Name)
		b.WriteByte('=')
		writeEscaped(&b, p.Value)
	}
	return b.String()
}

// Escape percent-encodes every byte of s that RFC 3986 does not call
// unreserved. Unlike url.QueryEscape it writes a space as %20.
func Escape(s string) string {
	size := escapedLen(s)
	if size == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(size)
	writeEscaped(&b, s)
	return b.String()
}

func compareParams(a, b Param) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.Value, b.Value)
}

// flatten is the inverse of EncodeQuery up to order.
func flatten(values url.Values) []Param {
	params := make([]Param, 0, len(values))
	for name, vs := range values {
		for _, v := range vs {
			params = append(params, Param{name, v})
		}
	}
	return params
}

func escapedLen(s string) int {
	n := len(s)
	for i := range len(s) {
		if !unreserved(s[i]) {
			n += len("%XX") - 1
		}
	}
	return n
}

func writeEscaped(b *strings.Builder, s string) {
	const digits = "0123456789ABCDEF"
	done := 0
	for i := range len(s) {
		if c := s[i]; !unreserved(c) {
			b.WriteString(s[done:i])
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
			done = i + 1
		}
	}
	b.WriteString(s[done:])
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
