// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testNonce = "3156853299f313e23d1673dc12e1703d"

// The vector of "V3 request structure and signature" in Alibaba's documentation.
func TestSignV3Published(t *testing.T) {
	query := EncodeQuery([]Param{
		{"RegionId", "cn-shanghai"},
		{"ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
	})
	req, err := http.NewRequest(http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?"+query, nil)
	require.NoError(t, err)
	key := Key{ID: "YourAccessKeyId", Secret: "YourAccessKeySecret"}
	SignV3(req, nil, key, "RunInstances", "2014-05-26", time.Date(2023, 10, 26, 10, 22, 32, 0, time.UTC), testNonce)

	canonical := appendCanonicalV3(nil, req, query, signableHeaders(nil, req), emptySHA256)
	hash := sha256.Sum256(canonical)
	require.Regexp(t, "^7ea06492.*e259$", hex.EncodeToString(hash[:]))
	require.Equal(t, "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"+
		"SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"+
		"Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0", req.Header.Get("Authorization"))
}

// signedV3 returns a signed request by key, with all that a signature covers.
func signedV3(t testing.TB, key Key, params []Param, body []byte) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "https://business.aliyuncs.com/?"+EncodeQuery(params), bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", " application/json ")
	req.Header.Set("X-Acs-Request-Id", "R-1")
	SignV3(req, body, key, "SetResellerUserQuota", "2017-12-14", testAt, testNonce)
	return req
}

func TestV3RoundTrip(t *testing.T) {
	for name, params := range nasty {
		for _, key := range []Key{testKey, stsKey} {
			for _, body := range []string{"", `{"a":"云"}`} {
				t.Run(name+"/"+key.ID+"/"+body, func(t *testing.T) {
					req, gotBody := received(t, signedV3(t, key, params, []byte(body)))
					got, err := VerifyV3(req, gotBody, secretOf)
					require.NoError(t, err)
					require.Equal(t, Signed{
						AccessKeyID: key.ID,
						Token:       key.Token,
						Nonce:       testNonce,
						At:          time.Date(2026, 3, 3, 21, 6, 7, 0, time.UTC),
						Action:      "SetResellerUserQuota",
						Version:     "2017-12-14",
					}, got)
				})
			}
		}
	}
}

// Over a real connection net/http adds headers and picks the host.
func TestV3OverHTTP(t *testing.T) {
	var got Signed
	var verr error
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, verr = VerifyV3(r, body, secretOf)
	}))
	defer srv.Close()

	body := []byte("a=b")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"?"+EncodeQuery(nasty["reserved"]), bytes.NewReader(body))
	require.NoError(t, err)
	SignV3(req, body, stsKey, "A", "V", testAt, testNonce)
	res, err := srv.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.NoError(t, verr)
	require.Equal(t, stsKey.ID, got.AccessKeyID)
}

// A retry may come with another key: nothing of the first attempt stays.
func TestSignV3Again(t *testing.T) {
	req := signedV3(t, stsKey, nil, nil)
	SignV3(req, nil, testKey, "A", "V", testAt, "other")
	require.NotContains(t, req.Header, "X-Acs-Security-Token")
	req, body := received(t, req)
	got, err := VerifyV3(req, body, secretOf)
	require.NoError(t, err)
	require.Equal(t, testKey.ID, got.AccessKeyID)
	require.Equal(t, "other", got.Nonce)
}

// The headers share an array; adding to one leaves the next alone.
func TestSignV3HeadersApart(t *testing.T) {
	req := signedV3(t, stsKey, nil, nil)
	before := req.Header.Clone()
	for name := range before {
		req.Header.Add(name, "more")
	}
	for name, values := range before {
		require.Equal(t, append(values, "more"), req.Header[name])
	}
}

func TestSignV3ZeroRequest(t *testing.T) {
	req, err := http.NewRequest("", "http://h", nil)
	require.NoError(t, err)
	req.Method, req.Header, req.Host = "", nil, ""
	SignV3(req, nil, testKey, "A", "V", testAt, testNonce)
	req, body := received(t, req)
	require.Equal(t, http.MethodGet, req.Method)
	_, err = VerifyV3(req, body, secretOf)
	require.NoError(t, err)
}

// Clients differ in what they may: order, spacing, "+" for a space.
func TestVerifyV3Lenient(t *testing.T) {
	tests := []struct {
		name   string
		change func(r *http.Request)
	}{
		{"untouched", func(*http.Request) {}},
		{"query in another order", func(r *http.Request) { r.URL.RawQuery = "b=1+2&a=%e4%ba%91&" }},
		{"spaces in Authorization", editAuthorization(",", ", ")},
		{"SignedHeaders in another order", editAuthorization("host;x-acs-action;", "x-acs-action;host;")},
		{"SignedHeaders in upper case", editAuthorization("host;", "Host;")},
		{"unsigned header beside", func(r *http.Request) { r.Header.Set("Accept", "text/xml") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, body := received(t, signedV3(t, testKey, []Param{{"a", "云"}, {"b", "1 2"}}, nil))
			tt.change(req)
			_, err := VerifyV3(req, body, secretOf)
			require.NoError(t, err)
		})
	}
}

