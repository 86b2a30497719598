// SPDX-License-Identifier: Apache-2.0

//go:build unix

package journal_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// A worker stands still while its request is with the provider, until long after its lease. Another one finishes the
// intent. What the first one reports when it wakes up changes nothing, and is kept.
func TestFrozenWorker(t *testing.T) {
	for _, d := range []journal.Dialect{journal.SQLite, journal.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			freeze(t, d)
		})
	}
}

func freeze(t *testing.T, d journal.Dialect) {
	db, c := testdb.Open(t, d), newCloud(t, 0)
	frozen := job{Role: "run", Dialect: d, Driver: db.Driver, DSN: db.DSN, Endpoint: c.endpoint, Lease: 2 * time.Second, Workers: 1}
	j, err := openJournal(frozen, db.DB, c.client(t))
	require.NoError(t, err)
	require.NoError(t, j.Migrate(t.Context()))

	// The first request is carried out, and answered when the gate opens.
	arrived, gate := make(chan struct{}), make(chan struct{})
	opened := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(opened)
	c.Faults.Add("*", fault.Fault{Name: "answered late", Seen: func() {
		close(arrived)
		<-gate
	}})
	first := start(t, frozen)
	o := numbered(1)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, j.Enqueue(t.Context(), tx, o.intent()))
	require.NoError(t, tx.Commit())
	select {
	case <-arrived:
	case <-time.After(time.Minute):
		require.FailNow(t, "nothing was sent")
	}
	require.NoError(t, first.cmd.Process.Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = first.cmd.Process.Signal(syscall.SIGCONT) }) // or it could not be waited for

	patient := frozen
	patient.Lease = time.Minute
	second := start(t, patient)
	var settled journal.Entry
	eventually(t, time.Minute, "nobody took the intent over", func() bool {
		settled, err = j.Entry(t.Context(), o.key())
		return err == nil && settled.State == journal.Applied
	})
	second.kill()
	attempts, err := j.Attempts(t.Context(), o.key())
	require.NoError(t, err)
	require.Len(t, attempts, 2)
	require.True(t, attempts[0].Lost, "it did not report in time")

	fenceHolds(t, db, o)

	opened()
	require.NoError(t, first.cmd.Process.Signal(syscall.SIGCONT))
	eventually(t, time.Minute, "the late report was not kept", func() bool {
		attempts, err = j.Attempts(t.Context(), o.key())
		return err == nil && attempts[0].Stale
	})
	require.Len(t, attempts, 2)
	require.True(t, attempts[0].Lost)
	require.False(t, attempts[1].Stale)
	require.Nil(t, attempts[1].Err)
	stats, err := j.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, stats.FenceRefusals)
	after, err := j.Entry(t.Context(), o.key())
	require.NoError(t, err)
	require.Equal(t, settled, after, "the late report changed nothing")

	changes := c.Quota.Changes("")
	require.Len(t, changes, 1)
	require.Equal(t, o.key(), changes[0].Key)
	requests, overlaps, _ := c.seen()
	require.Equal(t, 2, requests)
	require.Equal(t, 1, overlaps, "the second came while the first was still under way: the test tests what it says")
	t.Logf("%s: the late report said: %v", d, attempts[0].Err)
}

// fenceHolds is the control: it is the fence that protects the row. The same report written without it would have undone
// what the second worker recorded.
func fenceHolds(t *testing.T, db *testdb.DB, o order) {
	t.Helper()
	for condition, hits := range map[string]int64{"": 1, " AND fence = 1": 0, " AND fence = 2": 1} {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		result, err := tx.ExecContext(t.Context(), fmt.Sprintf("UPDATE resell_intents SET state = 'uncertain' WHERE intent_key = '%s'%s", o.key(), condition))
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.Equal(t, hits, n, "rows that a report would change%s", condition)
		require.NoError(t, tx.Rollback())
	}
}
