// SPDX-License-Identifier: Apache-2.0

//go:build !race

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What everything that the floor does not do may allocate on the client's side: a figure to lower, never to raise
// without a reason.
var allocsAboveFloor = map[string]float64{"alibaba": 5, "huawei": 3}

func TestAllocationsAboveFloor(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			ours, floor := allocsOf(t, c, c.ours(0)), allocsOf(t, c, c.floor)
			require.LessOrEqual(t, ours-floor, allocsAboveFloor[c.name], "ours %v, floor %v", ours, floor)
			require.Greater(t, allocsOf(t, c, c.vendor), 2*ours, "control: the vendor's client allocates")
		})
	}
}

func allocsOf(t *testing.T, c cloud, m maker) float64 {
	call, err := m("http://127.0.0.1:1", inMemory(c.success))
	require.NoError(t, err)
	return testing.AllocsPerRun(500, func() {
		if err := call(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
