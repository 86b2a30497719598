// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// Fixture is one implementation under test, with the state behind it. Each check gets a fixture of its own.
type Fixture[T any] struct {
	// Subject is what is tested. Let it wait milliseconds between attempts, not seconds.
	Subject T
	// State is where the fake that Subject talks to keeps what it was told, and the proof of what was applied. Its
	// Currency is the one that the checks use.
	State *Provider
	// NewCustomer returns an id that was not returned before, in this cloud's form. What must exist beforehand, the
	// checks put into State themselves. Nil: increasing numbers of 16 digits.
	NewCustomer func() string
	// Fail lets the provider's next requests that do the work of a method of the tested interface, such as "SetQuota",
	// meet these faults; requests that only read on behalf of a writing method are not meant. Nil: State.Faults.Add.
	Fail func(method string, faults ...fault.Fault)
}

// TestLimiter checks that an implementation keeps the promises of quota.Limiter. It calls open for each check.
func TestLimiter(t *testing.T, open func(*testing.T) Fixture[quota.Limiter]) {
	run(t, open, limiterChecks())
}

// TestLedger checks that an implementation keeps the promises that quota.Ledger adds to those of quota.Limiter; run
// TestLimiter too. It calls open for each check.
func TestLedger(t *testing.T, open func(*testing.T) Fixture[quota.Ledger]) {
	run(t, open, ledgerChecks())
}

// TestAdjuster checks that an implementation keeps the promises of quota.Adjuster. It calls open for each check.
func TestAdjuster(t *testing.T, open func(*testing.T) Fixture[quota.Adjuster]) {
	run(t, open, adjusterChecks())
}

// TestBudgeter checks that an implementation keeps the promises of quota.Budgeter. It calls open for each check.
func TestBudgeter(t *testing.T, open func(*testing.T) Fixture[quota.Budgeter]) {
	run(t, open, budgeterChecks())
}

// TestFreezer checks that an implementation keeps the promises of quota.Freezer. It calls open for each check.
func TestFreezer(t *testing.T, open func(*testing.T) Fixture[quota.Freezer]) {
	run(t, open, freezerChecks())
}

// TestAlarmer checks that an implementation keeps the promises of quota.Alarmer. It calls open for each check.
func TestAlarmer(t *testing.T, open func(*testing.T) Fixture[quota.Alarmer]) {
	run(t, open, alarmerChecks())
}

// TestDirectory checks that an implementation keeps the promises of quota.Directory. It calls open for each check.
func TestDirectory(t *testing.T, open func(*testing.T) Fixture[quota.Directory]) {
	run(t, open, directoryChecks())
}

// TestStandingReader checks that an implementation keeps the promises of quota.StandingReader. It calls open for each
// check.
func TestStandingReader(t *testing.T, open func(*testing.T) Fixture[quota.StandingReader]) {
	run(t, open, standingChecks())
}

// check is one promise. Its error says how it was broken.
type check[T any] struct {
	name string
	run  func(context.Context, Fixture[T]) error
}

func run[T any](t *testing.T, open func(*testing.T) Fixture[T], checks []check[T]) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), open(t).complete()); err != nil {
				t.Error(err)
			}
		})
	}
}

// complete fills in what was left out.
func (f Fixture[T]) complete() Fixture[T] {
	if f.NewCustomer == nil {
		var last atomic.Int64
		last.Store(1_000_000_000_000_000)
		f.NewCustomer = func() string { return strconv.FormatInt(last.Add(1), 10) }
	}
	if f.Fail == nil {
		f.Fail = f.State.Faults.Add
	}
	return f
}

// script lets the next requests of method meet these faults, and counts how many did.
func (f Fixture[T]) script(method string, faults ...fault.Fault) (met *atomic.Int64) {
	met = new(atomic.Int64)
	faults = slices.Clone(faults)
	for i := range faults {
		faults[i].Seen = func() { met.Add(1) }
	}
	f.Fail(method, faults...)
	return met
}

func (f Fixture[T]) money(text string) quota.Money {
	return quota.MustMoney(text + " " + string(f.State.currency()))
}
