// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Throughput with 1,000 in parallel is that with 64: the median over neighbouring rounds, for what disturbs the one
// disturbs the other.
func TestManyAreAsFastAsSome(t *testing.T) {
	f := chosen()
	each(t, func(t *testing.T, c cloud, endpoint string) {
		some, many := c.client(t, endpoint, pool(t), nil), c.client(t, endpoint, pool(t), nil)
		timed := func(call func(context.Context) error, goroutines int) time.Duration {
			took, err := calls(t.Context(), call, goroutines, 2*most, f.timed+2*most) // from the second call of each on
			require.NoError(t, err)
			return took
		}
		ratios := make([]float64, f.rounds)
		for i := range ratios {
			first := timed(some, 64)
			ratios[i] = float64(timed(many, most)) / float64(first)
		}
		slices.Sort(ratios)
		t.Logf("%d calls with %d in parallel take %.2f times what they take with 64 (%.2f)", f.timed, most, ratios[len(ratios)/2], ratios)
		require.LessOrEqual(t, ratios[len(ratios)/2], 1/(1-f.spread))
	})
}

// allocations is how many a call makes, one call at a time.
func allocations(t *testing.T, call func(context.Context) error, n int) float64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		require.NoError(t, call(t.Context()))
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n)
}

// drift is by how much the last 1,000 of n calls cost more than the first.
func drift(t *testing.T, call func(context.Context) error, n int) float64 {
	t.Helper()
	require.NoError(t, call(t.Context())) // the connection
	first := allocations(t, call, 1000)
	_, err := calls(t.Context(), call, 64, 1, n-2000)
	require.NoError(t, err)
	last := allocations(t, call, 1000)
	t.Logf("%.1f allocations per call of the first 1,000, %.1f of the last of %d", first, last, n)
	return last/first - 1
}

func TestTheLastCallCostsWhatTheFirstDid(t *testing.T) {
	f := chosen()
	each(t, func(t *testing.T, c cloud, endpoint string) {
		require.InDelta(t, 0, drift(t, c.client(t, endpoint, pool(t), nil), f.calls), 0.05)
	})
}

// The control: a call that does something for every one before it is found.
func TestGrowingCostIsFound(t *testing.T) {
	each(t, func(t *testing.T, c cloud, endpoint string) {
		made := 0
		var kept [][]byte
		watch := func(ctx context.Context, _ string) (context.Context, func(error)) {
			made++
			for range made / 100 {
				kept = append(kept[:0:0], make([]byte, 16))
			}
			return ctx, func(error) {}
		}
		call := c.client(t, endpoint, pool(t), watch)
		first := allocations(t, call, 1000)
		require.Greater(t, allocations(t, call, 1000), 1.05*first)
		require.NotEmpty(t, kept)
	})
}
