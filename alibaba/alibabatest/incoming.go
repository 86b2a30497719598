// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"crypto/rand"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/resellkit/resell/internal/acs"
)

// The two signature schemes, as a [Request] names them.
const (
	SchemeV3 = "ACS3-HMAC-SHA256" // in headers
	SchemeV1 = "1.0"              // in query and form
)

// incoming is a request as it was read, before anything in it is believed.
type incoming struct {
	http     *http.Request
	received time.Time
	id       string // the request id of the answer
	body     []byte
	form     url.Values // of the body; nil where it is none
	params   url.Values // query and form together
	scheme   string     // empty: not signed
	action   string
	version  string
	nonce    string
	json     bool // else XML, which is the API's default
	problem  string
}

// maxBody is more than 100 resources take.
const maxBody = 1 << 20

func read(r *http.Request, now time.Time) *incoming {
	in := &incoming{http: r, received: now, id: newRequestID()}
	var err error
	if in.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil || len(in.body) > maxBody {
		in.problem = "the body cannot be read, or is too long"
	}
	if in.params, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		in.problem = "the query cannot be read"
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" && len(in.body) > 0 {
		if in.form, err = url.ParseQuery(string(in.body)); err != nil {
			in.problem = "the form cannot be read"
		}
		for name, values := range in.form {
			in.params[name] = append(in.params[name], values...)
		}
	}
	switch {
	case strings.HasPrefix(r.Header.Get("Authorization"), SchemeV3):
		in.scheme = SchemeV3
	case in.params.Has("Signature"):
		in.scheme = SchemeV1
	}
	if in.scheme == SchemeV3 || in.scheme == "" && !in.params.Has("Action") {
		in.action, in.version = r.Header.Get("X-Acs-Action"), r.Header.Get("X-Acs-Version")
		in.nonce = r.Header.Get("X-Acs-Signature-Nonce")
		in.json = strings.Contains(r.Header.Get("Accept"), "json")
	} else {
		in.action, in.version, in.nonce = in.params.Get("Action"), in.params.Get("Version"), in.params.Get("SignatureNonce")
		in.json = strings.EqualFold(in.params.Get("Format"), "JSON")
	}
	return in
}

// commonParams are those that any request may carry. They hold what a log must not: keys, tokens, signatures.
var commonParams = []string{
	"AccessKeyId", "Action", "Format", "RegionId", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce",
	"SignatureType", "SignatureVersion", "Timestamp", "Version",
}

// business returns the parameters of the operation alone.
func (in *incoming) business() url.Values {
	business := make(url.Values, len(in.params))
	for name, values := range in.params {
		business[name] = values
	}
	for _, name := range commonParams {
		business.Del(name)
	}
	return business
}

// signedText is what a signature was computed of, more or less. The real service tells it to whom it refuses, with the
// security token in it.
func (in *incoming) signedText() string {
	if in.scheme == SchemeV1 {
		return in.http.Method + "&%2F&" + acs.Escape(acs.EncodeQuery(flat(in.params, "Signature")))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", in.http.Method, in.http.URL.EscapedPath(), acs.EncodeQuery(flat(in.params, "")))
	for _, name := range []string{"X-Acs-Action", "X-Acs-Date", "X-Acs-Security-Token", "X-Acs-Signature-Nonce", "X-Acs-Version"} {
		if value := in.http.Header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s:%s\n", strings.ToLower(name), value)
		}
	}
	return b.String()
}

func flat(values url.Values, without string) []acs.Param {
	var params []acs.Param
	for name, list := range values {
		for _, value := range list {
			if name != without {
				params = append(params, acs.Param{Name: name, Value: value})
			}
		}
	}
	return params
}

// newRequestID is a UUID in the upper case that Alibaba writes.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
