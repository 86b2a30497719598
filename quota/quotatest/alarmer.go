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

func alarmerChecks() []check[quota.Alarmer] {
	checks := []check[quota.Alarmer]{
		{"SetAlarms/exactly these", setsExactly},
		{"SetAlarms/replaces", replacesAlarms},
		{"SetAlarms/clears", clearsAlarms},
		{"Alarms/exactly these", readsExactly},
		{"Alarms/none set", readsNoAlarms},
		{"Alarms/what was set", readsWhatWasSet},
	}
	for _, b := range badAlarms {
		checks = append(checks, check[quota.Alarmer]{"SetAlarms/bad input/" + b.name, refusesAlarms(b.spoil)})
	}
	return slices.Concat(setAlarms().checks(), alarms().checks(), checks)
}

func setAlarms() write[quota.Alarmer] {
	both := func(in intent) []quota.Threshold {
		return []quota.Threshold{{Amount: in.amount}, {Numerator: 1, Denominator: 5}}
	}
	return write[quota.Alarmer]{
		method: "SetAlarms", opened: true,
		bad:    []badInput{{"zero amount", zeroAmount}},
		stands: func(in intent, s State) error { return sameAlarms(s.Alarms, both(in)) },
		send: func(ctx context.Context, a quota.Alarmer, in intent) (quota.Receipt, error) {
			return a.SetAlarms(ctx, quota.Alarms{Customer: in.customer, Thresholds: both(in)})
		},
	}
}

func alarms() read[quota.Alarmer] {
	return read[quota.Alarmer]{
		method: "Alarms",
		ask: func(ctx context.Context, a quota.Alarmer, customer string) (quota.Money, error) {
			got, err := a.Alarms(ctx, customer)
			if err != nil {
				return quota.Money{}, err
			}
			if len(got) != 1 {
				return quota.Money{}, fmt.Errorf("read %d thresholds; want one", len(got))
			}
			return got[0].Amount, nil
		},
	}
}

// sameAlarms says how thresholds differ, in whatever order they come.
func sameAlarms(got, expected []quota.Threshold) error {
	rest := slices.Clone(got)
	for _, t := range expected {
		i := slices.IndexFunc(rest, func(other quota.Threshold) bool {
			return t.Amount.Equal(other.Amount) && t.Numerator*other.Denominator == other.Numerator*t.Denominator && t.IsRatio() == other.IsRatio()
		})
		if i < 0 {
			return fmt.Errorf("the thresholds are %v; want %v", got, expected)
		}
		rest = slices.Delete(rest, i, i+1)
	}
	if len(rest) > 0 {
		return fmt.Errorf("the thresholds are %v; want %v", got, expected)
	}
	return nil
}

// someAlarms are thresholds as they may be set.
func someAlarms[T any](f Fixture[T]) [][]quota.Threshold {
	ten := make([]quota.Threshold, 10)
	for i := range ten {
		ten[i] = quota.Threshold{Numerator: i + 1, Denominator: 11}
	}
	return [][]quota.Threshold{
		{{Amount: f.money("100.00")}},
		{{Amount: f.money("0.01")}, {Amount: f.money("1234567.89")}},
		{{Numerator: 1, Denominator: 3}},
		{{Numerator: 9999, Denominator: 10000}, {Amount: f.money("19.90")}, {Numerator: 1, Denominator: 10000}},
		ten,
	}
}

// settle sets alarms and says how what stands then differs.
func settle(ctx context.Context, f Fixture[quota.Alarmer], a quota.Alarms) error {
	if _, err := f.Subject.SetAlarms(ctx, a); err != nil {
		return verdict.Want(err, nil)
	}
	state, _ := f.State.Customer(a.Customer)
	return sameAlarms(state.Alarms, a.Thresholds)
}

func setsExactly(ctx context.Context, f Fixture[quota.Alarmer]) error {
	for _, thresholds := range someAlarms(f) {
		if err := settle(ctx, f, quota.Alarms{Customer: f.frozen(false, false), Thresholds: thresholds}); err != nil {
			return err
		}
	}
	return nil
}