func TestVerifyV3Refuses(t *testing.T) {
	set := func(name, value string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) { r.Header.Set(name, value) }
	}
	del := func(name string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) { r.Header.Del(name) }
	}
	query := func(raw string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) { r.URL.RawQuery = raw }
	}
	auth := func(old, with string) func(*http.Request, *[]byte) {
		return func(r *http.Request, _ *[]byte) { editAuthorization(old, with)(r) }
	}
	tests := []struct {
		name   string
		tamper func(r *http.Request, body *[]byte)
		want   error
	}{
		{"control", func(*http.Request, *[]byte) {}, nil},

		{"query value", query("Amount=11&Owner=7"), ErrMismatch},
		{"query name", query("amount=10&Owner=7"), ErrMismatch},
		{"query parameter added", query("Amount=10&Owner=7&X="), ErrMismatch},
		{"query parameter repeated", query("Amount=10&Amount=10&Owner=7"), ErrMismatch},
		{"query parameter removed", query("Amount=10"), ErrMismatch},
		{"query removed", query(""), ErrMismatch},
		{"query with a bad escape", query("Amount=10&Owner=7&X=%zz"), ErrMismatch},
		{"query with a semicolon", query("Amount=10;Owner=7"), ErrMismatch},
		{"method", func(r *http.Request, _ *[]byte) { r.Method = http.MethodPut }, ErrMismatch},
		{"path", func(r *http.Request, _ *[]byte) { r.URL.Path = "/x" }, ErrMismatch},
		{"host", func(r *http.Request, _ *[]byte) { r.Host = "business.ap-southeast-1.aliyuncs.com" }, ErrMismatch},
		{"body", func(_ *http.Request, b *[]byte) { *b = []byte("other") }, ErrMismatch},
		{"body removed", func(_ *http.Request, b *[]byte) { *b = nil }, ErrMismatch},
		{"body and its hash", func(r *http.Request, b *[]byte) {
			*b = []byte("other")
			r.Header.Set("X-Acs-Content-Sha256", bodyHash(*b))
		}, ErrMismatch},
		{"body hash", set("X-Acs-Content-Sha256", emptySHA256), ErrMismatch},
		{"action", set("X-Acs-Action", "DeleteAll"), ErrMismatch},
		{"version", set("X-Acs-Version", "2014-05-26"), ErrMismatch},
		{"date", set("X-Acs-Date", "2026-03-03T21:06:08Z"), ErrMismatch},
		{"nonce", set("X-Acs-Signature-Nonce", "again"), ErrMismatch},
		{"token", set("X-Acs-Security-Token", "other"), ErrMismatch},
		{"token removed", del("X-Acs-Security-Token"), ErrMismatch},
		{"further header", set("X-Acs-Request-Id", "R-2"), ErrMismatch},
		{"content type", set("Content-Type", "text/plain"), ErrMismatch},
		{"signature", auth("Signature=", "Signature=0"), ErrMismatch},
		{"signature in upper case", func(r *http.Request, _ *[]byte) {
			list, sig, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			r.Header.Set("Authorization", list+"Signature="+strings.ToUpper(sig))
		}, ErrMismatch},
		{"signed under another key", auth("Credential="+stsKey.ID, "Credential="+testKey.ID), ErrMismatch},
		{"content type no longer named", auth("content-type;", ""), ErrMismatch},
		{"absent header named", auth("host;", "host;x-acs-absent;"), ErrMismatch},

		{"unknown key", auth("Credential="+stsKey.ID, "Credential=nobody"), ErrUnknownKey},

		{"date with fractions", set("X-Acs-Date", "2026-03-03T21:06:07.5Z"), ErrTime},
		{"date with an offset", set("X-Acs-Date", "2026-03-04T05:06:07+08:00"), ErrTime},

		{"no Authorization", del("Authorization"), ErrIncomplete},
		{"other algorithm", auth("HMAC-SHA256", "HMAC-SM3"), ErrIncomplete},
		{"no credential", auth("Credential="+stsKey.ID+",", ""), ErrIncomplete},
		{"empty credential", auth("Credential="+stsKey.ID, "Credential="), ErrIncomplete},
		{"no signature", auth(",Signature=", ",Sig="), ErrIncomplete},
		{"no list", auth("SignedHeaders=", "Headers="), ErrIncomplete},
		{"host not signed", auth("host;", ""), ErrIncomplete},
		{"action not signed", auth("x-acs-action;", ""), ErrIncomplete},
		{"version not signed", auth(";x-acs-version", ""), ErrIncomplete},
		{"date not signed", auth("x-acs-date;", ""), ErrIncomplete},
		{"nonce not signed", auth("x-acs-signature-nonce;", ""), ErrIncomplete},
		{"body hash not signed", auth("x-acs-content-sha256;", ""), ErrIncomplete},
		{"token not signed", auth("x-acs-security-token;", ""), ErrIncomplete},
		{"no action", del("X-Acs-Action"), ErrIncomplete},
		{"no version", del("X-Acs-Version"), ErrIncomplete},
		{"no date", del("X-Acs-Date"), ErrIncomplete},
		{"no nonce", del("X-Acs-Signature-Nonce"), ErrIncomplete},
		{"no body hash", del("X-Acs-Content-Sha256"), ErrIncomplete},
		{"further header not signed", set("X-Acs-Parent-Id", "1"), ErrIncomplete},
		{"action twice", func(r *http.Request, _ *[]byte) { r.Header.Add("X-Acs-Action", "B") }, ErrIncomplete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, body := received(t, signedV3(t, stsKey, []Param{{"Amount", "10"}, {"Owner", "7"}}, []byte("body")))
			tt.tamper(req, &body)
			got, err := VerifyV3(req, body, secretOf)
			require.ErrorIs(t, err, tt.want)
			if tt.want == nil {
				return
			}
			require.Zero(t, got)
			for _, secret := range []string{stsKey.Secret, testKey.Secret, stsKey.Token} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

// The body is vouched for twice, and both must hold.
func TestVerifyV3BodyHash(t *testing.T) {
	req, body := received(t, signedV3(t, testKey, nil, []byte("body")))
	req.Header.Set("X-Acs-Content-Sha256", bodyHash([]byte("other")))
	canonical := sha256.Sum256(appendCanonicalV3(nil, req, req.URL.RawQuery, signableHeaders(nil, req), bodyHash(body)))
	list, _, _ := strings.Cut(req.Header.Get("Authorization"), "Signature=")
	req.Header.Set("Authorization", list+"Signature="+hex.EncodeToString(signatureV3(canonical, testKey.Secret)))
	_, err := VerifyV3(req, body, secretOf)
	require.ErrorIs(t, err, ErrMismatch)
}

func editAuthorization(old, with string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), old, with))
	}
}

