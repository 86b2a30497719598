// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// want says what is wrong with err, unless it is of one of the classes; the class nil is success.
func want(err error, classes ...error) error {
	class := errors.Class(err)
	if (err == nil || class != nil) && slices.Contains(classes, class) {
		return nil
	}
	names := make([]string, 0, len(classes))
	for _, c := range classes {
		name := "nil"
		if c != nil {
			name = c.Error()
		}
		names = append(names, name)
	}
	return fmt.Errorf("returned error: %w; want class: %s", orNil(err), strings.Join(names, " or "))
}

// orNil makes a missing error printable.
func orNil(err error) error {
	if err == nil {
		return errors.New("nil")
	}
	return err
}

// first returns the first error, and calls nothing behind it.
func first(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// meets says that a scripted fault did not strike, so that the check proves nothing.
func meets(met *atomic.Int64) error {
	if met.Load() == 0 {
		return errors.New("no request met the scripted fault: too few were sent, or Fixture.Fail does not reach them")
	}
	return nil
}

// untouched says what moved although nothing should have.
func (f Fixture) untouched() error {
	if n := len(f.State.Moves()); n > 0 {
		return fmt.Errorf("%d resources moved; want none", n)
	}
	return nil
}

// moved says what is missing for the transfer to be done, with each resource moved once.
func (f Fixture) moved(t costunit.Transfer) error {
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

func (f Fixture) held(u costunit.Unit) map[costunit.Resource]bool {
	held := make(map[costunit.Resource]bool)
	for _, r := range f.State.Holds(u) {
		held[r] = true
	}
	return held
}

// arrived is how many resources of the transfer are in the target.
func (f Fixture) arrived(t costunit.Transfer) int {
	held, n := f.held(t.To), 0
	for _, r := range t.Resources {
		if held[r] {
			n++
		}
	}
	return n
}

// honest says where err and the state contradict each other; before is how many had arrived before the call.
func (f Fixture) honest(t costunit.Transfer, before int, err error) error {
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

// A call must return this soon after its context was cancelled. One of a few tries has to make it, because machines
// are busy; a call that does not return at all is given up.
const (
	promptly    = 20 * time.Millisecond
	promptTries = 5
	patience    = 3 * time.Second
)

// cancelOne cancels a transfer while the provider hangs at the request that follows those in passing.
func (f Fixture) cancelOne(ctx context.Context, t costunit.Transfer, passing int, hang fault.Fault) (result error, took time.Duration, stuck error) {
	met := make(chan struct{})
	hang.Seen = sync.OnceFunc(func() { close(met) })
	f.Fail(append(fault.Times(passing, fault.Fault{}), hang)...)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := f.Subject.TransferResources(ctx, t)
		done <- err
	}()

	select {
	case <-met:
	case err := <-done:
		return nil, 0, fmt.Errorf("the call returned before it was cancelled: %w", orNil(err))
	case <-time.After(patience):
		return nil, 0, fmt.Errorf("no request met the scripted fault within %v", patience)
	}
	start := time.Now()
	cancel()
	select {
	case err := <-done:
		return err, time.Since(start), nil
	case <-time.After(patience):
		return nil, 0, fmt.Errorf("the call did not return within %v after its context was cancelled", patience)
	}
}

// cancelled says that err does not show the end of the context.
func cancelled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return fmt.Errorf("returned error: %w; want context.Canceled visible", orNil(err))
}