// replacesAlarms: what was set before is gone, and nobody else's changes.
func replacesAlarms(ctx context.Context, f Fixture[quota.Alarmer]) error {
	customer, other := f.frozen(false, false), f.frozen(false, false)
	others := []quota.Threshold{{Amount: f.money("7.00")}}
	f.State.Update(other, func(s *State) { s.Alarms = others })
	for _, thresholds := range someAlarms(f) {
		if err := settle(ctx, f, quota.Alarms{Customer: customer, Thresholds: thresholds}); err != nil {
			return err
		}
	}
	state, _ := f.State.Customer(other)
	return sameAlarms(state.Alarms, others)
}

func clearsAlarms(ctx context.Context, f Fixture[quota.Alarmer]) error {
	customer := f.frozen(false, false)
	f.State.Update(customer, func(s *State) { s.Alarms = someAlarms(f)[3] })
	for range 2 {
		if err := settle(ctx, f, quota.Alarms{Customer: customer, Clear: true}); err != nil {
			return err
		}
	}
	return nil
}

func readsExactly(ctx context.Context, f Fixture[quota.Alarmer]) error {
	for _, thresholds := range someAlarms(f) {
		customer := f.frozen(false, false)
		f.State.Update(customer, func(s *State) { s.Alarms = thresholds })
		if err := alarmsAre(ctx, f, customer, thresholds); err != nil {
			return err
		}
	}
	return nil
}

func readsNoAlarms(ctx context.Context, f Fixture[quota.Alarmer]) error {
	return alarmsAre(ctx, f, f.frozen(false, false), nil)
}

func readsWhatWasSet(ctx context.Context, f Fixture[quota.Alarmer]) error {
	customer := f.frozen(false, false)
	for _, thresholds := range append(someAlarms(f), nil) {
		a := quota.Alarms{Customer: customer, Thresholds: thresholds, Clear: thresholds == nil}
		if _, err := f.Subject.SetAlarms(ctx, a); err != nil {
			return verdict.Want(err, nil)
		}
		if err := alarmsAre(ctx, f, customer, thresholds); err != nil {
			return err
		}
	}
	return nil
}

func alarmsAre(ctx context.Context, f Fixture[quota.Alarmer], customer string, expected []quota.Threshold) error {
	got, err := f.Subject.Alarms(ctx, customer)
	if err != nil {
		return verdict.Want(err, nil)
	}
	return sameAlarms(got, expected)
}

var badAlarms = []struct {
	name  string
	spoil func(*quota.Alarms)
}{
	{"nothing", func(a *quota.Alarms) { a.Thresholds = nil }},
	{"clear and set", func(a *quota.Alarms) { a.Clear = true }},
	{"eleven", func(a *quota.Alarms) { a.Thresholds = slices.Repeat(a.Thresholds, 11) }},
	{"neither amount nor ratio", func(a *quota.Alarms) { a.Thresholds[0] = quota.Threshold{} }},
	{"amount and ratio", func(a *quota.Alarms) {
		a.Thresholds[0].Amount = quota.Money{Amount: decimal.NewFromInt(1), Currency: quota.CNY}
	}},
	{"ratio of nothing", func(a *quota.Alarms) { a.Thresholds[0].Numerator = 0 }},
	{"ratio of everything", func(a *quota.Alarms) { a.Thresholds[0].Numerator = a.Thresholds[0].Denominator }},
	{"ratio below zero", func(a *quota.Alarms) { a.Thresholds[0].Numerator = -1 }},
	{"ratio without a denominator", func(a *quota.Alarms) { a.Thresholds[0].Denominator = 0 }},
	{"ratio too fine", func(a *quota.Alarms) { a.Thresholds[0].Denominator = 10001 }},
	{"the second one", func(a *quota.Alarms) { a.Thresholds = append(a.Thresholds, quota.Threshold{}) }},
}

// refusesAlarms: nothing is sent, and what stands is not cleared either.
func refusesAlarms(spoil func(*quota.Alarms)) func(context.Context, Fixture[quota.Alarmer]) error {
	return func(ctx context.Context, f Fixture[quota.Alarmer]) error {
		a := quota.Alarms{Customer: f.frozen(false, false), Thresholds: []quota.Threshold{{Numerator: 1, Denominator: 5}}}
		before := someAlarms(f)[3]
		f.State.Update(a.Customer, func(s *State) { s.Alarms = before })
		spoil(&a)
		met := f.script("SetAlarms", fault.Fault{})
		_, err := f.Subject.SetAlarms(ctx, a)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			func() error { return untouched(f) },
		)
	}
}
