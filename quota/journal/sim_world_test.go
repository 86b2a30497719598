// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// The simulation: workers that crash, freeze and race over one store, and a cloud that loses, delays and refuses, on one
// goroutine and in virtual time. Everything that happens follows from the seed. What is sent, and what becomes of it, is
// decided by the journal's own begin, settle and kinds; the store is memStore.

const (
	simLease  = 2 * time.Minute
	simWindow = 30 * time.Minute
	// simLate is the longest that the network holds back a request.
	simLate = 20 * time.Minute
	// simRemembers is how long the cloud knows a key. It must be no shorter than the window, a lease and the longest delay
	// on the way together: this is what Config.Window relies on.
	simRemembers = simWindow + simLease + simLate + time.Minute
)

// simBroken takes one guard away.
type simBroken struct {
	noFence, newKeys, forgetDoubt, refusalIsFinal, noLanes, noWindow bool
}

// simPlan is what a scenario is made of, beside chance.
type simPlan struct {
	broken simBroken
	// lateAbsolute: the network may also deliver absolute changes long after the client gave up. What can be promised
	// then is less: see checkLane.
	lateAbsolute bool
	adjustments  int // of one customer; 0: some
	traced       bool
}

type simEvent struct {
	at  time.Time
	seq int
	do  func()
}

type simQueue []simEvent

