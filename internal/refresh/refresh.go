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

// Cached hands out what fetch returned last. From ahead before its expiry one caller fetches anew, while the others go
// on with the old value as long as it is valid. A failed fetch is an error only once the old value has expired.
func Cached[T any](ahead time.Duration, fetch func(context.Context) (T, time.Time, error)) Func[T] {
	type held struct {
		value   T
		expires time.Time
	}
	var last atomic.Pointer[held]
	valid := func(margin time.Duration) (T, bool) {
		h := last.Load()
		if h == nil || time.Until(h.expires) <= margin {
			var none T
			return none, false
		}
		return h.value, true
	}
	slot := make(chan struct{}, 1)
	return func(ctx context.Context) (T, error) {
		if value, ok := valid(ahead); ok {
			return value, nil
		}
		select {
		case slot <- struct{}{}:
		default:
			if value, ok := valid(0); ok {
				return value, nil // somebody is fetching; this one still holds
			}
			select {
			case slot <- struct{}{}:
			case <-ctx.Done():
				var none T
				return none, ctx.Err()
			}
		}
		defer func() { <-slot }()
		if value, ok := valid(ahead); ok {
			return value, nil // fetched while we waited
		}
		value, expires, err := fetch(ctx)
		if err == nil {
			last.Store(&held{value, expires})
			return value, nil
		}
		if old, ok := valid(0); ok {
			return old, nil
		}
		return value, err
	}
}
