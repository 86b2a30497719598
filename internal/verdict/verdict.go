// SPDX-License-Identifier: Apache-2.0

// Package verdict holds what the conformance suites of quota and costunit judge with. Everything returns nil where all is
// well, else an error that says what is wrong with the implementation under test.
package verdict

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// Want says what is wrong with err, unless it is of one of the classes; the class nil is success.
func Want(err error, classes ...error) error {
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
	return fmt.Errorf("returned error: %w; want class: %s", OrNil(err), strings.Join(names, " or "))
}

// OrNil makes a missing error printable.
func OrNil(err error) error {
	if err == nil {
		return errors.New("nil")
	}
	return err
}

// First returns the first error, and calls nothing behind it.
func First(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Met says that a scripted fault did not strike, so that the check proves nothing.
func Met(times *atomic.Int64) error {
	if times.Load() == 0 {
		return errors.New("no request met the scripted fault: nothing was sent, or Fixture.Fail does not reach this method")
	}
	return nil
}

// Unmet says that something was sent although nothing should have been.
func Unmet(times *atomic.Int64) error {
	if n := times.Load(); n > 0 {
		return fmt.Errorf("%d requests were sent; want none", n)
	}
	return nil
}

// Crowd is how many calls are made at once.
const Crowd = 64

// Together runs do for 0 to Crowd-1, all at once.
func Together(do func(i int) error) error {
	var start, done sync.WaitGroup
	start.Add(1)
	errs := make([]error, Crowd)
	for i := range Crowd {
		done.Go(func() {
			start.Wait()
			errs[i] = do(i)
		})
	}
	start.Done()
	done.Wait()
	return errors.Join(errs...)
}

// A call must return Promptly after its context was cancelled. One of a few tries has to make it, because machines are
// busy; a call that does not return at all is given up.
const (
	Promptly = 20 * time.Millisecond
	tries    = 5
	patience = 3 * time.Second
)

// CancelledInFlight cancels calls while a request of them hangs, and checks how and how soon they return. script must let
// the request meet the fault it is given. try prepares each call, and says how to look at what it did.
func CancelledInFlight(ctx context.Context, hang fault.Fault, class error, script func(fault.Fault),
	try func() (call func(context.Context) error, afterwards func() error),
) error {
	took := time.Duration(0)
	for range tries {
		call, afterwards := try()
		err, elapsed, stuck := interrupt(ctx, hang, script, call)
		took = elapsed
		if problem := First(
			func() error { return stuck },
			func() error { return Cancelled(err, class) },
			afterwards,
		); problem != nil {
			return problem
		}
		if took <= Promptly {
			return nil
		}
	}
	return fmt.Errorf("the call returned %v after its context was cancelled, want at most %v", took, Promptly)
}

// interrupt runs call until a request of it hangs, cancels it, and returns what it returned and how long that took. stuck
// says that it did not come so far.
func interrupt(ctx context.Context, hang fault.Fault, script func(fault.Fault), call func(context.Context) error) (result error, took time.Duration, stuck error) {
	met := make(chan struct{})
	hang.Seen = sync.OnceFunc(func() { close(met) })
	script(hang)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call(ctx) }()

	select {
	case <-met:
	case err := <-done:
		return err, 0, fmt.Errorf("the call returned before it was cancelled: %w", OrNil(err))
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

// Cancelled says that err does not show the end of the context, or is not of the class.
func Cancelled(err, class error) error {
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("returned error: %w; want context.Canceled visible", OrNil(err))
	}
	return Want(err, class)
}
