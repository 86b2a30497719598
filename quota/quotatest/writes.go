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

// intent is one change that somebody wants, whichever method makes it.
type intent struct {
	customer string
	amount   quota.Money
	key      quota.Key
}

// write is a writing method, and what the checks have to know of it.
type write[T any] struct {
	method string
	send   func(context.Context, T, intent) (quota.Receipt, error)
	opened bool                      // it needs an open ledger, or at least a customer that is known
	ready  func(*State)              // what else it needs; nil: nothing
	bare   bool                      // it takes no amount
	stands func(intent, State) error // says how what stands differs from what was intended; nil: the amounts in the log do
	once   bool                      // however often it is repeated, it changes something once; others converge
	again  error                     // what a repeat may answer beside nil, as the change is made
	bad    []badInput                // beside those of every write
}

// unclearFaults leave the caller in doubt whether the change was made. Some of them, a cloud's dialect or the client
// turns into no fault at all: half of an empty body, or a compressed one.
var unclearFaults = []fault.Fault{
	fault.LostReply, fault.LostRequest, fault.ResetAfter, fault.ResetBefore,
	fault.Unavailable, fault.BadGateway, fault.Redirect(302),
	fault.EmptyOK, fault.TruncatedJSON, fault.CutReply, fault.HugeReply, fault.Gzipped,
}

// more requests than any client sends in one call.
const forGood = 20

func (w write[T]) checks() []check[T] {
	checks := []check[T]{
		{"applied as asked", w.appliedAsAsked},
		{"repeated", w.repeated},
		{"throttled", w.throttled},
		{"refused", w.refused},
		{"no request arrives", w.noRequestArrives},
		{"no reply arrives", w.noReplyArrives},
		{"cancelled before", w.cancelledBefore},
		{"many customers at once", w.manyCustomers},
		{"one intent many times at once", w.oneIntent},
	}
	for _, f := range unclearFaults {
		checks = append(checks, check[T]{"unclear/" + f.Name, w.unclear(f)})
	}
	for _, f := range []fault.Fault{fault.Hang, fault.HangApplied} {
		checks = append(checks, check[T]{"cancelled in flight/" + f.Name, w.cancelled(f)})
	}
	bad := badIDs()
	if !w.bare {
		checks = append(checks, check[T]{"every digit", w.everyDigit})
		bad = append(bad, badAmounts()...)
	}
	for _, b := range append(bad, w.bad...) {
		checks = append(checks, check[T]{"bad input/" + b.name, w.badInput(b)})
	}
	return named(w.method, checks)
}

func named[T any](method string, checks []check[T]) []check[T] {
	for i := range checks {
		checks[i].name = method + "/" + checks[i].name
	}
	return checks
}

// intend makes an intent for a customer who has what the method needs.
func (w write[T]) intend(f Fixture[T], amount string) intent {
	in := intent{f.NewCustomer(), f.money(amount), quota.NewKey()}
	if w.opened {
		f.State.Update(in.customer, func(s *State) {
			s.Opened = true
			if w.ready != nil {
				w.ready(s)
			}
		})
	}
	return in
}

// sent sends and says what is wrong with the answer.
func (w write[T]) sent(ctx context.Context, f Fixture[T], in intent, classes ...error) error {
	_, err := w.send(ctx, f.Subject, in)
	return verdict.Want(err, classes...)
}

// repeat sends an intent that may have been made already.
func (w write[T]) repeat(ctx context.Context, f Fixture[T], in intent) error {
	if err := w.sent(ctx, f, in, nil, w.again); err != nil {
		return fmt.Errorf("repeated with the same arguments: %w", err)
	}
	return nil
}

// made says how what was made differs from what was intended.
func (w write[T]) made(f Fixture[T], in intent) error {
	changes := f.State.Changes(in.customer)
	if len(changes) == 0 || w.once && len(changes) > 1 {
		return fmt.Errorf("the change was made %d times: %v; want once", len(changes), changes)
	}
	if w.stands != nil {
		state, _ := f.State.Customer(in.customer)
		return w.stands(in, state)
	}
	for _, c := range changes {
		if !c.Amount.Equal(in.amount) {
			return fmt.Errorf("the change was of %s; want %s", c.Amount, in.amount)
		}
	}
	return nil
}

func untouched[T any](f Fixture[T]) error {
	if changes := f.State.Changes(""); len(changes) > 0 {
		return fmt.Errorf("something was changed: %v; want nothing", changes)
	}
	return nil
}

func (w write[T]) appliedAsAsked(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	receipt, err := w.send(ctx, f.Subject, in)
	if err != nil {
		return verdict.Want(err, nil)
	}
	if receipt.RequestID == "" || receipt.Attempts < 1 {
		return fmt.Errorf("receipt %+v; want the provider's request id and at least one attempt", receipt)
	}
	if n := len(f.State.Changes(in.customer)); n != 1 {
		return fmt.Errorf("the change was made %d times; want once", n)
	}
	return w.made(f, in)
}

