// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/quota/quotatest"
)

// listCustomers lists what the model has, in the order of the ids.
func (s *Server) listCustomers(in *incoming) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	f := customerFilter{
		account: form.part("account_name", 128), name: form.part("customer", 128), label: form.part("label", 64),
		association: form.choice("association_type", "", "", "1", "2", "3"), associated: form.span(),
		customer: form.text("customer_id", maxID), reseller: form.text("indirect_partner_id", maxID),
	}
	window := form.window()
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	ids := s.roster.list(&s.Quota, f, window.offset == 0)
	from, to := window.cut(len(ids))
	customers := make(array, 0, to-from)
	for _, id := range ids[from:to] {
		state, _ := s.Quota.Customer(id)
		customers = append(customers, s.Wrinkles.customer(id, state))
	}
	return &reply{http.StatusOK, object{{"customer_infos", customers}, {"count", s.Wrinkles.number(len(ids))}}}, nil
}

// customerFilter is which customers are asked for.
type customerFilter struct {
	account, name, label, association, customer, reseller string
	associated                                            span
}

// resale is how every customer of the model is associated.
const resale = "3"

// has reports whether a customer is asked for. The model has one name for both, and no labels.
func (f customerFilter) has(id string, state quotatest.State) bool {
	return state.Budget.Reseller == f.reseller &&
		(f.customer == "" || f.customer == id) &&
		(f.association == "" || f.association == resale) &&
		f.label == "" &&
		strings.Contains(state.Name, f.account) && strings.Contains(state.Name, f.name) &&
		(f.associated == span{} || !state.Associated.IsZero() && f.associated.has(state.Associated))
}

// roster is the last list that was asked for, so that the next page of it need not look at everyone.
type roster struct {
	mu     sync.Mutex
	filter customerFilter
	total  int // customers in the model then
	ids    []string
}

// list lists whom a filter asks for, anew where anything says so: another filter, a first page, another number of customers.
func (r *roster) list(model *quotatest.Provider, f customerFilter, first bool) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, total := model.CustomerIDsAt(0, 0)
	if !first && f == r.filter && total == r.total {
		return r.ids
	}
	all := model.CustomerIDs("", total)
	ids := make([]string, 0, len(all))
	for _, id := range all {
		if state, known := model.Customer(id); known && f.has(id, state) {
			ids = append(ids, id)
		}
	}
	r.filter, r.total, r.ids = f, total, ids
	return ids
}

// customer is one row of the list.
func (w Wrinkles) customer(id string, state quotatest.State) object {
	frozen := "0"
	switch {
	case state.FrozenResources:
		frozen = "2"
	case state.Frozen:
		frozen = "1"
	}
	var label, managers any = "", array{object{{"account_name", "manager"}}}
	if w.Nulls {
		label, managers = nil, nil
	}
	return object{
		{"customer", state.Name},
		{"account_name", state.Name},
		{"customer_id", id},
		{"associated_on", timeOrNull(state.Associated)},
		{"association_type", resale},
		{"label", label},
		{"telephone", "134****6666"},
		{"verified_status", "2"},
		{"country_code", "0086"},
		{"customer_type", w.integer("1")},
		{"is_frozen", w.integer(frozen)},
		{"account_managers", managers},
		{"customer_level", "V0"},
	}
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(timeForm)
}

// listResellers lists Server.Resellers.
func (s *Server) listResellers(in *incoming) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	account, associated, id := form.text("account_name", maxID), form.span(), form.text("indirect_partner_id", maxID)
	window := form.window()
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	var found []huawei.Reseller
	for _, r := range s.Resellers {
		if strings.Contains(r.AccountName, account) && (id == "" || id == r.ID) && (associated == span{} || associated.has(r.Associated)) {
			found = append(found, r)
		}
	}
	from, to := window.cut(len(found))
	rows := make(array, 0, to-from)
	for _, r := range found[from:to] {
		rows = append(rows, object{
			{"indirect_partner_id", r.ID},
			{"mobile_phone", r.Telephone},
			{"email", r.Email},
			{"account_name", r.AccountName},
			{"name", r.Name},
			{"associated_on", timeOrNull(r.Associated)},
			{"account_manager_id", r.ManagerID},
			{"account_manager_name", r.Manager},
		})
	}
	return &reply{http.StatusOK, object{{"count", s.Wrinkles.number(len(found))}, {"indirect_partners", rows}}}, nil
}
