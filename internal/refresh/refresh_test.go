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
			go func() { _, _ = f(context.Background()) }() // holds the slot
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
		fetched := 0
		var fail error
		f := Cached(time.Minute, func(context.Context) (int, time.Time, error) {
			if fail != nil {
				return 0, time.Time{}, fail
			}
			fetched++
			return fetched, time.Now().Add(10 * time.Minute), nil
		})
		get := func(want int) {
			t.Helper()
			got, err := f(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		get(1)
		time.Sleep(9*time.Minute - time.Second)
		get(1) // still more than a minute to go
		time.Sleep(2 * time.Second)
		get(2)                                     // ahead of expiry
		time.Sleep(9*time.Minute + 30*time.Second) // due again
		fail = errors.New("down")
		get(2) // a failed refresh does no harm while the old value holds
		time.Sleep(time.Minute)
		_, err := f(t.Context())
		require.ErrorIs(t, err, fail)
	})
}

func TestCachedRefreshDoesNotHoldUpTheOthers(t *testing.T) {
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
		go func() { _, _ = f(t.Context()) }()
		synctest.Wait()
		start := time.Now()
		for range 100 {
			got, err := f(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 1, got)
		}
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
