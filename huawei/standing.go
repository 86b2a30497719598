// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

const budgetsPath = "/v2/partners/sub-customers/budget/query"

var listBudgets = &operation{name: "ListSubCustomerBudget", method: http.MethodPost, success: http.StatusOK}

// maxBudgets is how many customers one request may name.
const maxBudgets = 100

var _ quota.StandingReader = (*Client)(nil)

// Standings reads the budgets of many customers, 100 with each request (ListSubCustomerBudget). Limit and Used are the
// budget and its use, which lags behind; all three are nil where no budget is set. Whether a customer is frozen is not
// told here; [Client.Customers] does. A customer that Huawei leaves out of its answer is errors.ErrNotFound: it is not the
// caller's, or not by resale. Where a request fails each of its customers gets the error, and the next request is made;
// but after two in a row that were errors.ErrUnauthenticated or errors.ErrDenied the others get the same class, unsent.
func (c *Client) Standings(ctx context.Context, customers ...string) iter.Seq2[quota.Standing, error] {
	return c.StandingsOf(ctx, "", customers...)
}

// StandingsOf is [Client.Standings] for the customers of a reseller: reseller is the indirect partner's id, empty for
// customers of the caller's own.
func (c *Client) StandingsOf(ctx context.Context, reseller string, customers ...string) iter.Seq2[quota.Standing, error] {
	return func(yield func(quota.Standing, error) bool) {
		s := standings{client: c, reseller: reseller, wanted: make(map[string]int), results: make(map[string]standing)}
		for _, customer := range customers {
			s.wanted[customer]++
		}
		for i, customer := range customers {
			if ctx.Err() != nil {
				yield(quota.Standing{Customer: customer}, call.Ended(ctx, provider, listBudgets.name))
				return
			}
			if _, known := s.results[customer]; !known {
				s.readNext(ctx, customers[i:])
			}
			result := s.results[customer]
			result.Customer = customer
			if !yield(result.Standing, result.err) || ctx.Err() != nil && errors.Is(result.err, ctx.Err()) {
				return
			}
			if s.wanted[customer]--; s.wanted[customer] == 0 {
				delete(s.results, customer)
			}
		}
	}
}

// standings is an iteration under way.
type standings struct {
	client   *Client
	reseller string
	wanted   map[string]int      // how often each customer is still to be told of
	results  map[string]standing // that are known, and still to be told
	refused  int                 // requests in a row that were refused for the caller's own sake
	unsent   error               // why nothing more is sent
}

type standing struct {
	quota.Standing
	err error
}

// readNext reads the next customers that are not known yet, as many as one request may name. The first of them is known
// then, in any case.
func (s *standings) readNext(ctx context.Context, customers []string) {
	var asked []string
	queued := make(map[string]bool)
	for _, customer := range customers {
		if _, known := s.results[customer]; known || queued[customer] {
			continue
		}
		if err := checkIDs(customer, s.reseller); err != nil {
			s.results[customer] = standing{err: refuse(listBudgets.name, err)}
			continue
		}
		queued[customer] = true
		if asked = append(asked, customer); len(asked) == maxBudgets {
			break
		}
	}
	if len(asked) == 0 {
		return
	}
	err := s.unsent
	if err == nil {
		err = s.client.call.Watch(ctx, listBudgets.name, func(ctx context.Context) error { return s.ask(ctx, asked) })
	}
	if err == nil {
		s.refused = 0
		return
	}
	for _, customer := range asked {
		s.results[customer] = standing{err: err}
	}
	if s.unsent == nil && call.OwnFault(err) {
		if s.refused++; s.refused == maxRefused {
			s.unsent = call.NotSent(err)
		}
	}
}

// maxRefused keeps a list of any length from locking the key: five failures in a row do.
const maxRefused = 2

func (s *standings) ask(ctx context.Context, asked []string) error {
	body := marshal(struct {
		Customers []string `json:"customer_ids"`
		Reseller  string   `json:"indirect_partner_id,omitempty"`
	}{asked, s.reseller})
	reply, _, err := read[budgetsReply](ctx, s.client, listBudgets, s.client.at(budgetsPath), body)
	if err != nil {
		return err
	}
	told := make(map[string]standing, len(reply.Budgets))
	for _, row := range reply.Budgets {
		told[string(row.Customer)] = standing{Standing: row.standing()}
	}
	for _, customer := range asked {
		result, known := told[customer]
		if !known {
			result.err = &errors.Error{
				Provider: provider, Op: listBudgets.name, Class: errors.ErrNotFound, RequestID: string(reply.RequestID), Status: listBudgets.success,
				Message: "the answer leaves this customer out: it is not the caller's, or not by resale",
			}
		}
		delete(told, customer)
		s.results[customer] = result
	}
	if len(told) > 0 {
		return &errors.Error{
			Provider: provider, Op: listBudgets.name, Class: errors.ErrUnavailable, RequestID: string(reply.RequestID), Status: listBudgets.success,
			Message: "the answer tells of " + strconv.Itoa(len(told)) + " customers that were not asked for",
		}
	}
	return nil
}

// budgetsReply is the answer of ListSubCustomerBudget.
type budgetsReply struct {
	envelope
	unit
	Budgets []budgetRow `json:"budget_infos"`
}

type budgetRow struct {
	Customer wire.Text `json:"customer_id"`
	Limit    amount    `json:"budget_amount"`
	Used     amount    `json:"used_amount"`
}

func (r *budgetsReply) check() *errors.Error {
	seen := make(map[wire.Text]bool, len(r.Budgets))
	for _, row := range r.Budgets {
		if row.Customer == "" || seen[row.Customer] {
			return &errors.Error{Class: errors.ErrUncertain, Message: "the answer has a budget of nobody, or two of one customer"}
		}
		seen[row.Customer] = true
	}
	return r.unit.check("the budgets are")
}

// standing is what is told of a customer. Zero cannot be set, so that it is no budget.
func (r *budgetRow) standing() (s quota.Standing) {
	if !r.Limit.set || r.Limit.value.IsZero() {
		return s
	}
	s.Limit, s.Used = r.Limit.told(), r.Used.told()
	if r.Used.set {
		s.Available = &quota.Money{Amount: r.Limit.value.Sub(r.Used.value), Currency: quota.USD}
	}
	return s
}
