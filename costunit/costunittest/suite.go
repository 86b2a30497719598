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
type Fixture struct {
	// Subject is what is tested. Let it wait milliseconds between attempts, not seconds.
	Subject costunit.Transferrer
	// State is where the fake that Subject talks to keeps its units, and the proof of what moved.
	State *Provider
	// NewUnit returns a unit that was not returned before, in this cloud's form; its owner owns the resources too.
	// Nil: increasing numbers of 16 digits, all of one owner.
	NewUnit func() costunit.Unit
	// Fail lets the provider's next requests that move resources meet these faults; requests that only read are not
	// meant. Nil: State.Faults.Add for "TransferResources".
	Fail func(faults ...fault.Fault)
}

// TestTransferrer checks that an implementation keeps the promises of costunit.Transferrer, for one whose requests
// take at least one resource and fewer than 250. It calls open for each check.
func TestTransferrer(t *testing.T, open func(*testing.T) Fixture) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), open(t).complete()); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is one promise. Its error says how it was broken.
type check struct {
	name string
	run  func(context.Context, Fixture) error
}

func checks() []check {
	return slices.Concat(movingChecks(), failingChecks(), badInputChecks(), crowdChecks())
}

// complete fills in what was left out.
func (f Fixture) complete() Fixture {
	if f.NewUnit == nil {
		var last atomic.Int64
		last.Store(2_000_000_000_000_000)
		f.NewUnit = func() costunit.Unit {
			return costunit.Unit{ID: strconv.FormatInt(last.Add(1), 10), Owner: "1000000000000001"}
		}
	}
	if f.Fail == nil {
		f.Fail = func(faults ...fault.Fault) { f.State.Faults.Add(opTransfer, faults...) }
	}
	return f
}

// script lets the next requests meet these faults, and counts how many did. The zero Fault lets one pass uncounted.
func (f Fixture) script(faults ...fault.Fault) (met *atomic.Int64) {
	met = new(atomic.Int64)
	faults = slices.Clone(faults)
	for i := range faults {
		if faults[i].Name != "" {
			faults[i].Seen = func() { met.Add(1) }
		}
	}
	f.Fail(faults...)
	return met
}

// transfer is one of n resources between two new units, the first of which holds them.
func (f Fixture) transfer(n int) costunit.Transfer {
	t := costunit.Transfer{From: f.NewUnit(), To: f.NewUnit()}
	for i := range n {
		t.Resources = append(t.Resources, costunit.Resource{ID: fmt.Sprintf("i-%s-%03d", t.From.ID, i+1), Product: "ecs", Owner: t.From.Owner})
	}
	f.State.Put(t.From, t.Resources...)
	f.State.Put(t.To)
	return t
}
