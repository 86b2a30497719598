// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func freezerChecks() []check[quota.Freezer] {
	checks := []check[quota.Freezer]{
		{"Freeze/only that customer", onlyThatCustomer("Freeze")},
		{"Unfreeze/only that customer", onlyThatCustomer("Unfreeze")},
		{"Freeze/resources too", freezesResources},
		{"Freeze/back and forth", backAndForth},
		{"Unfreeze/other kind", otherKind},
		{"Freeze/unknown customer", unknownCustomer("Freeze")},
		{"Unfreeze/unknown customer", unknownCustomer("Unfreeze")},
	}
	for _, b := range badFreezes {
		for _, method := range []string{"Freeze", "Unfreeze"} {
			checks = append(checks, check[quota.Freezer]{method + "/bad input/" + b.name, refusesFreeze(method, b.spoil)})
		}
	}
	return slices.Concat(freezing().checks(), unfreezing().checks(), checks)
}

func freezing() write[quota.Freezer] {
	return write[quota.Freezer]{
		method: "Freeze", opened: true, bare: true, once: true,
		stands: func(_ intent, s State) error { return frozenIs(s, true, false) },
		send: func(ctx context.Context, c quota.Freezer, in intent) (quota.Receipt, error) {
			return c.Freeze(ctx, freezeOf(in.customer, false))
		},
	}
}

func unfreezing() write[quota.Freezer] {
	return write[quota.Freezer]{
		method: "Unfreeze", opened: true, bare: true, once: true,
		ready:  func(s *State) { s.Frozen = true },
		stands: func(_ intent, s State) error { return frozenIs(s, false, false) },
		send: func(ctx context.Context, c quota.Freezer, in intent) (quota.Receipt, error) {
			return c.Unfreeze(ctx, freezeOf(in.customer, false))
		},
	}
}

// freezeOf has a reason, because one of the clouds requires it.
func freezeOf(customer string, resources bool) quota.Freeze {
	return quota.Freeze{Customer: customer, Reason: "bill 2026-10 is not paid", Resources: resources}
}

func sendFreeze(ctx context.Context, c quota.Freezer, method string, f quota.Freeze) error {
	send := c.Freeze
	if method == "Unfreeze" {
		send = c.Unfreeze
	}
	_, err := send(ctx, f)
	return err
}

func frozenIs(s State, frozen, resources bool) error {
	if s.Frozen == frozen && s.FrozenResources == resources {
		return nil
	}
	return fmt.Errorf("frozen is %v, with resources: %v; want %v, %v", s.Frozen, s.FrozenResources, frozen, resources)
}

func (f Fixture[T]) frozenIs(customer string, frozen, resources bool) error {
	state, _ := f.State.Customer(customer)
	return frozenIs(state, frozen, resources)
}

// frozen is a customer who is frozen, or not.
func (f Fixture[T]) frozen(frozen, resources bool) string {
	id := f.NewCustomer()
	f.State.Update(id, func(s *State) { s.Opened, s.Frozen, s.FrozenResources = true, frozen, resources })
	return id
}

func onlyThatCustomer(method string) func(context.Context, Fixture[quota.Freezer]) error {
	return func(ctx context.Context, f Fixture[quota.Freezer]) error {
		before := method == "Unfreeze"
		customers := make([]string, 5)
		for i := range customers {
			customers[i] = f.frozen(before, false)
		}
		const chosen = 2
		if err := sendFreeze(ctx, f.Subject, method, freezeOf(customers[chosen], false)); err != nil {
			return verdict.Want(err, nil)
		}
		for i, id := range customers {
			if err := f.frozenIs(id, before != (i == chosen), false); err != nil {
				return fmt.Errorf("customer %d of %d, where number %d was meant: %w", i, len(customers), chosen, err)
			}
		}
		return nil
	}
}

// freezesResources: what is running is stopped where that is asked for, and only then.
func freezesResources(ctx context.Context, f Fixture[quota.Freezer]) error {
	for _, resources := range []bool{true, false} {
		customer := f.frozen(false, false)
		for range 2 {
			if err := sendFreeze(ctx, f.Subject, "Freeze", freezeOf(customer, resources)); err != nil {
				return verdict.Want(err, nil)
			}
			if err := f.frozenIs(customer, true, resources); err != nil {
				return err
			}
		}
	}
	return nil
}

func backAndForth(ctx context.Context, f Fixture[quota.Freezer]) error {
	customer := f.frozen(false, false)
	for _, step := range []struct {
		method    string
		resources bool
	}{{"Freeze", false}, {"Unfreeze", false}, {"Freeze", true}, {"Unfreeze", true}, {"Freeze", false}} {
		if err := sendFreeze(ctx, f.Subject, step.method, freezeOf(customer, step.resources)); err != nil {
			return verdict.Want(err, nil)
		}
		frozen := step.method == "Freeze"
		if err := f.frozenIs(customer, frozen, frozen && step.resources); err != nil {
			return fmt.Errorf("after %s with Resources %v: %w", step.method, step.resources, err)
		}
	}
	return nil
}

// otherKind: what was frozen in one way is not started again in the other.
// otherKind: a cloud that knows two kinds of freezing refuses to lift the other one, a cloud that knows one lifts it.
func otherKind(ctx context.Context, f Fixture[quota.Freezer]) error {
	for _, resources := range []bool{true, false} {
		customer := f.frozen(true, resources)
		err := sendFreeze(ctx, f.Subject, "Unfreeze", freezeOf(customer, !resources))
		if problem := f.frozenIs(customer, err != nil, err != nil && resources); problem != nil {
			return problem
		}
	}
	return nil
}

func unknownCustomer(method string) func(context.Context, Fixture[quota.Freezer]) error {
	return func(ctx context.Context, f Fixture[quota.Freezer]) error {
		f.frozen(method == "Unfreeze", false)
		err := sendFreeze(ctx, f.Subject, method, freezeOf(f.NewCustomer(), false))
		return verdict.First(
			func() error { return refusedSomehow(err) },
			func() error { return untouched(f) },
		)
	}
}

var badFreezes = []struct {
	name  string
	spoil func(*quota.Freeze)
}{
	{"reseller with a space", func(f *quota.Freeze) { f.Reseller = "1000 0001" }},
	{"reseller of 65 characters", func(f *quota.Freeze) { f.Reseller = strings.Repeat("1", 65) }},
	{"reason of two lines", func(f *quota.Freeze) { f.Reason = "not\npaid" }},
	{"reason of 257 characters", func(f *quota.Freeze) { f.Reason = strings.Repeat("付", 257) }},
	{"reason not UTF-8", func(f *quota.Freeze) { f.Reason = "\xff" }},
}

func refusesFreeze(method string, spoil func(*quota.Freeze)) func(context.Context, Fixture[quota.Freezer]) error {
	return func(ctx context.Context, f Fixture[quota.Freezer]) error {
		bad := freezeOf(f.frozen(method == "Unfreeze", false), false)
		spoil(&bad)
		met := f.script(method, fault.Fault{})
		err := sendFreeze(ctx, f.Subject, method, bad)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			func() error { return untouched(f) },
		)
	}
}
