// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// checkEnter: what is in no lane, or first in its lane, is recorded and taken at once; anything else is recorded, or was.
func checkEnter(t *testing.T, s *storeTest) {
	for _, lane := range []string{"", "lane"} {
		key := "first" + lane
		a, got, before, err := s.enter(t.Context(), storeRow(key, lane, ""), "w", time.Minute)
		require.NoError(t, err)
		require.True(t, got)
		require.Nil(t, before)
		require.EqualValues(t, 1, a.fence)
		require.Equal(t, 1, a.attempts)
		require.Equal(t, Sending, a.state)
		require.Equal(t, a.at, a.firstSent)
		require.False(t, a.doubt)
		require.False(t, a.until.IsZero())
		require.Empty(t, s.takeAll(t, "other", time.Minute), "nobody else gets it")

		_, got, before, err = s.enter(t.Context(), storeRow(key, lane, ""), "other", time.Minute)
		require.NoError(t, err)
		require.False(t, got)
		require.Equal(t, Sending, before.State)
		require.NotEmpty(t, before.fingerprint)

		if lane != "" {
			_, got, before, err = s.enter(t.Context(), storeRow("second", lane, ""), "other", time.Minute)
			require.NoError(t, err)
			require.False(t, got, "its lane is not free")
			require.Nil(t, before)
			require.Equal(t, Pending, s.get(t, "second").State)
		}
		require.True(t, s.end(t, a, verdict{state: Applied}))
		require.Equal(t, Applied, s.get(t, key).State)
		require.Len(t, s.log(t, key), 1)
	}
}

// checkEnterLost: what was entered by a worker that died is taken up again, in doubt.
func checkEnterLost(t *testing.T, s *storeTest) {
	_, got, _, err := s.enter(t.Context(), storeRow("k", "", ""), "dead", time.Millisecond)
	require.NoError(t, err)
	require.True(t, got)
	s.expire(t)
	a := s.one(t, "alive", time.Minute)
	require.True(t, a.doubt)
	require.Equal(t, "dead", a.lost)
	require.EqualValues(t, 2, a.fence)
}

// checkEnterAtOnce: of many who enter the same key at the same time one gets it.
func checkEnterAtOnce(t *testing.T, s *storeTest) {
	for round := range 20 {
		var all sync.WaitGroup
		var won atomic.Int64
		for range 8 {
			all.Go(func() {
				_, got, before, err := s.enter(t.Context(), storeRow("k"+string(rune('a'+round)), "", ""), "w", time.Minute)
				if err != nil && errors.Class(err) != errors.ErrUnavailable || got == (before != nil) && err == nil {
					t.Error(got, before, err)
				}
				if got {
					won.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, won.Load())
	}
}

// checkNotAppliedIsAsNeverSent: what is known not to have been applied keeps neither its plan nor the time of its sending.
func checkNotAppliedIsAsNeverSent(t *testing.T, s *storeTest) {
	s.add(t, "k", "lane", "")
	p := plan{Base: quota.MustMoney("1.00 CNY"), Target: quota.MustMoney("2.00 CNY")}
	for range 2 {
		a := s.one(t, "w", time.Minute)
		require.Nil(t, a.plan)
		require.Equal(t, a.at, a.firstSent)
		ok, err := s.plan(t.Context(), a, p)
		require.NoError(t, err)
		require.True(t, ok)
		require.True(t, s.end(t, a, verdict{state: Pending}))
		require.True(t, s.get(t, "k").FirstSent.IsZero())
		require.Nil(t, s.get(t, "k").Base)
	}
	a := s.one(t, "w", time.Minute)
	_, err := s.plan(t.Context(), a, p)
	require.NoError(t, err)
	require.True(t, s.end(t, a, verdict{state: Uncertain, doubt: true})) // the control: in doubt it keeps both
	require.False(t, s.get(t, "k").FirstSent.IsZero())
	require.NotNil(t, s.get(t, "k").Base)
}
