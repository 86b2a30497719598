// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	budgetURL  = "https://bss-intl.myhuaweicloud.com/v2/partners/sub-customers/budget"
	budgetBody = `{"customer_id":"053a48736500d5f40ffec01689b88480","budget_amount":100.10,"cancel_partner_frozen":"0","budget_type":"MONTHLY"}`
)

var (
	testKey  = Key{ID: "AccessKey", Secret: "SecretKey"}
	testTime = time.Date(2024, 1, 29, 8, 0, 0, 0, time.UTC)
)

func secretOf(id string) (string, bool) { return testKey.Secret, id == testKey.ID }

func newRequest(t testing.TB, method, rawURL, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, rawURL, strings.NewReader(body))
	require.NoError(t, err)
	return req
}

// receive returns req and its body as a server sees them: written to the wire
// and read back.
func receive(t testing.TB, req *http.Request) (*http.Request, []byte) {
	t.Helper()
	var wire bytes.Buffer
	require.NoError(t, req.Write(&wire))
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return got, body
}

// signFields signs exactly the named headers; the fields are picked as Verify picks them.
func signFields(t testing.TB, req *http.Request, body string, key Key, date string, names ...string) {
	t.Helper()
	req.Header.Set(headerDate, date)
	if key.Token != "" {
		req.Header.Set(headerToken, key.Token)
	}
	fields, err := credentials{signedHeaders: names}.fields(req)
	require.NoError(t, err)
	req.Header.Set(headerAuthorization, authorization(req, req.URL.RawQuery, fields, []byte(body), key, date))
}

func TestVectors(t *testing.T) {
	const date = "20240129T080000Z"
	tests := []struct {
		name, method, url, body, date string
		query                         []Param
		header                        map[string]string
		token                         string
		names                         []string
		want                          string
	}{
		{
			name: "GET with nasty query", method: "GET", url: budgetURL, date: date,
			query: []Param{{"indirect_partner_id", "a b+/*~é"}, {"customer_id", "06ffbcd46880d3f30f62c001a49be460"}},
			names: []string{"x-sdk-date"},
			want:  "0ba9b9e919d3bd5628f5b7ef1ecf961937cb57366dc6386fabf9050beb6729f1",
		},
		{
			name: "POST with host and domain", method: "POST", url: budgetURL, body: budgetBody, date: date,
			header: map[string]string{"X-Domain-Id": "domain-1"},
			names:  []string{"host", "x-domain-id", "x-sdk-date"},
			want:   "6134a2b51c57e3208a915712f9c5f4818d12c8c1b9afac9f4997b5bf73722a51",
		},
		{
			name: "POST with token", method: "POST", url: budgetURL, body: budgetBody, date: date,
			token: "TOK",
			names: []string{"x-sdk-date", "x-security-token"},
			want:  "ed7b290912e87718cec102cc15e5d51f741437f95ac866f8f6710536c0a3c6b1",
		},
		{
			name: "the SDK's own, GET", method: "GET", url: "https://example.huaweicloud.com/path", date: "20060102T150405Z",
			query: []Param{{"limit", "1"}},
			names: []string{"x-sdk-date"},
			want:  "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
		},
		{
			name: "the SDK's own, POST", method: "POST", url: "https://example.huaweicloud.com/path", date: "20060102T150405Z",
			body:  "{\"Name\":\"test\",\"Id\":1}\n", // as the SDK's encoder leaves it, with its newline
			query: []Param{{"key", "value"}},
			names: []string{"x-sdk-date"},
			want:  "cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := newRequest(t, tt.method, tt.url, tt.body)
			req.URL.RawQuery = EncodeQuery(tt.query)
			for name, value := range tt.header {
				req.Header.Set(name, value)
			}
			key := testKey
			key.Token = tt.token
			signFields(t, req, tt.body, key, tt.date, tt.names...)
			require.Equal(t,
				"SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders="+strings.Join(tt.names, ";")+", Signature="+tt.want,
				req.Header.Get("Authorization"))

			at, err := time.Parse(dateLayout, tt.date)
			require.NoError(t, err)
			got, body := receive(t, req)
			signed, err := Verify(got, body, at, secretOf)
			require.NoError(t, err)
			require.Equal(t, Signed{AccessKeyID: "AccessKey", Token: tt.token, At: at}, signed)
		})
	}
}

// Sign picks host and the X- headers by itself, so one vector is its own.
func TestSignVector(t *testing.T) {
	req := newRequest(t, "POST", budgetURL, budgetBody)
	req.Header.Set("X-Domain-Id", "domain-1")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "resell")
	req.Header["X-Under_score"] = []string{"a proxy would drop it"}
	req.Header["X-Never-Sent"] = nil
	Sign(req, []byte(budgetBody), testKey, testTime.In(time.FixedZone("CST", 8*3600)))
	require.Equal(t, "20240129T080000Z", req.Header.Get("X-Sdk-Date"))
	require.Equal(t, "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=host;x-domain-id;x-sdk-date, "+
		"Signature=6134a2b51c57e3208a915712f9c5f4818d12c8c1b9afac9f4997b5bf73722a51", req.Header.Get("Authorization"))
}

