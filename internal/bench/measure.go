// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The clients of one cloud, in the order of their columns.
const (
	floor = iota
	bounded
	ours
	vendor
	clients
)

var names = [clients]string{"floor", "floor with a timeout", "ours", "vendor"}

// speed is one cloud's measurement.
type speed struct {
	one, many     [clients]series // sequential, in parallel
	allocs, bytes [clients]float64
}

// series is what one call took in each round.
type series struct{ took, processor []float64 }

// pool is one client as every goroutine has it.
type pool [workers]invoke

func measureSpeed(c cloud, p plan, srv *remote) (*speed, error) {
	if _, err := srv.play(script{Good: c.success}); err != nil {
		return nil, err
	}
	var pools [clients]pool
	for i, m := range [clients]maker{c.floor, withTimeout(c.floor), c.ours(0), c.vendor} {
		one, err := newPool(m, srv.url, i == vendor && c.vendorAlone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
		pools[i] = one
	}
	s := &speed{}
	for _, mode := range []struct {
		goroutines int
		series     *[clients]series
	}{{1, &s.one}, {workers, &s.many}} {
		for round := range p.rounds + 1 {
			for i := range pools {
				i = (i + round) % clients // nobody always runs after the same one
				took, processor, err := pools[i].drive(mode.goroutines, p.slice)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", names[i], err)
				}
				if s := &mode.series[i]; round > 0 { // the first warms up
					s.took, s.processor = append(s.took, took), append(s.processor, processor)
				}
			}
		}
	}
	for i := range pools {
		var err error
		if s.allocs[i], s.bytes[i], err = countAllocs(pools[i][0], p.allocCalls); err != nil {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return s, nil
}

func newPool(m maker, endpoint string, alone bool) (pool, error) {
	var p pool
	for i := range p {
		if i > 0 && !alone {
			p[i] = p[0]
			continue
		}
		call, err := m(endpoint, nil)
		if err != nil {
			return p, err
		}
		p[i] = call
	}
	return p, nil
}

// drive lets goroutines call for a while and returns the time of one call, and the processor time that this process used
// for it, which other processes disturb less.
func (p *pool) drive(goroutines int, slice time.Duration) (took, processor float64, err error) {
	runtime.GC() // what the last client left behind is not this one's
	var calls atomic.Int64
	start, used := time.Now(), processorTime()
	err = parallel(goroutines, func(ctx context.Context, worker int) error {
		done := int64(0)
		defer func() { calls.Add(done) }()
		for ; time.Since(start) < slice; done++ {
			if err := p[worker](ctx); err != nil {
				return err
			}
		}
		return nil
	})
	n := float64(calls.Load())
	return float64(time.Since(start)) / n, (processorTime() - used) / n, err
}

// parallel runs f in goroutines, each with a context of its own, and returns one of their errors.
func parallel(goroutines int, f func(ctx context.Context, worker int) error) error {
	var wait sync.WaitGroup
	failed := make(chan error, goroutines)
	for worker := range goroutines {
		wait.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if err := f(ctx, worker); err != nil {
				failed <- err
			}
		})
	}
	wait.Wait()
	close(failed)
	return <-failed
}

// countAllocs counts in this process, the transport's goroutines included. The collector stands still, so that no pool
// is emptied in between and the count is exact.
func countAllocs(call invoke, calls int) (allocs, bytes float64, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	for i := range calls + calls/10 {
		if i == calls/10 { // warm
			runtime.ReadMemStats(&before)
		}
		if err := call(ctx); err != nil {
			return 0, 0, err
		}
	}
	runtime.ReadMemStats(&after)
	n := float64(calls)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n, nil
}

// ratio compares two clients round by round: the median and the quartiles.
type ratio struct{ low, median, high float64 }

func ratioOf(a, b []float64) ratio {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	slices.Sort(r)
	at := func(share float64) float64 { return r[int(share*float64(len(r)-1)+0.5)] }
	return ratio{at(0.25), at(0.5), at(0.75)}
}

func (r ratio) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", r.median, r.low, r.high) }
