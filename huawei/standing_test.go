// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func money(text string) *quota.Money {
	m := quota.MustMoney(text)
	return &m
}

func requireMoney(t *testing.T, want, got *quota.Money) {
	t.Helper()
	if want == nil {
		require.Nil(t, got)
		return
	}
	require.NotNil(t, got)
	require.Truef(t, want.Equal(*got), "want %v, got %v", want, got)
}

func TestStandingAsTold(t *testing.T) {
	for _, tt := range []struct {
		name, body             string
		limit, used, available *quota.Money
		class                  error
	}{
		{"whole", `{"measure_id":1,"currency":"USD","budget_infos":[{"customer_id":"c1","budget_amount":50.0,"used_amount":1.25,"budget_type":"MONTHLY"}]}`,
			money("50 USD"), money("1.25 USD"), money("48.75 USD"), nil},
		{"strings", `{"measure_id":"1","currency":"usd","budget_infos":[{"customer_id":"c1","budget_amount":"50.00000001","used_amount":"60"}]}`,
			money("50.00000001 USD"), money("60 USD"), money("-9.99999999 USD"), nil},
		{"no unit", `{"measure_id":null,"currency":null,"budget_infos":[{"customer_id":"c1","budget_amount":50,"used_amount":0}]}`,
			money("50 USD"), money("0 USD"), money("50 USD"), nil},
		{"use not told", `{"budget_infos":[{"customer_id":"c1","budget_amount":50}]}`, money("50 USD"), nil, nil, nil},
		{"no budget", `{"budget_infos":[{"customer_id":"c1","budget_amount":null,"used_amount":null}]}`, nil, nil, nil, nil},
		{"budget of zero", `{"budget_infos":[{"customer_id":"c1","budget_amount":0.0,"used_amount":0.0}]}`, nil, nil, nil, nil},
		{"left out", `{"budget_infos":[]}`, nil, nil, nil, errors.ErrNotFound},
		{"left out, null", `{"budget_infos":null}`, nil, nil, nil, errors.ErrNotFound},
		{"another instead", `{"budget_infos":[{"customer_id":"c2","budget_amount":50}]}`, nil, nil, nil, errors.ErrUnavailable},
		{"twice", `{"budget_infos":[{"customer_id":"c1","budget_amount":50},{"customer_id":"c1","budget_amount":60}]}`, nil, nil, nil, errors.ErrUnavailable},
		{"nobody's", `{"budget_infos":[{"budget_amount":50}]}`, nil, nil, nil, errors.ErrUnavailable},
		{"yuan", `{"currency":"CNY","budget_infos":[{"customer_id":"c1","budget_amount":50}]}`, nil, nil, nil, errors.ErrConflict},
		{"cents", `{"measure_id":3,"budget_infos":[{"customer_id":"c1","budget_amount":50}]}`, nil, nil, nil, errors.ErrConflict},
		{"no amount", `{"budget_infos":[{"customer_id":"c1","budget_amount":"much"}]}`, nil, nil, nil, errors.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 200, body: tt.body, header: http.Header{"X-Request-Id": {"id-1"}}})
			pairs := 0
			for s, err := range newTestClient(t, w, once).StandingsOf(t.Context(), "r1", "c1") {
				pairs++
				requireClass(t, tt.class, err)
				require.Equal(t, "c1", s.Customer)
				require.Nil(t, s.Frozen)
				requireMoney(t, tt.limit, s.Limit)
				requireMoney(t, tt.used, s.Used)
				requireMoney(t, tt.available, s.Available)
				if err != nil {
					require.Equal(t, []any{listBudgets.name, "id-1"}, []any{failureOf(t, err).Op, failureOf(t, err).RequestID})
				}
			}
			require.Equal(t, 1, pairs)
			require.Equal(t, `{"customer_ids":["c1"],"indirect_partner_id":"r1"}`, w.requests[0].body)
			require.Equal(t, []string{http.MethodPost, budgetsPath}, []string{w.requests[0].Method, w.requests[0].URL.Path})
		})
	}
}

