// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

const memory Dialect = "memory"

var storeDialects = []Dialect{memory, SQLite, Postgres, MySQL}

// storeChecks hold for every store; those with on hold for some.
var storeChecks = []struct {
	name string
	on   []Dialect
	run  func(*testing.T, *storeTest)
}{
	{"an intent is taken once, in order, and settled", nil, checkTakeAndSettle},
	{"what every state means for its row", nil, checkStates},
	{"a lease that ended raises the fence, and leaves doubt", nil, checkLostLease},
	{"two workers lost in a row are both recorded", nil, checkLostTwice},
	{"a late report changes nothing", nil, checkStaleSettle},
	{"a report may be repeated", nil, checkSettleAgain},
	{"one of a lane at a time, the oldest first", nil, checkLane},
	{"what is in doubt or needs an operator holds its lane up", nil, checkLaneHeld},
	{"a newer one of the group supersedes", nil, checkSuperseded},
	{"takeKey", nil, checkTakeKey},
	{"only these accounts, only so many", nil, checkTakeFilter},
	{"a plan is kept, by who has the intent", nil, checkPlan},
	{"resolve", nil, checkResolve},
	{"the key that is there", nil, checkInsertTwice},
	{"keys tell capitals apart, texts keep every character", nil, checkTexts},
	{"receipts and errors come back as they were", nil, checkResults},
	{"entries, page by page", nil, checkEntries},
	{"prune", nil, checkPrune},
	{"stats", nil, checkStats},
	{"eight workers, 500 intents, 50 lanes", nil, checkConcurrentTake},
	{"a schema that does not fit", storeDialects, checkSchema},
	{"what is rolled back was never there", databases, checkRollback},
	{"a transaction that has ended", databases, checkTxDone},
	{"migrating four times at once", databases, checkMigrateAtOnce},
	{"one key in two transactions", databases, checkSameKey},
	{"a database that is read-only", databases, checkReadOnly},
	{"another dialect", databases, checkWrongDialect},
	{"the older one is committed later", servers, checkLateCommit},
	{"two of a lane at the same time", servers, checkUniqueBusy},
	{"the database's clock alone", servers, checkClock},
}

var (
	databases = []Dialect{SQLite, Postgres, MySQL}
	servers   = []Dialect{Postgres, MySQL}
)

func TestStore(t *testing.T) {
	for _, d := range storeDialects {
		t.Run(string(d), func(t *testing.T) {
			for _, c := range storeChecks {
				if c.on == nil || slices.Contains(c.on, d) {
					t.Run(c.name, func(t *testing.T) { c.run(t, newStoreTest(t, d)) })
				}
			}
		})
	}
}

// storeTest is a store that is empty, and what a test needs beside it.
type storeTest struct {
	store
	d  Dialect
	db *testdb.DB // nil: in memory

	mu    sync.Mutex
	clock time.Time // in memory
}

func newStoreTest(t *testing.T, d Dialect) *storeTest {
	t.Helper()
	s := bareStoreTest(t, d)
	require.NoError(t, s.migrate(t.Context()))
	require.NoError(t, s.check(t.Context(), s.q()))
	return s
}

