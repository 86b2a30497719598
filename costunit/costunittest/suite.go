// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// Fixture is one implementation under test, with the state behind it. Each check gets a fixture of its own.
type Fixture[T any] struct {
	// Subject is what is tested. Let it wait milliseconds between attempts, not seconds.
	Subject T
	// State is where the fake that Subject talks to keeps its units, and the proof of what became of them. Its NewID
	// makes ids in this cloud's form.
	State *Provider
	// Tree: units may have a parent. Without, Definition.Parent must be empty.
	Tree bool
	// Plain: resources have no components, and ids of letters, digits and dashes only; others may be refused.
	Plain bool
	// NewUnit returns a unit that was not returned before, in this cloud's form; its owner, the same each time, owns
	// the resources too. The checks put it into State. Nil: increasing numbers of 16 digits, all of one owner.
	NewUnit func() costunit.Unit
	// NewResource returns a resource that was not returned before, of the unit's owner, in this cloud's form, with the
	// product and the project that a transfer needs; the checks put it into State. Nil: an instance of "ecs".
	NewResource func(costunit.Unit) costunit.Resource
	// Fail lets the provider's next requests that do the work of a method of the tested interface, such as
	// "CreateUnits", meet these faults; requests that only read on behalf of a writing method are not meant. Nil:
	// State.Faults.Add.
	Fail func(method string, faults ...fault.Fault)
}

// TestTransferrer checks that an implementation keeps the promises of costunit.Transferrer, for one whose requests
// take at least one resource and fewer than 250. It calls open for each check.
func TestTransferrer(t *testing.T, open func(*testing.T) Fixture[costunit.Transferrer]) {
	run(t, open, transferrerChecks())
}

// TestLister checks that an implementation keeps the promises of costunit.Lister. It calls open for each check.
func TestLister(t *testing.T, open func(*testing.T) Fixture[costunit.Lister]) {
	run(t, open, listerChecks())
}

// TestManager checks that an implementation keeps the promises of costunit.Manager. It calls open for each check.
func TestManager(t *testing.T, open func(*testing.T) Fixture[costunit.Manager]) {
	run(t, open, managerChecks())
}

// TestRemover checks that an implementation keeps the promises of costunit.Remover. It calls open for each check.
func TestRemover(t *testing.T, open func(*testing.T) Fixture[costunit.Remover]) {
	run(t, open, removerChecks())
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

func transferrerChecks() []check[costunit.Transferrer] {
	return slices.Concat(movingChecks(), failingChecks(), badInputChecks(), crowdChecks())
}

// complete fills in what was left out.
func (f Fixture[T]) complete() Fixture[T] {
	if f.NewUnit == nil {
		var last atomic.Int64
		last.Store(2_000_000_000_000_000)
		f.NewUnit = func() costunit.Unit {
			return costunit.Unit{ID: strconv.FormatInt(last.Add(1), 10), Owner: "1000000000000001"}
		}
	}
	if f.NewResource == nil {
		var last atomic.Int64
		f.NewResource = func(u costunit.Unit) costunit.Resource {
			return costunit.Resource{ID: fmt.Sprintf("i-%06d", last.Add(1)), Product: "ecs", Owner: u.Owner}
		}
	}
	if f.Fail == nil {
		f.Fail = f.State.Faults.Add
	}
	return f
}

// script lets the next requests of method meet these faults, and counts how many did. The zero Fault lets one pass
// uncounted.
func (f Fixture[T]) script(method string, faults ...fault.Fault) (met *atomic.Int64) {
	met = new(atomic.Int64)
	faults = slices.Clone(faults)
	for i := range faults {
		if faults[i].Name != "" {
			faults[i].Seen = func() { met.Add(1) }
		}
	}
	f.Fail(method, faults...)
	return met
}

// transfer is one of n resources between two new units, the first of which holds them.
func (f Fixture[T]) transfer(n int) costunit.Transfer {
	t := costunit.Transfer{From: f.NewUnit(), To: f.NewUnit()}
	for range n {
		t.Resources = append(t.Resources, f.NewResource(t.From))
	}
	f.State.Put(t.From, t.Resources...)
	f.State.Put(t.To)
	return t
}