// budgetsFor answers with a budget for each customer that is asked for.
func budgetsFor(change func(n int) *reply) *script {
	return &script{answer: func(n int, r sent) reply {
		if change != nil {
			if other := change(n); other != nil {
				return *other
			}
		}
		var asked struct {
			Customers []string `json:"customer_ids"`
		}
		if err := json.Unmarshal([]byte(r.body), &asked); err != nil {
			return reply{status: 400}
		}
		rows := make([]string, len(asked.Customers))
		for i, id := range asked.Customers {
			rows[len(rows)-1-i] = `{"customer_id":"` + id + `","budget_amount":50,"used_amount":1}`
		}
		return reply{status: 200, body: `{"budget_infos":[` + strings.Join(rows, ",") + `]}`}
	}}
}

func TestStandingsBatches(t *testing.T) {
	w := budgetsFor(nil)
	customers := append(append(ids(250), "c 1", "customer-0", "", "customer-249"), ids(3)...)
	var got []string
	for s, err := range newTestClient(t, w).Standings(t.Context(), customers...) {
		got = append(got, s.Customer)
		if s.Customer == "c 1" || s.Customer == "" {
			requireClass(t, errors.ErrInvalid, err)
			continue
		}
		require.NoError(t, err)
		requireMoney(t, money("49 USD"), s.Available)
	}
	require.Equal(t, customers, got)
	require.Len(t, w.requests, 3)
	require.Equal(t, []int{100, 100, 50}, []int{strings.Count(w.requests[0].body, "customer-"), strings.Count(w.requests[1].body, "customer-"), strings.Count(w.requests[2].body, "customer-")})
}

// A request that fails costs its own customers; but two refusals of the key in a row are enough.
func TestStandingsGoOn(t *testing.T) {
	refused := &reply{status: 401, body: `{"error_code":"APIGW.0301"}`}
	for _, tt := range []struct {
		name     string
		change   func(n int) *reply
		class    error
		failed   int
		requests int
	}{
		{"outage", func(n int) *reply {
			if n == 1 {
				return &reply{status: 503}
			}
			return nil
		}, errors.ErrUnavailable, 100, 5},
		{"one refusal", func(n int) *reply {
			if n == 1 {
				return refused
			}
			return nil
		}, errors.ErrUnauthenticated, 100, 5},
		{"every other one", func(n int) *reply {
			if n%2 == 1 {
				return refused
			}
			return nil
		}, errors.ErrUnauthenticated, 200, 5},
		{"refused for good", func(int) *reply { return refused }, errors.ErrUnauthenticated, 500, 2},
		{"denied for good", func(int) *reply { return &reply{status: 403, body: `{"error_code":"CBC.0151"}`} }, errors.ErrDenied, 500, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := budgetsFor(tt.change)
			pairs, failed := 0, 0
			for _, err := range newTestClient(t, w, once).Standings(t.Context(), ids(500)...) {
				pairs++
				if err != nil {
					failed++
					requireClass(t, tt.class, err)
				}
			}
			require.Equal(t, []int{500, tt.failed, tt.requests}, []int{pairs, failed, len(w.requests)})
		})
	}
}

