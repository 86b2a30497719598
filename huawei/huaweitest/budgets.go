// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"net/http"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/quota"
)

const maxBudgets = 100

// listBudgets reads the budgets of many customers. Whom the model does not know is left out.
func (s *Server) listBudgets(in *incoming) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	customers, reseller := form.ids("customer_ids", maxBudgets), form.text("indirect_partner_id", maxID)
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	budgets, told := make(array, 0, len(customers)), make(map[string]bool)
	for _, customer := range customers {
		state, known := s.Quota.Customer(customer)
		if !known || told[customer] || state.Budget.Reseller != reseller {
			continue
		}
		told[customer] = true
		b, err := s.Quota.Budget(in.http.Context(), customer)
		if err != nil {
			return nil, refusedByModel(err)
		}
		limit, used, kind := s.Wrinkles.terms(b)
		budgets = append(budgets, object{{"customer_id", customer}, {"budget_amount", limit}, {"used_amount", used}, {"budget_type", kind}})
	}
	measure, currency := s.Wrinkles.unit(s.Quota.Currency)
	return &reply{http.StatusOK, object{{"measure_id", measure}, {"currency", currency}, {"budget_infos", budgets}}}, nil
}

// record is one budget that was set.
type record struct {
	limit decimal.Decimal
	kind  string
	at    time.Time
}

// records are the budgets that were set, by customer.
type records struct {
	mu   sync.Mutex
	kept map[string][]record
}

func (r *records) add(b quota.Budget, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = make(map[string][]record)
	}
	r.kept[b.Customer] = append(r.kept[b.Customer], record{b.Limit.Amount, periodName(b.Period), at})
}

// find lists the records of a customer and a kind ("" is any), the newest first.
func (r *records) find(customer, kind string) (found []record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.kept[customer]
	for i := len(kept) - 1; i >= 0; i-- {
		if kind == "" || kind == kept[i].kind {
			found = append(found, kept[i])
		}
	}
	return found
}

// listRecords lists the budgets that were set through this server.
func (s *Server) listRecords(in *incoming) (*reply, *refusal) {
	form := queryForm(in, "offset", "limit")
	customer, reseller := form.required("customer_id", maxID), form.text("indirect_partner_id", maxID)
	operation := form.choice("operation_type", "", "SETTING", "DELETE")
	kind := form.choice("budget_type", "", "MONTHLY", "PACKAGE")
	window := window{form.integer("offset", 0, 1<<31-1, 0), form.integer("limit", 1, maxPage, defaultPage)}
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	if _, refused := s.resellerOf(customer, reseller); refused != nil {
		return nil, refused
	}
	found := s.records.find(customer, kind)
	if operation == "DELETE" {
		found = nil
	}
	from, to := window.cut(len(found))
	rows := make(array, 0, to-from)
	for _, r := range found[from:to] {
		rows = append(rows, object{
			{"budget_amount", s.Wrinkles.amount(r.limit)},
			{"operation_type", "SETTING"},
			{"operation_time", r.at.UTC().Format(timeForm)},
			{"operator", "operator"},
			{"budget_type", r.kind},
			{"partner_corp_name", "Fake Partner"},
			{"partner_account_name", "fake_partner"},
		})
	}
	measure, currency := s.Wrinkles.unit(s.Quota.Currency)
	return &reply{http.StatusOK, object{
		{"total_count", s.Wrinkles.number(len(found))}, {"measure_id", measure}, {"currency", currency}, {"record_list", rows},
	}}, nil
}

// PartnerQuota is what the partner itself may owe, in the currency of Server.Quota.
type PartnerQuota struct {
	Limit, Balance, Coupons, Due, Unbilled decimal.Decimal
}

// used is the documented sum.
func (q PartnerQuota) used() decimal.Decimal {
	return q.Due.Add(q.Unbilled).Sub(q.Balance).Sub(q.Coupons)
}

// showConsumption tells of Server.Partner. All amounts are strings.
func (s *Server) showConsumption(*incoming) (*reply, *refusal) {
	q := s.Partner
	measure, currency := s.Wrinkles.unit(s.Quota.Currency)
	return &reply{http.StatusOK, object{
		{"consumption_quota", q.Limit.String()},
		{"amount", q.Balance.String()},
		{"coupon_amount", q.Coupons.String()},
		{"due_amount", q.Due.String()},
		{"unbilled_amount", q.Unbilled.String()},
		{"used_consumption_quota", q.used().String()},
		{"currency", currency},
		{"measure_id", measure},
	}}, nil
}
