// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"time"

	"github.com/resellkit/resell/errors"
)

// result is what a cell of the matrix showed: with the fault once, each time, and then the same call again on a cloud
// that works.
type result struct {
	once, always, again outcome
	problems            []string
}

const (
	generous = 30 * time.Second       // for one attempt that is answered
	short    = 500 * time.Millisecond // for one that is not
)

// standard are the settings of a cell.
func standard(s script) settings {
	sound := settings{attempts: attempts, timeout: generous, late: 10 * time.Second, patience: 5 * time.Second} // on a busy machine
	if s.slow {
		sound.timeout = short
	}
	return sound
}

// check runs one cell: two worlds, three calls.
func check(ctx context.Context, c *cloud, r row, s script, with settings) (got result) {
	want := expected(c, r, s)
	got.problems = inWorld(ctx, c, r, with, func(ctx context.Context, w *world) {
		w.strike(nil, s.Fault)
		got.once = w.judge(ctx, r, s, "once", verdict{want.once, want.onceEffect, want.onceUnsent, 1})
	})
	got.problems = append(got.problems, inWorld(ctx, c, r, with, func(ctx context.Context, w *world) {
		w.strike(&s.Fault)
		got.always = w.judge(ctx, r, s, "always", verdict{want.always, want.alwaysEffect, want.alwaysUnsent, want.alwaysWaits})
		w.strike(nil)
		got.again = w.judge(ctx, r, script{}, "again", verdict{want.again, want.endEffect, 0, 0})
	})...)
	return got
}

// inWorld makes a world for f, and says what was wrong with what happened there, and what it left behind.
func inWorld(ctx context.Context, c *cloud, r row, with settings, f func(context.Context, *world)) (problems []string) {
	labelled(ctx, func(ctx context.Context, label string) {
		w, err := newWorld(c, r.op, with)
		if err != nil {
			problems = []string{err.Error()}
			return
		}
		if r.prepare != nil {
			r.prepare(w)
		}
		f(ctx, w)
		left := w.close(label)
		problems = append(w.wrong, left...)
	})
	return problems
}

// verdict is what one call must come to.
type verdict struct {
	outcome
	effect int // how many parts of the change are made then
	unsent int // attempts that the server did not see
	waits  int // how often the client has to honour a hint
}

// judge makes the call once, and blames the world for everything that is not as expected.
func (w *world) judge(ctx context.Context, r row, s script, when string, want verdict) outcome {
	tries, before := w.wire.tries.Load(), w.seenSoFar()
	got, took, err := w.observe(ctx, r, s)
	if got != want.outcome {
		w.blame("%s: %v, want %v (%v)", when, got, want.outcome, err)
	}
	if unsent := int(w.wire.tries.Load()-tries) - (w.seenSoFar() - before); unsent != want.unsent {
		w.blame("%s: %d attempts never reached the server, want %d", when, unsent, want.unsent)
	}
	if err != nil && got.class == nil {
		w.blame("%s: an error of no class: %v", when, err)
	}
	if s.kind == left && !errors.Is(err, context.Canceled) {
		w.blame("%s: the end of the context cannot be seen: %v", when, err)
	}
	if r.made != nil {
		if n := r.made(w); n != want.effect {
			w.blame("%s: the change was made %d times, want %d (%v)", when, n, want.effect, err)
		}
	}
	longest := w.late + time.Duration(want.waits)*s.least
	if s.slow {
		longest += time.Duration(attempts*r.parts()) * w.timeout
	}
	if took > longest {
		w.blame("%s: took %v, longer than %v", when, took, longest)
	}
	if least := time.Duration(want.waits) * s.least; took < least {
		w.blame("%s: took %v, but the cloud asked to wait %v", when, took, least)
	}
	w.blameStrayed()
	return got
}

// observe makes the call, and counts the requests that the server saw of it.
func (w *world) observe(ctx context.Context, r row, s script) (got outcome, took time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.kind == left {
		w.onceMet(cancel)
	}
	before := w.seenSoFar()
	start := time.Now()
	err = r.call(ctx, w)
	took = time.Since(start)
	return outcome{errors.Class(err), w.seenSoFar() - before}, took, err
}

// onceMet has the scripted faults call f when they are met.
func (w *world) onceMet(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.next[w.target] {
		w.next[w.target][i].Seen = f
	}
	if w.ever != nil {
		copied := *w.ever
		copied.Seen = f
		w.ever = &copied
	}
}

// String is the outcome as it stands in the table.
func (o outcome) String() string {
	class := "nil"
	if o.class != nil {
		class = o.class.Error()
	}
	return fmt.Sprintf("%s %d", class, o.requests)
}
