// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

const customer = "1234567890123456"

func open(s *alibabatest.Server, id string) {
	s.Quota.Update(id, func(c *quotatest.State) { c.Opened, c.Limit = true, quota.MustMoney("500.00 CNY") })
}

// schemes are the two ways to sign.
var schemes = map[string]func(*sent) *http.Request{"V3": (*sent).v3, "V1": (*sent).v1}

// refusals are ways to spoil a sound request, and what the gateway makes of each.
var refusals = []struct {
	name   string
	only   string // the scheme that it applies to; empty: both
	spoil  func(*sent)
	status int
	code   string
}{
	{"unknown key", "", func(s *sent) { s.key.ID = "somebody" }, 404, "InvalidAccessKeyId.NotFound"},
	{"wrong secret", "", func(s *sent) { s.key.Secret = "guess" }, 400, "SignatureDoesNotMatch"},
	{"token of a permanent key", "", func(s *sent) { s.key.Token = "token" }, 400, "InvalidSecurityToken.MismatchWithAccessKey"},
	{"late", "", func(s *sent) { s.at = s.at.Add(-16 * time.Minute) }, 400, "InvalidTimeStamp.Expired"},
	{"early", "", func(s *sent) { s.at = s.at.Add(16 * time.Minute) }, 400, "InvalidTimeStamp.Expired"},
	{"unknown action", "", func(s *sent) { s.action = "SetResellerUserQuotas" }, 404, "InvalidApi.NotFound"},
	{"wrong version", "", func(s *sent) { s.version = "2023-09-30" }, 400, "NoSuchVersion"},
	{"method PUT", "", func(s *sent) { s.method = http.MethodPut }, 400, "UnsupportedHTTPMethod"},
	{"method HEAD", "", func(s *sent) { s.method = http.MethodHead }, 400, "UnsupportedHTTPMethod"},
	{"parameter twice", "", func(s *sent) { s.params["OwnerId"] = []string{customer, "2"} }, 400, "InvalidParameter"},
	{"amount changed on the way", "", func(s *sent) { s.late = changeAmount }, 400, "SignatureDoesNotMatch"},
	{"method changed on the way", "", func(s *sent) { s.late = func(r *http.Request) { r.Method = http.MethodGet } }, 400, "SignatureDoesNotMatch"},
	{"malformed query", "", func(s *sent) { s.late = func(r *http.Request) { r.URL.RawQuery += "&a=%zz" } }, 400, "InvalidParameter"},

	{"no signature", "V3", header("Authorization", ""), 400, "IncompleteSignature"},
	{"another scheme", "V3", header("Authorization", "SDK-HMAC-SHA256 Access=a"), 400, "IncompleteSignature"},
	{"malformed time", "V3", header("X-Acs-Date", "today"), 400, "InvalidTimeStamp.Format"},
	{"no nonce", "V3", header("X-Acs-Signature-Nonce", ""), 400, "IncompleteSignature"},
	{"nonce changed on the way", "V3", header("X-Acs-Signature-Nonce", "another"), 400, "SignatureDoesNotMatch"},
	{"action changed on the way", "V3", header("X-Acs-Action", "CreateResellerUserQuota"), 400, "SignatureDoesNotMatch"},
	{"body added on the way", "V3", header("X-Acs-Content-Sha256", "0"), 400, "SignatureDoesNotMatch"},
	{"unsigned header", "V3", header("X-Acs-Owner", "1"), 400, "IncompleteSignature"},

	{"no signature", "V1", param("Signature", ""), 400, "IncompleteSignature"},
	{"no nonce", "V1", param("SignatureNonce", ""), 400, "IncompleteSignature"},
	{"malformed time", "V1", param("Timestamp", "today"), 400, "InvalidTimeStamp.Format"},
	{"another method", "V1", param("SignatureMethod", "HMAC-MD5"), 400, "IncompleteSignature"},
	{"nonce changed on the way", "V1", param("SignatureNonce", "another"), 400, "SignatureDoesNotMatch"},
}