func (w write[T]) everyDigit(ctx context.Context, f Fixture[T]) error {
	for _, amount := range []string{"0.01", "0.10", "0.30", "19.99", "1234567.89", "16777217.01", "2147483646.99"} {
		in := w.intend(f, amount)
		if err := w.sent(ctx, f, in, nil); err != nil {
			return err
		}
		if err := w.made(f, in); err != nil {
			return err
		}
	}
	return nil
}

func (w write[T]) repeated(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	return verdict.First(
		func() error { return w.sent(ctx, f, in, nil) },
		func() error { return w.repeat(ctx, f, in) },
		func() error { return w.repeat(ctx, f, in) },
		func() error { return w.made(f, in) },
	)
}

// throttled: what was throttled was not made, and the same call succeeds later.
func (w write[T]) throttled(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	met := f.script(w.method, fault.Times(2, fault.Throttled)...)
	var err error
	for range 3 {
		if _, err = w.send(ctx, f.Subject, in); verdict.Want(err, errors.ErrThrottled) != nil {
			break
		}
	}
	return verdict.First(
		func() error { return verdict.Met(met) },
		func() error { return verdict.Want(err, nil) },
		func() error { return w.made(f, in) },
	)
}

func (w write[T]) refused(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	met := f.script(w.method, fault.Times(forGood, fault.Unauthorized)...)
	return verdict.First(
		func() error { return w.sent(ctx, f, in, errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
		func() error { return untouched(f) },
	)
}

func (w write[T]) unclear(ft fault.Fault) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		in := w.intend(f, "500.00")
		met := f.script(w.method, ft)
		_, err := w.send(ctx, f.Subject, in)
		return verdict.First(
			func() error { return verdict.Met(met) },
			func() error { return verdict.Want(err, nil, errors.ErrUncertain) },
			func() error {
				if err == nil {
					return w.made(f, in)
				}
				return nil
			},
			func() error { return w.repeat(ctx, f, in) },
			func() error { return w.made(f, in) },
		)
	}
}

// noRequestArrives: however often it is tried, nothing is made, and nothing must be claimed.
func (w write[T]) noRequestArrives(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	met := f.script(w.method, fault.Times(forGood, fault.LostRequest)...)
	return verdict.First(
		func() error { return w.sent(ctx, f, in, errors.ErrUncertain, errors.ErrUnavailable) },
		func() error { return verdict.Met(met) },
		func() error { return untouched(f) },
	)
}

// noReplyArrives: however often it is tried, it is made once, or the same each time.
func (w write[T]) noReplyArrives(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	met := f.script(w.method, fault.Times(forGood, fault.LostReply)...)
	return verdict.First(
		func() error { return w.sent(ctx, f, in, nil, errors.ErrUncertain) },
		func() error { return verdict.Met(met) },
		func() error { return w.made(f, in) },
	)
}

func (w write[T]) cancelledBefore(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, err := w.send(ctx, f.Subject, in)
	return verdict.First(
		func() error { return verdict.Cancelled(err, errors.ErrUnavailable) },
		func() error { return untouched(f) },
	)
}

func (w write[T]) cancelled(hang fault.Fault) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		script := func(h fault.Fault) { f.Fail(w.method, h) }
		return verdict.CancelledInFlight(ctx, hang, errors.ErrUncertain, script, func() (func(context.Context) error, func() error) {
			in := w.intend(f, "500.00")
			call := func(ctx context.Context) error {
				_, err := w.send(ctx, f.Subject, in)
				return err
			}
			return call, func() error {
				return verdict.First(
					func() error { return w.repeat(ctx, f, in) },
					func() error { return w.made(f, in) },
				)
			}
		})
	}
}

func (w write[T]) manyCustomers(ctx context.Context, f Fixture[T]) error {
	intents := make([]intent, verdict.Crowd)
	for i := range intents {
		intents[i] = w.intend(f, strconv.Itoa(i+1)+".01")
	}
	err := verdict.Together(func(i int) error { return w.sent(ctx, f, intents[i], nil) })
	if err != nil {
		return err
	}
	for _, in := range intents {
		if err := w.made(f, in); err != nil {
			return err
		}
	}
	return nil
}

func (w write[T]) oneIntent(ctx context.Context, f Fixture[T]) error {
	in := w.intend(f, "500.00")
	return verdict.First(
		func() error { return verdict.Together(func(int) error { return w.sent(ctx, f, in, nil, w.again) }) },
		func() error { return w.made(f, in) },
	)
}
