// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// simWorker is a process that carries one intent at a time. The work is a coroutine: wherever it waits, the process may
// die or freeze.
type simWorker struct {
	s      *sim
	n      int
	name   string
	offset time.Duration // of its clock; nothing may depend on it
	life   int           // what was scheduled for an earlier life is void
	busy   bool
	asleep bool // no look at the store is planned
	frozen time.Time
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
}

type simDeath struct{}

func (w *simWorker) start() {
	w.life++
	w.name, w.busy, w.asleep, w.frozen = fmt.Sprintf("w%d.%d", w.n, w.life), false, true, time.Time{}
	w.poke(w.s.upTo(time.Second))
}

func (w *simWorker) clock() time.Time { return w.s.now.Add(w.offset) }

func (w *simWorker) end() {
	w.life++
	if w.stop != nil {
		w.stop()
	}
}

// die ends everything in the process; another one is started some time later.
func (w *simWorker) die() {
	w.s.note("%s dies", w.name)
	w.end()
	w.busy = true
	life := w.life
	w.s.after(time.Second+w.s.upTo(90*time.Second), func() {
		if w.life == life {
			w.start()
		}
	})
}

// schedule does something in this life of the process, and not while it is frozen.
func (w *simWorker) schedule(d time.Duration, do func()) {
	life := w.life
	var event func()
	event = func() {
		switch {
		case w.life != life:
		case w.s.now.Before(w.frozen):
			w.s.after(w.frozen.Sub(w.s.now), event)
		default:
			do()
		}
	}
	w.s.after(d, event)
}

func (w *simWorker) poke(d time.Duration) {
	if w.busy || !w.asleep {
		return
	}
	w.asleep = false
	w.schedule(d, w.look)
}

// look takes an intent, if one is due, or waits for the next that will be.
func (w *simWorker) look() {
	w.asleep = true
	s := w.s
	if w.busy {
		return
	}
	if s.dbAway() {
		w.poke(time.Second)
		return
	}
	got, err := s.store.take(context.Background(), w.name, []string{"ledger", "budget"}, simLease, 1)
	if err != nil {
		s.wrong("take: %v", err)
	}
	if len(got) > 0 {
		w.carry(got[0])
		return
	}
	var next time.Time
	for _, m := range s.store.rows {
		if m.due.After(s.now) && (next.IsZero() || m.due.Before(next)) {
			next = m.due
		}
	}
	if !next.IsZero() {
		w.asleep = false
		w.schedule(next.Sub(s.now)+s.upTo(250*time.Millisecond), w.look)
	}
}

func (w *simWorker) carry(t taken) {
	s := w.s
	if t.lost != "" {
		s.lost++
		s.byKey[t.Key].inDoubt = true
		if s.broken.forgetDoubt {
			t.doubt = false
			s.store.byKey[t.Key].doubt = false
		}
	}
	s.note("%s takes %s (fence %d, doubt %v, superseded %v)", w.name, t.Key, t.fence, t.doubt, t.superseded)
	t.until = t.until.Add(w.offset) // as its own clock has it
	w.busy = true
	life := w.life
	w.next, w.stop = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		defer func() {
			if r := recover(); r != nil {
				if _, died := r.(simDeath); !died {
					panic(r)
				}
			}
		}()
		w.attempt(t)
	})
	w.resume(life)
}

func (w *simWorker) resume(life int) {
	if w.life != life {
		return
	}
	if _, more := w.next(); !more && w.life == life {
		w.busy = false
		w.poke(w.s.upTo(10 * time.Millisecond))
	}
}

// wait lets time pass for the coroutine. Meanwhile the process may die or freeze.
func (w *simWorker) wait(d time.Duration) {
	s, life := w.s, w.life
	if s.troubled {
		switch {
		case s.chance(s.crash):
			s.after(s.upTo(d), func() {
				if w.life == life {
					w.die()
				}
			})
		case s.chance(s.freeze):
			from := s.upTo(d)
			length := s.upTo(2 * simLease)
			s.after(from, func() {
				if w.life == life {
					s.note("%s freezes for %v", w.name, length)
					w.frozen = s.now.Add(length)
				}
			})
		}
	}
	w.schedule(d, func() { w.resume(life) })
	if !w.yield(struct{}{}) {
		panic(simDeath{})
	}
}

