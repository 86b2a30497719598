// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// read is a reading method, brought to one number: what is still to spend, or when to warn.
type read[T any] struct {
	method string
	ask    func(ctx context.Context, subject T, customer string) (quota.Money, error)
}

func (r read[T]) checks() []check[T] {
	checks := []check[T]{
		{"throttled", r.throttled},
		{"refused", r.refused},
		{"cancelled before", r.cancelledBefore},
		{"cancelled in flight", r.cancelledInFlight},
		{"many customers at once", r.manyCustomers},
	}
	for _, f := range unclearFaults {
		checks = append(checks, check[T]{"unclear/" + f.Name, r.unclear(f)})
	}
	for _, b := range badCustomers {
		checks = append(checks, check[T]{"bad input/" + b.name, r.badCustomer(b.customer)})
	}
	return named(r.method, checks)
}

// balance are the checks of a method that tells what is still to spend in so many words.
func (r read[T]) balance() []check[T] {
	return append(r.checks(), check[T]{r.method + "/limit less use", r.limitLessUse})
}

// customer has a limit and has used some of it, and is warned at what is left.
func (r read[T]) customer(f Fixture[T], limit, used string) string {
	id := f.NewCustomer()
	f.State.Update(id, func(s *State) {
		s.Opened, s.Limit, s.Consumed = true, f.money(limit), f.money(used)
		s.Budget.Limit, s.Budget.Used, s.Budget.Period = f.money(limit), f.money(used), quota.OneOff
		s.Alarms = []quota.Threshold{{Amount: quota.Money{Amount: s.Limit.Amount.Sub(s.Consumed.Amount)}}}
	})
	return id
}

// gives asks and says what is wrong with the answer.
func (r read[T]) gives(ctx context.Context, f Fixture[T], customer, amount string) error {
	got, err := r.ask(ctx, f.Subject, customer)
	if err != nil {
		return verdict.Want(err, nil)
	}
	if !got.Equal(f.money(amount)) {
		return fmt.Errorf("%s is still to spend; want %s", got, f.money(amount))
	}
	return nil
}

func (r read[T]) limitLessUse(ctx context.Context, f Fixture[T]) error {
	for _, row := range []struct{ limit, used, left string }{
		{"500.00", "0.00", "500.00"},
		{"500.00", "30.25", "469.75"},
		{"500.00", "500.01", "-0.01"},
		{"2147483646.99", "0.01", "2147483646.98"},
	} {
		if err := r.gives(ctx, f, r.customer(f, row.limit, row.used), row.left); err != nil {
			return err
		}
	}
	return nil
}

func (r read[T]) throttled(ctx context.Context, f Fixture[T]) error {
	customer := r.customer(f, "500.00", "30.25")
	met := f.script(r.method, fault.Times(2, fault.Throttled)...)
	for range 2 {
		if err := r.gives(ctx, f, customer, "469.75"); err != nil && !errors.Is(err, errors.ErrThrottled) {
			return err
		}
	}
	return verdict.First(
		func() error { return verdict.Met(met) },
		func() error { return r.gives(ctx, f, customer, "469.75") },
	)
}

func (r read[T]) refused(ctx context.Context, f Fixture[T]) error {
	customer := r.customer(f, "500.00", "30.25")
	met := f.script(r.method, fault.Times(forGood, fault.Unauthorized)...)
	_, err := r.ask(ctx, f.Subject, customer)
	return verdict.First(
		func() error { return verdict.Want(err, errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
	)
}

// unclear: a read changes nothing, so that it is never uncertain, and a number is never made up.
func (r read[T]) unclear(ft fault.Fault) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		customer := r.customer(f, "500.00", "30.25")
		met := f.script(r.method, fault.Times(forGood, ft)...)
		got, err := r.ask(ctx, f.Subject, customer)
		return verdict.First(
			func() error { return verdict.Met(met) },
			func() error {
				if err == nil && ft.Gzip && got.Equal(f.money("469.75")) {
					return nil
				}
				return verdict.Want(err, errors.ErrUnavailable)
			},
		)
	}
}

func (r read[T]) cancelledBefore(ctx context.Context, f Fixture[T]) error {
	customer := r.customer(f, "500.00", "30.25")
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, err := r.ask(ctx, f.Subject, customer)
	return verdict.Cancelled(err, errors.ErrUnavailable)
}

func (r read[T]) cancelledInFlight(ctx context.Context, f Fixture[T]) error {
	script := func(hang fault.Fault) { f.Fail(r.method, hang) }
	return verdict.CancelledInFlight(ctx, fault.Hang, errors.ErrUnavailable, script, func() (func(context.Context) error, func() error) {
		customer := r.customer(f, "500.00", "30.25")
		call := func(ctx context.Context) error {
			_, err := r.ask(ctx, f.Subject, customer)
			return err
		}
		return call, func() error { return r.gives(ctx, f, customer, "469.75") }
	})
}

func (r read[T]) manyCustomers(ctx context.Context, f Fixture[T]) error {
	customers := make([]string, verdict.Crowd)
	for i := range customers {
		customers[i] = r.customer(f, strconv.Itoa(i+1)+".01", "0.00")
	}
	return verdict.Together(func(i int) error { return r.gives(ctx, f, customers[i], strconv.Itoa(i+1)+".01") })
}

func (r read[T]) badCustomer(customer string) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		met := f.script(r.method, fault.Fault{})
		_, err := r.ask(ctx, f.Subject, customer)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
		)
	}
}