func changeAmount(r *http.Request) {
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Amount=750", "Amount=7500", 1)
}

func header(name, value string) func(*sent) {
	return func(s *sent) {
		s.late = func(r *http.Request) {
			if r.Header.Del(name); value != "" {
				r.Header.Set(name, value)
			}
		}
	}
}

func param(name, value string) func(*sent) {
	return func(s *sent) {
		s.late = func(r *http.Request) {
			query := r.URL.Query()
			if query.Del(name); value != "" {
				query.Set(name, value)
			}
			r.URL.RawQuery = query.Encode()
		}
	}
}

// Each refusal stands beside its control: the same request, not spoiled, is carried out.
func TestRefusals(t *testing.T) {
	for _, row := range refusals {
		for scheme, signed := range schemes {
			if row.only != "" && row.only != scheme {
				continue
			}
			t.Run(row.name+"/"+scheme, func(t *testing.T) {
				var s alibabatest.Server
				open(&s, customer)
				bad := sound()
				row.spoil(bad)
				got := serve(t, &s, signed(bad))
				require.Equal(t, row.status, got.status, got.body)
				require.Equal(t, row.code, got.code(), got.body)
				require.Empty(t, s.Quota.Changes(""), "a refused request changes nothing")
				require.Equal(t, row.status, s.Requests()[0].Status)
				require.Equal(t, got.json["RequestId"], s.Requests()[0].RequestID)

				control := serve(t, &s, signed(sound()))
				require.Equal(t, http.StatusOK, control.status, control.body)
				require.Len(t, s.Quota.Changes(customer), 1)
			})
		}
	}
}

func TestGatewayEnvelope(t *testing.T) {
	bad := sound()
	bad.key.ID = "somebody"
	got := serve(t, new(alibabatest.Server), bad.v3())
	require.ElementsMatch(t, []string{"RequestId", "HostId", "Code", "Message", "Recommend"}, keys(got.json))
	require.Regexp(t, `^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$`, got.json["RequestId"])
}

func keys(m map[string]any) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

func TestNonceIsTakenOnce(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			var s alibabatest.Server
			open(&s, customer)
			first := sound()
			again := sound()
			again.nonce = first.nonce
			again.params = url.Values{"OwnerId": {customer}, "Amount": {"751"}}
			require.Equal(t, 200, serve(t, &s, signed(first)).status)
			got := serve(t, &s, signed(again))
			require.Equal(t, 400, got.status)
			require.Equal(t, "SignatureNonceUsed", got.code())
			require.Len(t, s.Quota.Changes(""), 1)
		})
	}
}

// A request that is refused for its signature does not use its nonce up: anybody could have sent it.
func TestForgedRequestDoesNotUseNonce(t *testing.T) {
	var s alibabatest.Server
	open(&s, customer)
	forged, right := sound(), sound()
	forged.nonce, forged.key.Secret = right.nonce, "guess"
	require.Equal(t, "SignatureDoesNotMatch", serve(t, &s, forged.v3()).code())
	require.Equal(t, 200, serve(t, &s, right.v3()).status)
}

func TestClockMayBeALittleOff(t *testing.T) {
	for _, off := range []time.Duration{-14 * time.Minute, 14 * time.Minute} {
		var s alibabatest.Server
		open(&s, customer)
		request := sound()
		request.at = request.at.Add(off)
		require.Equal(t, 200, serve(t, &s, request.v3()).status)
	}
}

func TestClockOfTheServer(t *testing.T) {
	s := alibabatest.Server{Now: func() time.Time { return time.Now().Add(time.Hour) }}
	open(&s, customer)
	require.Equal(t, "InvalidTimeStamp.Expired", serve(t, &s, sound().v3()).code())
	request := sound()
	request.at = request.at.Add(time.Hour)
	require.Equal(t, 200, serve(t, &s, request.v3()).status)
}

