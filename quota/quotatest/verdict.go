// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// cancelledInFlight cancels calls while the provider hangs, and checks how and how soon they return. It makes try
// prepare each call and later look at what it did.
func (f Fixture[T]) cancelledInFlight(ctx context.Context, method string, hang fault.Fault, class error,
	try func() (call func(context.Context) error, afterwards func() error),
) error {
	took := time.Duration(0)
	for range verdict.Tries {
		call, afterwards := try()
		err, elapsed, stuck := verdict.Cancel(ctx, hang, func(h fault.Fault) { f.Fail(method, h) }, call)
		took = elapsed
		if problem := verdict.First(
			func() error { return stuck },
			func() error { return verdict.Cancelled(err) },
			func() error { return verdict.Want(err, class) },
			afterwards,
		); problem != nil {
			return problem
		}
		if took <= verdict.Promptly {
			return nil
		}
	}
	return fmt.Errorf("the call returned %v after its context was cancelled, want at most %v", took, verdict.Promptly)
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
