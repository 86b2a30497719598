// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// Every form of a failed reply: as a change, and (last column, where it is not the same) as a read.
func TestFailures(t *testing.T) {
	id := http.Header{"X-Request-Id": {"from-header"}}
	tests := []struct {
		name    string
		reply   reply
		class   error
		code    string
		message string
		id      string
		read    error
	}{
		{"flat", reply{400, `{"error_code":"CBC.0100","error_msg":"Parameter error."}`, id, nil}, errors.ErrInvalid, "CBC.0100", "Parameter error.", "from-header", nil},
		{"flat, with extras", reply{400, `{"error_msg":"m","fail_check_items":[{"x":1}],"error_code":" CBC.50000030\n"}`, nil, nil}, errors.ErrInsufficient, "CBC.50000030", "m", "", errors.ErrUnavailable},
		{"flat, no message", reply{403, `{"error_code":"CBC.0151"}`, nil, nil}, errors.ErrDenied, "CBC.0151", "", "", nil},
		{"flat, message null", reply{403, `{"error_code":"CBC.0151","error_msg":null}`, nil, nil}, errors.ErrDenied, "CBC.0151", "", "", nil},
		{"camel case", reply{400, `{"errorCode":"CBC.0100","errorMsg":"words"}`, nil, nil}, errors.ErrInvalid, "CBC.0100", "words", "", nil},
		{"nested", reply{403, `{"error":{"error_code":"EPS.0006","error_msg":"too much"}}`, nil, nil}, errors.ErrThrottled, "EPS.0006", "too much", "", nil},
		{"nested, camel case", reply{404, `{"error":{"errorCode":"EPS.0005","errorMsg":"gone"}}`, nil, nil}, errors.ErrNotFound, "EPS.0005", "gone", "", nil},
		{"gateway", reply{401, `{"error_msg":"Incorrect IAM authentication information","error_code":"APIGW.0301","request_id":"from-body"}`, id, nil}, errors.ErrUnauthenticated, "APIGW.0301", "Incorrect IAM", "from-body", nil},
		{"gateway, other prefix", reply{429, `{"error_msg":"policy ip over ratelimit,limit:10,time:1 minute","error_code":"APIG.0308","request_id":"r"}`, nil, nil}, errors.ErrThrottled, "APIG.0308", "policy ip", "r", nil},
		{"IAM", reply{401, `{"error":{"code":401,"message":"token expired","title":"Unauthorized"}}`, nil, nil}, errors.ErrUnauthenticated, "401", "token expired", "", nil},
		{"IAM, title alone", reply{403, `{"error":{"code":"403","title":"Forbidden"}}`, nil, nil}, errors.ErrDenied, "403", "Forbidden", "", nil},
		{"IAM, another status", reply{500, `{"error":{"code":401,"message":"m"}}`, nil, nil}, errors.ErrUncertain, "401", "m", "", errors.ErrUnavailable},
		{"numeric code, unknown", reply{400, `{"error_code":12345,"error_msg":"m"}`, nil, nil}, errors.ErrUncertain, "12345", "m", "", errors.ErrUnavailable},
		{"code of another form", reply{400, `{"error_code":{"a":1}}`, nil, nil}, errors.ErrUncertain, `{"a":1}`, "", "", errors.ErrUnavailable},
		{"a mere text in error", reply{502, `{"error":"Bad Gateway","status":502}`, nil, nil}, errors.ErrUncertain, "", "Bad Gateway", "", errors.ErrUnavailable},
		{"Blocked by olc", reply{429, "Blocked by olc\n", nil, nil}, errors.ErrThrottled, "Blocked by olc", "", "", nil},
		{"plain text", reply{500, "upstream gone", nil, nil}, errors.ErrUncertain, "", "upstream gone", "", errors.ErrUnavailable},
		{"HTML 502", reply{502, "<html><body>Bad Gateway</body></html>", nil, nil}, errors.ErrUncertain, "", "HTML", "", errors.ErrUnavailable},
		{"HTML 403", reply{403, "<html>WAF</html>", nil, nil}, errors.ErrDenied, "", "HTML", "", nil},
		{"HTML 200", reply{200, "<html>Sign in</html>", nil, nil}, errors.ErrUncertain, "", "HTML", "", errors.ErrUnavailable},
		{"empty 401", reply{401, "", id, nil}, errors.ErrUnauthenticated, "", "empty", "from-header", nil},
		{"empty 403", reply{403, "", nil, nil}, errors.ErrDenied, "", "empty", "", nil},
		{"empty 407", reply{407, "", nil, nil}, errors.ErrUnauthenticated, "", "empty", "", nil},
		{"empty 429", reply{429, "", nil, nil}, errors.ErrThrottled, "", "empty", "", nil},
		{"empty 400", reply{400, "", nil, nil}, errors.ErrUncertain, "", "empty", "", errors.ErrUnavailable},
		{"empty 404", reply{404, "{}", nil, nil}, errors.ErrUncertain, "", "", "", errors.ErrUnavailable},
		{"empty 500", reply{500, "", nil, nil}, errors.ErrUncertain, "", "empty", "", errors.ErrUnavailable},
		{"empty 503", reply{503, "", nil, nil}, errors.ErrUncertain, "", "empty", "", errors.ErrUnavailable},
		{"empty 200", reply{200, "", nil, nil}, errors.ErrUncertain, "", "empty", "", errors.ErrUnavailable},
		{"null 200", reply{200, "null", nil, nil}, errors.ErrUncertain, "", "null", "", errors.ErrUnavailable},
		{"truncated 200", reply{200, `{"budget_amount":100,"used`, nil, nil}, errors.ErrUncertain, "", "broken JSON", "", errors.ErrUnavailable},
		{"truncated 400", reply{400, `{"error_code":"CBC.0100","err`, nil, nil}, errors.ErrUncertain, "", "broken JSON", "", errors.ErrUnavailable},
		{"200 with a code", reply{200, `{"error_code":"CBC.0151","error_msg":"m"}`, nil, nil}, errors.ErrDenied, "CBC.0151", "m", "", nil},
		{"200 with an unknown code", reply{200, `{"error_code":"CBC.5001"}`, nil, nil}, errors.ErrUncertain, "CBC.5001", "", "", errors.ErrUnavailable},
		{"200 with details", reply{200, `{"error_details":[{"id":"c1","error_code":"CBC.0151","error_msg":"denied"}]}`, nil, nil}, errors.ErrUncertain, "CBC.0151", "c1: denied", "", errors.ErrUnavailable},
		{"202", reply{202, "", nil, nil}, errors.ErrUncertain, "", "neither", "", errors.ErrUnavailable},
		{"302", reply{302, "", http.Header{"Location": {"https://elsewhere"}}, nil}, errors.ErrUncertain, "", "redirect", "", errors.ErrUnavailable},
		{"the code of success under 400", reply{400, `{"error_code":"CBC.0000"}`, nil, nil}, errors.ErrUncertain, "CBC.0000", "", "", errors.ErrUnavailable},
		{"the code of success under 403", reply{403, `{"error_code":"CBC.0000"}`, nil, nil}, errors.ErrUncertain, "CBC.0000", "", "", errors.ErrUnavailable},
		{"wrapped code", reply{500, `{"error_code":"CBC.99006006","error_msg":"call failed: CBC.99005024 wrong association"}`, nil, nil}, errors.ErrConflict, "CBC.99006006", "CBC.99005024", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(tt.reply)
			receipt, err := newTestClient(t, w, once).SetBudget(t.Context(), testBudget())
			requireClass(t, tt.class, err)
			failure := failureOf(t, err)
			require.Equal(t, "UpdateSubCustomerBudget", failure.Op)
			require.Equal(t, tt.code, failure.Code)
			require.Contains(t, failure.Message, tt.message)
			require.Equal(t, tt.id, failure.RequestID)
			require.Equal(t, tt.reply.status, failure.Status)
			require.Equal(t, 1, failure.Attempts)
			require.Equal(t, 1, receipt.Attempts)

			want := tt.read
			if want == nil {
				want = tt.class
			}
			_, err = newTestClient(t, answers(tt.reply), once).Budget(t.Context(), testCustomer)
			requireClass(t, want, err)
			require.Equal(t, "ShowSubCustomerBudget", failureOf(t, err).Op)
		})
	}
}

