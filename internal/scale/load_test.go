// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"context"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/race"
)

// form is how much is measured.
type form struct {
	calls   int     // of the memory test
	rounds  int     // of the throughput test
	timed   int     // calls of one round
	spread  float64 // how far 1,000 in parallel may be from 64
	exactly bool    // whether the heap's spans are judged too, beside what lives in them
}

var (
	// The short form runs beside other tests: its times are rough, its counts are not.
	short = form{calls: 8_000, rounds: 3, timed: 2_000, spread: 0.6}
	long  = form{calls: 100_000, rounds: 9, timed: 20_000, spread: 0.2, exactly: true}
)

func chosen() form {
	switch {
	case os.Getenv("RESELL_SCALE") == "long":
		return long
	case race.Enabled: // ten times slower, and no longer a measurement
		return form{calls: 4_000, rounds: 1, timed: 1_000, spread: 0.9}
	}
	return short
}

// most is how many goroutines share a client.
const most = 1000

// pool is a transport as the client's own, that can be closed.
func pool(t *testing.T) *http.Transport {
	t.Helper()
	transport := call.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// calls makes n calls from so many goroutines and returns the time from the warm-th to the last.
func calls(ctx context.Context, call func(context.Context) error, goroutines, warm, n int) (time.Duration, error) {
	var next, done atomic.Int64
	var begun, failed atomic.Value
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for next.Add(1) <= int64(n) {
				if err := call(ctx); err != nil {
					failed.Store(err)
				}
				if done.Add(1) == int64(warm) {
					begun.Store(time.Now())
				}
			}
		})
	}
	group.Wait()
	err, _ := failed.Load().(error)
	start, _ := begun.Load().(time.Time)
	return time.Since(start), err
}

// memory is what lives on the heap, and the spans that hold it, after everything that can go has gone.
type memory struct{ live, spans uint64 }

// Connections, which have buffers, are awaited: idle is how many goroutines run without any.
func measure(transport *http.Transport, idle int) memory {
	transport.CloseIdleConnections()
	settled(idle)
	var m runtime.MemStats
	for range 3 { // pools are emptied by the second one
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return memory{m.HeapAlloc, m.HeapInuse}
}

// growth is how much the heap holds at the end, in proportion to a tenth of the way.
func growth(t *testing.T, call func(context.Context) error, transport *http.Transport, n int) (live, spans float64) {
	t.Helper()
	idle := runtime.NumGoroutine()
	_, err := calls(t.Context(), call, most, 1, 2*most) // what is made once, such as the runtime's own tables
	require.NoError(t, err)
	_, err = calls(t.Context(), call, most, 1, n/10)
	require.NoError(t, err)
	early := measure(transport, idle)
	_, err = calls(t.Context(), call, most, 1, n-n/10)
	require.NoError(t, err)
	late := measure(transport, idle)
	return float64(late.live) / float64(early.live), float64(late.spans) / float64(early.spans)
}

// settled reports whether no more goroutines are left than there were, once those that end have ended.
func settled(before int) bool {
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestMemoryIsFlat(t *testing.T) {
	f := chosen()
	before := runtime.NumGoroutine()
	each(t, func(t *testing.T, c cloud, endpoint string) {
		transport := pool(t)
		live, spans := growth(t, c.client(t, endpoint, transport, nil), transport, f.calls)
		t.Logf("%d calls, %d goroutines: heap %.2f times that after a tenth of them (spans %.2f)", f.calls, most, live, spans)
		require.LessOrEqual(t, live, 1.2)
		if f.exactly {
			require.LessOrEqual(t, spans, 1.2)
		}
	})
	require.True(t, settled(before), "%d goroutines, there were %d", runtime.NumGoroutine(), before)
}

// The controls: what keeps something of every call, or leaves something running, is found.
func TestLeaksAreFound(t *testing.T) {
	const leaky = 6_000
	each(t, func(t *testing.T, c cloud, endpoint string) {
		var mu sync.Mutex
		kept := map[int][]byte{}
		transport := pool(t)
		live, _ := growth(t, c.client(t, endpoint, transport, func(ctx context.Context, _ string) (context.Context, func(error)) {
			mu.Lock()
			defer mu.Unlock()
			kept[len(kept)] = make([]byte, 1024)
			return ctx, func(error) {}
		}), transport, leaky)
		require.Greater(t, live, 1.2)
		require.Len(t, kept, leaky+2*most)

		before, end := runtime.NumGoroutine(), make(chan struct{})
		require.NoError(t, c.client(t, endpoint, transport, func(ctx context.Context, _ string) (context.Context, func(error)) {
			go func() { <-end }()
			return ctx, func(error) {}
		})(t.Context()))
		transport.CloseIdleConnections()
		time.Sleep(50 * time.Millisecond)
		require.Greater(t, runtime.NumGoroutine(), before)
		close(end)
	})
}