func bareStoreTest(t *testing.T, d Dialect) *storeTest {
	t.Helper()
	s := &storeTest{d: d, clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	if d == memory {
		s.store = newMemStore(func() time.Time {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clock
		})
		return s
	}
	s.db = testdb.Open(t, d)
	s.store = newTestStore(t, s.db.DB, d)
	return s
}

func newTestStore(t *testing.T, db *sql.DB, d Dialect) *sqlStore {
	t.Helper()
	s, err := newSQLStore(db, d)
	require.NoError(t, err)
	return s
}

func (s *storeTest) q() querier {
	if s.db == nil {
		return nil
	}
	return s.db
}

func (s *storeTest) sleep(d time.Duration) {
	s.mu.Lock()
	s.clock = s.clock.Add(d)
	s.mu.Unlock()
	if s.db != nil {
		time.Sleep(d)
	}
}

// expire ends every lease.
func (s *storeTest) expire(t *testing.T) {
	t.Helper()
	if s.db == nil {
		s.sleep(hour)
		return
	}
	s.exec(t, "UPDATE resell_intents SET due_at = taken_at WHERE state = 'sending'")
}

func (s *storeTest) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	_, err := s.db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

func (s *storeTest) begin(t *testing.T) *sql.Tx {
	t.Helper()
	tx, err := s.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func storeRow(key, lane, group string) row {
	c := SetQuota{Customer: "c1", Limit: quota.MustMoney("500.00 CNY")}
	change, err := encode(c)
	if err != nil {
		panic(err)
	}
	return row{
		Intent: Intent{Key: quota.Key(key), Account: "main", Change: c}, kind: kindSetQuota, customer: "c1", change: change,
		fingerprint: fingerprint("main", kindSetQuota, change), lane: lane, group: group,
	}
}

func (s *storeTest) add(t *testing.T, key, lane, group string) {
	t.Helper()
	before, err := s.insert(t.Context(), s.q(), storeRow(key, lane, group))
	require.NoError(t, err)
	require.Nil(t, before)
	s.sleep(time.Millisecond)
}

const hour = time.Hour

func (s *storeTest) takeAll(t *testing.T, worker string, lease time.Duration) []taken {
	t.Helper()
	got, err := s.take(t.Context(), worker, []string{"main"}, lease, 100)
	require.NoError(t, err)
	return got
}

func keys(all []taken) (keys []string) {
	for _, t := range all {
		keys = append(keys, string(t.Key))
	}
	return keys
}

// one takes what must be one intent.
func (s *storeTest) one(t *testing.T, worker string, lease time.Duration) taken {
	t.Helper()
	got := s.takeAll(t, worker, lease)
	require.Len(t, got, 1)
	return got[0]
}

var failure = &errors.Error{Provider: "alibaba", Op: "Set", Class: errors.ErrUncertain, Code: "X", Message: "broken off", RequestID: "R", Status: 500, Attempts: 3}

func (s *storeTest) end(t *testing.T, a taken, v verdict) bool {
	t.Helper()
	attempt := Attempt{Started: a.at, Worker: a.worker, Fence: a.fence}
	if v.state != Applied {
		attempt.Err = failure
	}
	ours, err := s.settle(t.Context(), a, attempt, v, quota.Receipt{RequestID: "R1", Attempts: 1})
	require.NoError(t, err)
	return ours
}

func (s *storeTest) get(t *testing.T, key string) *Entry {
	t.Helper()
	e, err := s.entry(t.Context(), s.q(), quota.Key(key))
	require.NoError(t, err)
	require.NotNil(t, e)
	return e
}

func (s *storeTest) log(t *testing.T, key string) []Attempt {
	t.Helper()
	all, err := s.attempts(t.Context(), quota.Key(key))
	require.NoError(t, err)
	return all
}

func checkTakeAndSettle(t *testing.T, s *storeTest) {
	s.add(t, "a", "", "")
	s.add(t, "b", "", "")
	e := s.get(t, "a")
	require.Equal(t, Pending, e.State)
	require.Equal(t, storeRow("a", "", "").Change, e.Change)
	require.Equal(t, storeRow("a", "", "").fingerprint, e.fingerprint)
	require.False(t, e.Created.IsZero())
	require.True(t, e.FirstSent.IsZero())

	began := time.Now()
	got := s.takeAll(t, "w", hour)
	require.Equal(t, []string{"a", "b"}, keys(got))
	require.Empty(t, s.takeAll(t, "w2", hour))
	a := got[0]
	require.Equal(t, record{Intent: e.Intent, kind: kindSetQuota, state: Sending, attempts: 1, firstSent: a.at}, a.record)
	require.EqualValues(t, 1, a.fence)
	require.Equal(t, "w", a.worker)
	require.Empty(t, a.lost)
	if s.db != nil {
		require.WithinDuration(t, began.Add(hour), a.until, 5*time.Second)
		require.False(t, a.until.After(s.get(t, "a").Due), "a lease ends here no later than there")
	}
	require.Equal(t, a.at.Add(hour), s.get(t, "a").Due)
	require.Equal(t, Sending, s.get(t, "a").State)

	require.True(t, s.end(t, a, verdict{state: Applied}))
	e = s.get(t, "a")
	require.Equal(t, Applied, e.State)
	require.Equal(t, quota.Receipt{RequestID: "R1", Attempts: 1}, e.Receipt)
	require.Nil(t, e.Err)
	require.False(t, e.Finished.IsZero())
	log := s.log(t, "a")
	require.Len(t, log, 1)
	require.Equal(t, Attempt{Started: a.at, Ended: e.Finished, Worker: "w", Fence: 1, Receipt: e.Receipt}, Attempt{
		Started: log[0].Started, Ended: e.Finished, Worker: log[0].Worker, Fence: log[0].Fence, Receipt: log[0].Receipt, Err: log[0].Err,
	})
	require.False(t, log[0].Ended.Before(log[0].Started))
	missing, err := s.entry(t.Context(), s.q(), "missing")
	require.NoError(t, err)
	require.Nil(t, missing)
}

func checkStates(t *testing.T, s *storeTest) {
	for i, c := range []struct {
		v                verdict
		due, final, lane bool // lane: the next of it may go
	}{
		{verdict{state: Pending, wait: hour}, true, false, false},
		{verdict{state: Uncertain, doubt: true, wait: hour}, true, false, false},
		{verdict{state: NeedsOperator, doubt: true, note: "why"}, false, false, false},
		{verdict{state: Applied}, false, true, true},
		{verdict{state: Refused}, false, true, true},
		{verdict{state: Superseded}, false, true, true},
	} {
		key, next, lane := fmt.Sprint("k", i), fmt.Sprint("n", i), fmt.Sprint("lane", i)
		s.add(t, key, lane, "")
		a := s.one(t, "w", hour)
		s.add(t, next, lane, "")
		require.True(t, s.end(t, a, c.v))
		e := s.get(t, key)
		require.Equal(t, c.v.state, e.State)
		require.Equal(t, c.v.doubt, e.Doubt)
		require.Equal(t, c.v.note, e.Note)
		require.Equal(t, c.due, !e.Due.IsZero())
		require.Equal(t, c.final, !e.Finished.IsZero())
		if c.due {
			require.WithinDuration(t, a.at.Add(hour), e.Due, time.Minute)
		}
		if c.v.state != Applied {
			require.Equal(t, failure, e.Err)
		}
		want := []string(nil)
		if c.lane {
			want = []string{next}
		}
		require.Equal(t, want, keys(s.takeAll(t, "w", hour)), c.v.state)
	}
}

func checkLostLease(t *testing.T, s *storeTest) {
	s.add(t, "a", "l", "")
	first := s.one(t, "w1", 500*time.Millisecond)
	require.Empty(t, s.takeAll(t, "w2", hour))
	s.sleep(500 * time.Millisecond)
	second := s.one(t, "w2", hour)
	require.Equal(t, "w1", second.lost)
	require.EqualValues(t, 2, second.fence)
	require.True(t, second.doubt)
	require.Equal(t, 2, second.attempts)
	require.Equal(t, first.at, second.firstSent)
	log := s.log(t, "a")
	require.Len(t, log, 1)
	require.True(t, log[0].Lost)
	require.Equal(t, "w1", log[0].Worker)
	require.Equal(t, first.at, log[0].Started)
	require.Equal(t, errors.ErrUncertain, log[0].Err.Class)
	require.True(t, s.end(t, second, verdict{state: Applied}))
	require.Len(t, s.log(t, "a"), 2)
}

func checkLostTwice(t *testing.T, s *storeTest) {
	s.add(t, "a", "", "")
	for _, w := range []string{"w1", "w2"} {
		s.one(t, w, hour)
		s.expire(t)
	}
	require.True(t, s.end(t, s.one(t, "w3", hour), verdict{state: Applied}))
	var got []string
	for _, a := range s.log(t, "a") {
		got = append(got, fmt.Sprintf("%d %s %t", a.Fence, a.Worker, a.Lost))
	}
	require.Equal(t, []string{"1 w1 true", "2 w2 true", "3 w3 false"}, got)
}

func checkStaleSettle(t *testing.T, s *storeTest) {
	s.add(t, "a", "l", "")
	old := s.one(t, "w1", hour)
	s.expire(t)
	now := s.one(t, "w2", hour)
	for range 2 {
		require.False(t, s.end(t, old, verdict{state: Refused}))
		require.Equal(t, Sending, s.get(t, "a").State)
	}
	log := s.log(t, "a")
	require.Len(t, log, 1)
	require.True(t, log[0].Stale && log[0].Lost)
	require.Equal(t, failure, log[0].Err)
	require.True(t, s.end(t, now, verdict{state: Applied}))
	require.False(t, s.end(t, old, verdict{state: Refused}))
	require.Equal(t, Applied, s.get(t, "a").State)
	st, err := s.stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, st.FenceRefusals)

	// The control: with the fence of the one that has it, the same report is taken.
	s.add(t, "b", "l2", "")
	old = s.one(t, "w1", hour)
	s.expire(t)
	old.fence = s.one(t, "w2", hour).fence
	require.True(t, s.end(t, old, verdict{state: Refused}))
}

func checkSettleAgain(t *testing.T, s *storeTest) {
	for _, state := range []State{Applied, Refused, Pending, Uncertain, NeedsOperator, Superseded} {
		s.add(t, string(state), "", "")
		a := s.one(t, "w", hour)
		for range 3 {
			require.True(t, s.end(t, a, verdict{state: state, doubt: state == Uncertain, wait: hour, note: "once"}))
		}
		require.Equal(t, state, s.get(t, string(state)).State)
		require.Equal(t, "once", s.get(t, string(state)).Note)
		require.Len(t, s.log(t, string(state)), 1)
	}
}

func checkLane(t *testing.T, s *storeTest) {
	s.add(t, "a1", "a", "")
	s.add(t, "a2", "a", "")
	s.add(t, "b1", "b", "")
	s.add(t, "x1", "", "")
	s.add(t, "x2", "", "")
	got := s.takeAll(t, "w", hour)
	require.Equal(t, []string{"a1", "b1", "x1", "x2"}, keys(got))
	require.Empty(t, s.takeAll(t, "w", hour))
	require.True(t, s.end(t, got[0], verdict{state: Pending}))
	require.Equal(t, []string{"a1"}, keys(s.takeAll(t, "w", hour)), "the one that was taken back goes before the newer one")
}

func checkLaneHeld(t *testing.T, s *storeTest) {
	s.add(t, "a1", "a", "")
	s.add(t, "a2", "a", "")
	require.True(t, s.end(t, s.one(t, "w", hour), verdict{state: Uncertain, doubt: true}))
	s.sleep(2 * time.Millisecond)
	a := s.one(t, "w", hour)
	require.EqualValues(t, "a1", a.Key)
	require.True(t, a.doubt)
	require.Empty(t, a.lost)
	require.True(t, s.end(t, a, verdict{state: NeedsOperator, doubt: true, note: "n"}))
	require.Empty(t, s.takeAll(t, "w", hour))
	_, got, err := s.takeKey(t.Context(), s.q(), "a2", "w", hour)
	require.NoError(t, err)
	require.False(t, got)
	_, got, err = s.takeKey(t.Context(), s.q(), "a1", "w", hour)
	require.NoError(t, err)
	require.False(t, got)
}

func checkSuperseded(t *testing.T, s *storeTest) {
	s.add(t, "s1", "l", "set")
	s.add(t, "u1", "l", "")
	s.add(t, "s2", "l", "set")
	s.add(t, "s3", "other", "set")
	got := s.takeAll(t, "w", hour)
	require.Equal(t, []string{"s1", "s3"}, keys(got))
	require.True(t, got[0].superseded)
	require.False(t, got[1].superseded)
	require.True(t, s.end(t, got[0], verdict{state: Superseded}))
	u := s.one(t, "w", hour)
	require.False(t, u.superseded, "without a group")
	require.True(t, s.end(t, u, verdict{state: Applied}))
	require.False(t, s.one(t, "w", hour).superseded, "the newest")

	s.add(t, "t1", "l2", "set")
	a := s.one(t, "w", hour)
	s.add(t, "t2", "l2", "set")
	require.True(t, s.end(t, a, verdict{state: Uncertain, doubt: true}))
	s.sleep(2 * time.Millisecond)
	a = s.one(t, "w", hour)
	require.EqualValues(t, "t1", a.Key)
	require.False(t, a.superseded, "in doubt")
	require.True(t, s.end(t, a, verdict{state: Pending}))
	a = s.one(t, "w", hour)
	require.True(t, a.superseded, "known not to have been applied")
}

func checkTakeKey(t *testing.T, s *storeTest) {
	take := func(key string, lease time.Duration) (taken, bool) {
		t.Helper()
		a, got, err := s.takeKey(t.Context(), s.q(), quota.Key(key), "w", lease)
		require.NoError(t, err)
		return a, got
	}
	s.add(t, "a1", "a", "")
	s.add(t, "a2", "a", "")
	_, got := take("a2", hour)
	require.False(t, got, "there is an older one")
	_, got = take("missing", hour)
	require.False(t, got)
	a, got := take("a1", hour)
	require.True(t, got)
	_, got = take("a1", hour)
	require.False(t, got, "somebody has it")
	require.True(t, s.end(t, a, verdict{state: Uncertain, doubt: true, wait: hour}))
	a, got = take("a1", hour)
	require.True(t, got, "before it is due")
	require.True(t, a.doubt)
	s.expire(t)
	a, got = take("a1", hour)
	require.True(t, got, "the lease has ended")
	require.Equal(t, "w", a.lost)
	require.True(t, s.end(t, a, verdict{state: Applied}))
	_, got = take("a1", hour)
	require.False(t, got, "it is final")
	_, got = take("a2", hour)
	require.True(t, got)
	if s.db == nil {
		return
	}
	tx := s.begin(t) // with insert, in one transaction
	_, err := s.insert(t.Context(), tx, storeRow("b1", "b", ""))
	require.NoError(t, err)
	_, got, err = s.takeKey(t.Context(), tx, "b1", "w", hour)
	require.NoError(t, err)
	require.True(t, got)
	require.NoError(t, tx.Commit())
	require.Equal(t, Sending, s.get(t, "b1").State)
}

func checkTakeFilter(t *testing.T, s *storeTest) {
	for i := range 5 {
		s.add(t, fmt.Sprint("k", i), "", "")
	}
	for _, c := range []struct {
		accounts []string
		limit    int
		want     int
	}{{nil, 10, 0}, {[]string{"other"}, 10, 0}, {[]string{"main"}, 0, 0}, {[]string{"other", "main"}, 2, 2}, {[]string{"main"}, 10, 3}} {
		got, err := s.take(t.Context(), "w", c.accounts, hour, c.limit)
		require.NoError(t, err)
		require.Len(t, got, c.want)
	}
}

func checkPlan(t *testing.T, s *storeTest) {
	s.add(t, "a", "l", "")
	old := s.one(t, "w1", hour)
	p := plan{Base: quota.MustMoney("100.00 CNY"), Target: quota.MustMoney("150.00 CNY"), Period: quota.OneOff}
	for range 2 {
		ok, err := s.plan(t.Context(), old, p)
		require.NoError(t, err)
		require.True(t, ok)
	}
	s.expire(t)
	a := s.one(t, "w2", hour)
	require.Equal(t, p.Target.String(), a.plan.Target.String())
	require.Equal(t, p.Period, a.plan.Period)
	ok, err := s.plan(t.Context(), old, plan{Base: p.Target, Target: p.Base})
	require.NoError(t, err)
	require.False(t, ok)
	require.True(t, s.get(t, "a").Base.Equal(p.Base))
}

func checkResolve(t *testing.T, s *storeTest) {
	for _, to := range []State{Applied, Refused, Uncertain} {
		key := "k" + string(to)
		ok, err := s.resolve(t.Context(), quota.Key(key), to, "x")
		require.NoError(t, err)
		require.False(t, ok, "missing")
		s.add(t, key, key, "")
		ok, err = s.resolve(t.Context(), quota.Key(key), to, "x")
		require.NoError(t, err)
		require.False(t, ok, "pending")
		a := s.one(t, "w", hour)
		require.True(t, s.end(t, a, verdict{state: NeedsOperator, doubt: true, note: "why"}))
		s.sleep(5 * time.Millisecond)
		ok, err = s.resolve(t.Context(), quota.Key(key), to, "it was 😀")
		require.NoError(t, err)
		require.True(t, ok)
		e := s.get(t, key)
		require.Equal(t, to, e.State)
		require.Equal(t, "why\nit was 😀", e.Note)
		require.Equal(t, to == Uncertain, e.Doubt)
		require.Equal(t, to != Uncertain, !e.Finished.IsZero())
		if to == Uncertain {
			require.True(t, e.FirstSent.After(a.at), "the window begins anew")
			a = s.one(t, "w", hour)
			require.True(t, a.doubt)
			require.True(t, s.end(t, a, verdict{state: NeedsOperator, doubt: true, note: "again"}))
			require.Equal(t, "why\nit was 😀\nagain", s.get(t, key).Note)
		}
	}
}

func checkInsertTwice(t *testing.T, s *storeTest) {
	s.add(t, "a", "l", "")
	other := storeRow("a", "l2", "")
	other.fingerprint = "other"
	before, err := s.insert(t.Context(), s.q(), other)
	require.NoError(t, err)
	require.Equal(t, storeRow("a", "", "").fingerprint, before.fingerprint)
	require.Equal(t, Pending, before.State)
	require.Len(t, s.takeAll(t, "w", hour), 1)
	bad := storeRow("b", strings.Repeat("l", 201), "")
	_, err = s.insert(t.Context(), s.q(), bad)
	require.ErrorIs(t, err, errors.ErrInvalid)
}

func checkTexts(t *testing.T, s *storeTest) {
	s.add(t, "Key", "Lane", "")
	s.add(t, "key", "lane", "")
	require.Len(t, s.takeAll(t, "w", hour), 2)
	r := storeRow("utf8", "quota/😀 客户", "")
	r.customer = "😀 客户"
	c := Freeze{Customer: "c1", Reason: "so 😀 客户 'quoted' \"\\"}
	r.Change, r.kind = c, kindFreeze
	var err error
	r.change, err = encode(c)
	require.NoError(t, err)
	_, err = s.insert(t.Context(), s.q(), r)
	require.NoError(t, err)
	require.Equal(t, c, s.get(t, "utf8").Change)
	var found []Entry
	for e, err := range s.entries(t.Context(), Filter{Customer: "😀 客户"}) {
		require.NoError(t, err)
		found = append(found, e)
	}
	require.Len(t, found, 1)
	e, err := s.entry(t.Context(), s.q(), "客户")
	require.NoError(t, err)
	require.Nil(t, e)
}

func checkResults(t *testing.T, s *storeTest) {
	consumed := quota.MustMoney("12.30 USD")
	for i, class := range append([]error{nil}, sortedClasses()...) {
		key := fmt.Sprint("k", i)
		s.add(t, key, "", "")
		a := s.one(t, "w", hour)
		attempt, v := Attempt{Started: a.at}, verdict{state: Applied}
		receipt := quota.Receipt{RequestID: "R", Attempts: 2, Consumed: &consumed}
		if class != nil {
			receipt = quota.Receipt{}
			v.state = Refused
			attempt.Err = &errors.Error{Provider: "huawei", Op: "Op", Class: class, Code: "C", Message: "m😀\x00\xff" + strings.Repeat("x", 3000), RequestID: "R", Status: 400, Attempts: 4}
		}
		_, err := s.settle(t.Context(), a, attempt, v, receipt)
		require.NoError(t, err)
		e := s.get(t, key)
		log := s.log(t, key)
		require.Len(t, log, 1)
		if class == nil {
			require.Nil(t, e.Err)
			require.Equal(t, receipt.RequestID, e.Receipt.RequestID)
			require.True(t, consumed.Equal(*e.Receipt.Consumed))
			require.True(t, consumed.Equal(*log[0].Receipt.Consumed))
			continue
		}
		require.Equal(t, class, errors.Class(e.Err))
		require.True(t, strings.HasPrefix(e.Err.Message, "m😀 \uFFFDx"))
		want := *attempt.Err
		want.Message = e.Err.Message
		require.Equal(t, &want, e.Err)
		require.Equal(t, &want, log[0].Err)
	}
}

func sortedClasses() (all []error) {
	for class := range afterClass {
		all = append(all, class)
	}
	return all
}

func checkEntries(t *testing.T, s *storeTest) {
	const n = 2*pageSize + 3
	q := s.q()
	var tx *sql.Tx
	if s.db != nil {
		tx = s.begin(t)
		q = tx
	}
	for i := range n {
		r := storeRow(fmt.Sprintf("k%05d", i), "", "")
		if i%10 == 0 {
			r.customer, r.Account = "c2", "second"
		}
		_, err := s.insert(t.Context(), q, r)
		require.NoError(t, err)
	}
	if tx != nil {
		require.NoError(t, tx.Commit())
	}
	created := s.get(t, "k00000").Created
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, n},
		{Filter{Customer: "c2"}, n/10 + 1},
		{Filter{Account: "main"}, n - n/10 - 1},
		{Filter{States: []State{Applied, Pending}}, n},
		{Filter{States: []State{Applied}}, 0},
		{Filter{Until: created}, 0},
		{Filter{Since: created}, n},
		{Filter{Since: created.Add(hour)}, 0},
	} {
		var got []string
		for e, err := range s.entries(t.Context(), c.f) {
			require.NoError(t, err)
			got = append(got, string(e.Key))
		}
		require.Len(t, got, c.want)
		require.True(t, slices.IsSorted(got))
	}
	for _, err := range s.entries(t.Context(), Filter{}) {
		require.NoError(t, err)
		break
	}
}

