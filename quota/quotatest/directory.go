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

// idsOf lists the ids of all customers.
func idsOf(d quota.Directory) func(context.Context) iter.Seq2[string, error] {
	return func(ctx context.Context) iter.Seq2[string, error] {
		all := d.Customers(ctx)
		return func(yield func(string, error) bool) {
			for c, err := range all {
				if !yield(c.ID, err) {
					return
				}
			}
		}
	}
}

// list goes through the ids of all customers.
func list(ctx context.Context, f Fixture[quota.Directory]) verdict.Drained[string] {
	return verdict.Drain(idsOf(f.Subject)(ctx), nil)
}

func eachOnce(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	return list(ctx, f).Exactly(expected)
}

func noCustomers(ctx context.Context, f Fixture[quota.Directory]) error {
	return list(ctx, f).Exactly(nil)
}

// tellsTheTruth: what is not told is nobody's error, what is told must be so.
func tellsTheTruth(ctx context.Context, f Fixture[quota.Directory]) error {
	for _, id := range populate(f, 10)[5:] {
		f.State.Update(id, func(s *State) { s.Budget.Reseller = "1000000000009999" })
	}
	all := verdict.Drain(f.Subject.Customers(ctx), nil)
	if err := all.Ended(nil); err != nil {
		return err
	}
	for _, c := range all.Rows {
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
	all := idsOf(f.Subject)(ctx)
	for range 2 {
		if err := verdict.Drain(all, nil).Exactly(expected); err != nil {
			return err
		}
		expected = slices.Concat(expected, populate(f, 1))
	}
	return nil
}

func pageByPage(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, many)
	met := f.passing("Customers")
	return verdict.PageByPage(idsOf(f.Subject)(ctx), met)
}

func breaksOff(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, many)
	met := f.passing("Customers")
	return verdict.BreaksOff(f.Subject.Customers(ctx), met)
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
		all := verdict.Drain(idsOf(f.Subject)(ctx), func(i int, id string) {
			seen = append(seen, id)
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
			func() error { return all.Ended(nil) },
			func() error { return all.Missing(stay) },
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
	var all verdict.Drained[string]
	for range 3 {
		if all = list(ctx, f); all.Ended(errors.ErrThrottled) != nil {
			break
		}
	}
	return verdict.First(
		func() error { return verdict.Met(met) },
		func() error { return all.Exactly(expected) },
	)
}

func listRefused(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, 3)
	met := f.script("Customers", fault.Times(forGood, fault.Unauthorized)...)
	return verdict.First(
		func() error { return list(ctx, f).Ended(errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
	)
}

func listUnclear(ft fault.Fault) func(context.Context, Fixture[quota.Directory]) error {
	return func(ctx context.Context, f Fixture[quota.Directory]) error {
		expected := populate(f, 3)
		met := f.script("Customers", fault.Times(forGood, ft)...)
		return verdict.Unclear(idsOf(f.Subject)(ctx), met, ft, expected)
	}
}

func laterPage(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	passed := f.script("Customers", fault.Fault{})
	met := f.script("Customers", fault.Times(forGood, fault.Unavailable)...)
	return verdict.First(
		func() error { return verdict.LaterPage(idsOf(f.Subject)(ctx), met, expected) },
		func() error { return verdict.Met(passed) },
	)
}

func listCancelledBefore(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, 3)
	return verdict.CancelledBefore(ctx, idsOf(f.Subject), f.passing("Customers"))
}

func listCancelledBetween(ctx context.Context, f Fixture[quota.Directory]) error {
	populate(f, many)
	return verdict.CancelledBetween(ctx, idsOf(f.Subject), f.passing("Customers"))
}

func listCancelledInFlight(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, 3)
	return verdict.CancelledWhileReading(ctx, idsOf(f.Subject), func(hang fault.Fault) { f.Fail("Customers", hang) }, expected)
}

func manyLists(ctx context.Context, f Fixture[quota.Directory]) error {
	expected := populate(f, many)
	return verdict.Together(func(int) error { return list(ctx, f).Exactly(expected) })
}