// EncodeQuery and VerifyV3 take anything without a panic, and whatever is
// signed verifies.
func FuzzCanonicalV3(f *testing.F) {
	for _, params := range nasty {
		if len(params) > 1 {
			f.Add(params[0].Name, params[0].Value, params[1].Name, params[1].Value, []byte("body"), "token", "")
		}
	}
	f.Add("", "", "", "", []byte(nil), " ", "ACS3-HMAC-SHA256 Credential=AK-test,SignedHeaders=;,Signature=0")
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2 string, body []byte, token, auth string) {
		if strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			token = "" // net/http would not send it
		}
		key := testKey
		key.Token = token
		params := []Param{{n1, v1}, {n2, v2}, {n1, v2}}
		req, gotBody := received(t, signedV3(t, key, params, body))
		require.Equal(t, EncodeQuery(params), req.URL.RawQuery)
		_, err := VerifyV3(req, gotBody, secretOf)
		require.NoError(t, err)

		// Garbage: an error or none, but no panic.
		req.URL.RawQuery = v1
		_, _ = VerifyV3(req, gotBody, secretOf)
		req.Header.Set("Authorization", auth)
		req.Header.Add("X-Acs-"+n1, v2)
		_, _ = VerifyV3(req, gotBody, secretOf)
	})
}

func BenchmarkSignV3(b *testing.B) {
	query := EncodeQuery(benchParams)
	for _, bb := range []struct {
		name string
		key  Key
		body []byte
	}{
		{"query", testKey, nil},
		{"query and STS", stsKey, nil},
		{"body", testKey, []byte(query)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			req, err := http.NewRequest(http.MethodPost, "https://business.aliyuncs.com/?"+query, nil)
			require.NoError(b, err)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			b.ReportAllocs()
			for b.Loop() {
				SignV3(req, bb.body, bb.key, "SetResellerUserQuota", "2017-12-14", testAt, testNonce)
			}
		})
	}
}

func BenchmarkEncodeQuery(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		EncodeQuery(benchParams)
	}
}

func BenchmarkVerifyV3(b *testing.B) {
	req, body := received(b, signedV3(b, testKey, benchParams, nil))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := VerifyV3(req, body, secretOf); err != nil {
			b.Fatal(err)
		}
	}
}

var benchParams = []Param{
	{"OwnerId", "6210322125051645960"},
	{"Amount", "1000.00"},
	{"Currency", "CNY"},
	{"OutBizId", "topup-2026-03-04-000017"},
	{"ResourceInstanceList.1.ResourceId", "cn-hangzhou;standard"},
	{"ExtendMap", `{"note":"云"}`},
}