func TestSignAgain(t *testing.T) {
	req := newRequest(t, "POST", budgetURL, budgetBody)
	temporary := testKey
	temporary.Token = "TOK"
	Sign(req, []byte(budgetBody), temporary, testTime)
	require.Equal(t, []string{"TOK"}, req.Header["X-Security-Token"])

	later := testTime.Add(time.Hour)
	Sign(req, []byte(budgetBody), testKey, later)
	got, body := receive(t, req)
	signed, err := Verify(got, body, later, secretOf)
	require.NoError(t, err)
	require.Equal(t, Signed{AccessKeyID: "AccessKey", At: later}, signed)
}

func TestPath(t *testing.T) {
	tests := []struct{ sent, want string }{
		{"", "/"},
		{"/", "/"},
		{"/v2/budget", "/v2/budget/"},
		{"/v2/budget/", "/v2/budget/"},
		{"/a%20b/+*~%C3%A9", "/a%20b/%2B%2A~%C3%A9/"},
		{"/a%2fb", "/a%2Fb/"},
		{"/a%252Fb", "/a%252Fb/"},
		{"//a/../b", "//a/../b/"},
	}
	for _, tt := range tests {
		t.Run(tt.sent, func(t *testing.T) {
			u, err := url.Parse("https://example.com" + tt.sent)
			require.NoError(t, err)
			require.Equal(t, "x"+tt.want, string(appendPath([]byte("x"), u)))
		})
	}
}

func TestRoundTrip(t *testing.T) {
	nasty := []string{"", " ", "+", "/", "*", "~", "é", "%", "%2F", "a b+/*~é%&=;#?", "\x00\xff", strings.Repeat("ж", 500)}
	var params []Param
	for _, s := range nasty {
		params = append(params, Param{s, "v"}, Param{"n", s}, Param{"n", s})
	}
	tests := []struct {
		name   string
		method string
		path   string
		params []Param
		header http.Header
		body   string
		token  string
	}{
		{name: "bare", method: "GET"},
		{name: "default method", path: "/v2/x"},
		{name: "body", method: "POST", path: "/v2/x", body: budgetBody},
		{name: "token", method: "POST", path: "/v2/x", body: budgetBody, token: "TOK/+=="},
		{name: "nasty path", method: "DELETE", path: "/" + strings.Join(nasty, "/")},
		{name: "nasty query", method: "GET", path: "/v2/x", params: params},
		{name: "empty value", method: "GET", path: "/v2/x", params: []Param{{"a", ""}, {"b", ""}}},
		{name: "repeated names", method: "GET", path: "/v2/x", params: []Param{{"a", "2"}, {"b", ""}, {"a", "1"}, {"a", "2"}}},
		{name: "headers", method: "GET", path: "/v2/x", header: http.Header{
			"X-Domain-Id": {" padded\t"}, "X-Language": {""}, "X-Many": {"b", "  c", "a"}, "X-Utf8": {"é"}, "Accept": {"a", "b"},
		}},
		{name: "unsigned payload", method: "POST", path: "/v2/x", body: "file", header: http.Header{
			"Content-Type": {"text/plain"}, "X-Sdk-Content-Sha256": {"UNSIGNED-PAYLOAD"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := newRequest(t, tt.method, "https://example.com", tt.body)
			req.Method = tt.method
			req.URL.Path = tt.path
			req.URL.RawQuery = EncodeQuery(tt.params)
			for name, values := range tt.header {
				req.Header[name] = values
			}
			key := testKey
			key.Token = tt.token
			Sign(req, []byte(tt.body), key, testTime)

			got, body := receive(t, req)
			signed, err := Verify(got, body, testTime, secretOf)
			require.NoError(t, err)
			require.Equal(t, Signed{AccessKeyID: "AccessKey", Token: tt.token, At: testTime}, signed)
		})
	}
}

// What Sign allocates beside the HMAC of the standard library: the string to
// sign, the host, and two header values with a slice each.
func TestSignAllocs(t *testing.T) {
	secret := testKey.Secret
	floor := testing.AllocsPerRun(100, func() {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Sum(nil)
	})
	req := newRequest(t, "POST", budgetURL, budgetBody)
	req.Header.Set("X-Domain-Id", "domain-1")
	body := []byte(budgetBody)
	got := testing.AllocsPerRun(100, func() { Sign(req, body, testKey, testTime) })
	require.LessOrEqual(t, got, floor+6)
}

func BenchmarkSign(b *testing.B) {
	for _, token := range []string{"", "TOK"} {
		b.Run(fmt.Sprintf("token=%t", token != ""), func(b *testing.B) {
			req := newRequest(b, "POST", budgetURL, budgetBody)
			req.Header.Set("X-Domain-Id", "domain-1")
			body, key := []byte(budgetBody), testKey
			key.Token = token
			b.ReportAllocs()
			for b.Loop() {
				Sign(req, body, key, testTime)
			}
		})
	}
}
