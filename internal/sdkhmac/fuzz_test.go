// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// What Sign has signed, Verify accepts; whatever else comes in, it answers with
// one of its errors.
func FuzzCanonical(f *testing.F) {
	const auth = "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature=00"
	f.Add("POST", "v2/budget", "a", "", "b", "a b+/*~é%", "padded ", "TOK", []byte(budgetBody), "a&b=%zz", auth)
	f.Add("GET", "", "", "", "", "", "", "", []byte(nil), "&&=&+=%2", "")
	f.Add("GET", "/a%2Fb//", "é", "1", "a", "\xff\x00", "é", "", []byte("\xff"), "a=1", "SDK-HMAC-SHA256 Access=,=,,SignedHeaders=;;")
	f.Fuzz(func(t *testing.T, method, path, name1, value1, name2, value2, header, token string, body []byte, rawQuery, auth string) {
		query := EncodeQuery([]Param{{name1, value1}, {name2, value2}})
		parsed, err := url.ParseQuery(query)
		require.NoError(t, err)
		want := url.Values{}
		want.Add(name1, value1)
		want.Add(name2, value2)
		for name := range want {
			require.ElementsMatch(t, want[name], parsed[name])
		}
		again, err := canonicalQuery(query)
		require.NoError(t, err)
		require.Equal(t, query, again)

		req := newRequest(t, "POST", "https://example.com", string(body))
		req.URL.Path = "/" + path
		req.URL.RawQuery = query
		req.Header.Set("X-Domain-Id", printable(header))
		key := testKey
		key.Token = printable(token)
		Sign(req, body, key, testTime)
		received, receivedBody := receive(t, req)
		_, err = Verify(received, receivedBody, testTime, secretOf)
		require.NoError(t, err)

		received.Method, received.URL.RawQuery = method, rawQuery
		received.Header.Set("Authorization", auth)
		_, err = Verify(received, receivedBody, testTime, secretOf)
		known := false
		for _, sentinel := range []error{ErrIncomplete, ErrUnknownKey, ErrMismatch, ErrTime} {
			known = known || errors.Is(err, sentinel)
		}
		require.True(t, known || err == nil, err)
	})
}

// printable drops what net/http would not send in a header.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
