// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/resellkit/resell/quota"
)

// model is what a store is meant to be, said once more and as plainly as can be.
type model struct {
	now  time.Time
	mem  *memStore
	rows []*modelRow
	held []taken // by workers that may yet report
}

type modelRow struct {
	key         quota.Key
	lane, group string
	state       State
	doubt       bool
	fence       int64
	due         time.Time // of what is open
	worker      string
	planned     bool
}

func (m *model) find(key quota.Key) (at int, r *modelRow) {
	at = slices.IndexFunc(m.rows, func(r *modelRow) bool { return r.key == key })
	if at < 0 {
		return at, nil
	}
	return at, m.rows[at]
}

// free: nobody of the lane is under way, and no older one is open.
func (m *model) free(at int) bool {
	me := m.rows[at]
	if me.lane == "" || me.state == Sending || me.state == Uncertain {
		return true
	}
	for n, o := range m.rows {
		if o.lane == me.lane && (o.state == Sending || o.state == Uncertain || o.state == NeedsOperator || n < at && o.state == Pending) {
			return false
		}
	}
	return true
}

// another has rapid draw another action, for this one cannot be done now. No test is skipped by it.
func another(t *rapid.T, why string) {
	t.Helper()
	t.Skip(why)
}

// gave checks what the store handed out against the model, and makes it so there.
func (m *model) gave(t *rapid.T, at int, got taken, worker string) {
	r := m.rows[at]
	lost := ""
	if r.state == Sending {
		lost, r.doubt = r.worker, true
	}
	r.fence++
	superseded := !r.doubt && r.group != "" && slices.ContainsFunc(m.rows[at+1:], func(o *modelRow) bool {
		return o.lane == r.lane && o.group == r.group && o.state != Refused && o.state != Superseded
	})
	r.state, r.due, r.worker = Sending, m.now.Add(time.Minute), worker
	require.Equal(t, fmt.Sprint(r.key, r.fence, r.doubt, superseded, lost, r.fence, r.planned),
		fmt.Sprint(got.Key, got.fence, got.doubt, got.superseded, got.lost, got.attempts, got.plan != nil))
	m.held = append(m.held, got)
}

func (m *model) insert(t *rapid.T) {
	key := quota.Key(fmt.Sprint("k", rapid.IntRange(0, 30).Draw(t, "key")))
	lane := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "lane")
	group := ""
	if lane != "" {
		group = rapid.SampledFrom([]string{"", "g"}).Draw(t, "group")
	}
	i := increase(key)
	text, err := encode(i.Change)
	require.NoError(t, err)
	before, err := m.mem.insert(t.Context(), nil, row{Intent: i, kind: kindIncrease, customer: customer, change: text, lane: lane, group: group})
	require.NoError(t, err)
	_, known := m.find(key)
	require.Equal(t, known != nil, before != nil)
	if known == nil {
		m.rows = append(m.rows, &modelRow{key: key, lane: lane, group: group, state: Pending, due: m.now})
	}
}

func (m *model) take(t *rapid.T) {
	limit := rapid.IntRange(1, 5).Draw(t, "limit")
	worker := fmt.Sprint("w", rapid.IntRange(0, 3).Draw(t, "worker"))
	got, err := m.mem.take(t.Context(), worker, []string{"a"}, time.Minute, limit)
	require.NoError(t, err)
	due := []int{}
	for at, r := range m.rows {
		if r.state.open() && !r.due.After(m.now) {
			due = append(due, at)
		}
	}
	slices.SortStableFunc(due, func(a, b int) int { return cmp.Or(m.rows[a].due.Compare(m.rows[b].due), cmp.Compare(a, b)) })
	n := 0
	for _, at := range due {
		if n < limit && m.free(at) {
			g := slices.IndexFunc(got, func(g taken) bool { return g.Key == m.rows[at].key })
			require.GreaterOrEqual(t, g, 0, "%s is due, and was not taken", m.rows[at].key)
			m.gave(t, at, got[g], worker)
			n++
		}
	}
	require.Len(t, got, n)
	require.True(t, slices.IsSortedFunc(got, func(a, b taken) int { return cmp.Compare(a.id, b.id) }))
}

func (m *model) takeKey(t *rapid.T) {
	if len(m.rows) == 0 {
		another(t, "nothing is there")
	}
	at := rapid.IntRange(0, len(m.rows)-1).Draw(t, "row")
	r := m.rows[at]
	got, ok, err := m.mem.takeKey(t.Context(), nil, r.key, "w9", time.Minute)
	require.NoError(t, err)
	require.Equal(t, r.state.open() && (r.state != Sending || !r.due.After(m.now)) && m.free(at), ok)
	if ok {
		m.gave(t, at, got, "w9")
	}
}

func (m *model) draw(t *rapid.T) (taken, *modelRow) {
	if len(m.held) == 0 {
		another(t, "nobody has anything")
	}
	got := m.held[rapid.IntRange(0, len(m.held)-1).Draw(t, "held")]
	_, r := m.find(got.Key)
	return got, r
}

// settle may come late, and twice.
func (m *model) settle(t *rapid.T) {
	got, r := m.draw(t)
	o := anyOutcome.Draw(t, "outcome")
	v := settle(got.record, o)
	ours := r.fence == got.fence && r.state == Sending
	ok, err := m.mem.settle(t.Context(), got, Attempt{Started: got.at, Worker: got.worker, Fence: got.fence, Err: plain(o.err)}, v, quota.Receipt{})
	require.NoError(t, err)
	if ours {
		require.True(t, ok)
		r.state, r.doubt, r.due = v.state, v.doubt, m.now.Add(v.wait)
		r.planned = r.planned && v.state != Pending // it is known not to have been carried out
	}
	if ok && !ours { // said again, when only the answer had been lost
		require.Equal(t, 1, m.reported(t, got))
	}
}

