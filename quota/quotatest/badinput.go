// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// badInput is one way to spoil an intent.
type badInput struct {
	name  string
	spoil func(*intent)
}

// badCustomers are refused wherever a customer is named.
var badCustomers = []struct{ name, customer string }{
	{"empty customer", ""},
	{"customer with a space", "1000 0001"},
	{"customer with a line break", "10000001\n"},
	{"customer beyond ASCII", "１０００"},
	{"customer of 65 characters", strings.Repeat("1", 65)},
}

// badAmounts are refused by every writing method that takes an amount.
func badAmounts() []badInput {
	return []badInput{
		{"negative amount", func(in *intent) { in.amount.Amount = in.amount.Amount.Neg() }},
		{"three decimals", func(in *intent) { in.amount.Amount = decimal.New(500001, -3) }},
		{"no currency", func(in *intent) { in.amount.Currency = "" }},
		{"currency in small letters", func(in *intent) { in.amount.Currency = quota.Currency(strings.ToLower(string(in.amount.Currency))) }},
		{"foreign currency", func(in *intent) { in.amount.Currency = foreign(in.amount.Currency) }},
		{"huge exponent", func(in *intent) { in.amount.Amount = decimal.New(1, 1_000_000_000) }},
		{"tiny exponent", func(in *intent) { in.amount.Amount = decimal.New(1, -1_000_000_000) }},
	}
}

// badIDs are refused by every writing method.
func badIDs() []badInput {
	bad := make([]badInput, 0, len(badCustomers))
	for _, c := range badCustomers {
		bad = append(bad, badInput{c.name, func(in *intent) { in.customer = c.customer }})
	}
	return bad
}

// badKeys are refused where a key can be given.
func badKeys() []badInput {
	return []badInput{
		{"key with a space", func(in *intent) { in.key = "order 1" }},
		{"key with a slash", func(in *intent) { in.key = "order/1" }},
		{"key beyond ASCII", func(in *intent) { in.key = "ordér-1" }},
		{"key of 65 characters", func(in *intent) { in.key = quota.Key(strings.Repeat("k", 65)) }},
	}
}

func zeroAmount(in *intent) { in.amount.Amount = decimal.Zero }

func foreign(c quota.Currency) quota.Currency {
	if c == quota.USD {
		return quota.CNY
	}
	return quota.USD
}

// badInput: refused before anything is sent.
func (w write[T]) badInput(b badInput) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		in := w.intend(f, "500.00")
		b.spoil(&in)
		met := f.script(w.method, fault.Fault{})
		return verdict.First(
			func() error { return w.sent(ctx, f, in, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			func() error { return untouched(f) },
		)
	}
}
