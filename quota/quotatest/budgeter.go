// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func budgeterChecks() []check[quota.Budgeter] {
	checks := []check[quota.Budgeter]{
		{"SetBudget/terms", setsTerms},
		{"SetBudget/terms left out", leavesTerms},
		{"SetBudget/keeps frozen", keepsFrozen},
		{"SetBudget/unfreezes", unfreezes},
		{"SetBudget/use stays", useStays},
		{"Budget/terms", readsTerms},
		{"Budget/none set", readsNone},
	}
	for _, b := range badTerms {
		checks = append(checks, check[quota.Budgeter]{"SetBudget/bad input/" + b.name, refusesTerms(b.spoil)})
	}
	return slices.Concat(setBudget().checks(), budget().balance(), checks)
}

func setBudget() write[quota.Budgeter] {
	return write[quota.Budgeter]{
		method: "SetBudget",
		bad:    []badInput{{"zero amount", zeroAmount}},
		send: func(ctx context.Context, b quota.Budgeter, in intent) (quota.Receipt, error) {
			return b.SetBudget(ctx, quota.Budget{Customer: in.customer, Limit: in.amount, Period: quota.OneOff})
		},
	}
}

func budget() read[quota.Budgeter] {
	return read[quota.Budgeter]{
		method: "Budget",
		ask: func(ctx context.Context, b quota.Budgeter, customer string) (quota.Money, error) {
			got, err := b.Budget(ctx, customer)
			return quota.Money{Amount: got.Limit.Amount.Sub(got.Used.Amount), Currency: got.Limit.Currency}, err
		},
	}
}

// setTo sets a budget, and says how the state differs from expected.
func setTo(ctx context.Context, f Fixture[quota.Budgeter], b, expected quota.Budget) error {
	if _, err := f.Subject.SetBudget(ctx, b); err != nil {
		return verdict.Want(err, nil)
	}
	state, _ := f.State.Customer(b.Customer)
	got := state.Budget
	if got.Reseller != expected.Reseller || got.Period != expected.Period || got.OnExceed != expected.OnExceed {
		return fmt.Errorf("the budget was set to %+v; want %+v", got, expected)
	}
	return same("the limit", got.Limit, b.Limit)
}

func setsTerms(ctx context.Context, f Fixture[quota.Budgeter]) error {
	for _, b := range []quota.Budget{
		{Period: quota.OneOff, OnExceed: quota.FreezeAutomatically},
		{Period: quota.Monthly, OnExceed: quota.FreezeByHand},
		{Period: quota.Monthly, OnExceed: quota.FreezeByHand, Reseller: f.NewCustomer()},
	} {
		b.Customer, b.Limit = f.NewCustomer(), f.money("500.00")
		if err := setTo(ctx, f, b, b); err != nil {
			return err
		}
	}
	return nil
}

// leavesTerms: without a period it is monthly, without an action the old one stays.
func leavesTerms(ctx context.Context, f Fixture[quota.Budgeter]) error {
	b := quota.Budget{Customer: f.NewCustomer(), Limit: f.money("500.00"), OnExceed: quota.FreezeAutomatically}
	expected := quota.Budget{Period: quota.Monthly, OnExceed: quota.FreezeAutomatically}
	return verdict.First(
		func() error { return setTo(ctx, f, b, expected) },
		func() error {
			b.OnExceed, b.Limit = "", f.money("300.00")
			return setTo(ctx, f, b, expected)
		},
	)
}

func keepsFrozen(ctx context.Context, f Fixture[quota.Budgeter]) error {
	return frozenAfter(ctx, f, quota.Budget{}, true)
}

func unfreezes(ctx context.Context, f Fixture[quota.Budgeter]) error {
	return frozenAfter(ctx, f, quota.Budget{Unfreeze: true}, false)
}

func frozenAfter(ctx context.Context, f Fixture[quota.Budgeter], b quota.Budget, expected bool) error {
	b.Customer, b.Limit, b.Period = f.NewCustomer(), f.money("500.00"), quota.OneOff
	f.State.Update(b.Customer, func(s *State) { s.Frozen = true })
	if _, err := f.Subject.SetBudget(ctx, b); err != nil {
		return verdict.Want(err, nil)
	}
	if state, _ := f.State.Customer(b.Customer); state.Frozen != expected {
		return fmt.Errorf("frozen is %v after a budget with Unfreeze %v", state.Frozen, b.Unfreeze)
	}
	return nil
}

// useStays: what is used is not for the caller to set.
func useStays(ctx context.Context, f Fixture[quota.Budgeter]) error {
	b := quota.Budget{Customer: f.NewCustomer(), Limit: f.money("500.00"), Period: quota.OneOff, Used: f.money("1.00")}
	f.State.Update(b.Customer, func(s *State) { s.Budget.Used = f.money("30.25") })
	if _, err := f.Subject.SetBudget(ctx, b); err != nil {
		return verdict.Want(err, nil)
	}
	got, err := f.Subject.Budget(ctx, b.Customer)
	if err != nil {
		return verdict.Want(err, nil)
	}
	return verdict.First(
		func() error { return same("the limit", got.Limit, f.money("500.00")) },
		func() error { return same("the use", got.Used, f.money("30.25")) },
	)
}

func readsTerms(ctx context.Context, f Fixture[quota.Budgeter]) error {
	for _, period := range []quota.Period{quota.OneOff, quota.Monthly} {
		customer := f.NewCustomer()
		f.State.Update(customer, func(s *State) { s.Budget.Limit, s.Budget.Period = f.money("500.00"), period })
		got, err := f.Subject.Budget(ctx, customer)
		if err != nil {
			return verdict.Want(err, nil)
		}
		if got.Customer != customer || got.Period != period {
			return fmt.Errorf("read customer %q, period %q; want %q, %q", got.Customer, got.Period, customer, period)
		}
	}
	return nil
}

func readsNone(ctx context.Context, f Fixture[quota.Budgeter]) error {
	got, err := f.Subject.Budget(ctx, f.NewCustomer())
	if err != nil {
		return verdict.Want(err, nil)
	}
	return same("the limit", got.Limit, f.money("0.00"))
}

var badTerms = []struct {
	name  string
	spoil func(*quota.Budget)
}{
	{"above the highest budget", func(b *quota.Budget) { b.Limit.Amount = decimal.New(214748364701, -2) }},
	{"unknown period", func(b *quota.Budget) { b.Period = "weekly" }},
	{"unknown action", func(b *quota.Budget) { b.OnExceed = "shout" }},
	{"reseller with a space", func(b *quota.Budget) { b.Reseller = "1000 0001" }},
}

func refusesTerms(spoil func(*quota.Budget)) func(context.Context, Fixture[quota.Budgeter]) error {
	return func(ctx context.Context, f Fixture[quota.Budgeter]) error {
		b := quota.Budget{Customer: f.NewCustomer(), Limit: f.money("500.00")}
		spoil(&b)
		met := f.script("SetBudget", fault.Fault{})
		_, err := f.Subject.SetBudget(ctx, b)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			func() error { return untouched(f) },
		)
	}
}
