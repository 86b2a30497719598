// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"net/http"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// What freezing takes.
const (
	maxFrozen    = 10
	maxReason    = 256
	account      = "ACCOUNT"
	andResources = "ACCOUNT_AND_RESOURCE"
)

func (s *Server) freeze(in *incoming) (*reply, *refusal) {
	return s.setFrozen(in, "freeze_type", func(f quota.Freeze) error {
		_, err := s.Quota.Freeze(in.http.Context(), f)
		return err
	})
}

func (s *Server) unfreeze(in *incoming) (*reply, *refusal) {
	return s.setFrozen(in, "unfreeze_type", func(f quota.Freeze) error {
		_, err := s.Quota.Unfreeze(in.http.Context(), f)
		return err
	})
}

// setFrozen freezes or unfreezes each customer that is named. Those who cannot be are told of beside the success.
func (s *Server) setFrozen(in *incoming, kind string, set func(quota.Freeze) error) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	customers := form.ids("customer_ids", maxFrozen)
	terms := quota.Freeze{Reason: form.required("reason", maxReason), Reseller: form.text("indirect_partner_id", maxID)}
	terms.Resources = form.choice(kind, account, account, andResources) == andResources
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	var failed []DocumentedCode
	var whose []string
	for _, customer := range customers {
		detail := s.setOneFrozen(customer, terms, set)
		switch {
		case detail == nil:
		case detail.whole:
			return nil, detail.refusal
		default:
			failed, whose = append(failed, detail.DocumentedCode), append(whose, customer)
		}
	}
	return s.Wrinkles.frozen(failed, whose), nil
}

// frozenDetail is why one customer could not be frozen, or why the whole request is refused.
type frozenDetail struct {
	*refusal
	whole bool
}

// partialRefusals say what the API calls the model's refusals of one customer.
var partialRefusals = map[error]string{
	errors.ErrNotFound: "CBC.99000035",
	errors.ErrConflict: "CBC.99005024",
}

func (s *Server) setOneFrozen(customer string, terms quota.Freeze, set func(quota.Freeze) error) *frozenDetail {
	if _, refused := s.resellerOf(customer, terms.Reseller); refused != nil {
		return &frozenDetail{refusal: refused}
	}
	terms.Customer = customer
	err := set(terms)
	if err == nil {
		return nil
	}
	if code, partial := partialRefusals[errors.Class(err)]; partial {
		return &frozenDetail{refusal: refuse(http.StatusBadRequest, code, "")}
	}
	return &frozenDetail{refusal: refusedByModel(err), whole: true}
}

// frozen is the answer: success mostly has no body.
func (w Wrinkles) frozen(failed []DocumentedCode, whose []string) *reply {
	if len(failed) == 0 {
		switch {
		case w.NoContent:
			return &reply{status: http.StatusNoContent}
		case w.Nulls:
			return &reply{http.StatusOK, object{{"error_code", nil}, {"error_msg", nil}, {"error_details", nil}}}
		}
		return &reply{status: http.StatusOK}
	}
	details := make(array, len(failed))
	for i, f := range failed {
		detail := object{{"error_code", f.Code}, {"error_msg", f.Message}, {"id", whose[i]}}
		details[i] = w.camel(detail)
	}
	return &reply{http.StatusOK, w.camel(object{{"error_details", details}})}
}

// PartialFailure answers FreezeSubCustomers or UnfreezeSubCustomers as if these customers had failed with a code, and the
// others had not; but nothing is carried out. Set Applied on the result to have the request carried out before.
func PartialFailure(code string, customers ...string) fault.Fault {
	failed := make([]DocumentedCode, len(customers))
	for i := range failed {
		failed[i] = refuse(http.StatusBadRequest, code, "").DocumentedCode
	}
	status, header, body := Wrinkles{}.frozen(failed, customers).render()
	return fault.Fault{Name: "partial " + code, Status: status, Header: header, Body: string(body)}
}
