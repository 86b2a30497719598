// SPDX-License-Identifier: Apache-2.0

package refresh

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSerialNeverRunsTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, calls atomic.Int64
		f := Serial(func(context.Context) (int64, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			return calls.Add(1), nil
		})
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				_, err := f(t.Context())
				require.NoError(t, err)
			})
		}
		all.Wait()
		require.EqualValues(t, 1, most.Load())
		require.EqualValues(t, 64, calls.Load())
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		for name, f := range map[string]Func[int]{
			"serial":   Serial(func(context.Context) (int, error) { <-block; return 1, nil }),
			"detached": Detached(func() (int, error) { <-block; return 1, nil }),
			"cached": Cached(0, func(context.Context) (int, time.Time, error) {
				<-block
				return 1, time.Now().Add(time.Hour), nil
			}),
		} {
			go func() { _, _ = f(t.Context()) }() // holds the slot
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := f(ctx)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
		}
		close(block)
	})
}

// A function that is deaf to contexts is left running, and not started a second time beside itself.
func TestDetachedIsStartedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		f := Detached(func() (int, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(10 * time.Second)
			running.Add(-1)
			return 1, nil
		})
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			_, err := f(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(start))
			cancel()
		}
		value, err := f(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, value)
		require.EqualValues(t, 1, most.Load())
	})
}

func TestCachedFetchesAheadOfExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched int
		var fail error
		f := Cached(time.Minute, func(context.Context) (int, time.Time, error) {
			fetched++
			if fail != nil {
				return 0, time.Time{}, fail
			}
			return fetched, time.Now().Add(10 * time.Minute), nil
		})
		get := func(want int) {
			t.Helper()
			got, err := f(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got)
			synctest.Wait() // a renewal in the background is over
		}
		get(1)
		time.Sleep(9*time.Minute - time.Second)
		get(1) // more than a minute to go: not due
		time.Sleep(2 * time.Second)
		get(1) // due: renewed behind this call
		get(2)

		fail = errors.New("down")
		time.Sleep(9*time.Minute + time.Second)
		get(2)
		require.Equal(t, 3, fetched)
		get(2) // a failed renewal does no harm while the old value holds, and is not repeated at once
		require.Equal(t, 3, fetched)
		time.Sleep(11 * time.Second)
		get(2)
		require.Equal(t, 4, fetched)
		time.Sleep(time.Minute)
		_, err := f(t.Context())
		require.ErrorIs(t, err, fail, "expired")
		fail = nil
		get(6)
	})
}

func TestCachedRenewalHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int64
		f := Cached(time.Minute, func(context.Context) (int64, time.Time, error) {
			n := fetched.Add(1)
			if n > 1 {
				time.Sleep(30 * time.Second)
			}
			return n, time.Now().Add(2 * time.Minute), nil
		})
		_, _ = f(t.Context())
		time.Sleep(90 * time.Second) // due, and valid for 30 s more
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		for range 100 {
			got, err := f(ctx)
			require.NoError(t, err)
			require.EqualValues(t, 1, got)
		}
		cancel() // the renewal is everybody's, not this caller's
		require.Zero(t, time.Since(start))
		time.Sleep(31 * time.Second)
		got, _ := f(t.Context())
		require.EqualValues(t, 2, got)
		require.EqualValues(t, 2, fetched.Load())
	})
}

func TestCachedFetchesOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int64
		f := Cached(0, func(context.Context) (int64, time.Time, error) {
			time.Sleep(time.Second)
			return fetched.Add(1), time.Now().Add(time.Hour), nil
		})
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				got, err := f(t.Context())
				require.NoError(t, err)
				require.EqualValues(t, 1, got)
			})
		}
		all.Wait()
	})
}
