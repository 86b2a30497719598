// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestSetQuota(t *testing.T) {
	monthly := `{"budget_amount":100,"used_amount":1,"currency":"USD","budget_type":"MONTHLY"}`
	oneOff := `{"budget_amount":100,"used_amount":1,"currency":"USD","budget_type":"PACKAGE"}`
	tests := []struct {
		name   string
		period quota.Period
		now    reply
		sent   string // the budget_type, if any was sent
		want   error
		texts  []string
	}{
		{"same kind", "", reply{status: 200, body: oneOff}, "PACKAGE", nil, nil},
		{"same kind, monthly", quota.Monthly, reply{status: 200, body: monthly}, "MONTHLY", nil, nil},
		{"no budget yet", "", reply{status: 200, body: `{}`}, "PACKAGE", nil, nil},
		{"no budget yet, the kind all the same", quota.Monthly, reply{status: 200, body: `{"budget_amount":0,"budget_type":"PACKAGE"}`}, "MONTHLY", nil, nil},
		{"other kind", "", reply{status: 200, body: monthly}, "", errors.ErrConflict, []string{"monthly", "one-off", "SetBudget", "100.00 USD"}},
		{"other kind, monthly", quota.Monthly, reply{status: 200, body: oneOff}, "", errors.ErrConflict, []string{"monthly", "one-off", "SetBudget"}},
		{"unknown kind", "", reply{status: 200, body: `{"budget_amount":100,"used_amount":1}`}, "", errors.ErrConflict, []string{"unknown", "one-off"}},
		{"another currency", "", reply{status: 200, body: `{"budget_amount":100,"currency":"EUR"}`}, "", errors.ErrConflict, []string{"EUR"}},
		{"reading fails", "", reply{status: 403, body: `{"error_code":"CBC.0156"}`}, "", errors.ErrDenied, []string{"CBC.0156"}},
		{"reading fails for a while", "", reply{status: 500}, "", errors.ErrUnavailable, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &script{answer: func(_ int, r sent) reply {
				if r.Method == http.MethodGet {
					return tt.now
				}
				return reply{status: 204, header: http.Header{"X-Request-Id": {"id-1"}}}
			}}
			client := newTestClient(t, w, func(c *Config) { c.QuotaPeriod = tt.period })
			receipt, err := client.SetQuota(t.Context(), quota.Grant{Customer: testCustomer, Limit: quota.MustMoney("7.5 USD"), Key: "k1"})
			requireClass(t, tt.want, err)
			if tt.want != nil {
				failure := failureOf(t, err)
				require.Positive(t, failure.Attempts)
				for _, text := range tt.texts {
					require.ErrorContains(t, err, text)
				}
				require.Zero(t, w.count(http.MethodPost))
				return
			}
			require.Equal(t, quota.Receipt{RequestID: "id-1", Attempts: 1}, receipt)
			require.Len(t, w.requests, 2)
			require.Equal(t, `{"customer_id":"`+testCustomer+`","budget_amount":7.50,"budget_type":"`+tt.sent+`"}`, w.requests[1].body)
		})
	}
}

func TestRefusedGrants(t *testing.T) {
	for _, grant := range []quota.Grant{
		{Customer: "", Limit: quota.MustMoney("1 USD")},
		{Customer: testCustomer, Limit: quota.MustMoney("0 USD")},
		{Customer: testCustomer, Limit: quota.MustMoney("-1 USD")},
		{Customer: testCustomer, Limit: quota.MustMoney("2147483647.01 USD")},
		{Customer: testCustomer, Limit: quota.MustMoney("0.001 USD")},
		{Customer: testCustomer, Limit: quota.MustMoney("1 CNY")},
		{Customer: testCustomer, Limit: quota.MustMoney("1 USD"), Key: "not a key"},
	} {
		w := answers(reply{status: 204})
		_, err := newTestClient(t, w).SetQuota(t.Context(), grant)
		requireClass(t, errors.ErrInvalid, err)
		require.Equal(t, "UpdateSubCustomerBudget", failureOf(t, err).Op)
		require.ErrorContains(t, err, "Grant.")
		require.Empty(t, w.requests)
	}
}

func TestAvailableQuota(t *testing.T) {
	tests := []struct {
		name, body, available string
		want                  error
	}{
		{"left", `{"budget_amount":100.10,"used_amount":0.3,"budget_type":"PACKAGE"}`, "99.80 USD", nil},
		{"monthly as well", `{"budget_amount":100,"used_amount":100,"budget_type":"MONTHLY"}`, "0.00 USD", nil},
		{"overspent", `{"budget_amount":1,"used_amount":"1.00000001"}`, "-0.00000001 USD", nil},
		{"no budget", `{}`, "", errors.ErrNotFound},
		{"null budget", `{"budget_amount":null,"used_amount":0}`, "", errors.ErrNotFound},
		{"zero budget", `{"budget_amount":0,"used_amount":0}`, "", errors.ErrNotFound},
		{"use unknown", `{"budget_amount":100}`, "", errors.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 200, body: tt.body, header: http.Header{"X-Request-Id": {"id-1"}}})
			available, err := newTestClient(t, w).AvailableQuota(t.Context(), testCustomer)
			requireClass(t, tt.want, err)
			require.Len(t, w.requests, 1)
			if tt.want == nil {
				require.Equal(t, tt.available, available.String())
				return
			}
			failure := failureOf(t, err)
			require.Equal(t, "ShowSubCustomerBudget", failure.Op)
			require.Equal(t, "id-1", failure.RequestID)
			require.Equal(t, 1, failure.Attempts)
			require.Zero(t, available)
		})
	}
	_, err := newTestClient(t, answers(reply{status: 200})).AvailableQuota(t.Context(), "")
	requireClass(t, errors.ErrInvalid, err)
}