// attempt is Journal.carry, in virtual time.
func (w *simWorker) attempt(t taken) {
	s, truth := w.s, w.s.byKey[t.Key]
	w.wait(s.upTo(20 * time.Millisecond))
	window := simWindow
	if s.broken.noWindow {
		window = 1000 * time.Hour
	}
	v, send := begin(t.record, t.at, window)
	var o outcome
	if send {
		o = w.send(&t)
		v = settle(t.record, o)
		if s.broken.refusalIsFinal && v.state == NeedsOperator && !o.conflict {
			v = verdict{state: Refused}
		}
	} else {
		o.err = unsent(v)
	}
	w.wait(s.upTo(20 * time.Millisecond))
	w.checkVerdict(t, truth, v, o)
	w.record(t, v, o)
	w.wait(s.upTo(20 * time.Millisecond))
}

func (w *simWorker) send(t *taken) outcome {
	key := t.Key
	if w.s.broken.newKeys {
		key = quota.Key(fmt.Sprintf("%s-%d", key, t.fence))
	}
	call := simCall{w: w, t: t, truth: w.s.byKey[t.Key]}
	var client any = simLedger{call}
	if t.Account == "budget" {
		client = simBudget{call}
	}
	r := t.record
	r.Key = key
	a := &attempt{record: r, payload: t.Change.payload(), client: client, save: func(_ context.Context, p plan) error { return w.savePlan(*t, p) }}
	receipt, err := kinds[t.kind].send(context.Background(), a)
	a.Key = t.Key
	t.record = a.record
	return outcome{receipt: receipt, err: err, partly: a.partly, conflict: a.conflict}
}

func (w *simWorker) savePlan(t taken, p plan) error {
	s := w.s
	w.wait(s.upTo(20 * time.Millisecond))
	if s.dbAway() {
		return simUnavailable
	}
	w.steal(t)
	ok, err := s.store.plan(context.Background(), t, p)
	if err == nil && !ok {
		err = simUnavailable
	}
	if s.troubled && s.chance(20) {
		err = simUnavailable // it was recorded, and the answer got lost
	}
	w.wait(s.upTo(20 * time.Millisecond))
	return err
}

// steal makes the store take a report for that of the owner, whoever it is by now.
func (w *simWorker) steal(t taken) {
	if w.s.broken.noFence {
		m := w.s.store.byKey[t.Key]
		m.fence, m.state = t.fence, Sending
	}
}

// record is Journal.record, in virtual time.
func (w *simWorker) record(t taken, v verdict, o outcome) {
	s := w.s
	for end := w.clock().Add(patience); s.dbAway(); {
		if !w.clock().Before(t.until) || !w.clock().Before(end) {
			s.note("%s gives up recording %s", w.name, t.Key)
			return
		}
		w.wait(time.Second)
	}
	w.steal(t)
	for range 2 {
		ok, err := s.store.settle(context.Background(), t, Attempt{Started: t.at, Worker: t.worker, Fence: t.fence, Receipt: o.receipt, Err: plain(o.err)}, v, o.receipt)
		if err != nil {
			s.wrong("settle: %v", err)
		}
		s.note("%s settles %s: %s (%v), ours %v", w.name, t.Key, v.state, errors.Class(o.err), ok)
		if !ok {
			s.stale++
		}
		if !s.chance(30) { // the answer got lost, and it is recorded once more
			break
		}
	}
	s.pokeAll()
}

// checkVerdict: a person is needed only where the rules say so.
func (w *simWorker) checkVerdict(t taken, truth *simIntent, v verdict, o outcome) {
	if v.state != NeedsOperator {
		return
	}
	s := w.s
	s.operators++
	class := errors.Class(o.err)
	switch {
	case o.conflict && t.kind == kindTopUp && s.cloud.interfered:
	case o.conflict && t.kind == kindTopUp && s.lateAbsolute:
	case o.conflict && t.kind == kindCreateQuota && s.cloud.interfered:
	case !truth.inDoubt:
		s.wrong("%s needs an operator (%s), although nothing about it is in doubt", t.Key, v.note)
	case class == errors.ErrUncertain && t.at.Sub(t.firstSent) <= simWindow:
		s.wrong("%s needs an operator %v after it was first sent (%s)", t.Key, t.at.Sub(t.firstSent), v.note)
	case afterClass[class].again && class != errors.ErrUncertain:
		s.wrong("%s needs an operator after %v", t.Key, class)
	case o.conflict:
		s.wrong("%s: conflict, although nobody interfered", t.Key)
	}
}
