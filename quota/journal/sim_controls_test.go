// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// A simulation that finds nothing proves something only if it finds what is broken: each guard is taken away in turn.
func TestSimulationFindsWhatIsBroken(t *testing.T) {
	const batch = 100
	scenarios := scenariosOf(1000)
	for _, c := range []struct {
		name   string
		broken simBroken
		// share of the scenarios, in a hundred, that must show it: less than was measured, for chance. Most guards matter
		// only where certain things meet.
		share int
	}{
		{"no fence", simBroken{noFence: true}, 10},
		{"a key made anew for each attempt", simBroken{newKeys: true}, 70},
		{"doubt forgotten after a crash", simBroken{forgetDoubt: true}, 25},
		{"a refusal after doubt taken as final", simBroken{refusalIsFinal: true}, 7},
		{"no lanes", simBroken{noLanes: true}, 80},
		{"no window", simBroken{noWindow: true}, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			var caught atomic.Int64
			batches := make([]atomic.Int64, scenarios/batch)
			simulate(0, scenarios, func(seed uint64) {
				p := simPlanOf(seed)
				p.broken = c.broken
				if len(newSim(seed, p).run().problems) > 0 {
					caught.Add(1)
					batches[seed/batch].Add(1)
				}
			})
			missed := 0
			for i := range batches {
				if batches[i].Load() == 0 {
					missed++
				}
			}
			t.Logf("caught in %d of %d scenarios, missed in %d of %d batches of %d", caught.Load(), scenarios, missed, len(batches), batch)
			require.GreaterOrEqual(t, int(caught.Load())*100, c.share*int(scenarios))
			require.Zero(t, missed)
		})
	}
}

// Keys made anew double whatever was made although nobody knew: with enough adjustments, in nearly every scenario.
func TestSimulationFindsKeysMadeAnew(t *testing.T) {
	scenarios := scenariosOf(500)
	var doubtful, caught atomic.Int64
	simulate(1, scenarios, func(seed uint64) {
		p := simPlanOf(seed)
		p.broken.newKeys, p.adjustments = true, 60
		s := newSim(seed, p).run()
		if s.doubts > 0 {
			doubtful.Add(1)
			if len(s.problems) > 0 {
				caught.Add(1)
			}
		}
	})
	t.Logf("caught in %d of %d scenarios with a doubt", caught.Load(), doubtful.Load())
	require.Greater(t, doubtful.Load(), int64(scenarios)*9/10)
	require.GreaterOrEqual(t, caught.Load()*100, doubtful.Load()*99)
}
