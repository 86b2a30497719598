// SPDX-License-Identifier: Apache-2.0

// Package wire reads what providers send, and checks what is sent to them, where both do it alike.
package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text is a JSON string, number or boolean as text, trimmed: codes, flags and ids come as any of them, and with stray line
// ends. null is empty; an object or array is its JSON.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch b[0] {
	case '"':
		if bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) { // nothing to decode: most are so
			*t = Text(bytes.TrimSpace(bytes.Trim(b, `"`)))
			return nil
		}
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = Text(strings.TrimSpace(s))
	case 'n':
	case 't':
		*t = "true"
	case 'f':
		*t = "false"
	default:
		*t = Text(b)
	}
	return nil
}

// Is reports whether t is one of the words, in any case.
func (t Text) Is(words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(string(t), w) {
			return true
		}
	}
	return false
}

// Count is the length of a list, as it was told; -1: it was not.
func (t Text) Count() int {
	n, err := strconv.Atoi(string(t))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// Visible reports whether s is 1 to limit visible ASCII characters, which can stand in a header and in a query.
func Visible(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
