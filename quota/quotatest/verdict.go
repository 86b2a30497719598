// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
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

// meets says that a scripted fault did not reach the method, so that the check proves nothing.
func meets(met *atomic.Int64) error {
	if met.Load() == 0 {
		return errors.New("no request met the scripted fault: nothing was sent, or Fixture.Fail does not reach this method")
	}
	return nil
}

const crowd = 64

// together runs do for 0 to crowd-1, all at once.
func together(do func(i int) error) error {
	var start, done sync.WaitGroup
	start.Add(1)
	errs := make([]error, crowd)
	for i := range crowd {
		done.Go(func() {
			start.Wait()
			errs[i] = do(i)
		})
	}
	start.Done()
	done.Wait()
	return errors.Join(errs...)
}

// A call must return this soon after its context was cancelled. One of a few tries has to make it, because machines
// are busy; a call that does not return at all is given up.
const (
	promptly    = 20 * time.Millisecond
	promptTries = 5
	patience    = 3 * time.Second
)

// cancelledInFlight cancels calls while the provider hangs, and checks how and how soon they return. It makes try
// prepare each call and later look at what it did.
func (f Fixture[T]) cancelledInFlight(ctx context.Context, method string, hang fault.Fault, class error,
	try func() (call func(context.Context) error, afterwards func() error),
) error {
	took := time.Duration(0)
	for range promptTries {
		call, afterwards := try()
		err, elapsed, stuck := f.cancelOne(ctx, method, hang, call)
		took = elapsed
		if problem := first(
			func() error { return stuck },
			func() error { return cancelled(err) },
			func() error { return want(err, class) },
			afterwards,
		); problem != nil {
			return problem
		}
		if took <= promptly {
			return nil
		}
	}
	return fmt.Errorf("the call returned %v after its context was cancelled, want at most %v", took, promptly)
}

func (f Fixture[T]) cancelOne(ctx context.Context, method string, hang fault.Fault, call func(context.Context) error) (result error, took time.Duration, stuck error) {
	met := make(chan struct{})
	hang.Seen = sync.OnceFunc(func() { close(met) })
	f.Fail(method, hang)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call(ctx) }()

	select {
	case <-met:
	case err := <-done:
		return nil, 0, fmt.Errorf("the call returned before it was cancelled: %w", orNil(err))
	case <-time.After(patience):
		return nil, 0, fmt.Errorf("no request reached the provider within %v", patience)
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

// unmet says that something was sent which should have been refused at home.
func unmet(met *atomic.Int64) error {
	if n := met.Load(); n > 0 {
		return fmt.Errorf("%d requests were sent; want the input refused before that", n)
	}
	return nil
}

// same says that a number is not what it should be.
func same(what string, got, expected quota.Money) error {
	if got.Equal(expected) {
		return nil
	}
	return fmt.Errorf("%s is %s; want %s", what, got, expected)
}

// refusedSomehow asks for an error, of whatever class.
func refusedSomehow(err error) error {
	if err == nil {
		return errors.New("the call succeeded; want it refused")
	}
	return nil
}
