// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The vector of "Signature method" in Alibaba's documentation.
func TestSignV1Published(t *testing.T) {
	params := url.Values{
		"AccessKeyId":      {"testid"},
		"Action":           {"DescribeRegions"},
		"Format":           {"XML"},
		"SignatureMethod":  {"HMAC-SHA1"},
		"SignatureNonce":   {"3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"},
		"SignatureVersion": {"1.0"},
		"Timestamp":        {"2016-02-23T12:46:24Z"},
		"Version":          {"2014-05-26"},
	}
	const want = "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
	require.Equal(t, want, SignV1(http.MethodGet, params, "testsecret"))

	params.Set("Signature", "an earlier one")
	require.Equal(t, want, SignV1(http.MethodGet, params, "testsecret"))
	require.Equal(t, "an earlier one", params.Get("Signature"))
}

// signedV1 returns query and form of a signed request by key.
func signedV1(method string, key Key, params []Param, inForm bool) (query, form url.Values) {
	query, form = url.Values{
		"AccessKeyId":      {key.ID},
		"Action":           {"SetResellerUserQuota"},
		"Format":           {"JSON"},
		"SignatureMethod":  {"HMAC-SHA1"},
		"SignatureNonce":   {testNonce},
		"SignatureType":    {""},
		"SignatureVersion": {"1.0"},
		"Timestamp":        {"2026-03-03T21:06:07Z"},
		"Version":          {"2017-12-14"},
	}, url.Values{}
	if key.Token != "" {
		query.Set("SecurityToken", key.Token)
	}
	all := url.Values{}
	for name := range query {
		all[name] = query[name]
	}
	for _, p := range params {
		all.Add(p.Name, p.Value)
		if inForm {
			form.Add(p.Name, p.Value)
		} else {
			query.Add(p.Name, p.Value)
		}
	}
	query.Set("Signature", SignV1(method, all, key.Secret))
	return query, form
}

func receivedV1(t testing.TB, method string, query, form url.Values) (*http.Request, url.Values) {
	t.Helper()
	req, err := http.NewRequest(method, "http://business.aliyuncs.com/?"+query.Encode(), strings.NewReader(form.Encode()))
	require.NoError(t, err)
	got, body := received(t, req)
	parsed, err := url.ParseQuery(string(body))
	require.NoError(t, err)
	return got, parsed
}

func TestV1RoundTrip(t *testing.T) {
	for name, params := range nasty {
		for _, key := range []Key{testKey, stsKey} {
			for _, in := range []string{"query", "form"} {
				t.Run(name+"/"+key.ID+"/"+in, func(t *testing.T) {
					query, form := signedV1(http.MethodPost, key, params, in == "form")
					req, form := receivedV1(t, http.MethodPost, query, form)
					got, err := VerifyV1(req, form, secretOf)
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

func TestVerifyV1Refuses(t *testing.T) {
	type parts struct {
		method      string
		query, form url.Values
	}
	set := func(name, value string) func(*parts) { return func(p *parts) { p.query.Set(name, value) } }
	del := func(name string) func(*parts) { return func(p *parts) { p.query.Del(name) } }
	twice := func(name string) func(*parts) { return func(p *parts) { p.form.Add(name, p.query.Get(name)) } }
	tests := []struct {
		name   string
		tamper func(*parts)
		want   error
	}{
		{"control", func(*parts) {}, nil},

		{"method", func(p *parts) { p.method = http.MethodGet }, ErrMismatch},
		{"query parameter added", set("X", ""), ErrMismatch},
		{"query value", set("Format", "XML"), ErrMismatch},
		{"query parameter removed", del("SignatureType"), ErrMismatch},
		{"form value", func(p *parts) { p.form.Set("Amount", "11") }, ErrMismatch},
		{"form parameter removed", func(p *parts) { p.form.Del("Amount") }, ErrMismatch},
		{"form parameter repeated", func(p *parts) { p.form.Add("Amount", "10") }, ErrMismatch},
		{"action", set("Action", "DeleteAll"), ErrMismatch},
		{"version", set("Version", "2014-05-26"), ErrMismatch},
		{"time", set("Timestamp", "2026-03-03T21:06:08Z"), ErrMismatch},
		{"nonce", set("SignatureNonce", "again"), ErrMismatch},
		{"token", set("SecurityToken", "other"), ErrMismatch},
		{"token removed", del("SecurityToken"), ErrMismatch},
		{"signature", set("Signature", "OLeaidS1JvxuMvnyHOwuJ+uX5qY="), ErrMismatch},
		{"signed under another key", set("AccessKeyId", testKey.ID), ErrMismatch},

		{"unknown key", set("AccessKeyId", "nobody"), ErrUnknownKey},

		{"time with fractions", set("Timestamp", "2026-03-03T21:06:07.5Z"), ErrTime},
		{"time without zone", set("Timestamp", "2026-03-03T21:06:07"), ErrTime},

		{"no signature", del("Signature"), ErrIncomplete},
		{"empty signature", set("Signature", ""), ErrIncomplete},
		{"no key", del("AccessKeyId"), ErrIncomplete},
		{"no action", del("Action"), ErrIncomplete},
		{"no version", del("Version"), ErrIncomplete},
		{"no nonce", del("SignatureNonce"), ErrIncomplete},
		{"no time", del("Timestamp"), ErrIncomplete},
		{"no method", del("SignatureMethod"), ErrIncomplete},
		{"no signature version", del("SignatureVersion"), ErrIncomplete},
		{"other method", set("SignatureMethod", "HMAC-SHA256"), ErrIncomplete},
		{"other signature version", set("SignatureVersion", "2.0"), ErrIncomplete},
		{"action twice", twice("Action"), ErrIncomplete},
		{"key twice", twice("AccessKeyId"), ErrIncomplete},
		{"token twice", twice("SecurityToken"), ErrIncomplete},
		{"nothing", func(p *parts) { clear(p.query) }, ErrIncomplete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parts{method: http.MethodPost}
			p.query, p.form = signedV1(p.method, stsKey, []Param{{"Amount", "10"}}, true)
			tt.tamper(&p)
			req, form := receivedV1(t, p.method, p.query, p.form)
			got, err := VerifyV1(req, form, secretOf)
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

	t.Run("malformed query", func(t *testing.T) {
		query, form := signedV1(http.MethodPost, stsKey, nil, true)
		req, form := receivedV1(t, http.MethodPost, query, form)
		for _, raw := range []string{"&X=%zz", "&X=1;Y=2"} {
			malformed := req.Clone(t.Context())
			malformed.URL.RawQuery += raw
			_, err := VerifyV1(malformed, form, secretOf)
			require.ErrorIs(t, err, ErrMismatch)
		}
	})
}
