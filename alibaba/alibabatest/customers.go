// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"context"
	"math"
	"slices"
)

// customerList is every customer of the model but the reseller itself.
func customerList(_ context.Context, s *Server, p params) (any, *refusal) {
	ids := s.Quota.CustomerIDs("", math.MaxInt32)
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == s.account() })
	if len(ids) == 0 {
		return nil, p.refuse("VnoNoDataError", "")
	}
	return object{{"UidList", texts(ids)}}, nil
}

func customerInfo(_ context.Context, s *Server, p params) (any, *refusal) {
	customer, refused := s.customer(p)
	if refused != nil {
		return nil, refused
	}
	state, known := s.Quota.Customer(customer)
	if !known {
		return nil, p.refuse("VnoNoDataError", "")
	}
	hosting, credit := "FREEZE", "Thaw"
	if s.Hosted(customer) {
		hosting = "TRUSTEESHIP"
	}
	if state.Frozen {
		credit = "Freeze"
	}
	return object{
		{"Mpk", number(s.account())},
		{"LoginEmail", customer + "@example.com"},
		{"HostingStatus", hosting},
		{"AccountType", text("1")},
		{"CreditLimitStatus", credit},
		{"IsCertified", true},
	}, nil
}
