// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

var (
	seed = flag.Uint64("seed", 0, "of the sample of pairs; 0 is one of its own for every run")
	// sample is how many pairs a run takes; all of them where RESELL_PROOF=pairs.
	sample = flag.Int("pairs", 96, "how many pairs of faults to try")
)

// pair is one change under two faults, one after the other: the second strikes the next request of the same operation, or
// the one that settles the doubt that the first left.
type pair struct {
	cloud         *cloud
	row           row
	first, second script
	onBack        bool
	problems      []string
}

func (p *pair) String() string {
	where := ""
	if p.onBack {
		where = " on " + p.row.back
	}
	return p.cloud.name + " " + p.row.name + " under " + p.first.Name + ", then " + p.second.Name + where
}

func (p *pair) slow() bool { return p.first.slow || p.second.slow }

// lane is that of the slower one.
func (p *pair) lane() int {
	switch a, b := p.first.lane(), p.second.lane(); {
	case a == gigantic || b == gigantic:
		return gigantic
	default:
		return max(a, b)
	}
}

// allPairs is every change under every two different faults. A caller who goes away meets no second one.
func allPairs() (all []*pair) {
	for _, c := range clouds {
		faults := slices.DeleteFunc(c.faults(), func(s script) bool { return s.kind == left })
		for _, r := range c.rows {
			for _, one := range faults {
				for _, other := range faults {
					if r.made != nil && one.Name != other.Name {
						all = append(all, &pair{cloud: c, row: r, first: one, second: other})
					}
					if r.back != "" {
						all = append(all, &pair{cloud: c, row: r, first: one, second: other, onBack: true})
					}
				}
			}
		}
	}
	return all
}

// TestPairs: what a class says of a change is true, and nothing is made twice, whatever two faults come together.
func TestPairs(t *testing.T) {
	pairs := allPairs()
	if os.Getenv("RESELL_PROOF") != "pairs" {
		number := *seed
		if number == 0 {
			number = uint64(time.Now().UnixNano())
		}
		t.Logf("%d of %d pairs: -seed=%d", *sample, len(pairs), number)
		dice := rand.New(rand.NewPCG(number, number))
		dice.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		pairs = pairs[:min(*sample, len(pairs))]
	}
	together(pairs, (*pair).lane, func(p *pair) { p.check(t.Context(), standard(script{slow: p.slow()})) })
	for _, p := range pairs {
		for _, problem := range p.problems {
			t.Errorf("%v: %s", p, problem)
		}
	}
	t.Logf("%d pairs", len(pairs))
}

// mostCalls is how often a caller makes the same call: two faults can end two of them, and a late reply one more.
const mostCalls = 4

// check makes the same call until it succeeds.
func (p *pair) check(ctx context.Context, with settings) {
	p.problems = inWorld(ctx, p.cloud, p.row, with, func(ctx context.Context, w *world) {
		w.strike(nil, p.first.Fault)
		if p.onBack {
			for range p.row.before { // those that settle come after them
				w.strikeNext(p.row.back, fault.Fault{})
			}
			w.strikeNext(p.row.back, p.second.Fault)
		} else {
			w.strikeNext(p.row.op, p.second.Fault)
		}
		for range mostCalls {
			if w.truthful(ctx, p.row) && w.pending() == 0 {
				break
			}
		}
		if n := p.row.made(w); n != p.row.parts() {
			w.blame("in the end the change was made %d times, want %d", n, p.row.parts())
		}
		w.blameStrayed()
	})
}

// truthful makes a call, and compares what its class says with the books. It returns whether the call came to its end.
func (w *world) truthful(ctx context.Context, r row) (ended bool) {
	before := r.made(w)
	got, _, err := w.observe(ctx, r, script{})
	after := r.made(w)
	switch {
	case after > r.parts():
		w.blame("made %d times (%v)", after, err)
	case err != nil && got.class == nil:
		w.blame("an error of no class: %v", err)
	case got.class == nil && after != r.parts():
		w.blame("success, but the change is not made")
	case got.class == nil, before == r.parts() && r.already != nil && got.class == r.already(before).class:
		return true
	case got.class != errors.ErrUncertain && after != before && r.batches == 0: // a batch is judged customer by customer
		w.blame("the change is made, but the class says that it is not: %v", err)
	}
	return false
}
