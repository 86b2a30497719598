// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is planted. Each has characters that look otherwise in a URL, in JSON or in HTML.
const (
	keyID  = "LTAIqz7Wm3Vb9KpX"
	secret = "sJ8/h41d2+XyGq0ZuTf="
	token  = "CAISv77aa/Rr+Vw&9kEt5xQ=="
)

var planted = map[string]string{"key id": keyID, "secret": secret, "token": token}

// spellings are the ways in which a text may show a secret, found without regard to case.
func spellings(value string) map[string]string {
	decimals := strings.Trim(fmt.Sprintf("%d", []byte(value)), "[]")
	return map[string]string{
		"as it is":            value,
		"its first half":      value[:len(value)/2],
		"its second half":     value[len(value)/2:],
		"in a query":          url.QueryEscape(value),
		"in a path":           url.PathEscape(value),
		"in a query, twice":   url.QueryEscape(url.QueryEscape(value)),
		"hexadecimal":         hex.EncodeToString([]byte(value)),
		"spaced hexadecimal":  fmt.Sprintf("% x", value),
		"decimal bytes":       decimals,
		"decimals and commas": strings.ReplaceAll(decimals, " ", ", "),
		"base64":              inner(value),
		"base64, one in":      inner(value[1:]),
		"base64, two in":      inner(value[2:]),
		"base64 of URLs":      strings.NewReplacer("+", "-", "/", "_").Replace(inner(value)),
		"escaped in JSON":     strings.NewReplacer("/", `\/`, "+", `\u002b`, "&", `\u0026`).Replace(value),
		"escaped in HTML":     strings.NewReplacer("&", "&amp;", "+", "&#43;").Replace(value),
		"octal":               strings.Trim(fmt.Sprintf("%o", []byte(value)), "[]"),
		"bytes in Go":         strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(value)), "[]byte{"), "}"),
	}
}

// inner is value in base64 without what depends on the bytes behind it.
func inner(value string) string {
	return base64.StdEncoding.EncodeToString([]byte(value[:len(value)/3*3]))
}

// sought are all the spellings of all the secrets, in lower case, with what is said where one is found.
var sought = func() map[string]string {
	all := map[string]string{}
	for name, value := range planted {
		for spelling, form := range spellings(value) {
			all[strings.ToLower(form)] = name + ", " + spelling
		}
	}
	return all
}()

// found says which secret shows in text, and how; "" is none.
func found(text string) string {
	text = strings.ToLower(text)
	for form, what := range sought {
		if strings.Contains(text, form) {
			return what
		}
	}
	return ""
}

func TestEverySpellingIsFound(t *testing.T) {
	require.Empty(t, found("[redacted] LTAI CAIS 4c 54 41 49"))
	for name, value := range planted {
		for spelling, form := range spellings(value) {
			require.Contains(t, found("before "+form+" after"), name, spelling)
		}
	}
}
