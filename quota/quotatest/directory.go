// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// many customers are more than any provider gives with one page, or takes with one question.
const many = 250

func directoryChecks() []check[quota.Directory] {
	checks := []check[quota.Directory]{
		{"each once", eachOnce},
		{"none", noCustomers},
		{"what is told is true", tellsTheTruth},
		{"again", listsAgain},
		{"page by page", pageByPage},
		{"breaking off", breaksOff},
		{"added between pages", changesBetweenPages(addOne)},
		{"removed between pages", changesBetweenPages(removeTwo)},
		{"throttled", listThrottled},
		{"refused", listRefused},
		{"later page", laterPage},
		{"cancelled before", listCancelledBefore},
		{"cancelled between", listCancelledBetween},
		{"cancelled in flight", listCancelledInFlight},
		{"many at once", manyLists},
	}
	for _, f := range unclearFaults {
		checks = append(checks, check[quota.Directory]{"unclear/" + f.Name, listUnclear(f)})
	}
	return named("Customers", checks)
}

// populate makes customers.
func populate[T any](f Fixture[T], n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = f.NewCustomer()
		f.State.Update(ids[i], func(s *State) {
			s.Opened, s.Limit, s.Consumed = true, f.money(strconv.Itoa(i+1)+".01"), f.money("0.02")
			s.Budget.Limit, s.Budget.Used, s.Budget.Period = s.Limit, s.Consumed, quota.OneOff
			s.Frozen = i%3 == 0
			s.Name = "客户 & Söhne <" + strconv.Itoa(i) + ">"
			s.Associated = time.Date(2026, time.March, 1, 0, 0, i, 0, time.UTC)
		})
	}
	return ids
}

// passing lets requests of the method pass, and counts them.
func (f Fixture[T]) passing(method string) *atomic.Int64 {
	return f.script(method, fault.Times(4*many, fault.Fault{})...)
}

// each goes through an iteration to its end. It returns what came before the first error and that error; problem says
// that it was not the last pair, or that there is no end.
func each[V any](all iter.Seq2[V, error], meanwhile func(i int, v V)) (got []V, end, problem error) {
	for v, err := range all {
		switch {
		case end != nil:
			return got, end, fmt.Errorf("another pair came after the error: %w", end)
		case len(got) > 10*many:
			return got, nil, errors.New("the iteration does not end")
		case err != nil:
			end = err
			continue
		}
		got = append(got, v)
		if meanwhile != nil {
			meanwhile(len(got)-1, v)
		}
	}
	return got, end, nil
}

// list goes through all customers.
func list(ctx context.Context, f Fixture[quota.Directory], meanwhile func(i int, c quota.Customer)) (ids []string, end, problem error) {
	got, end, problem := each(f.Subject.Customers(ctx), meanwhile)
	for _, c := range got {
		ids = append(ids, c.ID)
	}
	return ids, end, verdict.First(func() error { return problem }, func() error { return noneTwice(ids) })
}

func noneTwice(ids []string) error {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			return fmt.Errorf("customer %s came twice", id)
		}
		seen[id] = true
	}
	return nil
}

// missing says which of the expected ids did not come.
func missing(ids, expected []string) error {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		seen[id] = true
	}
	for i, id := range expected {
		if !seen[id] {
			return fmt.Errorf("customer %s, number %d of %d, did not come; %d others did", id, i, len(expected), len(ids))
		}
	}
	return nil
}

// complete says how a list that ended well differs from what there is.
func complete(ids []string, end, problem error, expected []string) error {
	return verdict.First(
		func() error { return problem },
		func() error { return verdict.Want(end, nil) },
		func() error { return missing(ids, expected) },
		func() error {
			if len(ids) > len(expected) {
				return fmt.Errorf("%d customers came; want %d", len(ids), len(expected))
			}
			return nil
		},
	)
}

func eachOnce(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	ids, end, problem := list(ctx, f, nil)
	return complete(ids, end, problem, expected)
}

func noCustomers(ctx context.Context, f Fixture[quota.Directory]) error {
	ids, end, problem := list(ctx, f, nil)
	return complete(ids, end, problem, nil)
}