func TestBudgetRecords(t *testing.T) {
	sample := `{"total_count":2,"measure_id":1,"currency":"USD","record_list":[
		{"budget_amount":100.5,"operation_type":"SETTING","operation_time":"2024-01-29T08:00:00Z","operator":"system","budget_type":"PACKAGE","partner_corp_name":"corp","partner_account_name":"account"},
		{"budget_amount":null,"operation_type":"DELETE","operation_time":"2024-01-30T08:00:00Z","operator":"x","budget_type":null}]}`
	w := answers(reply{status: 200, body: sample})
	rows, err := gather(newTestClient(t, w).BudgetRecords(t.Context(), "c1", "r1"))
	require.NoError(t, err)
	require.Len(t, w.requests, 1)
	require.Equal(t, "customer_id=c1&indirect_partner_id=r1&limit=100&offset=0", w.requests[0].URL.RawQuery)
	require.Equal(t, []string{http.MethodGet, recordsPath, ""}, []string{w.requests[0].Method, w.requests[0].URL.Path, w.requests[0].body})
	require.Len(t, rows, 2)
	requireMoney(t, money("100.5 USD"), rows[0].Limit)
	rows[0].Limit = nil
	require.Equal(t, []BudgetRecord{
		{Operation: "SETTING", Time: time.Date(2024, 1, 29, 8, 0, 0, 0, time.UTC), Operator: "system", Period: quota.OneOff, Partner: "corp", PartnerAccount: "account"},
		{Operation: "DELETE", Time: time.Date(2024, 1, 30, 8, 0, 0, 0, time.UTC), Operator: "x"},
	}, rows)

	for _, tt := range []struct {
		body  string
		class error
	}{
		{`{}`, nil},
		{`{"total_count":"0","record_list":null}`, nil},
		{`{"record_list":[{"budget_amount":1}]}`, errors.ErrUnavailable},
		{`{"total_count":1,"currency":"CNY","record_list":[{"budget_amount":1}]}`, errors.ErrConflict},
		{`{"total_count":1,"record_list":[{"budget_amount":"x"}]}`, errors.ErrUnavailable},
	} {
		rows, err := gather(newTestClient(t, answers(reply{status: 200, body: tt.body}), once).BudgetRecords(t.Context(), "c1", ""))
		requireClass(t, tt.class, err)
		require.Empty(t, rows)
	}
	for _, id := range [][2]string{{"", ""}, {"c 1", ""}, {"c1", "r 1"}} {
		w := answers(reply{status: 200, body: "{}"})
		_, err := gather(newTestClient(t, w).BudgetRecords(t.Context(), id[0], id[1]))
		requireClass(t, errors.ErrInvalid, err)
		require.Empty(t, w.requests)
	}
}

// Equal records are no doublets; and the pages are of 100.
func TestBudgetRecordPages(t *testing.T) {
	const records = 250
	w := &script{answer: func(_ int, r sent) reply {
		var offset int
		_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		n := min(100, records-offset)
		row := `{"budget_amount":1,"operation_type":"SETTING"}`
		return reply{status: 200, body: `{"total_count":250,"record_list":[` + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + `]}`}
	}}
	rows, err := gather(newTestClient(t, w).BudgetRecords(t.Context(), "c1", ""))
	require.NoError(t, err)
	require.Len(t, rows, records)
	require.Len(t, w.requests, 3)
}

func TestConsumptionQuota(t *testing.T) {
	w := answers(reply{status: 200, body: `{"consumption_quota":"10000","amount":"610.18","coupon_amount":"10.03","due_amount":"500.28","unbilled_amount":"10.00000001",
		"used_consumption_quota":"-109.92999999","currency":"USD","measure_id":1}`})
	q, err := newTestClient(t, w).ConsumptionQuota(t.Context())
	require.NoError(t, err)
	for _, row := range []struct {
		got  *quota.Money
		want string
	}{
		{q.Limit, "10000 USD"}, {q.Balance, "610.18 USD"}, {q.Coupons, "10.03 USD"}, {q.Due, "500.28 USD"}, {q.Unbilled, "10.00000001 USD"},
		{q.Used, "-109.92999999 USD"},
	} {
		requireMoney(t, money(row.want), row.got)
	}
	require.Equal(t, []string{http.MethodGet, consumptionPath, "", ""}, []string{w.requests[0].Method, w.requests[0].URL.Path, w.requests[0].URL.RawQuery, w.requests[0].body})

	for _, tt := range []struct {
		body  string
		class error
	}{
		{`{}`, nil},
		{`{"currency":"CNY"}`, errors.ErrConflict},
		{`{"measure_id":"2"}`, errors.ErrConflict},
		{`{"amount":"a lot"}`, errors.ErrUnavailable},
	} {
		q, err := newTestClient(t, answers(reply{status: 200, body: tt.body}), once).ConsumptionQuota(t.Context())
		requireClass(t, tt.class, err)
		require.Zero(t, q)
	}
}
