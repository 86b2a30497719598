// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// stuck leaves an intent that needs an operator: it is in doubt, and then refused.
func (r *rig) stuck(t *testing.T, i Intent) {
	t.Helper()
	for _, class := range []error{errors.ErrUncertain, errors.ErrInsufficient} {
		r.client.before = failing(classed(class))
		require.Error(t, second(r.Do(t.Context(), i)))
	}
	r.client.before = nil
	require.Equal(t, NeedsOperator, r.get(t, i.Key).State)
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		resolution Resolution
		state      State
		class      error // what Do answers then
		made       int
	}{
		{ItWasApplied, Applied, nil, 0},
		{ItWasNotApplied, Refused, errors.ErrInsufficient, 0},
		{SendAgain, Uncertain, nil, 1},
	} {
		t.Run(string(c.resolution), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.stuck(t, increase("k"))
				before := r.get(t, "k").Note
				require.NotEmpty(t, before)
				time.Sleep(48 * time.Hour) // longer than the window
				require.NoError(t, r.Resolve(t.Context(), "k", c.resolution, "Ann read the books"))
				e := r.get(t, "k")
				require.Equal(t, c.state, e.State)
				require.Equal(t, c.state == Uncertain, e.Doubt)
				require.Equal(t, before+"\nAnn read the books", e.Note)
				err := second(r.Do(t.Context(), increase("k")))
				require.Equal(t, c.class, errors.Class(err))
				require.Equal(t, c.made, r.made())
				require.ErrorIs(t, r.Resolve(t.Context(), "k", c.resolution, "again"), errors.ErrConflict)
			})
		})
	}
}

func TestResolveBadInput(t *testing.T) {
	r := newRig(t)
	r.stuck(t, increase("k"))
	for _, c := range []struct {
		name       string
		key        quota.Key
		resolution Resolution
		note       string
		class      error
	}{
		{"no note", "k", ItWasApplied, "", errors.ErrInvalid},
		{"an empty note", "k", ItWasApplied, " \n", errors.ErrInvalid},
		{"a long note", "k", ItWasApplied, strings.Repeat("é", 1001), errors.ErrInvalid},
		{"a note that is not UTF-8", "k", ItWasApplied, "\xff", errors.ErrInvalid},
		{"no resolution", "k", "", "Ann", errors.ErrInvalid},
		{"unknown resolution", "k", "maybe", "Ann", errors.ErrInvalid},
		{"unknown key", "other", ItWasApplied, "Ann", errors.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.ErrorIs(t, r.Resolve(t.Context(), c.key, c.resolution, c.note), c.class)
			require.Equal(t, NeedsOperator, r.get(t, "k").State)
		})
	}
	require.NoError(t, r.Resolve(t.Context(), "k", ItWasApplied, strings.Repeat("é", 1000)))
}

// What needs an operator holds up its lane, and nothing else.
func TestNeedsOperatorHoldsItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.stuck(t, setQuota("older", "1.00"))
		r.put(t, setQuota("newer", "2.00"), increase("beside"))
		end := r.running(t)
		time.Sleep(time.Hour)
		require.Equal(t, Pending, r.get(t, "newer").State)
		require.Equal(t, Applied, r.get(t, "beside").State)
		require.NoError(t, r.Resolve(t.Context(), "older", ItWasApplied, "Ann read the books"))
		synctest.Wait() // Resolve wakes Run
		require.Equal(t, Applied, r.get(t, "newer").State)
		end()
	})
}

func TestPrune(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		require.NoError(t, second(r.Do(t.Context(), increase("applied"))))
		r.stuck(t, increase("stuck"))
		r.client.before = failing(classed(errors.ErrDenied))
		require.Error(t, second(r.Do(t.Context(), increase("refused"))))
		r.client.before = nil
		r.put(t, increase("pending"))
		time.Sleep(25 * time.Hour)
		require.NoError(t, second(r.Do(t.Context(), increase("young"))))

		_, err := r.Prune(t.Context(), r.window-1)
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorContains(t, err, "age")
		require.Len(t, r.mem.rows, 5)

		n, err := r.Prune(t.Context(), r.window)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		for _, key := range []quota.Key{"stuck", "pending", "young"} {
			r.get(t, key)
		}
		_, err = r.Entry(t.Context(), "applied")
		require.ErrorIs(t, err, errors.ErrNotFound)
	})
}

// More than one batch.
func TestPruneMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		const many = 2*pruneBatch + 1
		r.put(t, manyIncreases(many)...)
		for _, m := range r.mem.rows {
			m.become(Applied, time.Now(), 0, "")
		}
		time.Sleep(25 * time.Hour)
		n, err := r.Prune(t.Context(), r.window)
		require.NoError(t, err)
		require.Equal(t, many, n)
		require.Empty(t, r.mem.rows)
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		s, err := r.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, Stats{ByState: map[State]int64{}}, s)
		r.stuck(t, increase("stuck"))
		r.hold(t)
		time.Sleep(time.Minute)
		r.put(t, setQuota("waits", "2.00"))
		time.Sleep(time.Minute)
		require.NoError(t, second(r.Do(t.Context(), increase("applied"))))
		s, err = r.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[State]int64{NeedsOperator: 1, Uncertain: 1, Pending: 1, Applied: 1}, s.ByState)
		require.Equal(t, time.Minute, s.OldestPending)
		require.Equal(t, 2*time.Minute, s.OldestUncertain)
		require.Zero(t, s.FenceRefusals)
	})
}

func TestEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		start := time.Now()
		require.NoError(t, second(r.Do(t.Context(), increase("applied"))))
		time.Sleep(time.Hour)
		r.put(t, increase("pending"), setQuota("limit", "1.00"))
		for _, c := range []struct {
			name   string
			filter Filter
			keys   string
		}{
			{"all", Filter{}, "applied pending limit"},
			{"state", Filter{States: []State{Pending, Refused}}, "pending limit"},
			{"account", Filter{Account: "b"}, ""},
			{"customer", Filter{Customer: customer, States: []State{Applied}}, "applied"},
			{"since", Filter{Since: start.Add(time.Hour)}, "pending limit"},
			{"until", Filter{Until: start.Add(time.Hour)}, "applied"},
		} {
			t.Log(c.name)
			var keys []string
			for e, err := range r.Entries(t.Context(), c.filter) {
				require.NoError(t, err)
				keys = append(keys, string(e.Key))
			}
			require.Equal(t, c.keys, strings.Join(keys, " "))
		}
		for _, err := range r.Entries(t.Context(), Filter{}) {
			require.NoError(t, err)
			break
		}
	})
}
