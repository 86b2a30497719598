// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// A worker whose clock is ten minutes off takes what is due by the database's clock, leaves what is not, and records the
// database's times. Its clock is that of a synctest bubble, the database's is the real one: which is why SQLite, whose clock
// is the process's own, has no part in this.
func TestClockOff(t *testing.T) {
	for _, d := range []journal.Dialect{journal.Postgres, journal.MySQL} {
		for name, off := range map[string]time.Duration{"slow": -10 * time.Minute, "fast": 10 * time.Minute} {
			t.Run(string(d)+"/"+name, func(t *testing.T) {
				t.Parallel()
				clockOff(t, d, off)
			})
		}
	}
}

func clockOff(t *testing.T, d journal.Dialect, off time.Duration) {
	db := testdb.Open(t, d)
	began := time.Now()
	held, waiting, dead, fresh := numbered(1), numbered(2), numbered(3), numbered(4)
	books := &quotatest.Provider{}
	for _, o := range []order{held, waiting, dead, fresh} {
		books.Update(o.customer, func(s *quotatest.State) { s.Opened = true })
	}
	// A live worker has the first for five minutes; the second is to be sent in five minutes; the third was with a worker
	// that died.
	prepare(t, d, db, held, 5*time.Minute, fault.Hang)
	prepare(t, d, db, waiting, time.Minute, fault.ThrottledFor(5*time.Minute))
	prepare(t, d, db, dead, time.Second, fault.Hang)

	synctest.Test(t, func(t *testing.T) {
		time.Sleep(began.Add(off).Sub(time.Now())) //nolint:staticcheck // Until would do the same
		work, err := sql.Open(db.Driver, db.DSN)
		require.NoError(t, err)
		defer work.Close() //nolint:errcheck // the test ends
		j, err := openJournal(job{Dialect: d, Lease: time.Minute, Workers: 2}, work, books)
		require.NoError(t, err)
		tx, err := work.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, j.Enqueue(t.Context(), tx, fresh.intent()))
		require.NoError(t, tx.Commit())

		wouldSee(t, work, began, off)

		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- j.Run(ctx) }()
		// Where a clock only ticks when nobody works, the waits are none.
		for range 100_000 {
			stats, err := j.Stats(t.Context())
			require.NoError(t, err)
			if stats.ByState[journal.Applied] == 2 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		for range 20 { // more looks at what is due
			time.Sleep(time.Second)
		}
		cancel()
		require.NoError(t, <-ended)
	})

	j, err := openJournal(job{Dialect: d}, db.DB, books)
	require.NoError(t, err)
	for _, c := range []struct {
		order
		state    journal.State
		attempts int
	}{{held, journal.Sending, 1}, {waiting, journal.Pending, 1}, {dead, journal.Applied, 2}, {fresh, journal.Applied, 1}} {
		e, err := j.Entry(t.Context(), c.key())
		require.NoError(t, err)
		require.Equal(t, c.state, e.State, "%+v", e.Line())
		require.Equal(t, c.attempts, e.Attempts)
		for _, at := range []time.Time{e.Created, e.FirstSent, e.Finished} {
			if !at.IsZero() {
				require.WithinRange(t, at, began.Add(-time.Minute), time.Now().Add(time.Minute), "by the database's clock")
			}
		}
	}
	require.Len(t, books.Changes(""), 2)
}

// prepare has a worker with a clock that is right take an order's intent up, and meet a fault.
func prepare(t *testing.T, d journal.Dialect, db *testdb.DB, o order, lease time.Duration, f fault.Fault) {
	t.Helper()
	var provider quotatest.Provider
	provider.Update(o.customer, func(s *quotatest.State) { s.Opened = true })
	met := make(chan struct{})
	f.Seen = func() { close(met) }
	provider.Faults.Add("*", f)
	j, err := openJournal(job{Dialect: d, Lease: lease}, db.DB, &provider)
	require.NoError(t, err)
	require.NoError(t, j.Migrate(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = j.Do(ctx, o.intent())
	}()
	<-met
	if !f.Hang {
		<-ended
	}
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// wouldSee is the control: by the worker's clock other intents are due.
func wouldSee(t *testing.T, db *sql.DB, began time.Time, off time.Duration) {
	t.Helper()
	require.WithinRange(t, time.Now(), began.Add(off), began.Add(off+time.Minute), "the worker's clock")
	var due int
	require.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT COUNT(*) FROM resell_intents WHERE due_at <= %d", time.Now().UnixMicro())).Scan(&due))
	if off > 0 {
		require.Equal(t, 4, due, "all of them")
	} else {
		require.Zero(t, due)
	}
}
