// SPDX-License-Identifier: Apache-2.0

// Package refresh keeps credentials fresh: fetched by one caller at a time, ahead of their expiry, each caller waiting
// no longer than its own context. All functions it returns are safe for concurrent use.
package refresh

import (
	"context"
	"sync/atomic"
	"time"
)

// Func fetches a value.
type Func[T any] = func(context.Context) (T, error)

// Serial returns f, never run by two callers at once.
func Serial[T any](f Func[T]) Func[T] {
	slot := make(chan struct{}, 1)
	return func(ctx context.Context) (T, error) {
		var none T
		select {
		case slot <- struct{}{}:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		defer func() { <-slot }()
		return f(ctx)
	}
}

// Detached makes a Func of a function that is deaf to contexts: a caller whose context ends leaves it running, and
// nobody starts it a second time meanwhile.
func Detached[T any](f func() (T, error)) Func[T] {
	type result struct {
		value T
		err   error
	}
	slot := make(chan struct{}, 1)
	return func(ctx context.Context) (T, error) {
		var none T
		select {
		case slot <- struct{}{}:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		done := make(chan result, 1)
		go func() {
			defer func() { <-slot }()
			value, err := f()
			done <- result{value, err}
		}()
		select {
		case r := <-done:
			return r.value, r.err
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
}

// afterFailure is how long a failed fetch is not repeated while the old value is valid.
const afterFailure = 10 * time.Second

// Cached hands out what fetch returned last. From ahead before its expiry the value is fetched anew in the background,
// by one goroutine at a time, while everyone goes on with the old one; callers wait, each as long as its own context
// lasts, only where there is no valid value.
func Cached[T any](ahead time.Duration, fetch func(context.Context) (T, time.Time, error)) Func[T] {
	type held struct {
		value        T
		due, expires time.Time
	}
	var last atomic.Pointer[held]
	slot := make(chan struct{}, 1)
	renew := func(ctx context.Context) (T, error) { // with the slot
		value, expires, err := fetch(ctx)
		if err == nil {
			last.Store(&held{value, expires.Add(-ahead), expires})
		} else if old := last.Load(); old != nil {
			last.Store(&held{old.value, time.Now().Add(afterFailure), old.expires})
		}
		return value, err
	}
	return func(ctx context.Context) (T, error) {
		for {
			now, have := time.Now(), last.Load()
			valid := have != nil && now.Before(have.expires)
			if valid && now.Before(have.due) {
				return have.value, nil
			}
			if valid {
				select {
				case slot <- struct{}{}:
					go func() {
						defer func() { <-slot }()
						_, _ = renew(context.WithoutCancel(ctx))
					}()
				default: // somebody is at it
				}
				return have.value, nil
			}
			select {
			case slot <- struct{}{}:
			case <-ctx.Done():
				var none T
				return none, ctx.Err()
			}
			if last.Load() == have {
				defer func() { <-slot }()
				return renew(ctx)
			}
			<-slot // fetched while we waited
		}
	}
}
