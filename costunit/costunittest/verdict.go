// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"fmt"
	"slices"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// untouched says what moved although nothing should have.
func (f Fixture[T]) untouched() error {
	if n := len(f.State.Moves()); n > 0 {
		return fmt.Errorf("%d resources moved; want none", n)
	}
	return nil
}

// moved says what is missing for the transfer to be done, with each resource moved once.
func (f Fixture[T]) moved(t costunit.Transfer) error {
	held := f.held(t.To)
	times := make(map[costunit.Resource]int)
	for _, m := range f.State.Moves() {
		times[m.Resource]++
	}
	for _, r := range t.Resources {
		if !held[r] {
			return fmt.Errorf("resource %+v is not in the target", r)
		}
		if times[r] != 1 {
			return fmt.Errorf("resource %+v moved %d times; want once", r, times[r])
		}
	}
	return nil
}

func (f Fixture[T]) held(u costunit.Unit) map[costunit.Resource]bool {
	held := make(map[costunit.Resource]bool)
	for _, r := range f.State.Holds(u) {
		held[r] = true
	}
	return held
}

// arrived is how many resources of the transfer are in the target.
func (f Fixture[T]) arrived(t costunit.Transfer) int {
	held, n := f.held(t.To), 0
	for _, r := range t.Resources {
		if held[r] {
			n++
		}
	}
	return n
}

// honest says where err and the state contradict each other; before is how many had arrived before the call.
func (f Fixture[T]) honest(t costunit.Transfer, before int, err error) error {
	now := f.arrived(t)
	partial, half := errors.AsType[*costunit.PartialError](err)
	switch {
	case err == nil && now < len(t.Resources):
		return fmt.Errorf("returned nil, but only %d of %d resources are in the target", now, len(t.Resources))
	case err == nil:
		return nil
	case half:
		return partition(t, partial, f.held(t.To))
	case now > before:
		return fmt.Errorf("%d of %d resources moved; want a *costunit.PartialError, not: %w", now-before, len(t.Resources), err)
	}
	return nil
}

// partition says how the three lists of p fail to be the resources of t, or to be true.
func partition(t costunit.Transfer, p *costunit.PartialError, held map[costunit.Resource]bool) error {
	listed := make(map[costunit.Resource]int)
	for _, r := range slices.Concat(p.Moved, p.Unmoved, p.Unknown) {
		listed[r]++
	}
	for _, r := range t.Resources {
		if listed[r] != 1 {
			return fmt.Errorf("resource %+v is listed %d times in the PartialError; want once", r, listed[r])
		}
	}
	if len(listed) != len(t.Resources) {
		return fmt.Errorf("the PartialError lists %d resources; want %d", len(listed), len(t.Resources))
	}
	for _, r := range p.Moved {
		if !held[r] {
			return fmt.Errorf("resource %+v is listed as moved, but is not in the target", r)
		}
	}
	for _, r := range p.Unmoved {
		if held[r] {
			return fmt.Errorf("resource %+v is listed as not moved, but is in the target", r)
		}
	}
	return nil
}