// tellsTheTruth: what is not told is nobody's error, what is told must be so.
func tellsTheTruth(ctx context.Context, f Fixture[quota.Directory]) error {
	for _, id := range populate(f, 10)[5:] {
		f.State.Update(id, func(s *State) { s.Budget.Reseller = "1000000000009999" })
	}
	got, end, problem := each(f.Subject.Customers(ctx), nil)
	if err := verdict.First(func() error { return problem }, func() error { return verdict.Want(end, nil) }); err != nil {
		return err
	}
	for _, c := range got {
		s, known := f.State.Customer(c.ID)
		switch {
		case !known:
			return fmt.Errorf("customer %q came, whom nobody knows", c.ID)
		case c.Name != "" && c.Name != s.Name:
			return fmt.Errorf("the name is told as %q; it is %q", c.Name, s.Name)
		case c.Reseller != "" && c.Reseller != s.Budget.Reseller:
			return fmt.Errorf("the reseller is told as %q; it is %q", c.Reseller, s.Budget.Reseller)
		case c.Frozen != nil && *c.Frozen != s.Frozen:
			return fmt.Errorf("frozen is told as %v; it is %v", *c.Frozen, s.Frozen)
		case !c.Associated.IsZero() && !c.Associated.Equal(s.Associated):
			return fmt.Errorf("the time of association is told as %v; it is %v", c.Associated, s.Associated)
		}
	}
	return nil
}

// listsAgain: ranged over twice, it is read twice.
func listsAgain(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	all := f.Subject.Customers(ctx)
	for range 2 {
		f.Subject = sameList{all}
		ids, end, problem := list(ctx, f, nil)
		if err := complete(ids, end, problem, expected); err != nil {
			return err
		}
		expected = slices.Concat(expected, populate(f, 1))
	}
	return nil
}

// sameList gives the same iterator again.
type sameList struct {
	all iter.Seq2[quota.Customer, error]
}

func (a sameList) Customers(context.Context) iter.Seq2[quota.Customer, error] { return a.all }

// pageByPage: where more than one request is needed, the first customers come before the last request is sent.
func pageByPage(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, many)
	met := f.passing("Customers")
	first := int64(0)
	_, end, problem := list(ctx, f, func(i int, _ quota.Customer) {
		if i == 0 {
			first = met.Load()
		}
	})
	return verdict.First(
		func() error { return problem },
		func() error { return verdict.Want(end, nil) },
		func() error { return verdict.Met(met) },
		func() error {
			if total := met.Load(); first == 0 || total > 1 && first == total {
				return fmt.Errorf("the first customer came after %d of %d requests", first, total)
			}
			return nil
		},
	)
}

func breaksOff(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, many)
	met := f.passing("Customers")
	sent := int64(0)
	for _, err := range f.Subject.Customers(ctx) {
		if err != nil {
			return verdict.Want(err, nil)
		}
		sent = met.Load()
		break
	}
	return nothingMore(met, sent)
}

// nothingMore says that requests were sent after there were so many.
func nothingMore(met *atomic.Int64, sent int64) error {
	if more := met.Load() - sent; sent == 0 || more > 0 {
		return fmt.Errorf("%d requests were sent after the iteration was over, and %d before", more, sent)
	}
	return nil
}

// changesBetweenPages: who is there all the time comes exactly once, whoever comes and goes meanwhile.
func changesBetweenPages(change func(f Fixture[quota.Directory], seen, unseen []string) (gone []string)) func(context.Context, Fixture[quota.Directory]) error {
	return func(ctx context.Context, f Fixture[quota.Directory]) error {
		early := make([]string, 5) // to be added later: their ids sort before all others where ids increase
		for i := range early {
			early[i] = f.NewCustomer()
		}
		stay := populate(f, many)
		var seen []string
		ids, end, problem := list(ctx, f, func(i int, c quota.Customer) {
			seen = append(seen, c.ID)
			if i%60 != 0 {
				return
			}
			if len(early) > 0 {
				f.NewCustomer, early = giving(early[0], f.NewCustomer), early[1:]
			}
			unseen := slices.DeleteFunc(slices.Clone(stay), func(id string) bool { return slices.Contains(seen, id) })
			gone := change(f, seen, unseen)
			stay = slices.DeleteFunc(stay, func(id string) bool { return slices.Contains(gone, id) })
		})
		return verdict.First(
			func() error { return problem },
			func() error { return verdict.Want(end, nil) },
			func() error { return missing(ids, stay) },
		)
	}
}

// giving gives this id first.
func giving(id string, others func() string) func() string {
	given := false
	return func() string {
		if given {
			return others()
		}
		given = true
		return id
	}
}