func checkPrune(t *testing.T, s *storeTest) {
	for _, state := range []State{Applied, Refused, Superseded, Pending, Uncertain, NeedsOperator} {
		s.add(t, string(state), "", "")
		require.True(t, s.end(t, s.one(t, "w", hour), verdict{state: state, wait: hour}))
	}
	s.sleep(20 * time.Millisecond)
	for _, c := range []struct {
		age         time.Duration
		limit, want int
	}{{hour, 10, 0}, {5 * time.Millisecond, 2, 2}, {5 * time.Millisecond, 10, 1}, {0, 10, 0}} {
		n, err := s.prune(t.Context(), c.age, c.limit)
		require.NoError(t, err)
		require.Equal(t, c.want, n)
	}
	require.Empty(t, s.log(t, string(Applied)))
	require.Len(t, s.log(t, string(Uncertain)), 1)
	s.add(t, string(Applied), "", "")
	if s.db != nil {
		var n int
		require.NoError(t, s.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM resell_attempts").Scan(&n))
		require.Equal(t, 3, n)
	}
}

func checkStats(t *testing.T, s *storeTest) {
	st, err := s.stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, Stats{ByState: map[State]int64{}}, st)
	s.add(t, "a", "", "")
	require.True(t, s.end(t, s.one(t, "w", hour), verdict{state: Uncertain, doubt: true, wait: hour}))
	s.sleep(30 * time.Millisecond)
	s.add(t, "b", "", "")
	s.sleep(10 * time.Millisecond)
	st, err = s.stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[State]int64{Uncertain: 1, Pending: 1}, st.ByState)
	require.GreaterOrEqual(t, st.OldestPending, 10*time.Millisecond)
	require.GreaterOrEqual(t, st.OldestUncertain, 40*time.Millisecond)
	require.Greater(t, st.OldestUncertain, st.OldestPending)
	require.Less(t, st.OldestUncertain, time.Minute)
}

