// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// memStore is the store in memory, with a clock of the test's choosing. There are no transactions: insert is as if it was
// committed at once.
type memStore struct {
	now func() time.Time

	mu       sync.Mutex
	rows     []*memRow // by id
	byKey    map[quota.Key]*memRow
	ids      int64
	migrated bool
}

type memRow struct {
	row
	id, fence          int64
	state              State
	doubt              bool
	attempts           int
	worker             string
	created, first     time.Time
	taken, due, finish time.Time
	plan               *plan
	receipt            quota.Receipt
	err                *errors.Error
	note               string
	log                []Attempt
}

var _ store = (*memStore)(nil)

func newMemStore(now func() time.Time) *memStore {
	return &memStore{now: now, byKey: make(map[quota.Key]*memRow)}
}

// clock is in the steps in which databases keep time.
func (s *memStore) clock() time.Time { return time.UnixMicro(s.now().UnixMicro()) }

func (s *memStore) migrate(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.migrated = true
	return nil
}

func (s *memStore) check(context.Context, querier) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.migrated {
		return &errors.Error{Op: "journal", Class: errors.ErrInvalid, Message: "the database has no journal: call Migrate"}
	}
	return nil
}

func (s *memStore) insert(_ context.Context, _ querier, r row) (*Entry, error) {
	if err := r.fits(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.byKey[r.Key]; before != nil {
		return before.entry(), nil
	}
	s.ids++
	change, err := decode(r.kind, r.change)
	if err != nil {
		return nil, err
	}
	r.Change = change
	m := &memRow{row: r, id: s.ids, state: Pending, created: s.clock(), due: s.clock()}
	s.rows = append(s.rows, m)
	s.byKey[r.Key] = m
	return nil, nil
}

func (s *memStore) enter(ctx context.Context, r row, worker string, lease time.Duration) (t taken, got bool, before *Entry, err error) {
	before, err = s.insert(ctx, nil, r)
	if before == nil && err == nil {
		t, got, err = s.takeKey(ctx, nil, r.Key, worker, lease)
	}
	return t, got, before, err
}

// busy: it is in the way of its lane.
func (m *memRow) busy() bool {
	return m.state == Sending || m.state == Uncertain || m.state == NeedsOperator
}

func (s *memStore) laneFree(m *memRow) bool {
	if m.lane == "" || m.busy() {
		return true
	}
	return !slices.ContainsFunc(s.rows, func(o *memRow) bool {
		return o.lane == m.lane && (o.busy() || o.id < m.id && !o.due.IsZero())
	})
}

func (s *memStore) take(_ context.Context, worker string, accounts []string, lease time.Duration, limit int) (all []taken, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	due := slices.DeleteFunc(slices.Clone(s.rows), func(m *memRow) bool {
		return m.due.IsZero() || m.due.After(now) || !slices.Contains(accounts, m.Account)
	})
	slices.SortStableFunc(due, func(a, b *memRow) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.id, b.id)) })
	for _, m := range due {
		if len(all) < limit && s.laneFree(m) {
			all = append(all, s.give(m, worker, lease))
		}
	}
	slices.SortFunc(all, func(a, b taken) int { return cmp.Compare(a.id, b.id) })
	return all, nil
}

func (s *memStore) takeKey(_ context.Context, _ querier, key quota.Key, worker string, lease time.Duration) (taken, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.byKey[key]
	if m == nil || m.due.IsZero() || m.state == Sending && m.due.After(s.clock()) || !s.laneFree(m) {
		return taken{}, false, nil
	}
	return s.give(m, worker, lease), true, nil
}

func (s *memStore) give(m *memRow, worker string, lease time.Duration) taken {
	now := s.clock()
	t := taken{id: m.id, fence: m.fence + 1, worker: worker, at: now, until: s.now().Add(lease)}
	if m.state == Sending {
		t.lost, m.doubt = m.worker, true
		r := lostResult()
		_, lost, _ := r.outcome()
		m.log = append(m.log, Attempt{Started: m.taken, Ended: now, Worker: m.worker, Fence: m.fence, Err: lost, Lost: true})
	}
	m.state, m.worker, m.taken, m.due = Sending, worker, now, now.Add(lease)
	m.fence++
	m.attempts++
	if m.first.IsZero() {
		m.first = now
	}
	t.record = record{Intent: m.Intent, kind: m.kind, state: Sending, doubt: m.doubt, attempts: m.attempts, firstSent: m.first, plan: m.plan}
	t.superseded = !m.doubt && m.group != "" && slices.ContainsFunc(s.rows, func(n *memRow) bool {
		return n.lane == m.lane && n.group == m.group && n.id > m.id && n.state != Refused && n.state != Superseded
	})
	return t
}