func (m *model) reported(t *rapid.T, got taken) (n int) {
	attempts, err := m.mem.attempts(t.Context(), got.Key)
	require.NoError(t, err)
	for _, a := range attempts {
		if a.Fence == got.fence && !a.Stale && !a.Lost {
			n++
		}
	}
	return n
}

func (m *model) plan(t *rapid.T) {
	got, r := m.draw(t)
	ok, err := m.mem.plan(t.Context(), got, plan{Base: quota.MustMoney("1 CNY"), Target: quota.MustMoney("2 CNY")})
	require.NoError(t, err)
	require.Equal(t, r.fence == got.fence && r.state == Sending, ok)
	r.planned = r.planned || ok
}

func (m *model) resolve(t *rapid.T) {
	if len(m.rows) == 0 {
		another(t, "nothing is there")
	}
	r := m.rows[rapid.IntRange(0, len(m.rows)-1).Draw(t, "row")]
	to := rapid.SampledFrom([]State{Applied, Refused, Uncertain}).Draw(t, "to")
	ok, err := m.mem.resolve(t.Context(), r.key, to, "me")
	require.NoError(t, err)
	require.Equal(t, r.state == NeedsOperator, ok)
	if ok {
		r.state, r.doubt, r.due = to, to == Uncertain, m.now
	}
}

// agree: both say the same, and a lane is never taken twice.
func (m *model) agree(t *rapid.T) {
	busy := make(map[string]quota.Key)
	for _, r := range m.rows {
		e, err := m.mem.entry(t.Context(), nil, r.key)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(r.state, r.doubt, r.fence, r.planned), fmt.Sprint(e.State, e.Doubt, e.Attempts, e.Base != nil))
		require.Equal(t, r.state.open(), !e.Due.IsZero())
		require.Equal(t, r.state == Applied || r.state == Refused || r.state == Superseded, !e.Finished.IsZero())
		if r.state.open() {
			require.True(t, r.due.Equal(e.Due))
		}
		if r.lane != "" && (r.state == Sending || r.state == Uncertain || r.state == NeedsOperator) {
			require.Empty(t, busy[r.lane], "the lane is taken twice, by this and by %s", r.key)
			busy[r.lane] = r.key
		}
	}
}

// Any order of what workers and others may do to a store, crashes (a report that never comes) and late reports included.
func TestRapidStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { storeMachine(t, func(*memStore) {}) })
}

// A store with a guard taken away is told from the model.
func TestRapidStoreFindsWhatIsBroken(t *testing.T) {
	require.NoError(t, flag.Set("rapid.nofailfile", "true"))
	defer func() { require.NoError(t, flag.Set("rapid.nofailfile", "false")) }()
	for name, spoil := range map[string]func(*memStore){
		"nothing": func(*memStore) {},
		"doubt forgotten": func(s *memStore) {
			for _, m := range s.rows {
				m.doubt = false
			}
		},
		"no fence": func(s *memStore) {
			for _, m := range s.rows {
				m.fence = 1
			}
		},
		"no lanes": func(s *memStore) {
			for _, m := range s.rows {
				m.lane = ""
			}
		},
		"leases that end at once": func(s *memStore) {
			for _, m := range s.rows {
				if m.state == Sending {
					m.due = m.taken
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			failed := quiet{TB: t}
			func() {
				defer func() { _ = recover() }() // how quiet stops
				rapid.Check(&failed, func(t *rapid.T) { storeMachine(t, spoil) })
			}()
			require.Equal(t, name != "nothing", failed.failed, failed.said)
		})
	}
}

// quiet is a test that may fail.
type quiet struct {
	testing.TB
	failed bool
	said   string
}

func (q *quiet) Helper()             {}
func (q *quiet) Name() string        { return "quiet" }
func (q *quiet) Log(...any)          {}
func (q *quiet) Logf(string, ...any) {}
func (q *quiet) Error(args ...any)   { q.failed, q.said = true, q.said+fmt.Sprintln(args...) }
func (q *quiet) Errorf(format string, args ...any) {
	q.failed, q.said = true, q.said+fmt.Sprintf(format, args...)
}
func (q *quiet) Fail()                 { q.failed = true }
func (q *quiet) Failed() bool          { return q.failed }
func (q *quiet) Fatal(...any)          { q.FailNow() }
func (q *quiet) Fatalf(string, ...any) { q.FailNow() }
func (q *quiet) FailNow() {
	q.failed = true
	panic("failed")
}

func storeMachine(t *rapid.T, spoil func(*memStore)) {
	m := &model{now: time.UnixMicro(1_800_000_000_000_000)}
	m.mem = newMemStore(func() time.Time { return m.now })
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) {
			m.agree(t)
			spoil(m.mem)
		},
		"insert":  m.insert,
		"take":    m.take,
		"takeKey": m.takeKey,
		"settle":  m.settle,
		"plan":    m.plan,
		"resolve": m.resolve,
		"crash": func(t *rapid.T) {
			got, _ := m.draw(t)
			m.held = slices.DeleteFunc(m.held, func(h taken) bool { return h.id == got.id })
		},
		"time": func(t *rapid.T) {
			m.now = m.now.Add(time.Duration(rapid.Int64Range(0, 100_000_000).Draw(t, "microseconds")) * time.Microsecond)
		},
	})
}
