// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestBudgetBody(t *testing.T) {
	tests := []struct {
		name   string
		budget quota.Budget
		want   string
	}{
		{"least", quota.Budget{Customer: "c1", Limit: quota.MustMoney("100 USD")},
			`{"customer_id":"c1","budget_amount":100.00,"budget_type":"MONTHLY"}`},
		{"one decimal", quota.Budget{Customer: "c1", Limit: quota.MustMoney("100.1 USD"), Period: quota.Monthly},
			`{"customer_id":"c1","budget_amount":100.10,"budget_type":"MONTHLY"}`},
		{"zeros behind", quota.Budget{Customer: "c1", Limit: quota.MustMoney("0.0100000 USD"), Period: quota.OneOff},
			`{"customer_id":"c1","budget_amount":0.01,"budget_type":"PACKAGE"}`},
		{"most", quota.Budget{Customer: "c1", Limit: quota.MustMoney("2147483647.00 USD"), OnExceed: quota.FreezeByHand},
			`{"customer_id":"c1","budget_amount":2147483647.00,"budget_type":"MONTHLY","frozen_operate_type":0}`},
		{"exponent", quota.Budget{Customer: "c1", Limit: quota.Money{Amount: decimal.New(12, 3), Currency: quota.USD}},
			`{"customer_id":"c1","budget_amount":12000.00,"budget_type":"MONTHLY"}`},
		{"everything", quota.Budget{Customer: "c1", Reseller: "r1", Limit: quota.MustMoney("5 USD"), Period: quota.OneOff, OnExceed: quota.FreezeAutomatically, Unfreeze: true, Used: quota.MustMoney("9 USD")},
			`{"customer_id":"c1","budget_amount":5.00,"budget_type":"PACKAGE","cancel_partner_frozen":"1","indirect_partner_id":"r1","frozen_operate_type":1}`},
		{"hostile ids", quota.Budget{Customer: `c"1\`, Reseller: `</r>&'%","x":"`, Limit: quota.MustMoney("5 USD")},
			`{"customer_id":"c\"1\\","budget_amount":5.00,"budget_type":"MONTHLY","indirect_partner_id":"</r>&'%\",\"x\":\""}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 204, header: http.Header{"X-Request-Id": {"id-1"}}})
			receipt, err := newTestClient(t, w).SetBudget(t.Context(), tt.budget)
			require.NoError(t, err)
			require.Equal(t, quota.Receipt{RequestID: "id-1", Attempts: 1}, receipt)
			r := w.requests[0]
			require.Equal(t, tt.want, r.body)
			require.True(t, json.Valid([]byte(r.body)))
			require.Equal(t, http.MethodPost, r.Method)
			require.Equal(t, "https://bss-intl.myhuaweicloud.com/v2/partners/sub-customers/budget", r.URL.String())
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			require.Equal(t, "application/json", r.Header.Get("Accept"))
			require.Equal(t, "resell-go", r.Header.Get("User-Agent"))
			require.NotContains(t, r.Header, "Idempotency-Key")
			require.NotContains(t, r.Header, "X-Idempotency-Key")
		})
	}
}

// The amount on the wire does not follow the global settings of package decimal.
func TestBudgetBodyIgnoresDecimalsGlobals(t *testing.T) {
	trim, bare := decimal.TrimTrailingZeros, decimal.MarshalJSONWithoutQuotes
	t.Cleanup(func() { decimal.TrimTrailingZeros, decimal.MarshalJSONWithoutQuotes = trim, bare })
	for _, set := range []bool{true, false} {
		decimal.TrimTrailingZeros, decimal.MarshalJSONWithoutQuotes = set, set
		require.Equal(t, `{"customer_id":"`+testCustomer+`","budget_amount":100.10,"budget_type":"MONTHLY"}`, string(budgetBody(testBudget())))
	}
}

func TestAppendIDIsJSON(t *testing.T) {
	for c := byte('!'); c <= '~'; c++ {
		var got string
		require.NoError(t, json.Unmarshal(appendID(nil, string(c)), &got))
		require.Equal(t, string(c), got)
	}
}

func TestRefusedBudgets(t *testing.T) {
	tests := []struct {
		name   string
		change func(*quota.Budget)
		want   string
	}{
		{"no customer", func(b *quota.Budget) { b.Customer = "" }, "Budget.Customer"},
		{"long customer", func(b *quota.Budget) { b.Customer = strings.Repeat("x", 65) }, "Budget.Customer"},
		{"customer with a line end", func(b *quota.Budget) { b.Customer += "\n" }, "Budget.Customer"},
		{"long reseller", func(b *quota.Budget) { b.Reseller = strings.Repeat("x", 65) }, "Budget.Reseller"},
		{"zero", func(b *quota.Budget) { b.Limit = quota.MustMoney("0 USD") }, "Budget.Limit"},
		{"too much", func(b *quota.Budget) { b.Limit = quota.MustMoney("2147483647.01 USD") }, "Budget.Limit"},
		{"three decimals", func(b *quota.Budget) { b.Limit = quota.MustMoney("1.001 USD") }, "Budget.Limit"},
		{"yuan", func(b *quota.Budget) { b.Limit = quota.MustMoney("1 CNY") }, "USD"},
		{"euro", func(b *quota.Budget) { b.Limit = quota.MustMoney("1 EUR") }, "USD"},
		{"no currency", func(b *quota.Budget) { b.Limit.Currency = "" }, "Budget.Limit"},
		{"unknown period", func(b *quota.Budget) { b.Period = "MONTHLY" }, "Budget.Period"},
		{"unknown action", func(b *quota.Budget) { b.OnExceed = "1" }, "Budget.OnExceed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 204})
			b := testBudget()
			tt.change(&b)
			receipt, err := newTestClient(t, w).SetBudget(t.Context(), b)
			requireClass(t, errors.ErrInvalid, err)
			require.Equal(t, "UpdateSubCustomerBudget", failureOf(t, err).Op)
			require.ErrorContains(t, err, tt.want)
			require.Zero(t, receipt)
			require.Empty(t, w.requests)
		})
	}
}

func TestBudgetOf(t *testing.T) {
	tests := []struct{ customer, reseller, query string }{
		{"c1", "", "customer_id=c1"},
		{"c1", "r1", "customer_id=c1&indirect_partner_id=r1"},
		{"c&1=/+", "r%", "customer_id=c%261%3D%2F%2B&indirect_partner_id=r%25"},
	}
	for _, tt := range tests {
		w := answers(reply{status: 200, body: `{"budget_amount":100,"used_amount":1,"budget_type":"MONTHLY"}`})
		b, err := newTestClient(t, w).BudgetOf(t.Context(), tt.customer, tt.reseller)
		require.NoError(t, err)
		require.Equal(t, tt.customer, b.Customer)
		require.Equal(t, tt.reseller, b.Reseller)
		r := w.requests[0]
		require.Equal(t, http.MethodGet, r.Method)
		require.Equal(t, "/v2/partners/sub-customers/budget", r.URL.Path)
		require.Equal(t, tt.query, r.URL.RawQuery)
		require.Empty(t, r.body)
		require.Empty(t, r.Header.Get("Content-Type"))
	}
	for _, ids := range [][2]string{{"", "r1"}, {"c 1", ""}, {"c1", "r 1"}, {"c1", strings.Repeat("r", 65)}} {
		w := answers(reply{status: 200, body: "{}"})
		_, err := newTestClient(t, w).BudgetOf(t.Context(), ids[0], ids[1])
		requireClass(t, errors.ErrInvalid, err)
		require.Equal(t, "ShowSubCustomerBudget", failureOf(t, err).Op)
		require.Empty(t, w.requests)
	}
}

// Without Unfreeze a change in doubt is simply repeated; only the number of attempts ends it.
func TestUncertainBudgetIsRepeated(t *testing.T) {
	w := answers(reply{status: 500, body: `{"error_code":"CBC.0999"}`})
	receipt, err := newTestClient(t, w).SetBudget(t.Context(), testBudget())
	requireClass(t, errors.ErrUncertain, err)
	require.Equal(t, 4, receipt.Attempts)
	require.Equal(t, 4, w.count(http.MethodPost))
	require.Zero(t, w.count(http.MethodGet))
}

func TestUnfreeze(t *testing.T) {
	lost := reply{status: 500, body: `{"error_code":"CBC.0999","error_msg":"Other errors."}`}
	done := reply{status: 204, header: http.Header{"X-Request-Id": {"id-2"}}}
	read := func(body string) reply { return reply{status: 200, body: body} }
	asked := read(`{"budget_amount":"100.1","used_amount":0,"budget_type":"PACKAGE"}`)
	other := read(`{"budget_amount":50,"used_amount":0,"budget_type":"PACKAGE"}`)
	otherKind := read(`{"budget_amount":100.10,"used_amount":0,"budget_type":"MONTHLY"}`)
	kindless := read(`{"budget_amount":100.10,"used_amount":0}`)
	none := read(`{}`)
	denied := reply{status: 403, body: `{"error_code":"CBC.0151"}`}
	busy := reply{status: 429, body: `{"error_code":"CBC.0250"}`}

	tests := []struct {
		name          string
		posts, gets   []reply // in their order, the last one again and again
		want          error
		message       string
		writes, reads int
	}{
		{"at once", []reply{done}, nil, nil, "", 1, 0},
		{"refused", []reply{denied}, nil, errors.ErrDenied, "", 1, 0},
		{"throttled, then done", []reply{busy, done}, nil, nil, "", 2, 0},
		{"another limit: sent again", []reply{lost, done}, []reply{other}, nil, "", 2, 1},
		{"another kind: sent again", []reply{lost, done}, []reply{otherKind}, nil, "", 2, 1},
		{"no budget yet: sent again", []reply{lost, done}, []reply{none}, nil, "", 2, 1},
		{"sent again, then refused", []reply{lost, denied}, []reply{other}, errors.ErrUncertain, "an earlier attempt may have been applied; then denied", 2, 1},
		{"reads as asked", []reply{lost}, []reply{asked}, errors.ErrUncertain, "reads as asked", 1, 1},
		{"reads as asked, kind unknown", []reply{lost}, []reply{kindless}, errors.ErrUncertain, "reads as asked", 1, 1},
		{"reads as asked after another round", []reply{lost}, []reply{other, asked}, errors.ErrUncertain, "reads as asked", 2, 2},
		{"reading fails", []reply{lost}, []reply{denied}, errors.ErrUncertain, "reading the budget back failed as well: denied", 1, 1},
		{"reading fails for long", []reply{lost}, []reply{lost}, errors.ErrUncertain, "reading the budget back failed as well: unavailable", 1, 4},
		{"never takes", []reply{lost}, []reply{other}, errors.ErrUncertain, "Other errors.", 4, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			writes, reads := 0, 0
			w := &script{}
			w.answer = func(_ int, r sent) reply {
				if r.Method == http.MethodGet {
					require.Equal(t, "customer_id="+testCustomer+"&indirect_partner_id=r1", r.URL.RawQuery)
					reads++
					return tt.gets[min(reads, len(tt.gets))-1]
				}
				require.Contains(t, r.body, `"cancel_partner_frozen":"1"`)
				writes++
				return tt.posts[min(writes, len(tt.posts))-1]
			}
			b := testBudget()
			b.Reseller, b.Period, b.Unfreeze = "r1", quota.OneOff, true
			receipt, err := newTestClient(t, w).SetBudget(t.Context(), b)
			requireClass(t, tt.want, err)
			require.Equal(t, tt.writes, writes)
			require.Equal(t, tt.reads, reads)
			require.Equal(t, tt.writes, receipt.Attempts)
			if err == nil {
				require.Equal(t, "id-2", receipt.RequestID)
				return
			}
			failure := failureOf(t, err)
			require.Equal(t, "UpdateSubCustomerBudget", failure.Op)
			require.Equal(t, tt.writes, failure.Attempts)
			require.Contains(t, failure.Message, tt.message)
		})
	}
}

func TestUnfreezeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &script{answer: func(int, sent) reply {
		cancel()
		return reply{status: 500}
	}}
	b := testBudget()
	b.Unfreeze = true
	_, err := newTestClient(t, w).SetBudget(ctx, b)
	requireClass(t, errors.ErrUncertain, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, w.requests, 1)
}
