// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// received returns a good request as a server gets it, with every signed part in it.
func received(t testing.TB) (*http.Request, []byte) {
	t.Helper()
	req := newRequest(t, "POST", budgetURL, budgetBody)
	req.URL.RawQuery = EncodeQuery([]Param{{"a", "1"}, {"a", "2"}, {"b", ""}})
	req.Header.Set("X-Domain-Id", "domain-1")
	req.Header["X-Many"] = []string{"1", "2"}
	key := testKey
	key.Token = "TOK"
	Sign(req, []byte(budgetBody), key, testTime)
	return receive(t, req)
}

func TestTampering(t *testing.T) {
	tests := []struct {
		name   string
		tamper func(req *http.Request, body []byte)
		want   error // nil: what is not signed may change
	}{
		{"control", func(*http.Request, []byte) {}, nil},
		{"query written otherwise", func(r *http.Request, _ []byte) { r.URL.RawQuery = "b&a=%32&a=1" }, nil},
		{"path with its slash", func(r *http.Request, _ []byte) { r.URL.Path += "/" }, nil},
		{"unsigned header", func(r *http.Request, _ []byte) { r.Header.Set("Accept", "x"); r.Header.Set("X-Forwarded-For", "x") }, nil},
		{"order of one header's values", func(r *http.Request, _ []byte) { slices.Reverse(r.Header["X-Many"]) }, nil},

		{"method", func(r *http.Request, _ []byte) { r.Method = "PUT" }, ErrMismatch},
		{"path", func(r *http.Request, _ []byte) { r.URL.Path += "s" }, ErrMismatch},
		{"slash within a segment", func(r *http.Request, _ []byte) {
			r.URL.RawPath = strings.Replace(r.URL.Path, "/budget", "%2Fbudget", 1)
		}, ErrMismatch},
		{"query value", func(r *http.Request, _ []byte) { r.URL.RawQuery = "a=1&a=3&b=" }, ErrMismatch},
		{"query name", func(r *http.Request, _ []byte) { r.URL.RawQuery = "a=1&a=2&c=" }, ErrMismatch},
		{"query parameter dropped", func(r *http.Request, _ []byte) { r.URL.RawQuery = "a=1&a=2" }, ErrMismatch},
		{"query parameter doubled", func(r *http.Request, _ []byte) { r.URL.RawQuery += "&b=" }, ErrMismatch},
		{"query malformed", func(r *http.Request, _ []byte) { r.URL.RawQuery += "&%zz" }, ErrIncomplete},
		{"host", func(r *http.Request, _ []byte) { r.Host = "example.com" }, ErrMismatch},
		{"header", func(r *http.Request, _ []byte) { r.Header.Set("X-Domain-Id", "domain-2") }, ErrMismatch},
		{"header doubled", func(r *http.Request, _ []byte) { r.Header.Add("X-Domain-Id", "domain-1") }, ErrMismatch},
		{"header dropped", func(r *http.Request, _ []byte) { r.Header.Del("X-Domain-Id") }, ErrIncomplete},
		{"token", func(r *http.Request, _ []byte) { r.Header.Set("X-Security-Token", "KOT") }, ErrMismatch},
		{"token doubled", func(r *http.Request, _ []byte) { r.Header.Add("X-Security-Token", "KOT") }, ErrIncomplete},
		{"token dropped", func(r *http.Request, _ []byte) { r.Header.Del("X-Security-Token") }, ErrIncomplete},
		{"date", func(r *http.Request, _ []byte) { r.Header.Set("X-Sdk-Date", "20240129T080001Z") }, ErrMismatch},
		{"date doubled", func(r *http.Request, _ []byte) { r.Header.Add("X-Sdk-Date", "20240129T080000Z") }, ErrIncomplete},
		{"date dropped", func(r *http.Request, _ []byte) { r.Header.Del("X-Sdk-Date") }, ErrIncomplete},
		{"date malformed", func(r *http.Request, _ []byte) { r.Header.Set("X-Sdk-Date", "2024-01-29T08:00:00Z") }, ErrIncomplete},
		{"date with a fraction", func(r *http.Request, _ []byte) { r.Header.Set("X-Sdk-Date", "20240129T080000.5Z") }, ErrIncomplete},
		{"body", func(_ *http.Request, body []byte) { body[len(body)-2]++ }, ErrMismatch},
		{"body declared unsigned", func(r *http.Request, body []byte) {
			r.Header.Set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")
		}, ErrMismatch},

		{"no authorization", func(r *http.Request, _ []byte) { r.Header.Del("Authorization") }, ErrIncomplete},
		{"authorization doubled", func(r *http.Request, _ []byte) {
			r.Header["Authorization"] = slices.Repeat(r.Header["Authorization"], 2)
		}, ErrIncomplete},
		{"another algorithm", replaceAuth("SDK-HMAC-SHA256", "V11-HMAC-SHA256"), ErrIncomplete},
		{"no access key", replaceAuth("Access=AccessKey, ", ""), ErrIncomplete},
		{"empty access key", replaceAuth("AccessKey", ""), ErrIncomplete},
		{"unknown access key", replaceAuth("AccessKey", "AccessKez"), ErrUnknownKey},
		{"no signed headers", replaceAuth("SignedHeaders=", "Headers="), ErrIncomplete},
		{"host no longer signed", replaceAuth("host;", ""), ErrMismatch},
		{"domain no longer signed", replaceAuth("x-domain-id;", ""), ErrMismatch},
		{"date no longer signed", replaceAuth("x-sdk-date;", ""), ErrIncomplete},
		{"token no longer signed", replaceAuth(";x-security-token", ""), ErrIncomplete},
		{"no signature", replaceAuth("Signature=", "S="), ErrIncomplete},
		{"signature", func(r *http.Request, _ []byte) {
			auth := []byte(r.Header.Get("Authorization"))
			auth[len(auth)-1] ^= 1
			r.Header.Set("Authorization", string(auth))
		}, ErrMismatch},
		{"signature cut", func(r *http.Request, _ []byte) {
			auth := r.Header.Get("Authorization")
			r.Header.Set("Authorization", auth[:len(auth)-1])
		}, ErrMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, body := received(t)
			_, err := Verify(req, body, testTime, secretOf)
			require.NoError(t, err, "untampered")

			tt.tamper(req, body)
			signed, err := Verify(req, body, testTime, secretOf)
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, tt.want)
			require.Zero(t, signed)
			for _, hidden := range []string{testKey.Secret, "TOK", "domain-1", "Signature="} {
				require.NotContains(t, err.Error(), hidden)
			}
		})
	}
}