// Nonces are forgotten once no request with one would be taken any more: their number stays bounded.
func TestNonceIsForgottenWithItsTime(t *testing.T) {
	now := time.Now()
	s := alibabatest.Server{Now: func() time.Time { return now }}
	open(&s, customer)
	send := func(nonce string) string {
		request := sound()
		request.nonce, request.at = nonce, now
		return serve(t, &s, request.v3()).code()
	}
	require.Equal(t, "200", send("a"))
	now = now.Add(29 * time.Minute)
	require.Equal(t, "SignatureNonceUsed", send("a"))
	for range 3 {
		now = now.Add(31 * time.Minute)
		require.Equal(t, "200", send("other "+now.String()))
	}
	require.Equal(t, "200", send("a"))
}

func TestTemporaryKey(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := alibabatest.Server{AccessKeyID: "STS.id", AccessKeySecret: "other", SecurityToken: "right-token"}
			open(&s, customer)
			for _, token := range []string{"", "wrong-token"} {
				request := sound()
				request.key = acs.Key{ID: "STS.id", Secret: "other", Token: token}
				got := serve(t, &s, signed(request))
				require.Equal(t, "InvalidSecurityToken.MismatchWithAccessKey", got.code())
			}
			request := sound()
			request.key = acs.Key{ID: "STS.id", Secret: "other", Token: "right-token"}
			require.Equal(t, 200, serve(t, &s, signed(request)).status)
		})
	}
}

// The real service repeats what it signed, token and all; a client has to keep that out of its errors.
func TestMismatchTellsWhatWasSigned(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := alibabatest.Server{SecurityToken: "planted-token"}
			request := sound()
			request.key.Token, request.key.Secret = "planted-token", "guess"
			message, _ := serve(t, &s, signed(request)).json["Message"].(string)
			require.Contains(t, message, "server string to sign is:")
			require.Contains(t, message, "planted-token")
		})
	}
}

func TestFormAndGet(t *testing.T) {
	for scheme, signed := range schemes {
		for name, change := range map[string]func(*sent){
			"form": func(s *sent) { s.form = true },
			"GET":  func(s *sent) { s.method = http.MethodGet },
		} {
			t.Run(name+"/"+scheme, func(t *testing.T) {
				var s alibabatest.Server
				open(&s, customer)
				request := sound()
				change(request)
				got := serve(t, &s, signed(request))
				require.Equal(t, 200, got.status, got.body)
				require.Len(t, s.Quota.Changes(customer), 1)
				require.Equal(t, request.params, s.Requests()[0].Params, "without the common parameters")
			})
		}
	}
}

func TestCostUnitWritesArePostOnly(t *testing.T) {
	for _, request := range []*sent{allocation(1), founding("a"), renaming(source.ID, "a"), removing(source.ID)} {
		s := prepared()
		request.method = http.MethodGet
		require.Equal(t, "UnsupportedHTTPMethod", serve(t, s, request.v3()).code())
	}
	request := listed("-1")
	request.method = http.MethodGet
	require.Equal(t, "Success", serve(t, prepared(), request.v3()).code(), "the control")
}

func TestRequestsAreLogged(t *testing.T) {
	var s alibabatest.Server
	open(&s, customer)
	v3, v1 := sound(), sound()
	serve(t, &s, v3.v3())
	serve(t, &s, v1.v1())
	log := s.Requests()
	require.Len(t, log, 2)
	require.Equal(t, "SetResellerUserQuota", log[0].Operation)
	require.Equal(t, alibabatest.SchemeV3, log[0].Scheme)
	require.Equal(t, v3.nonce, log[0].Nonce)
	require.Equal(t, alibabatest.SchemeV1, log[1].Scheme)
	require.Equal(t, v1.nonce, log[1].Nonce)
	require.WithinDuration(t, time.Now(), log[1].Time, time.Minute)
	require.NotEqual(t, log[0].RequestID, log[1].RequestID)
}