func (q simQueue) Len() int { return len(q) }
func (q simQueue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].seq < q[j].seq
}
func (q simQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *simQueue) Push(e any)   { *q = append(*q, e.(simEvent)) }
func (q *simQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

type sim struct {
	simPlan
	rng     *rand.Rand
	now     time.Time
	start   time.Time
	seq     int
	queue   simQueue
	store   *memStore
	journal *Journal // for its checks of what is enqueued
	cloud   *simCloud
	workers []*simWorker

	troubled               bool      // crashes, freezes and faults still happen
	crash, freeze, fault   int       // in a thousand, at each point
	outageFrom, outageTo   time.Time // no reply arrives
	dbAwayFrom, dbAwayTo   time.Time
	intents                []*simIntent
	byKey                  map[quota.Key]*simIntent
	doubts                 int // attempts at an adjustment whose end nobody knows
	stale, lost, operators int // how much of each there was
	problems               []string
	trace                  []string
}

// simIntent is what is really true of an intent.
type simIntent struct {
	Intent
	id        int64
	lane      string
	group     string
	inDoubt   bool // an attempt may have been applied, for all that its worker or the journal can know
	applied   []simChange
	overtaken bool // its transaction committed after a newer one of its lane was taken
}

func newSim(seed uint64, p simPlan) *sim {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &sim{simPlan: p, rng: rand.New(rand.NewPCG(seed, 4)), now: start, start: start, troubled: true, byKey: make(map[quota.Key]*simIntent)}
	s.store = newMemStore(func() time.Time { return s.now })
	s.cloud = newSimCloud(s)
	s.journal = &Journal{accounts: map[string]any{"ledger": simLedger{}, "budget": simBudget{}}}
	s.crash, s.freeze, s.fault = s.rng.IntN(60), s.rng.IntN(40), 50+s.rng.IntN(400)
	if s.chance(250) {
		s.outageFrom = start.Add(s.upTo(10 * time.Minute))
		s.outageTo = s.outageFrom.Add(simWindow + 5*time.Minute + s.upTo(30*time.Minute))
	}
	if s.chance(250) {
		s.dbAwayFrom = start.Add(s.upTo(10 * time.Minute))
		s.dbAwayTo = s.dbAwayFrom.Add(s.upTo(5 * time.Minute))
	}
	for n := range 2 + s.rng.IntN(4) {
		w := &simWorker{s: s, n: n, offset: s.upTo(20*time.Minute) - 10*time.Minute}
		w.start()
		s.workers = append(s.workers, w)
	}
	s.enqueueAll()
	return s
}

func (s *sim) chance(inThousand int) bool { return s.rng.IntN(1000) < inThousand }

func (s *sim) upTo(d time.Duration) time.Duration { return time.Duration(s.rng.Int64N(int64(d) + 1)) }

func (s *sim) after(d time.Duration, do func()) {
	s.seq++
	heap.Push(&s.queue, simEvent{s.now.Add(d), s.seq, do})
}

func (s *sim) runUntil(t time.Time) {
	for len(s.queue) > 0 && !s.queue[0].at.After(t) {
		e := heap.Pop(&s.queue).(simEvent)
		s.now = e.at
		e.do()
	}
	s.now = t
}

func (s *sim) note(format string, args ...any) {
	if s.traced {
		s.trace = append(s.trace, fmt.Sprintf("%10.3fs ", s.now.Sub(s.start).Seconds())+fmt.Sprintf(format, args...))
	}
}

func (s *sim) wrong(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
	s.note("WRONG: "+format, args...)
}

func (s *sim) dbAway() bool { return !s.now.Before(s.dbAwayFrom) && s.now.Before(s.dbAwayTo) }

// run plays the whole scenario. It ends with a healthy cloud, healthy workers and an operator who looks into the books.
func (s *sim) run() *sim {
	end := s.start.Add(20 * time.Minute)
	if s.outageTo.After(end) {
		end = s.outageTo
	}
	s.runUntil(end)
	s.troubled = false
	s.runUntil(s.now.Add(simLate + simLease)) // by then everything that was on the way has arrived
	for range 60 {
		s.runUntil(s.now.Add(10 * time.Minute))
		if !s.resolve() && !slices.ContainsFunc(s.store.rows, func(m *memRow) bool { return m.state.open() }) {
			break
		}
	}
	for _, w := range s.workers {
		w.end()
	}
	s.check()
	return s
}

// resolve is the operator, who sees what the cloud's books say.
func (s *sim) resolve() (some bool) {
	for _, m := range s.store.rows {
		if m.state != NeedsOperator {
			continue
		}
		to := Refused
		if len(s.byKey[m.Key].applied) > 0 {
			to = Applied
		}
		ok, err := s.store.resolve(context.Background(), m.Key, to, "read in the books")
		if !ok || err != nil {
			s.wrong("%s could not be resolved: %v", m.Key, err)
		}
		some = true
	}
	s.pokeAll()
	return some
}

// enqueueAll lays out what is enqueued, and what others do.
func (s *sim) enqueueAll() {
	n := s.adjustments
	if n == 0 {
		n = 4 + s.rng.IntN(8)
	}
	cny := func(cents int64) quota.Money { return quota.Money{Amount: cents2(cents), Currency: quota.CNY} }
	some := func() quota.Money { return cny(1 + s.rng.Int64N(99_999)) }
	for i := range n {
		switch i % 3 {
		case 0:
			s.plan("ledger", Increase{Customer: "open", Amount: some()})
		case 1:
			s.plan("ledger", Decrease{Customer: "open", Amount: some()})
		default:
			s.plan("ledger", TopUp{Customer: "open", Amount: some()})
		}
	}
	s.plan("ledger", CreateQuota{Customer: "new", Limit: some()})
	for range 3 + s.rng.IntN(4) {
		s.plan("ledger", SetQuota{Customer: []string{"open", "new"}[s.rng.IntN(2)], Limit: some()})
		s.plan("budget", TopUp{Customer: "open", Amount: some()})
	}
	for range 2 + s.rng.IntN(3) {
		if s.chance(500) {
			s.plan("budget", Freeze{Customer: "open"})
		} else {
			s.plan("budget", Unfreeze{Customer: "open"})
		}
		s.plan("budget", SetBudget{Customer: "open", Limit: some(), Unfreeze: s.chance(200)})
	}
	if s.chance(300) {
		for range 1 + s.rng.IntN(3) { // amounts that no intent can come to
			s.after(s.upTo(15*time.Minute), func() { s.cloud.somebodyElse() })
		}
	}
	if s.chance(100) {
		s.after(s.upTo(5*time.Minute), func() { s.cloud.openBySomebodyElse("new") })
	}
}

// plan enqueues an intent some time, in a transaction that commits at once or after a while.
func (s *sim) plan(account string, c Change) {
	i := &simIntent{Intent: Intent{Key: quota.Key(fmt.Sprintf("%s-%d", c.kind(), len(s.intents))), Account: account, Change: c}}
	s.intents = append(s.intents, i)
	s.byKey[i.Key] = i
	s.after(s.upTo(10*time.Minute), func() { s.insert(i) })
}

func (s *sim) insert(i *simIntent) {
	r, err := s.journal.row(i.Intent)
	if err != nil {
		s.wrong("%s cannot be enqueued: %v", i.Key, err)
		return
	}
	i.lane, i.group = r.lane, r.group
	if s.broken.noLanes {
		r.lane, r.group = "", ""
	}
	ctx := context.Background()
	if _, err := s.store.insert(ctx, nil, r); err != nil {
		s.wrong("%s was not inserted: %v", i.Key, err)
		return
	}
	m := s.store.byKey[i.Key]
	i.id = m.id
	if s.chance(850) {
		s.note("%s enqueued", i.Key)
		s.pokeAll()
		return
	}
	// The transaction is still open: nobody else sees the row.
	s.store.rows = slices.DeleteFunc(s.store.rows, func(o *memRow) bool { return o == m })
	delete(s.store.byKey, i.Key)
	s.after(s.upTo(time.Minute), func() {
		s.note("%s committed late", i.Key)
		i.overtaken = slices.ContainsFunc(s.store.rows, func(o *memRow) bool { return o.id > m.id && o.lane == m.lane && o.attempts > 0 })
		at, _ := slices.BinarySearchFunc(s.store.rows, m.id, func(o *memRow, id int64) int { return int(o.id - id) })
		s.store.rows = slices.Insert(s.store.rows, at, m)
		s.store.byKey[i.Key] = m
		s.pokeAll()
	})
}

func (s *sim) pokeAll() {
	for _, w := range s.workers {
		w.poke(s.upTo(50 * time.Millisecond))
	}
}

// failure is what a scenario's test says.
func (s *sim) failure(seed uint64) string {
	return fmt.Sprintf("seed %d (RESELL_SIM_SEED=%d shows all of it):\n  %s\n%s", seed, seed, strings.Join(s.problems, "\n  "), strings.Join(s.trace, "\n"))
}

var simUnavailable = &errors.Error{Op: "sim", Class: errors.ErrUnavailable, Message: "the database is away"}
