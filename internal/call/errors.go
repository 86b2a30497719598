// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/resellkit/resell/errors"
)

// Refuse names provider and operation in an error that was found before anything was sent; nil stays nil.
func Refuse(provider, op string, err error) error {
	if err == nil {
		return nil
	}
	known, ok := errors.AsType[*errors.Error](err)
	if !ok {
		known = &errors.Error{Class: errors.ErrInvalid, Err: err}
	}
	named := *known
	named.Provider, named.Op = provider, op
	return &named
}

// Failing is the iteration over what cannot be asked for.
func Failing[T any](ctx context.Context, c *Client, op string, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, c.Watch(ctx, op, func(context.Context) error { return Refuse(c.provider, op, err) }))
	}
}

// OwnFault reports whether err speaks of the caller, not of what it asked for: the next request would fare the same, and
// five failures of a key in a row lock it at Huawei.
func OwnFault(err error) bool {
	class := errors.Class(err)
	return class == errors.ErrUnauthenticated || class == errors.ErrDenied
}

// NotSent is the error of what was not sent after err.
func NotSent(err error) error {
	refused, ok := errors.AsType[*errors.Error](err)
	if !ok {
		return err
	}
	return &errors.Error{
		Provider: refused.Provider, Op: refused.Op, Class: refused.Class, Code: refused.Code,
		Message: "not sent, for an earlier request of this call was refused: " + refused.Message,
	}
}

// Ended is the error of what was not asked for any more, because ctx ended.
func Ended(ctx context.Context, provider, op string) error {
	return &errors.Error{Provider: provider, Op: op, Class: errors.ErrUnavailable, Message: "nothing more was sent", Err: ContextError(ctx)}
}

// ContextError makes both the context's error and its cause visible.
func ContextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// KeepDoubt makes a failure that follows an attempt in doubt ErrUncertain, whatever it is: only success ends a doubt.
func KeepDoubt(failure *errors.Error) {
	if failure.Class == errors.ErrUncertain {
		return
	}
	failure.Message = strings.TrimSuffix("an earlier attempt may have been applied; then "+failure.Class.Error()+": "+failure.Message, ": ")
	failure.Class = errors.ErrUncertain
}
