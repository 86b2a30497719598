// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/internal/acs"
)

// sent is one request as a test wants it: sound, until the test tampers with it.
type sent struct {
	method, action, version, nonce string
	params                         url.Values
	form                           bool // the parameters go in the body
	at                             time.Time
	key                            acs.Key
	plain                          bool                // does not ask for JSON
	late                           func(*http.Request) // tampers after signing
}

var nonces int

// sound is a request that the zero server answers with 200, once ledger is open.
func sound() *sent {
	nonces++
	return &sent{
		method: http.MethodPost, action: "SetResellerUserQuota", version: "2017-12-14", nonce: "nonce-" + strconv.Itoa(nonces),
		params: url.Values{"OwnerId": {customer}, "Amount": {"750"}},
		at:     time.Now(), key: acs.Key{ID: alibabatest.DefaultAccessKeyID, Secret: alibabatest.DefaultAccessKeySecret},
	}
}

// v3 is the request in the scheme ACS3-HMAC-SHA256.
func (s *sent) v3() *http.Request {
	r := httptest.NewRequest(s.method, "http://fake.test/", nil)
	var body []byte
	if s.form {
		body = []byte(s.params.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	} else {
		r.URL.RawQuery = acs.EncodeQuery(flat(s.params))
	}
	if !s.plain {
		r.Header.Set("Accept", "application/json")
	}
	acs.SignV3(r, body, s.key, s.action, s.version, s.at, s.nonce)
	return s.tampered(r)
}

// v1 is the request in the scheme of signature version 1.0.
func (s *sent) v1() *http.Request {
	all := url.Values{
		"AccessKeyId": {s.key.ID}, "Action": {s.action}, "Version": {s.version}, "SignatureNonce": {s.nonce},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "Timestamp": {s.at.UTC().Format("2006-01-02T15:04:05Z")},
	}
	if !s.plain {
		all.Set("Format", "JSON")
	}
	if s.key.Token != "" {
		all.Set("SecurityToken", s.key.Token)
	}
	for name, values := range s.params {
		all[name] = values
	}
	all.Set("Signature", acs.SignV1(s.method, all, s.key.Secret))
	r := httptest.NewRequest(s.method, "http://fake.test/?"+all.Encode(), nil)
	if s.form {
		r = httptest.NewRequest(s.method, "http://fake.test/", strings.NewReader(all.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return s.tampered(r)
}

func (s *sent) tampered(r *http.Request) *http.Request {
	if s.late != nil {
		s.late(r)
	}
	return r
}

func flat(values url.Values) (params []acs.Param) {
	for name, list := range values {
		for _, value := range list {
			params = append(params, acs.Param{Name: name, Value: value})
		}
	}
	return params
}

// answered is the reply, decoded as far as it is JSON.
type answered struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

func (a answered) code() string { s, _ := a.json["Code"].(string); return s }

func serve(t *testing.T, s *alibabatest.Server, r *http.Request) answered {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answered{status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.HasPrefix(a.body, "{") {
		d := json.NewDecoder(strings.NewReader(a.body))
		d.UseNumber()
		require.NoError(t, d.Decode(&a.json), a.body)
	}
	return a
}