// own is the row of an attempt, and whether the attempt still has it.
func (s *memStore) own(t taken) (m *memRow, ours bool) {
	i := slices.IndexFunc(s.rows, func(m *memRow) bool { return m.id == t.id })
	if i < 0 {
		return nil, false
	}
	m = s.rows[i]
	return m, m.fence == t.fence && m.state == Sending
}

func (s *memStore) plan(_ context.Context, t taken, p plan) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ours := s.own(t)
	if ours {
		m.plan = &p
	}
	return ours, nil
}

func (s *memStore) settle(_ context.Context, t taken, a Attempt, v verdict, receipt quota.Receipt) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ours := s.own(t)
	if m == nil {
		return false, nil
	}
	now := s.clock()
	r := resultOf(a.Err, receipt)
	done := Attempt{Started: t.at, Ended: now, Worker: t.worker, Fence: t.fence, Stale: !ours}
	done.Receipt, done.Err, _ = r.outcome()
	if !ours {
		i := slices.IndexFunc(m.log, func(a Attempt) bool { return a.Fence == t.fence })
		switch {
		case i < 0:
			m.log = append(m.log, done)
			slices.SortFunc(m.log, func(a, b Attempt) int { return cmp.Compare(a.Fence, b.Fence) })
		case m.log[i].Stale:
		case !m.log[i].Lost:
			return true, nil
		default:
			done.Lost = true
			m.log[i] = done
		}
		return false, nil
	}
	m.log = append(m.log, done)
	m.receipt, m.err, m.doubt = done.Receipt, done.Err, v.doubt
	m.become(v.state, now, v.wait, storable(v.note, longText))
	return true, nil
}

func (m *memRow) become(to State, now time.Time, wait time.Duration, note string) {
	m.state, m.due, m.finish = to, time.Time{}, time.Time{}
	if after[to].due {
		m.due = now.Add(wait)
	}
	if after[to].final {
		m.finish = now
	}
	if to == Pending { // it is known not to have been applied
		m.plan, m.first = nil, time.Time{}
	}
	m.note = strings.Trim(m.note+"\n"+note, "\n")
}

func (s *memStore) resolve(_ context.Context, key quota.Key, to State, note string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.byKey[key]
	if m == nil || m.state != NeedsOperator {
		return false, nil
	}
	m.become(to, s.clock(), 0, note)
	m.doubt = to == Uncertain
	if to == Uncertain {
		m.first = s.clock()
	}
	return true, nil
}

func (m *memRow) entry() *Entry {
	e := &Entry{
		Intent: m.Intent, State: m.state, Doubt: m.doubt, Attempts: m.attempts, Created: m.created, FirstSent: m.first, Due: m.due,
		Finished: m.finish, Err: m.err, Note: m.note, fingerprint: m.fingerprint,
	}
	if m.state == Applied {
		e.Receipt = m.receipt
	}
	if m.plan != nil {
		e.Base, e.Target = &m.plan.Base, &m.plan.Target
	}
	return e
}

func (s *memStore) entry(_ context.Context, _ querier, key quota.Key) (*Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.byKey[key]; m != nil {
		return m.entry(), nil
	}
	return nil, nil
}

func (s *memStore) entries(_ context.Context, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		s.mu.Lock()
		var found []Entry
		for _, m := range s.rows {
			if f.has(m) {
				found = append(found, *m.entry())
			}
		}
		s.mu.Unlock()
		for _, e := range found {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (f Filter) has(m *memRow) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, m.state)) &&
		(f.Account == "" || f.Account == m.Account) && (f.Customer == "" || f.Customer == m.customer) &&
		(f.Since.IsZero() || !m.created.Before(f.Since)) && (f.Until.IsZero() || m.created.Before(f.Until))
}

func (s *memStore) attempts(_ context.Context, key quota.Key) ([]Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.byKey[key]; m != nil {
		return slices.Clone(m.log), nil
	}
	return nil, nil
}

func (s *memStore) prune(_ context.Context, age time.Duration, limit int) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.clock().Add(-age)
	s.rows = slices.DeleteFunc(s.rows, func(m *memRow) bool {
		if n == limit || m.finish.IsZero() || !m.finish.Before(before) {
			return false
		}
		n++
		delete(s.byKey, m.Key)
		return true
	})
	return n, nil
}

func (s *memStore) stats(context.Context) (Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, now := Stats{ByState: make(map[State]int64)}, s.clock()
	for _, m := range s.rows {
		all.ByState[m.state]++
		switch {
		case m.state == Pending:
			all.OldestPending = max(all.OldestPending, now.Sub(m.created))
		case m.state == Uncertain, m.state == Sending && (m.doubt || !m.due.After(now)):
			all.OldestUncertain = max(all.OldestUncertain, now.Sub(m.first))
		}
		for _, a := range m.log {
			all.FenceRefusals += int64(bit(a.Stale))
		}
	}
	return all, nil
}
