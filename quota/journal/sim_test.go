// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// simPlanOf: in one scenario of four the network also delivers absolute changes late.
func simPlanOf(seed uint64) simPlan { return simPlan{lateAbsolute: seed%4 == 0} }

// TestSimulation plays RESELL_SIM scenarios, or the one of RESELL_SIM_SEED with all that happens in it.
func TestSimulation(t *testing.T) {
	if text := os.Getenv("RESELL_SIM_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		p := simPlanOf(seed)
		p.traced = true
		s := newSim(seed, p).run()
		t.Log(s.failure(seed))
		require.Empty(t, s.problems)
		return
	}
	n := scenariosOf(5000)
	if text := os.Getenv("RESELL_SIM"); text != "" {
		long, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		n = long
	}
	var intents, doubts, lost, stale, operators, bad atomic.Int64
	simulate(1, n, func(seed uint64) {
		s := newSim(seed, simPlanOf(seed)).run()
		intents.Add(int64(len(s.intents)))
		doubts.Add(int64(s.doubts))
		lost.Add(int64(s.lost))
		stale.Add(int64(s.stale))
		operators.Add(int64(s.operators))
		if len(s.problems) > 0 && bad.Add(1) <= 3 {
			t.Error(s.failure(seed))
		}
	})
	t.Logf("%d scenarios, %d wrong: %d intents, %d adjustments in doubt, %d lost leases, %d late reports, %d for an operator", n, bad.Load(), intents.Load(), doubts.Load(), lost.Load(), stale.Load(), operators.Load())
	require.Zero(t, bad.Load())
	// It proves nothing where nothing happens.
	for _, count := range []int64{doubts.Load(), lost.Load(), stale.Load(), operators.Load()} {
		require.Greater(t, count, int64(n/10))
	}
}

// simulate plays scenarios side by side; each is on one goroutine.
func simulate(first, n uint64, play func(seed uint64)) {
	var next atomic.Uint64
	next.Store(first - 1)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := next.Add(1); seed < first+n; seed = next.Add(1) {
				play(seed)
			}
		})
	}
	all.Wait()
}

// The same seed is the same scenario, to the last step.
func TestSimulationIsReplayable(t *testing.T) {
	for seed := range uint64(20) {
		p := simPlanOf(seed)
		p.traced = true
		require.Equal(t, newSim(seed, p).run().trace, newSim(seed, p).run().trace)
	}
}
