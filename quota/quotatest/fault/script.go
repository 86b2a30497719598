// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"math/rand/v2"
	"sync"
)

// Script says which requests meet which fault. The zero value lets every request pass.
type Script struct {
	mu    sync.Mutex
	queue map[string][]Fault
	rates []*rate
}

// rate is a fault that strikes at random, the same way for the same seed.
type rate struct {
	op    string
	p     float64
	dice  *rand.Rand
	fault Fault
}

// anyOp is the operation name that stands for all of them.
const anyOp = "*"

// Add lets the next requests of op meet these faults, one each, in order, after those added before. The zero Fault
// lets a request pass. The op "*" is any operation that has no queue of its own at that moment.
func (s *Script) Add(op string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue == nil {
		s.queue = make(map[string][]Fault)
	}
	s.queue[op] = append(s.queue[op], faults...)
}

// Rate lets each request of op ("*" for any) that finds no queue meet f with probability p. The same seed gives the
// same sequence.
func (s *Script) Rate(op string, p float64, seed uint64, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates = append(s.rates, &rate{op, p, rand.New(rand.NewPCG(seed, seed)), f}) //nolint:gosec // reproducible is the point
}

// Next takes the fault that a request of op meets now; false means none.
func (s *Script) Next(op string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{op, anyOp} {
		if q := s.queue[name]; len(q) > 0 {
			s.queue[name] = q[1:]
			return q[0], true
		}
	}
	for _, r := range s.rates {
		if (r.op == op || r.op == anyOp) && r.dice.Float64() < r.p {
			return r.fault, true
		}
	}
	return Fault{}, false
}
