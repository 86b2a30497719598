// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"database/sql"
	"slices"
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
	{"enter", nil, checkEnter},
	{"enter, and die", nil, checkEnterLost},
	{"eight enter one key", databases, checkEnterAtOnce},
	{"what was not applied is as if never sent", nil, checkNotAppliedIsAsNeverSent},
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
			t.Parallel()
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