func checkConcurrentTake(t *testing.T, s *storeTest) {
	const n, lanes = 500, 50
	q := s.q()
	var tx *sql.Tx
	if s.db != nil {
		tx = s.begin(t)
		q = tx
	}
	for i := range n {
		_, err := s.insert(t.Context(), q, storeRow(fmt.Sprint("k", i), fmt.Sprint("lane", i%lanes), ""))
		require.NoError(t, err)
	}
	if tx != nil {
		require.NoError(t, tx.Commit())
	}
	var mu sync.Mutex
	sent, inLane, order, problems := map[quota.Key]int{}, map[string]int{}, map[string][]int{}, []string{}
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for done := false; !done; {
				got, err := s.take(t.Context(), fmt.Sprint("w", w), []string{"main"}, hour, 7)
				mu.Lock()
				if err != nil {
					problems = append(problems, err.Error())
				}
				for _, a := range got {
					var i int
					_, _ = fmt.Sscanf(string(a.Key), "k%d", &i)
					lane := fmt.Sprint("lane", i%lanes)
					sent[a.Key]++
					inLane[lane]++
					order[lane] = append(order[lane], i)
					if inLane[lane] > 1 {
						problems = append(problems, "two of "+lane)
					}
				}
				mu.Unlock()
				for _, a := range got {
					var i int
					_, _ = fmt.Sscanf(string(a.Key), "k%d", &i)
					mu.Lock() // before the row is free
					inLane[fmt.Sprint("lane", i%lanes)]--
					mu.Unlock()
					ours, err := s.settle(t.Context(), a, Attempt{}, verdict{state: Applied}, quota.Receipt{})
					if err != nil || !ours {
						mu.Lock()
						problems = append(problems, fmt.Sprint("settle ", ours, err))
						mu.Unlock()
					}
				}
				mu.Lock()
				done = len(sent) == n || len(problems) > 0
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Empty(t, problems)
	require.Len(t, sent, n)
	for key, times := range sent {
		require.Equal(t, 1, times, key)
	}
	for lane, took := range order {
		require.True(t, slices.IsSorted(took), lane)
	}
}

func checkSchema(t *testing.T, _ *storeTest) {
	d := Dialect(strings.Split(t.Name(), "/")[1])
	s := bareStoreTest(t, d)
	err := s.check(t.Context(), s.q())
	require.ErrorIs(t, err, errors.ErrInvalid)
	require.ErrorContains(t, err, "call Migrate")
	require.NoError(t, s.migrate(t.Context()))
	require.NoError(t, s.migrate(t.Context()), "again")
	require.NoError(t, s.check(t.Context(), s.q()))
	if s.db == nil {
		return
	}
	require.NoError(t, s.check(t.Context(), s.begin(t)), "in a transaction")

	// Version 2 comes, and then the program goes back to version 1.
	newer := newTestStore(t, s.db.DB, d)
	copied := *newer.d
	copied.steps = append(slices.Clone(copied.steps), "CREATE TABLE resell_more (n INTEGER);\nCREATE TABLE resell_more2 (n INTEGER);\n")
	newer.d = &copied
	err = newer.check(t.Context(), s.db)
	require.ErrorIs(t, err, errors.ErrInvalid)
	require.ErrorContains(t, err, "is of version 1, this program needs 2: call Migrate")
	require.NoError(t, newer.migrate(t.Context()))
	require.NoError(t, newer.check(t.Context(), s.db))
	for _, err := range []error{s.check(t.Context(), s.db), s.migrate(t.Context())} {
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorContains(t, err, "knows version 1 of the schema, the database has 2")
	}
	require.NoError(t, s.db.Close())
	require.ErrorIs(t, s.check(t.Context(), s.db), errors.ErrUnavailable)
}

func checkRollback(t *testing.T, s *storeTest) {
	tx := s.begin(t)
	_, err := s.insert(t.Context(), tx, storeRow("a", "l", ""))
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	require.Empty(t, s.takeAll(t, "w", hour))
	e, err := s.entry(t.Context(), s.db, "a")
	require.NoError(t, err)
	require.Nil(t, e)
}

func checkTxDone(t *testing.T, s *storeTest) {
	tx := s.begin(t)
	require.NoError(t, tx.Rollback())
	for _, err := range []error{
		s.check(t.Context(), tx),
		func() error { _, err := s.insert(t.Context(), tx, storeRow("a", "l", "")); return err }(),
	} {
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorIs(t, err, sql.ErrTxDone)
	}
	if s.d == Postgres { // a statement failed there before
		tx := s.begin(t)
		_, err := tx.ExecContext(t.Context(), "SELECT nonsense")
		require.Error(t, err)
		_, err = s.insert(t.Context(), tx, storeRow("a", "l", ""))
		require.ErrorIs(t, err, errors.ErrInvalid)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.insert(ctx, s.db, storeRow("a", "l", ""))
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
}

func checkMigrateAtOnce(t *testing.T, _ *storeTest) {
	s := bareStoreTest(t, Dialect(strings.Split(t.Name(), "/")[1]))
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = s.migrate(t.Context()) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, s.check(t.Context(), s.db))
	var n int
	require.NoError(t, s.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM resell_journal").Scan(&n))
	require.Equal(t, 1, n)
}

func checkSameKey(t *testing.T, s *storeTest) {
	for round := range 50 {
		key := fmt.Sprint("k", round)
		var before [2]*Entry
		var errs [2]error
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() {
				tx, err := s.db.BeginTx(t.Context(), nil)
				if err != nil {
					errs[i] = err
					return
				}
				defer func() { _ = tx.Rollback() }()
				r := storeRow(key, key, "")
				r.fingerprint = fmt.Sprint("f", i)
				if s.d == MySQL { // its snapshot is older than the row of the other
					var n int
					_ = tx.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM resell_intents").Scan(&n)
				}
				before[i], errs[i] = s.insert(t.Context(), tx, r)
				if errs[i] == nil {
					errs[i] = tx.Commit()
				}
			})
		}
		all.Wait()
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.True(t, (before[0] == nil) != (before[1] == nil), "one is the first")
		for i, b := range before {
			if b != nil {
				require.Equal(t, fmt.Sprint("f", 1-i), b.fingerprint)
			}
		}
	}
}

