// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func testFreeze() quota.Freeze { return quota.Freeze{Customer: testCustomer, Reason: "Arrears"} }

func TestFreezeBody(t *testing.T) {
	id := `{"customer_ids":["` + testCustomer + `"],"reason":`
	tests := []struct {
		name     string
		unfreeze bool
		change   func(*quota.Freeze)
		want     string
	}{
		{"least", false, func(*quota.Freeze) {}, id + `"Arrears","freeze_type":"ACCOUNT"}`},
		{"resources", false, func(f *quota.Freeze) { f.Resources = true }, id + `"Arrears","freeze_type":"ACCOUNT_AND_RESOURCE"}`},
		{"reseller", false, func(f *quota.Freeze) { f.Reseller = "r1" }, id + `"Arrears","indirect_partner_id":"r1","freeze_type":"ACCOUNT"}`},
		{"unfreezing", true, func(*quota.Freeze) {}, id + `"Arrears","unfreeze_type":"ACCOUNT"}`},
		{"unfreezing resources", true, func(f *quota.Freeze) { f.Resources = true }, id + `"Arrears","unfreeze_type":"ACCOUNT_AND_RESOURCE"}`},
		{"reason of any text", false, func(f *quota.Freeze) { f.Reason = `"未付" & <b>` }, id + `"\"未付\" & <b>","freeze_type":"ACCOUNT"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 204, header: http.Header{"X-Request-Id": {"id-1"}}})
			f := testFreeze()
			tt.change(&f)
			send, path := newTestClient(t, w).Freeze, freezePath
			if tt.unfreeze {
				send, path = newTestClient(t, w).Unfreeze, unfreezePath
			}
			receipt, err := send(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, quota.Receipt{RequestID: "id-1", Attempts: 1}, receipt)
			r := w.requests[0]
			require.JSONEq(t, tt.want, r.body)
			require.Equal(t, []string{http.MethodPost, path, "application/json"}, []string{r.Method, r.URL.Path, r.Header.Get("Content-Type")})
		})
	}
}

func TestRefusedFreezes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*quota.Freeze)
		want   string
	}{
		{"no customer", func(f *quota.Freeze) { f.Customer = "" }, "Freeze.Customer"},
		{"no reason", func(f *quota.Freeze) { f.Reason = "" }, "Freeze.Reason"},
		{"reason of spaces", func(f *quota.Freeze) { f.Reason = "  " }, "Freeze.Reason"},
		{"long reason", func(f *quota.Freeze) { f.Reason = strings.Repeat("x", 257) }, "Freeze.Reason"},
		{"long reseller", func(f *quota.Freeze) { f.Reseller = strings.Repeat("x", 65) }, "Freeze.Reseller"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 204})
			f := testFreeze()
			tt.change(&f)
			for _, send := range []func(context.Context, quota.Freeze) (quota.Receipt, error){newTestClient(t, w).Freeze, newTestClient(t, w).Unfreeze} {
				_, err := send(t.Context(), f)
				requireClass(t, errors.ErrInvalid, err)
				require.ErrorContains(t, err, tt.want)
			}
			require.Empty(t, w.requests)
		})
	}
	for _, tt := range []struct {
		name      string
		customers []string
		terms     quota.Freeze
		want      string
	}{
		{"customer in the terms", []string{"c1"}, testFreeze(), "terms.Customer"},
		{"bad customer", []string{"c1", "c 2"}, quota.Freeze{Reason: "x"}, "customers[1]"},
		{"empty customer", []string{""}, quota.Freeze{Reason: "x"}, "customers[0]"},
		{"no reason", []string{"c1"}, quota.Freeze{}, "Freeze.Reason"},
	} {
		t.Run("all: "+tt.name, func(t *testing.T) {
			w := answers(reply{status: 204})
			done, err := newTestClient(t, w).FreezeAll(t.Context(), tt.customers, tt.terms)
			requireClass(t, errors.ErrInvalid, err)
			require.ErrorContains(t, err, tt.want)
			require.Empty(t, done)
			require.Empty(t, w.requests)
		})
	}
}

// What a reply to a single freeze means.
func TestFreezeReplies(t *testing.T) {
	detail := func(id, code string) string {
		return `{"error_details":[{"id":"` + id + `","error_code":"` + code + `","error_msg":"words"}]}`
	}
	for _, tt := range []struct {
		name, body string
		status     int
		want       error
	}{
		{"204", "", 204, nil},
		{"200", "", 200, nil},
		{"200 with an object", "{}", 200, nil},
		{"200 with nulls", `{"error_code":null,"error_details":null}`, 200, nil},
		{"200 with no failure", `{"error_details":[]}`, 200, nil},
		{"200 with the code of success", `{"error_code":"CBC.0000"}`, 200, nil},
		{"201", "", 201, errors.ErrUncertain},
		{"202 with an object", "{}", 202, errors.ErrUncertain},
		{"200 with an error", `{"error_code":"CBC.0151"}`, 200, errors.ErrDenied},
		{"200 with an unknown error", `{"error_code":"CBC.5001"}`, 200, errors.ErrUncertain},
		{"200 with a list", "[]", 200, errors.ErrUncertain},
		{"200 with null", "null", 200, errors.ErrUncertain},
		{"200 with half an object", `{"error_d`, 200, errors.ErrUncertain},
		{"200 with HTML", "<html>", 200, errors.ErrUncertain},
		{"this one failed", detail(testCustomer, "CBC.99000035"), 200, errors.ErrNotFound},
		{"this one failed, camel case", `{"errorDetails":[{"id":"` + testCustomer + `","errorCode":"CBC.99000037"}]}`, 200, errors.ErrDenied},
		{"this one failed, code unknown", detail(testCustomer, "CBC.12345678"), 200, errors.ErrUncertain},
		{"this one failed, no code", detail(testCustomer, ""), 200, errors.ErrUncertain},
		{"this one failed with success", detail(testCustomer, "CBC.0000"), 200, errors.ErrUncertain},
		{"another one failed", detail("another", "CBC.99000035"), 200, errors.ErrUncertain},
		{"failures under another status", detail(testCustomer, "CBC.99000035"), 400, errors.ErrUncertain},
		{"refused", `{"error_code":"CBC.0100","error_msg":"Parameter error."}`, 400, errors.ErrInvalid},
		{"throttled", `{"error_code":"CBC.0250"}`, 429, errors.ErrThrottled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, op := range []*operation{freezeCustomers, unfreezeCustomers} {
				w := answers(reply{status: tt.status, body: tt.body, header: http.Header{"X-Request-Id": {"id-1"}}})
				err := everyCall[op](t.Context(), newTestClient(t, w, once))
				requireClass(t, tt.want, err)
				if err != nil {
					failure := failureOf(t, err)
					require.Equal(t, []any{op.name, tt.status, 1}, []any{failure.Op, failure.Status, failure.Attempts})
					require.Equal(t, "id-1", failure.RequestID)
				}
			}
		})
	}
}

// batches answers each request by what answer says of it, and keeps who was asked for.
func batches(asked *[][]string, answer func(n int, ids []string) reply) *script {
	return &script{answer: func(n int, r sent) reply {
		var ids []string
		list, _, _ := strings.Cut(strings.TrimPrefix(r.body, `{"customer_ids":["`), `"],`)
		ids = strings.Split(list, `","`)
		*asked = append(*asked, ids)
		return answer(n, ids)
	}}
}

func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "customer-" + strconv.Itoa(i)
	}
	return all
}

