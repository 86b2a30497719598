// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// requiredV1 are the parameters without which a V1 request is incomplete.
var requiredV1 = [...]string{
	"AccessKeyId", "Action", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp", "Version",
}

// SignV1 returns the V1 signature of a request by method that carries params,
// in query and form together. A "Signature" among them is left out of account.
func SignV1(method string, params url.Values, secret string) string {
	all := slices.DeleteFunc(flatten(params), func(p Param) bool { return p.Name == "Signature" })
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(method + "&%2F&" + Escape(EncodeQuery(all))))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// VerifyV1 verifies the V1 signature of a request as it was received. form
// holds the parameters in its body, nil if there are none. secretOf returns
// the secret of an access key.
func VerifyV1(req *http.Request, form url.Values, secretOf func(accessKeyID string) (secret string, ok bool)) (Signed, error) {
	params, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil { // it would be read otherwise than it was signed
		return Signed{}, fmt.Errorf("%w: malformed query", ErrMismatch)
	}
	for name, values := range form {
		params[name] = append(params[name], values...)
	}
	for _, name := range requiredV1 {
		if len(params[name]) != 1 || params[name][0] == "" {
			return Signed{}, fmt.Errorf("%w: %s is missing or repeated", ErrIncomplete, name)
		}
	}
	if len(params["SecurityToken"]) > 1 {
		return Signed{}, fmt.Errorf("%w: SecurityToken is repeated", ErrIncomplete)
	}
	if params.Get("SignatureMethod") != "HMAC-SHA1" || params.Get("SignatureVersion") != "1.0" {
		return Signed{}, fmt.Errorf("%w: not HMAC-SHA1, version 1.0", ErrIncomplete)
	}
	at, err := parseTime(params.Get("Timestamp"))
	if err != nil {
		return Signed{}, err
	}
	secret, ok := secretOf(params.Get("AccessKeyId"))
	if !ok {
		return Signed{}, ErrUnknownKey
	}
	want := SignV1(req.Method, params, secret)
	if !hmac.Equal([]byte(want), []byte(params.Get("Signature"))) {
		return Signed{}, ErrMismatch
	}
	return Signed{
		AccessKeyID: params.Get("AccessKeyId"),
		Token:       params.Get("SecurityToken"),
		Nonce:       params.Get("SignatureNonce"),
		At:          at,
		Action:      params.Get("Action"),
		Version:     params.Get("Version"),
	}, nil
}
