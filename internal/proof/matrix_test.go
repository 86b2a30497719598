// SPDX-License-Identifier: Apache-2.0

// Package proof runs every operation of both clients against every fault, and writes what came of it into PROOF.md. It has
// no code of its own.
//
// What is expected is in rules_test.go, and comes from what the README promises. A new operation is one more row in
// alibaba_test.go or huawei_test.go; a new fault is one more line in faults_test.go.
package proof

import (
	"flag"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/internal/race"
)

var update = flag.Bool("update", false, "write PROOF.md anew")

const document = "../../PROOF.md"

var clouds = []*cloud{alibabaCloud, huaweiCloud}

// cell is one operation under one fault.
type cell struct {
	cloud  *cloud
	row    row
	script script
	result result
}

func (c *cell) String() string { return c.cloud.name + " " + c.row.name + " under " + c.script.Name }

func (c *cell) check(t *testing.T) {
	// Where attempts end by their timeout, a good reply may come too late on a busy machine. That is nothing to blame on
	// the client if it does not happen with a longer timeout.
	with := standard(c.script)
	for try := 1; ; try++ {
		c.result = check(t.Context(), c.cloud, c.row, c.script, with)
		if len(c.result.problems) == 0 || !c.script.slow || try == 3 {
			return
		}
		with.timeout *= 4
	}
}

// How many cells run at once: those that wait need no processor, those that are huge need memory.
const (
	waiting  = 96
	working  = 16
	gigantic = 1
)

// lane is how many cells like s run at once.
func (s script) lane() int {
	switch {
	case s.slow || s.least > 0:
		return waiting
	case s.huge:
		return gigantic
	}
	return working
}

// together runs f for every item, in the lanes that they belong to. Those that wait for their turn have no goroutine, for
// all goroutines are listed again and again.
func together[T any](items []T, lane func(T) int, f func(T)) {
	lanes := make(map[int][]T)
	for _, item := range items {
		lanes[lane(item)] = append(lanes[lane(item)], item)
	}
	var all sync.WaitGroup
	for n, queue := range lanes {
		var next atomic.Int64
		for range n {
			all.Go(func() {
				for i := next.Add(1) - 1; i < int64(len(queue)); i = next.Add(1) - 1 {
					f(queue[i])
				}
			})
		}
	}
	all.Wait()
}

// TestMatrix runs every cell, and compares what came of it with the rules, and then with PROOF.md.
func TestMatrix(t *testing.T) {
	var all []*cell
	for _, c := range clouds {
		for _, r := range c.rows {
			for _, s := range c.faults() {
				all = append(all, &cell{cloud: c, row: r, script: s})
			}
		}
	}
	if race.Enabled { // a third, against the rules; the page has them all
		third := all[:0]
		for i, c := range all {
			if i%3 == 0 {
				third = append(third, c)
			}
		}
		all = third
	}
	together(all, func(c *cell) int { return c.script.lane() }, func(c *cell) { c.check(t) })
	failed := 0
	for _, c := range all {
		for _, problem := range c.result.problems {
			failed++
			t.Errorf("%v: %s", c, problem)
		}
	}
	t.Logf("%d cells, %d problems", len(all), failed)

	if race.Enabled {
		return
	}
	fresh := page(all)
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(fresh), 0o644))
		return
	}
	kept, err := os.ReadFile(document)
	require.NoError(t, err)
	require.Equal(t, string(kept), fresh, "PROOF.md differs from a fresh run; go test ./internal/proof -run TestMatrix -update writes it anew")
}

// TestEveryMethodHasARow: nothing that a client can do is left out.
func TestEveryMethodHasARow(t *testing.T) {
	for _, c := range clouds {
		var rows []string
		for _, r := range c.rows {
			rows = append(rows, r.method())
		}
		for _, name := range c.methods() {
			require.True(t, slices.Contains(rows, name), "%s: no row for %s", c.name, name)
		}
	}
}

// TestExceptionsAreMet: an exception that names nothing is a mistake in writing.
func TestExceptionsAreMet(t *testing.T) {
	for _, e := range exceptions {
		met := false
		for _, c := range clouds {
			for _, r := range c.rows {
				for _, s := range c.faults() {
					met = met || e.cloud == c.name && e.row == r.name && e.fault == s.Name
				}
			}
		}
		require.True(t, met, "%+v", e)
	}
}
