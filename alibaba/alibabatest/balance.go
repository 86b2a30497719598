// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"cmp"
	"context"

	"github.com/resellkit/resell/quota"
)

// accountBalance is that of the reseller, whoever is named.
func accountBalance(_ context.Context, s *Server, _ params) (any, *refusal) {
	b := s.Balance
	currency := s.currency()
	told := func(m *quota.Money) amount {
		if m == nil {
			return "0.00"
		}
		currency = cmp.Or(m.Currency, currency)
		return amount(m.Amount.StringFixed(2))
	}
	available, credit, mybank, cash := told(b.Available), told(b.Credit), told(b.MybankCredit), told(b.AvailableCash)
	fields := object{
		{"AvailableAmount", available},
		{"CreditAmount", credit},
		{"MybankCreditAmount", mybank},
		{"Currency", string(currency)},
		{"AvailableCashAmount", cash},
	}
	if b.QuotaLimit != nil {
		fields = append(fields, field{"QuotaLimit", told(b.QuotaLimit) + "\n"}) // as in the sample
	}
	return fields, nil
}
