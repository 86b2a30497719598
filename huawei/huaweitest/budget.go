// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"context"
	"net/http"

	"github.com/resellkit/resell/errors"
)

// updateBudget sets a customer's budget.
func (s *Server) updateBudget(in *incoming) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	b, refused := readBudget(form.fields)
	if refused != nil {
		return nil, refused
	}
	b.Limit.Currency = s.Quota.Currency
	b.Reseller, refused = s.resellerOf(b.Customer, b.Reseller)
	if refused != nil {
		return nil, refused
	}
	if _, err := s.Quota.SetBudget(in.http.Context(), b); err != nil {
		return nil, refusedByModel(err)
	}
	s.records.add(b, s.now())
	return &reply{status: http.StatusNoContent}, nil
}

// showBudget reads a customer's budget.
func (s *Server) showBudget(in *incoming) (*reply, *refusal) {
	query := in.http.URL.Query() // the gateway has read it before
	customer, reseller := query.Get("customer_id"), query.Get("indirect_partner_id")
	switch {
	case customer == "" || len(customer) > maxID:
		return nil, invalid("customer_id " + idRule)
	case len(reseller) > maxID:
		return nil, invalid("indirect_partner_id " + idRule)
	}
	if _, refused := s.resellerOf(customer, reseller); refused != nil {
		return nil, refused
	}
	b, err := s.Quota.Budget(in.http.Context(), customer)
	if err != nil {
		return nil, refusedByModel(err)
	}
	return s.Wrinkles.budget(b), nil
}

// resellerOf is the reseller that the customer belongs to: the one in the model, or the one that is named first.
func (s *Server) resellerOf(customer, named string) (string, *refusal) {
	state, _ := s.Quota.Customer(customer)
	switch known := state.Budget.Reseller; known {
	case "", named:
		return named, nil
	default:
		return "", refuse(http.StatusBadRequest, "CBC.99000037", "")
	}
}

// modelRefusals say what the API calls the model's own refusals: of input that the API's documents do not speak of, and
// of faults scripted there.
var modelRefusals = map[error]struct {
	status int
	code   string
}{
	errors.ErrInvalid:         {http.StatusBadRequest, "CBC.0100"},
	errors.ErrUnauthenticated: {http.StatusUnauthorized, "APIGW.0301"},
	errors.ErrDenied:          {http.StatusForbidden, "CBC.0151"},
	errors.ErrThrottled:       {http.StatusTooManyRequests, "CBC.0250"},
}

func refusedByModel(err error) *refusal {
	if errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler) // nobody is there to answer
	}
	known, ok := modelRefusals[errors.Class(err)]
	if !ok {
		return refuse(http.StatusInternalServerError, "CBC.0999", "")
	}
	detail := ""
	if e, ok := errors.AsType[*errors.Error](err); ok {
		detail = e.Message
	}
	return refuse(known.status, known.code, detail)
}