func checkReadOnly(t *testing.T, s *storeTest) {
	s.add(t, "a", "", "")
	dsn := map[Dialect]string{
		SQLite:   s.db.DSN + "&mode=ro",
		Postgres: s.db.DSN + "&default_transaction_read_only=on",
		MySQL:    s.db.DSN + "&tx_read_only=1",
	}[s.d]
	db, err := sql.Open(s.db.Driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	ro := newTestStore(t, db, s.d)
	require.NoError(t, ro.check(t.Context(), db))
	_, err = ro.insert(t.Context(), db, storeRow("b", "", ""))
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.Regexp(t, "(?i)read.?only", err.Error())
	_, err = ro.take(t.Context(), "w", []string{"main"}, hour, 1)
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.Regexp(t, "(?i)read.?only", err.Error())
	_, _, err = ro.takeKey(t.Context(), db, "a", "w", hour)
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.Equal(t, Pending, s.get(t, "a").State)
}

func checkWrongDialect(t *testing.T, s *storeTest) {
	for _, other := range databases {
		if other == s.d {
			continue
		}
		wrong := newTestStore(t, s.db.DB, other)
		for _, err := range []error{wrong.check(t.Context(), s.db), wrong.migrate(t.Context()), wrong.check(t.Context(), s.begin(t))} {
			require.ErrorIs(t, err, errors.ErrInvalid)
			require.ErrorContains(t, err, "Config.Dialect")
			require.ErrorContains(t, err, dialects[other].words)
		}
	}
	_, err := newSQLStore(s.db.DB, "oracle")
	require.ErrorContains(t, err, "must be one of mysql, postgres, sqlite")
}

// checkLateCommit: the transaction with the smaller id commits when the newer one is under way already.
func checkLateCommit(t *testing.T, s *storeTest) {
	late := s.begin(t)
	_, err := s.insert(t.Context(), late, storeRow("k1", "l", "set"))
	require.NoError(t, err)
	s.add(t, "k2", "l", "set")
	second := s.one(t, "w", hour)
	require.EqualValues(t, "k2", second.Key)
	require.NoError(t, late.Commit())
	require.Empty(t, s.takeAll(t, "w", hour), "one at a time")
	require.True(t, s.end(t, second, verdict{state: Applied}))
	first := s.one(t, "w", hour)
	require.EqualValues(t, "k1", first.Key)
	require.True(t, first.superseded, "it must not undo the newer one")
}

// checkUniqueBusy: two workers take two intents of a lane and neither sees what the other does. Without the index both
// have one.
func checkUniqueBusy(t *testing.T, s *storeTest) {
	drop := map[Dialect]string{Postgres: "DROP INDEX resell_intents_busy", MySQL: "ALTER TABLE resell_intents DROP KEY resell_intents_busy"}[s.d]
	for _, inside := range []bool{false, true} {
		for _, guarded := range []bool{true, false} {
			s := newStoreTest(t, s.d)
			if !guarded {
				s.exec(t, drop)
			}
			late := s.begin(t)
			_, err := s.insert(t.Context(), late, storeRow("k1", "l", ""))
			require.NoError(t, err)
			s.add(t, "k2", "l", "")
			other := s.begin(t)
			_, got, err := s.takeKey(t.Context(), other, "k2", "w2", hour)
			require.NoError(t, err)
			require.True(t, got)
			require.NoError(t, late.Commit())
			both := make(chan bool)
			go func() { // it waits for the other to end
				defer close(both)
				if !inside {
					got, err := s.take(t.Context(), "w1", []string{"main"}, hour, 10)
					both <- err == nil && len(got) == 1
					return
				}
				tx, err := s.db.BeginTx(t.Context(), nil)
				if err != nil {
					return
				}
				defer func() { _ = tx.Rollback() }()
				_, _ = s.insert(t.Context(), tx, storeRow("k3", "", ""))
				_, got, err := s.takeKey(t.Context(), tx, "k1", "w1", hour)
				if err == nil {
					err = tx.Commit()
				}
				both <- err == nil && got
			}()
			time.Sleep(100 * time.Millisecond)
			require.NoError(t, other.Commit())
			require.Equal(t, !guarded, <-both)
			if inside {
				require.Equal(t, Pending, s.get(t, "k3").State, "the transaction went on")
			}
			require.Equal(t, Sending, s.get(t, "k2").State)
		}
	}
}

// checkClock: a database that thinks it is 2001, or ten minutes ago.
func checkClock(t *testing.T, s *storeTest) {
	dsn, away := s.db.DSN+"&timestamp=1000000000", time.Since(time.Unix(1000000000, 0))
	if s.d == Postgres {
		s.exec(t, "CREATE FUNCTION public.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS $$ SELECT pg_catalog.statement_timestamp() - interval '10 minutes' $$")
		dsn, away = s.db.DSN+"&search_path=public,pg_catalog", 10*time.Minute
	}
	db, err := sql.Open(s.db.Driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	s.store, s.db = newTestStore(t, db, s.d), &testdb.DB{DB: db}
	began := time.Now().Add(-away)
	s.add(t, "a", "l", "")
	near := func(at time.Time) {
		t.Helper()
		require.WithinDuration(t, began, at, 10*time.Second)
	}
	a := s.one(t, "w", hour)
	near(a.at)
	near(a.firstSent)
	near(s.get(t, "a").Due.Add(-hour))
	require.WithinDuration(t, time.Now().Add(hour), a.until, 10*time.Second)
	require.True(t, s.end(t, a, verdict{state: Pending}))
	a = s.one(t, "w", hour)
	require.True(t, s.end(t, a, verdict{state: NeedsOperator, note: "n"}))
	_, err = s.resolve(t.Context(), "a", Uncertain, "n")
	require.NoError(t, err)
	near(s.get(t, "a").Due)
	require.True(t, s.end(t, s.one(t, "w", hour), verdict{state: Applied}))
	e := s.get(t, "a")
	near(e.Created)
	near(e.Finished)
	for _, attempt := range s.log(t, "a") {
		near(attempt.Started)
		near(attempt.Ended)
	}
	n, err := s.prune(t.Context(), time.Minute, 10)
	require.NoError(t, err)
	require.Zero(t, n)
	st, err := s.stats(t.Context())
	require.NoError(t, err)
	require.Zero(t, st.OldestPending)
}
