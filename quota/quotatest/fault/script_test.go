// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota/quotatest/fault"
)

// next lists the names of the faults that n requests of op meet.
func next(s *fault.Script, op string, n int) []string {
	var names []string
	for range n {
		f, ok := s.Next(op)
		if !ok {
			f.Name = "-"
		}
		names = append(names, f.Name)
	}
	return names
}

func TestScriptQueues(t *testing.T) {
	var s fault.Script
	require.Equal(t, []string{"-"}, next(&s, "Set", 1))
	s.Add("Set", fault.LostReply, fault.Fault{})
	s.Add("Set", fault.Throttled)
	s.Add("*", fault.Unavailable)
	require.Equal(t, []string{"lost reply", "", "429", "503", "-"}, next(&s, "Set", 5))
	s.Add("Set", fault.Throttled)
	s.Add("*", fault.Unavailable)
	require.Equal(t, []string{"503", "-"}, next(&s, "Get", 2))
	require.Equal(t, []string{"429", "-"}, next(&s, "Set", 2))
}

func TestScriptRate(t *testing.T) {
	play := func(seed uint64) []string {
		var s fault.Script
		s.Rate("*", 0.1, seed, fault.Unavailable)
		s.Rate("Set", 0.1, seed+1, fault.LostReply)
		return next(&s, "Set", 10_000)
	}
	count := map[string]int{}
	for _, name := range play(1) {
		count[name]++
	}
	require.InDelta(t, 1000, count["503"], 150)
	require.InDelta(t, 900, count["lost reply"], 150)
	require.Equal(t, play(1), play(1))
	require.NotEqual(t, play(1), play(2))

	var s fault.Script
	s.Rate("Set", 1, 1, fault.Unavailable)
	s.Add("Set", fault.LostReply)
	require.Equal(t, []string{"lost reply", "503", "503"}, next(&s, "Set", 3), "a queue comes first")
	require.Equal(t, []string{"-"}, next(&s, "Get", 1))
}

func TestScriptIsConcurrent(t *testing.T) {
	var s fault.Script
	var met atomic.Int64
	var group sync.WaitGroup
	s.Rate("*", 0, 1, fault.Unavailable)
	for range 64 {
		group.Go(func() { s.Add("Set", fault.Times(10, fault.LostReply)...) })
	}
	group.Wait()
	for range 64 {
		group.Go(func() {
			for range 20 {
				if _, ok := s.Next("Set"); ok {
					met.Add(1)
				}
			}
		})
	}
	group.Wait()
	require.Equal(t, int64(640), met.Load())
}
