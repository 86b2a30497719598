// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"slices"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func standingChecks() []check[quota.StandingReader] {
	return slices.Concat(standings().balance(), named("Standings", []check[quota.StandingReader]{
		{"in order", inOrder},
		{"what is told is true", standingIsTrue},
		{"unknown customers", unknownAmongOthers},
		{"bad input among others", badAmongOthers},
		{"asked twice", askedTwice},
		{"nobody asked", nobodyAsked},
		{"breaking off", standingsBreakOff},
		{"cancelled between", standingsCancelledBetween},
		{"outage in the middle", outageInTheMiddle},
		{"refusal in the middle", refusalInTheMiddle},
	}))
}

// standings asks about one customer.
func standings() read[quota.StandingReader] {
	return read[quota.StandingReader]{
		method: "Standings",
		ask: func(ctx context.Context, r quota.StandingReader, customer string) (quota.Money, error) {
			stands, pairs, err := quota.Standing{}, 0, error(nil)
			for s, e := range r.Standings(ctx, customer) {
				stands, err = s, e
				pairs++
			}
			switch {
			case pairs != 1:
				return quota.Money{}, fmt.Errorf("%d pairs came for one customer; want one", pairs)
			case err != nil:
				return quota.Money{}, err
			case stands.Customer != customer:
				return quota.Money{}, fmt.Errorf("customer %q came; want %q", stands.Customer, customer)
			case stands.Available == nil:
				return quota.Money{}, errors.New("what is available is not told")
			}
			return *stands.Available, nil
		},
	}
}

// answer is one pair.
type answer struct {
	quota.Standing
	err error
}

// ask goes through what is told of customers, and stops what does not end.
func ask(ctx context.Context, f Fixture[quota.StandingReader], customers []string, meanwhile func(i int)) []answer {
	var got []answer
	for s, err := range f.Subject.Standings(ctx, customers...) {
		got = append(got, answer{s, err})
		if meanwhile != nil {
			meanwhile(len(got) - 1)
		}
		if len(got) > len(customers)+1 {
			break
		}
	}
	return got
}

// answered says how what came differs from one true pair for each customer, in order. Where failing is given, it says
// what is wrong with the error of the customer at i; else there must be none.
func answered(f Fixture[quota.StandingReader], got []answer, customers []string, failing func(i int, err error) error) error {
	if len(got) != len(customers) {
		return fmt.Errorf("%d pairs came for %d customers", len(got), len(customers))
	}
	for i, id := range customers {
		a := got[i]
		if a.Customer != id {
			return fmt.Errorf("customer %q came at %d; want %q", a.Customer, i, id)
		}
		err := verdict.Want(a.err, nil)
		switch {
		case a.err != nil && (a.Limit != nil || a.Used != nil || a.Available != nil || a.Frozen != nil):
			err = fmt.Errorf("something is told beside the error: %w", a.err)
		case failing != nil:
			err = failing(i, a.err)
		case err == nil:
			err = truly(f, a.Standing)
		}
		if err != nil {
			return fmt.Errorf("customer %s, number %d of %d: %w", id, i, len(customers), err)
		}
	}
	return nil
}

// truly says what is told wrongly of a customer. What is available must be told.
func truly(f Fixture[quota.StandingReader], s quota.Standing) error {
	is, known := f.State.Customer(s.Customer)
	if !known {
		return errors.New("something is told of a customer whom nobody knows")
	}
	if s.Available == nil {
		return errors.New("what is available is not told")
	}
	available := f.money("0.00")
	available.Amount = is.Limit.Amount.Sub(is.Consumed.Amount)
	for _, told := range []struct {
		what     string
		got      *quota.Money
		expected quota.Money
	}{{"the limit", s.Limit, is.Limit}, {"the use", s.Used, is.Consumed}, {"what is available", s.Available, available}} {
		if told.got == nil {
			continue
		}
		if err := same(told.what, *told.got, told.expected); err != nil {
			return err
		}
	}
	if s.Frozen != nil && *s.Frozen != is.Frozen {
		return fmt.Errorf("frozen is told as %v; it is %v", *s.Frozen, is.Frozen)
	}
	return nil
}

// inOrder: backwards and interleaved, so that no order of the provider's own does by chance.
func inOrder(ctx context.Context, f Fixture[quota.StandingReader]) error {
	customers := populate(f, many)
	slices.Reverse(customers[:many/2])
	customers[0], customers[many-1] = customers[many-1], customers[0]
	return answered(f, ask(ctx, f, customers, nil), customers, nil)
}

