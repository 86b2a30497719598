// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/resellkit/resell/errors"
)

// Play acts f out in memory: it carries the operation out where f says so, waits where f says so, and returns what a
// careful client would make of it, an *errors.Error, or what regular returned where nothing goes wrong. Set write
// where the operation changes something.
func (f Fault) Play(ctx context.Context, write bool, regular func() error) error {
	var result error
	if f.Applied || f.regular() {
		result = regular()
	}
	f.seen()
	cause := pause(ctx, f.Delay+f.Drip)
	if f.Hang && cause == nil {
		<-ctx.Done()
		cause = ctx.Err()
	}
	class := f.class(write)
	if cause != nil {
		class = unclear(write)
	}
	if class == nil {
		return result
	}
	seconds, _ := strconv.Atoi(f.Header.Get("Retry-After"))
	return &errors.Error{
		Class: class, Message: "scripted fault: " + f.Name, Status: f.Status,
		Attempts: 1, After: time.Duration(seconds) * time.Second, Err: cause,
	}
}

// classes of the statuses that say by themselves that nothing was carried out.
var classes = map[int]error{
	http.StatusUnauthorized:    errors.ErrUnauthenticated,
	http.StatusForbidden:       errors.ErrDenied,
	http.StatusTooManyRequests: errors.ErrThrottled,
}

func (f Fault) class(write bool) error {
	switch definite := classes[f.Status]; {
	case f.Refuse:
		return errors.ErrUnavailable
	case f.regular() && f.Mangle == nil:
		return nil
	case definite != nil:
		return definite
	}
	return unclear(write)
}

func unclear(write bool) error {
	if write {
		return errors.ErrUncertain
	}
	return errors.ErrUnavailable
}

// pause waits for d or the end of ctx, whose error it then returns.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