// What the budget write takes for success, and what under its own status it does not.
func TestWriteSuccessIsExact(t *testing.T) {
	tests := []struct {
		name  string
		reply reply
		want  error
	}{
		{"204", reply{status: 204}, nil},
		{"204 with white space", reply{status: 204, body: " \n"}, nil},
		{"204 with an empty object", reply{status: 204, body: "{}"}, nil},
		{"204 with null codes", reply{status: 204, body: `{"error_code":null,"error_details":null,"error":null}`}, nil},
		{"204 with the code of success", reply{status: 204, body: `{"error_code":"CBC.0000"}`}, nil},
		{"204 with a code", reply{status: 204, body: `{"error_code":"CBC.0100"}`}, errors.ErrUncertain},
		{"204 with details", reply{status: 204, body: `{"error_details":[{"id":"x"}]}`}, errors.ErrUncertain},
		{"204 with HTML", reply{status: 204, body: `<html>`}, errors.ErrUncertain},
		{"200", reply{status: 200}, errors.ErrUncertain},
		{"200 with an empty object", reply{status: 200, body: "{}"}, errors.ErrUncertain},
		{"201", reply{status: 201}, errors.ErrUncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newTestClient(t, answers(tt.reply), once).SetBudget(t.Context(), testBudget())
			requireClass(t, tt.want, err)
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	// No byte was written (the round tripper reports none): nothing was applied.
	w := answers(reply{err: io.ErrUnexpectedEOF}, reply{status: 204})
	receipt, err := newTestClient(t, w).SetBudget(t.Context(), testBudget())
	require.NoError(t, err)
	require.Equal(t, 2, receipt.Attempts)
}

func TestWaitHint(t *testing.T) {
	w := answers(reply{status: 429, body: `{"error_code":"APIGW.0308"}`, header: http.Header{"Retry-After": {"7"}}})
	_, err := newTestClient(t, w).SetBudget(t.Context(), testBudget()) // the cap is a millisecond
	requireClass(t, errors.ErrThrottled, err)
	require.Equal(t, 7*time.Second, failureOf(t, err).After)
	require.Len(t, w.requests, 1)
}

func TestBudgetReplies(t *testing.T) {
	tests := []struct {
		name, body          string
		limit, used, period string
		want                error
	}{
		{"numbers", `{"budget_amount":100.10,"used_amount":2.5,"measure_id":1,"currency":"USD","budget_type":"MONTHLY"}`, "100.10 USD", "2.50 USD", "monthly", nil},
		{"strings", `{"budget_amount":" 100.1 ","used_amount":"0","measure_id":"1","currency":" usd ","budget_type":"PACKAGE\n"}`, "100.10 USD", "0.00 USD", "one-off", nil},
		{"every digit", `{"budget_amount":2147483647,"used_amount":0.12345678,"budget_type":"PACKAGE"}`, "2147483647.00 USD", "0.12345678 USD", "one-off", nil},
		{"beyond a float", `{"budget_amount":90071992547409.93,"used_amount":"-1.00","budget_type":"PACKAGE"}`, "90071992547409.93 USD", "-1.00 USD", "one-off", nil},
		{"Java's zero", `{"budget_amount":1E+2,"used_amount":0E-8,"budget_type":"MONTHLY"}`, "100.00 USD", "0.00 USD", "monthly", nil},
		{"no budget", `{}`, "0.00 USD", "0.00 USD", "", nil},
		{"no budget, nulls", `{"budget_amount":null,"used_amount":null,"measure_id":null,"currency":null,"budget_type":null}`, "0.00 USD", "0.00 USD", "", nil},
		{"the code of success", `{"error_code":"CBC.0000","budget_amount":1,"used_amount":0}`, "1.00 USD", "0.00 USD", "", nil},
		{"another currency", `{"budget_amount":100,"used_amount":0,"currency":"EUR"}`, "", "", "", errors.ErrConflict},
		{"another measure", `{"budget_amount":100,"used_amount":0,"measure_id":3}`, "", "", "", errors.ErrConflict},
		{"unknown kind", `{"budget_amount":100,"used_amount":0,"budget_type":"YEARLY"}`, "", "", "", errors.ErrUnavailable},
		{"empty amount", `{"budget_amount":""}`, "", "", "", errors.ErrUnavailable},
		{"amount in words", `{"budget_amount":"many"}`, "", "", "", errors.ErrUnavailable},
		{"amount as an object", `{"budget_amount":{}}`, "", "", "", errors.ErrUnavailable},
		{"amount with separators", `{"budget_amount":"1,000.00"}`, "", "", "", errors.ErrUnavailable},
		{"a gigabyte of zeros", `{"budget_amount":1e999999999}`, "", "", "", errors.ErrUnavailable},
		{"two documents", `{"budget_amount":1}{"budget_amount":2}`, "", "", "", errors.ErrUnavailable},
		{"list", `[{"budget_amount":1}]`, "", "", "", errors.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := newTestClient(t, answers(reply{status: 200, body: tt.body}), once).Budget(t.Context(), testCustomer)
			requireClass(t, tt.want, err)
			if tt.want != nil {
				require.Zero(t, b)
				return
			}
			require.Equal(t, testCustomer, b.Customer)
			require.Equal(t, tt.limit, b.Limit.String())
			require.Equal(t, tt.used, b.Used.String())
			require.Equal(t, tt.period, string(b.Period))
		})
	}
}

func TestRepliesAreRedacted(t *testing.T) {
	body := `{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail, ak: ` + planted.AccessKey + ` token ` + planted.SecurityToken + `"}`
	w := answers(reply{status: 401, body: body})
	_, err := newTestClient(t, w, func(c *Config) { c.Credentials = planted }).SetBudget(t.Context(), testBudget())
	requireClass(t, errors.ErrUnauthenticated, err)
	requireClean(t, err.Error())
	require.Len(t, w.requests, 1, "five failures in a row lock the key: never repeated")
}

func FuzzReply(f *testing.F) {
	f.Add(200, `{"budget_amount":100.10,"used_amount":"2.5","currency":"USD","budget_type":"MONTHLY"}`)
	f.Add(400, `{"error_code":"CBC.0100","error_msg":"m"}`)
	f.Add(401, `{"error":{"code":401,"message":"m","title":"t"}}`)
	f.Add(200, `{"error_details":[{"id":"a"}]}`)
	f.Add(429, "Blocked by olc")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		_, err := newTestClient(t, answers(reply{status: status, body: body}), once).SetBudget(t.Context(), testBudget())
		if err == nil {
			require.Equal(t, 204, status)
		} else {
			_ = failureOf(t, err)
			require.NotContains(t, err.Error(), "\n")
		}
		b, err := newTestClient(t, answers(reply{status: status, body: body}), once).Budget(t.Context(), testCustomer)
		if err == nil {
			require.Equal(t, 200, status)
			require.True(t, strings.HasSuffix(b.Limit.String(), " USD"))
		} else {
			require.NotErrorIs(t, err, errors.ErrUncertain)
		}
	})
}