func failedOf(t *testing.T, err error) map[string]error {
	t.Helper()
	batch, ok := errors.AsType[*errors.BatchError](err)
	require.Truef(t, ok, "%v", err)
	failed := make(map[string]error)
	for _, item := range batch.Failed {
		require.NotContains(t, failed, item.Item)
		failed[item.Item] = item.Err
		require.NotEmpty(t, failureOf(t, item.Err).Op)
	}
	return failed
}

func TestFreezeAllBatches(t *testing.T) {
	var asked [][]string
	w := batches(&asked, func(int, []string) reply { return reply{status: 200} })
	customers := ids(25)
	twice := append(append([]string{}, customers...), customers[3], customers[24])
	done, err := newTestClient(t, w).FreezeAll(t.Context(), twice, quota.Freeze{Reason: "Arrears"})
	require.NoError(t, err)
	require.Equal(t, customers, done)
	require.Equal(t, [][]string{customers[:10], customers[10:20], customers[20:]}, asked)

	done, err = newTestClient(t, w).UnfreezeAll(t.Context(), nil, quota.Freeze{Reason: "Arrears"})
	require.NoError(t, err)
	require.Empty(t, done)
	require.Len(t, asked, 3)
}

// A request that fails as a whole costs its own customers; the next ones are made, unless they would fare the same.
func TestFreezeAllGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first reply
		want  error
		rest  bool // the rest is made
	}{
		{"in doubt", reply{status: 500, body: `{"error_code":"CBC.0999"}`}, errors.ErrUncertain, true},
		{"throttled", reply{status: 429, body: `{"error_code":"CBC.0250"}`}, errors.ErrThrottled, true},
		{"invalid", reply{status: 400, body: `{"error_code":"CBC.0100"}`}, errors.ErrInvalid, true},
		{"tells of others", reply{status: 200, body: `{"error_details":[{"id":"x","error_code":"CBC.0100"}]}`}, errors.ErrUncertain, true},
		{"unauthenticated", reply{status: 401, body: `{"error_code":"APIGW.0301"}`}, errors.ErrUnauthenticated, false},
		{"denied", reply{status: 403, body: `{"error_code":"CBC.0151"}`}, errors.ErrDenied, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked [][]string
			w := batches(&asked, func(n int, _ []string) reply {
				if n == 0 {
					return tt.first
				}
				return reply{status: 204}
			})
			customers := ids(25)
			done, err := newTestClient(t, w, once).FreezeAll(t.Context(), customers, quota.Freeze{Reason: "Arrears"})
			requireClass(t, tt.want, err)
			require.ErrorIs(t, err, tt.want)
			failed := failedOf(t, err)
			if tt.rest {
				require.Equal(t, customers[10:], done)
				require.Len(t, failed, 10)
				require.Len(t, asked, 3)
				return
			}
			require.Empty(t, done)
			require.Len(t, failed, 25)
			require.Len(t, asked, 1)
			require.ErrorContains(t, failed[customers[24]], "not sent")
			requireClass(t, tt.want, failed[customers[24]])
		})
	}
}

func TestFreezeAllEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked [][]string
	w := batches(&asked, func(n int, _ []string) reply {
		if n == 1 {
			cancel()
			return reply{err: context.Canceled}
		}
		return reply{status: 204}
	})
	customers := ids(35)
	done, err := newTestClient(t, w).FreezeAll(ctx, customers, quota.Freeze{Reason: "Arrears"})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, customers[:10], done)
	require.Len(t, asked, 2)
	failed := failedOf(t, err)
	require.Len(t, failed, 25)
	requireClass(t, errors.ErrUnavailable, failed[customers[34]])
}

// An attempt without a reply may have frozen whom the next one refuses; one that was throttled has not.
func TestPartialFailureAfterDoubt(t *testing.T) {
	partial := reply{status: 200, body: `{"error_details":[{"id":"customer-1","error_code":"CBC.99000035","error_msg":"x"}]}`}
	for _, tt := range []struct {
		name  string
		first reply
		want  error
	}{
		{"lost", reply{status: 500}, errors.ErrUncertain},
		{"redirected", reply{status: 302}, errors.ErrUncertain},
		{"in doubt", reply{status: 500, body: `{"error_code":"CBC.0999"}`}, errors.ErrUncertain},
		{"throttled", reply{status: 429, body: `{"error_code":"CBC.0250"}`}, errors.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done, err := newTestClient(t, answers(tt.first, partial)).FreezeAll(t.Context(), ids(3), quota.Freeze{Reason: "Arrears"})
			require.Equal(t, []string{"customer-0", "customer-2"}, done)
			failed := failedOf(t, err)
			require.Len(t, failed, 1)
			requireClass(t, tt.want, failed["customer-1"])
			require.Equal(t, 2, failureOf(t, failed["customer-1"]).Attempts)
		})
	}
}

// Credentials that a reply sends back do not get into the error of a customer.
func TestPartialFailureIsRedacted(t *testing.T) {
	body := `{"error_details":[{"id":"customer-1","error_code":"` + testKey.SecretKey + `","error_msg":"x ` + testKey.AccessKey + ` y"}],"request_id":"` + testKey.SecretKey + `"}`
	_, err := newTestClient(t, answers(reply{status: 200, body: body})).FreezeAll(t.Context(), ids(3), quota.Freeze{Reason: "Arrears"})
	text := err.Error()
	require.Contains(t, text, "x [redacted] y")
	require.NotContains(t, text, testKey.SecretKey)
	require.NotContains(t, text, testKey.AccessKey)
}
