// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// What the documents allow, and what then is in the model.
func TestWriteAccepted(t *testing.T) {
	base := quota.Budget{Customer: customer, Limit: quota.MustMoney("100.10 USD"), Period: quota.Monthly, OnExceed: quota.FreezeByHand}
	tests := []struct {
		name, fields string
		want         func(*quota.Budget)
		unfrozen     bool
	}{
		{"least", goodAmount, nil, false},
		{"amount as text", `,"budget_amount":"100.1"`, nil, false},
		{"amount with zeros", `,"budget_amount":100.1000`, nil, false},
		{"amount with an exponent", `,"budget_amount":1001E-1`, nil, false},
		{"smallest amount", `,"budget_amount":0.01`, func(b *quota.Budget) { b.Limit = quota.MustMoney("0.01 USD") }, false},
		{"largest amount", `,"budget_amount":2147483647`, func(b *quota.Budget) { b.Limit = quota.MustMoney("2147483647 USD") }, false},
		{"no unfreezing", goodAmount + `,"cancel_partner_frozen":"0"`, nil, false},
		{"no unfreezing, a number", goodAmount + `,"cancel_partner_frozen":0`, nil, false},
		{"no unfreezing, empty", goodAmount + `,"cancel_partner_frozen":""`, nil, false},
		{"no unfreezing, null", goodAmount + `,"cancel_partner_frozen":null`, nil, false},
		{"unfreezing", goodAmount + `,"cancel_partner_frozen":"1"`, nil, true},
		{"unfreezing, a number", goodAmount + `,"cancel_partner_frozen":1`, nil, true},
		{"monthly", goodAmount + `,"budget_type":"MONTHLY"`, nil, false},
		{"monthly for null", goodAmount + `,"budget_type":null`, nil, false},
		{"one-off", goodAmount + `,"budget_type":"PACKAGE"`, func(b *quota.Budget) { b.Period = quota.OneOff }, false},
		{"freeze by hand", goodAmount + `,"frozen_operate_type":0`, nil, false},
		{"freeze automatically", goodAmount + `,"frozen_operate_type":1`, func(b *quota.Budget) { b.OnExceed = quota.FreezeAutomatically }, false},
		{"freeze null", goodAmount + `,"frozen_operate_type":null`, nil, false},
		{"freeze empty", goodAmount + `,"frozen_operate_type":""`, nil, false},
		{"no reseller", goodAmount + `,"indirect_partner_id":null`, nil, false},
		{"empty reseller", goodAmount + `,"indirect_partner_id":""`, nil, false},
		{"reseller", goodAmount + `,"indirect_partner_id":"` + reseller + `"`, func(b *quota.Budget) { b.Reseller = reseller }, false},
		{"unknown field", goodAmount + `,"comment":"x"`, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s huaweitest.Server
			endpoint := start(t, &s)
			s.Quota.Update(customer, func(state *quotatest.State) { state.Frozen = true })
			a := send(t, endpoint, write(tt.fields))
			require.Equal(t, http.StatusNoContent, a.status, a.text)
			require.Empty(t, a.text)

			want := base
			if tt.want != nil {
				tt.want(&want)
			}
			state, _ := s.Quota.Customer(customer)
			got := state.Budget
			require.True(t, got.Limit.Equal(want.Limit), got.Limit)
			got.Limit, got.Used, want.Limit = quota.Money{}, quota.Money{}, quota.Money{}
			require.Equal(t, want, got)
			require.Equal(t, !tt.unfrozen, state.Frozen)
		})
	}
}

// What they do not. The field that is wrong is named.
func TestWriteRefused(t *testing.T) {
	long := strings.Repeat("1", 65)
	tests := []struct{ body, contains string }{
		{``, "body"},
		{`[]`, "body"},
		{`null`, "body"},
		{`{"customer_id":`, "body"},
		{`{"budget_amount":1}`, "customer_id"},
		{`{"customer_id":"","budget_amount":1}`, "customer_id"},
		{`{"customer_id":null,"budget_amount":1}`, "customer_id"},
		{`{"customer_id":12,"budget_amount":1}`, "customer_id"},
		{`{"customer_id":"` + long + `","budget_amount":1}`, "customer_id"},
		{`{"customer_id":"a b","budget_amount":1}`, "Customer"},
		{`{"customer_id":"1"}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":null}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":""}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":0}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":"0.00"}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":-1}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":0.001}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":"100.101"}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":2147483647.01}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":1e20}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":1e999999999}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":"1,000"}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":"1 USD"}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":true}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":{}}`, "budget_amount"},
		{`{"customer_id":"1","budget_amount":1,"cancel_partner_frozen":"2"}`, "cancel_partner_frozen"},
		{`{"customer_id":"1","budget_amount":1,"cancel_partner_frozen":true}`, "cancel_partner_frozen"},
		{`{"customer_id":"1","budget_amount":1,"budget_type":""}`, "budget_type"},
		{`{"customer_id":"1","budget_amount":1,"budget_type":"monthly"}`, "budget_type"},
		{`{"customer_id":"1","budget_amount":1,"budget_type":0}`, "budget_type"},
		{`{"customer_id":"1","budget_amount":1,"frozen_operate_type":2}`, "frozen_operate_type"},
		{`{"customer_id":"1","budget_amount":1,"frozen_operate_type":"1"}`, "frozen_operate_type"},
		{`{"customer_id":"1","budget_amount":1,"indirect_partner_id":1}`, "indirect_partner_id"},
		{`{"customer_id":"1","budget_amount":1,"indirect_partner_id":"` + long + `"}`, "indirect_partner_id"},
	}
	var s huaweitest.Server
	endpoint := start(t, &s)
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			m := write("")
			m.body = tt.body
			m.before = func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }
			a := send(t, endpoint, m)
			require.Equal(t, http.StatusBadRequest, a.status, a.text)
			require.Equal(t, "CBC.0100", a.Code)
			require.Contains(t, a.Message, tt.contains)
			require.Empty(t, a.GatewaysID)
			require.Empty(t, s.Quota.Changes(""))
		})
	}
	require.Equal(t, http.StatusNoContent, send(t, endpoint, write(goodAmount)).status, "control")
}

