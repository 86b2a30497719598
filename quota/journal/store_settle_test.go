// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

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