func standingIsTrue(ctx context.Context, f Fixture[quota.StandingReader]) error {
	r := standings()
	for _, row := range []struct {
		limit, used string
		frozen      bool
	}{{"500.00", "0.00", false}, {"500.00", "30.25", true}, {"500.00", "500.00", false}, {"0.10", "500.01", true}} {
		customer := r.customer(f, row.limit, row.used)
		f.State.Update(customer, func(s *State) { s.Frozen = row.frozen })
		if err := answered(f, ask(ctx, f, []string{customer}, nil), []string{customer}, nil); err != nil {
			return err
		}
	}
	return nil
}

// exceptAt is the judge where the customers at some places fail with a class, and all others do not.
func exceptAt(f Fixture[quota.StandingReader], got []answer, class error, places ...int) func(int, error) error {
	return func(i int, err error) error {
		if slices.Contains(places, i) {
			return verdict.Want(err, class)
		}
		if err != nil {
			return verdict.Want(err, nil)
		}
		return truly(f, got[i].Standing)
	}
}

func unknownAmongOthers(ctx context.Context, f Fixture[quota.StandingReader]) error {
	customers := populate(f, many)
	places := []int{0, 1, 99, 100, 101, many - 1}
	for _, i := range places {
		customers[i] = f.NewCustomer()
	}
	got := ask(ctx, f, customers, nil)
	return answered(f, got, customers, exceptAt(f, got, errors.ErrNotFound, places...))
}

func badAmongOthers(ctx context.Context, f Fixture[quota.StandingReader]) error {
	customers := populate(f, 7)
	customers[1], customers[4] = "1000 0001", ""
	got := ask(ctx, f, customers, nil)
	return answered(f, got, customers, exceptAt(f, got, errors.ErrInvalid, 1, 4))
}

func askedTwice(ctx context.Context, f Fixture[quota.StandingReader]) error {
	customers := populate(f, 120)
	customers = slices.Concat(customers, customers[:3], customers[2:3])
	return answered(f, ask(ctx, f, customers, nil), customers, nil)
}

func nobodyAsked(ctx context.Context, f Fixture[quota.StandingReader]) error {
	populate(f, 3)
	met := f.script("Standings", fault.Fault{})
	return verdict.First(
		func() error { return answered(f, ask(ctx, f, nil, nil), nil, nil) },
		func() error { return verdict.Unmet(met) },
	)
}

func standingsBreakOff(ctx context.Context, f Fixture[quota.StandingReader]) error {
	customers := populate(f, many)
	met := f.passing("Standings")
	return verdict.BreaksOff(f.Subject.Standings(ctx, customers...), met)
}

// standingsCancelledBetween: whatever has been read already may still come, in order; the error is last, and no request is
// sent.
func standingsCancelledBetween(ctx context.Context, f Fixture[quota.StandingReader]) error {
	customers := populate(f, many)
	met := f.passing("Standings")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := int64(0)
	got := ask(ctx, f, customers, func(i int) {
		if i == 0 {
			cancel()
			sent = met.Load()
		}
	})
	last := len(got) - 1
	return verdict.First(
		func() error {
			if last < 1 {
				return errors.New("no pair came after the end of the context")
			}
			return verdict.Cancelled(got[last].err, errors.ErrUnavailable)
		},
		func() error { return answered(f, got[:last], customers[:min(last, many)], nil) },
		func() error { return verdict.NothingMore(met, sent) },
	)
}

// outageInTheMiddle: it costs those whom it strikes, after whatever retries, and nobody else.
func outageInTheMiddle(ctx context.Context, f Fixture[quota.StandingReader]) error {
	return inTheMiddle(ctx, f, errors.ErrUnavailable, fault.Times(forGood, fault.Unavailable)...)
}

func refusalInTheMiddle(ctx context.Context, f Fixture[quota.StandingReader]) error {
	return inTheMiddle(ctx, f, errors.ErrUnauthenticated, fault.Unauthorized)
}

// inTheMiddle: more customers than all the faults can strike, a hundred at a time and with two tries at least.
func inTheMiddle(ctx context.Context, f Fixture[quota.StandingReader], class error, faults ...fault.Fault) error {
	customers := populate(f, 200+100*max(1, len(faults)/2))
	passed := f.script("Standings", fault.Fault{})
	met := f.script("Standings", faults...)
	got := ask(ctx, f, customers, nil)
	struck := 0
	judge := func(i int, err error) error {
		if err != nil && i > 0 && i < len(customers)-1 {
			struck++
			return verdict.Want(err, class)
		}
		return exceptAt(f, got, nil)(i, err)
	}
	return verdict.First(
		func() error { return answered(f, got, customers, judge) },
		func() error { return verdict.Met(passed) },
		func() error { return verdict.Met(met) },
		func() error {
			if struck == 0 {
				return errors.New("requests failed, and no customer's error says so")
			}
			return nil
		},
	)
}