func TestContentType(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	for _, tt := range []struct {
		contentType string
		status      int
	}{{"application/json", 204}, {"application/json;charset=UTF-8", 204}, {"application/x-www-form-urlencoded", 400}, {"", 400}} {
		m := write(goodAmount)
		m.before = func(r *http.Request) { r.Header.Set("Content-Type", tt.contentType) }
		require.Equal(t, tt.status, send(t, endpoint, m).status, tt.contentType)
	}
}

func TestRead(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	prepare := func(limit, used string, period quota.Period) {
		s.Quota.Update(customer, func(state *quotatest.State) {
			state.Budget.Limit, state.Budget.Used, state.Budget.Period = quota.MustMoney(limit+" USD"), quota.MustMoney(used+" USD"), period
		})
	}
	get := func() answer { return send(t, endpoint, read("customer_id="+customer)) }

	require.JSONEq(t, `{"budget_amount":null,"used_amount":null,"measure_id":1,"currency":"USD","budget_type":null}`, get().text, "without a budget")
	prepare("50", "1", quota.OneOff)
	require.Equal(t, `{"budget_amount":50.0,"used_amount":1.0,"measure_id":1,"currency":"USD","budget_type":"PACKAGE"}`, get().text, "the published sample")
	prepare("2147483647", "0.12345678", quota.Monthly)
	require.Equal(t, `{"budget_amount":2147483647.0,"used_amount":0.12345678,"measure_id":1,"currency":"USD","budget_type":"MONTHLY"}`, get().text, "every digit")

	long := strings.Repeat("1", 65)
	for _, tt := range []struct{ query, contains string }{
		{"", "customer_id"},
		{"customer_id=", "customer_id"},
		{"customer_id=" + long, "customer_id"},
		{"customer_id=1&indirect_partner_id=" + long, "indirect_partner_id"},
		{"customer_id=%20", "customer"},
	} {
		a := send(t, endpoint, read(tt.query))
		require.Equal(t, []any{http.StatusBadRequest, "CBC.0100"}, []any{a.status, a.Code}, tt.query)
		require.Contains(t, a.Message, tt.contains)
	}
}

func TestResellersCustomer(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	for _, tt := range []struct {
		name, reseller string
		status         int
	}{
		{"the first one named", reseller, 204},
		{"the same", reseller, 204},
		{"none", "", 400},
		{"another", "another", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := []answer{send(t, endpoint, write(goodAmount+`,"indirect_partner_id":"`+tt.reseller+`"`))}
			if tt.status == 400 {
				answers = append(answers, send(t, endpoint, read("customer_id="+customer+"&indirect_partner_id="+tt.reseller)))
			}
			for _, a := range answers {
				require.Equal(t, tt.status, a.status, a.text)
				if tt.status == 400 {
					require.Equal(t, "CBC.99000037", a.Code)
				}
			}
		})
	}
	require.Equal(t, http.StatusOK, send(t, endpoint, read("customer_id="+customer+"&indirect_partner_id="+reseller)).status, "control")
}

func TestKindIsReplacedAndUseStays(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	send(t, endpoint, write(goodAmount+`,"budget_type":"MONTHLY"`))
	s.Quota.Update(customer, func(state *quotatest.State) { state.Budget.Used = quota.MustMoney("30.25 USD") })
	require.Equal(t, http.StatusNoContent, send(t, endpoint, write(goodAmount+`,"budget_type":"PACKAGE"`)).status)
	state, _ := s.Quota.Customer(customer)
	require.Equal(t, quota.OneOff, state.Budget.Period)
	require.True(t, state.Budget.Used.Equal(quota.MustMoney("30.25 USD")))
}
