// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota"
)

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
