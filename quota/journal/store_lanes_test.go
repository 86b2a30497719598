// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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