func replaceAuth(from, to string) func(*http.Request, []byte) {
	return func(req *http.Request, _ []byte) {
		req.Header.Set("Authorization", strings.Replace(req.Header.Get("Authorization"), from, to, 1))
	}
}

func TestWrongSecret(t *testing.T) {
	req, body := received(t)
	_, err := Verify(req, body, testTime, func(string) (string, bool) { return "AnotherKey", true })
	require.ErrorIs(t, err, ErrMismatch)
}

func TestSkew(t *testing.T) {
	for _, tt := range []struct {
		skew time.Duration
		want error
	}{
		{0, nil},
		{MaxSkew, nil},
		{-MaxSkew, nil},
		{MaxSkew + time.Second, ErrTime},
		{-MaxSkew - time.Second, ErrTime},
	} {
		t.Run(tt.skew.String(), func(t *testing.T) {
			req, body := received(t)
			_, err := Verify(req, body, testTime.Add(tt.skew), secretOf)
			require.ErrorIs(t, err, tt.want)
		})
	}
}

// The vendor's SDK leaves "=" out for an empty value and signs with it.
func TestVerifyWithoutEquals(t *testing.T) {
	req := newRequest(t, "GET", budgetURL, "")
	req.URL.RawQuery = EncodeQuery([]Param{{"a", ""}, {"b", "1"}, {"c", ""}})
	Sign(req, nil, testKey, testTime)
	req.URL.RawQuery = "a&b=1&c"
	got, body := receive(t, req)
	_, err := Verify(got, body, testTime, secretOf)
	require.NoError(t, err)
}

func BenchmarkVerify(b *testing.B) {
	req, body := received(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Verify(req, body, testTime, secretOf); err != nil {
			b.Fatal(err)
		}
	}
}