// Whatever EPS answers, a change is made, not made or in doubt, and a read is never in doubt.
func FuzzProjectReply(f *testing.F) {
	f.Add(201, `{"enterprise_project":{"id":"5aa119a8","name":"new","status":1}}`)
	f.Add(200, `{"enterprise_projects":[{"id":"0","delete_flag":"true"}],"total_count":"1"}`)
	f.Add(200, `{"resources":[{"resource_id":"a","resource_type":"disk"}],"errors":[{"error_code":"EPS.0004"}],"total_count":1}`)
	f.Add(200, `{"records":[{"associated":"false","event_time":1753267100170,"initiate_ep_id\"":"0","exist_failed\"":false}]}`)
	f.Add(403, `{"error":{"error_code":"EPS.0006","error_msg":"m"}}`)
	f.Add(204, ``)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		for op, call := range everyCall {
			if !strings.Contains(op.name, "Enterprise") && op != migrateResource && op != listMigrations {
				continue
			}
			client := newTestClient(t, onlyOf(op, reply{status: status, body: body}), once)
			client.patience = 0
			err := call(t.Context(), client)
			if err == nil {
				require.Equal(t, op.success, status)
				require.NotEqual(t, migrateResource, op, "the resource has not arrived")
				continue
			}
			_ = failureOf(t, err)
			require.NotContains(t, err.Error(), "\n")
			if !op.write {
				require.NotErrorIs(t, err, errors.ErrUncertain)
			}
		}
	})
}
