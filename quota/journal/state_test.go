// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

var classes = []error{
	errors.ErrInvalid, errors.ErrUnauthenticated, errors.ErrDenied, errors.ErrNotFound, errors.ErrExists, errors.ErrConflict,
	errors.ErrInsufficient, errors.ErrKeyReused, errors.ErrThrottled, errors.ErrUnavailable, errors.ErrUncertain,
}

func classed(class error) error { return fmt.Errorf("outside: %w", &errors.Error{Class: class}) }

func TestEveryClassHasARule(t *testing.T) {
	require.Len(t, afterClass, len(classes))
	for _, class := range classes {
		require.Contains(t, afterClass, class)
	}
}

// Each class, with and without an earlier attempt in doubt.
func TestSettle(t *testing.T) {
	for _, c := range []struct {
		class        error
		fresh, doubt State
	}{
		{nil, Applied, Applied},
		{errors.ErrUncertain, Uncertain, Uncertain},
		{errors.ErrThrottled, Pending, Uncertain},
		{errors.ErrUnavailable, Pending, Uncertain},
		{errors.ErrUnauthenticated, Pending, Uncertain},
		{errors.ErrInvalid, Refused, NeedsOperator},
		{errors.ErrDenied, Refused, NeedsOperator},
		{errors.ErrNotFound, Refused, NeedsOperator},
		{errors.ErrExists, Refused, NeedsOperator},
		{errors.ErrConflict, Refused, NeedsOperator},
		{errors.ErrInsufficient, Refused, NeedsOperator},
		{errors.ErrKeyReused, Refused, NeedsOperator},
	} {
		for doubt, state := range map[bool]State{false: c.fresh, true: c.doubt} {
			t.Run(fmt.Sprintf("%v, doubt %v", c.class, doubt), func(t *testing.T) {
				o := outcome{}
				if c.class != nil {
					o.err = classed(c.class)
				}
				v := settle(record{doubt: doubt, attempts: 1}, o)
				require.Equal(t, state, v.state)
				require.Equal(t, state == Uncertain || state == NeedsOperator, v.doubt)
				require.Equal(t, state == Pending || state == Uncertain, v.wait > 0)
				require.Equal(t, state == NeedsOperator, v.note != "")
			})
		}
	}
}

func TestSettleTakesNothingForARefusalThatItCannotRead(t *testing.T) {
	for _, err := range []error{errors.New("a panic of some client"), context.Canceled, &errors.Error{}} {
		v := settle(record{attempts: 1}, outcome{err: err})
		require.Equal(t, Uncertain, v.state)
		require.True(t, v.doubt)
	}
}

func TestSettlePartlyAndConflict(t *testing.T) {
	require.Equal(t, NeedsOperator, settle(record{}, outcome{err: classed(errors.ErrDenied), partly: true}).state)
	require.Equal(t, Pending, settle(record{}, outcome{err: classed(errors.ErrThrottled), partly: true}).state)
	require.Equal(t, Applied, settle(record{}, outcome{partly: true}).state)
	require.Equal(t, NeedsOperator, settle(record{}, outcome{err: classed(errors.ErrConflict), conflict: true}).state)
}

func TestBegin(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		r     record
		state State // empty: sent
	}{
		{"never sent", record{}, ""},
		{"never sent, and old", record{firstSent: now.Add(-48 * time.Hour)}, ""},
		{"in doubt", record{doubt: true, firstSent: now.Add(-24 * time.Hour)}, ""},
		{"in doubt for too long", record{doubt: true, firstSent: now.Add(-24*time.Hour - time.Microsecond)}, NeedsOperator},
		{"superseded", record{superseded: true}, Superseded},
		{"superseded, but in doubt", record{superseded: true, doubt: true, firstSent: now}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, send := begin(c.r, now, 24*time.Hour)
			require.Equal(t, c.state == "", send)
			require.Equal(t, c.state, v.state)
			require.Equal(t, c.state == NeedsOperator, v.doubt)
		})
	}
}

func TestBackoff(t *testing.T) {
	asked := &errors.Error{Class: errors.ErrThrottled, After: 30 * time.Second}
	for _, c := range []struct {
		attempts int
		first    time.Duration
		err      error
		wait     time.Duration
	}{
		{1, time.Second, nil, time.Second},
		{2, time.Second, nil, 2 * time.Second},
		{5, time.Second, nil, 16 * time.Second},
		{9, time.Second, nil, 256 * time.Second},
		{10, time.Second, nil, maxBackoff},
		{1 << 40, time.Second, nil, maxBackoff},
		{0, time.Second, nil, time.Second},
		{1, time.Second, asked, 30 * time.Second},
		{6, time.Second, asked, 32 * time.Second},
		{1, time.Minute, nil, time.Minute},
		{99, time.Minute, nil, maxBackoff},
	} {
		require.Equal(t, c.wait, backoff(c.attempts, c.first, c.err), "%+v", c)
	}
}
