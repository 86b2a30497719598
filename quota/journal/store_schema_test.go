// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"database/sql"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
)

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
