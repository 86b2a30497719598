// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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