func addOne(f Fixture[quota.Directory], _, _ []string) []string {
	populate(f, 2) // one in front, and one at the end
	return nil
}

// removeTwo removes one who has come already and one who has not.
func removeTwo(f Fixture[quota.Directory], seen, unseen []string) (gone []string) {
	gone = append(gone, seen[len(seen)/2])
	if len(unseen) > 0 {
		gone = append(gone, unseen[len(unseen)/2])
	}
	for _, id := range gone {
		f.State.Remove(id)
	}
	return gone
}

func listThrottled(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	met := f.script("Customers", fault.Times(2, fault.Throttled)...)
	var ids []string
	var end, problem error
	for range 3 {
		ids, end, problem = list(ctx, f, nil)
		if problem != nil || verdict.Want(end, errors.ErrThrottled) != nil {
			break
		}
	}
	return verdict.First(
		func() error { return verdict.Met(met) },
		func() error { return complete(ids, end, problem, expected) },
	)
}

func listRefused(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, 3)
	met := f.script("Customers", fault.Times(forGood, fault.Unauthorized)...)
	_, end, problem := list(ctx, f, nil)
	return verdict.First(
		func() error { return problem },
		func() error { return verdict.Want(end, errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
	)
}

// listUnclear: a list that could not be read is not an empty list.
func listUnclear(ft fault.Fault) func(context.Context, Fixture[quota.Directory]) error {
	return func(ctx context.Context, f Fixture[quota.Directory]) error {
		expected := populate(f, 3)
		met := f.script("Customers", fault.Times(forGood, ft)...)
		ids, end, problem := list(ctx, f, nil)
		return verdict.First(
			func() error { return verdict.Met(met) },
			func() error { return problem },
			func() error {
				if end == nil && ft.Gzip {
					return complete(ids, end, problem, expected)
				}
				return verdict.Want(end, errors.ErrUnavailable)
			},
		)
	}
}

// laterPage: the customers of the first page come, then the error of the next, where there is a next.
func laterPage(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	passed := f.script("Customers", fault.Fault{})
	met := f.script("Customers", fault.Times(forGood, fault.Unavailable)...)
	ids, end, problem := list(ctx, f, nil)
	return verdict.First(
		func() error { return verdict.Met(passed) },
		func() error { return problem },
		func() error {
			switch {
			case met.Load() == 0:
				return complete(ids, end, problem, expected)
			case len(ids) == 0:
				return errors.New("the customers who were read before the error did not come")
			}
			return verdict.Want(end, errors.ErrUnavailable)
		},
	)
}

// ended says that an iteration did not end with the end of its context.
func ended(end error) error {
	return verdict.First(
		func() error { return verdict.Cancelled(end) },
		func() error { return verdict.Want(end, errors.ErrUnavailable) },
	)
}

func listCancelledBefore(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, 3)
	met := f.passing("Customers")
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	ids, end, problem := list(ctx, f, nil)
	return verdict.First(
		func() error { return problem },
		func() error { return ended(end) },
		func() error { return unmet(met) },
		func() error { return complete(ids, nil, nil, nil) },
	)
}

// listCancelledBetween: whatever has been read already may still come; the error is last, and no request is sent.
func listCancelledBetween(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, many)
	met := f.passing("Customers")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := int64(0)
	_, end, problem := list(ctx, f, func(i int, _ quota.Customer) {
		if i == 0 {
			cancel()
			sent = met.Load()
		}
	})
	return verdict.First(
		func() error { return problem },
		func() error { return ended(end) },
		func() error { return nothingMore(met, sent) },
	)
}

func listCancelledInFlight(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, 3)
	return f.cancelledInFlight(ctx, "Customers", fault.Hang, errors.ErrUnavailable, func() (func(context.Context) error, func() error) {
		var broken error
		call := func(ctx context.Context) error {
			_, end, problem := list(ctx, f, nil)
			broken = problem
			return end
		}
		return call, func() error {
			ids, end, problem := list(ctx, f, nil)
			return verdict.First(
				func() error { return broken },
				func() error { return complete(ids, end, problem, expected) },
			)
		}
	})
}

func manyLists(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	return verdict.Together(func(int) error {
		ids, end, problem := list(ctx, f, nil)
		return complete(ids, end, problem, expected)
	})
}
