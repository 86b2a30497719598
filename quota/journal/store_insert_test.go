// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

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
