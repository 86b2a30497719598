// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"context"

	"github.com/resellkit/resell/quota"
)

// setStatus freezes, thaws, or changes who looks after a customer.
func setStatus(ctx context.Context, s *Server, p params) (any, *refusal) {
	customer, refused := s.customer(p)
	if refused != nil {
		return nil, refused
	}
	if mode := p.get("StopMode"); mode != "" && mode != "0" && mode != "1" {
		return nil, p.refuse("ParameterError", "StopMode is neither 0 nor 1.")
	}
	switch p.get("BusinessType") + " " + p.get("Status") {
	case "FREEZE Freeze":
		return s.freeze(ctx, p, customer)
	case "FREEZE Thaw":
		return s.thaw(ctx, p, customer)
	case "TRUSTEESHIP Trusteeship":
		s.SetHosted(customer, true)
	case "TRUSTEESHIP TrusteeshipCancel":
		s.SetHosted(customer, false)
	default:
		return nil, p.refuse("ParameterError", "BusinessType and Status do not go together.")
	}
	return true, nil
}

// freeze takes a customer that is frozen in the other way out of that first.
func (s *Server) freeze(ctx context.Context, p params, customer string) (any, *refusal) {
	wanted := quota.Freeze{Customer: customer, Resources: p.get("StopMode") == "1"}
	if state, _ := s.Quota.Customer(customer); state.Frozen && state.FrozenResources != wanted.Resources {
		if _, err := s.Quota.Unfreeze(ctx, quota.Freeze{Customer: customer, Resources: state.FrozenResources}); err != nil {
			return nil, p.refuseModel(err)
		}
	}
	if _, err := s.Quota.Freeze(ctx, wanted); err != nil {
		return nil, p.refuseModel(err)
	}
	return true, nil
}

// thaw does not ask how the customer was frozen.
func (s *Server) thaw(ctx context.Context, p params, customer string) (any, *refusal) {
	state, _ := s.Quota.Customer(customer)
	if state.Opened && state.Consumed.Amount.GreaterThan(state.Limit.Amount) {
		return nil, p.refuse("-116", "")
	}
	if _, err := s.Quota.Unfreeze(ctx, quota.Freeze{Customer: customer, Resources: state.FrozenResources}); err != nil {
		return nil, p.refuseModel(err)
	}
	return true, nil
}

// SetHosted says whether Alibaba looks after a customer, to prepare a test.
func (s *Server) SetHosted(customer string, hosted bool) {
	if hosted {
		s.hosted.Store(customer, true)
	} else {
		s.hosted.Delete(customer)
	}
}

// Hosted reports whether Alibaba looks after a customer, as SetResellerUserStatus or SetHosted has set it; at first it
// does not.
func (s *Server) Hosted(customer string) bool {
	_, hosted := s.hosted.Load(customer)
	return hosted
}
