// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// open lets requests of an account through, as when its credentials were accepted.
func open(r *rig, account string) {
	g := r.gates.of(account)
	g.mu.Lock()
	g.proven, g.until = true, time.Time{}
	g.mu.Unlock()
}

// What each end of the first request says of the credentials: whether two may go at once then, or none.
func TestGateLearns(t *testing.T) {
	for _, c := range []struct {
		class  error
		passes int // of two that come while neither is done
	}{
		{nil, 2},
		{errors.ErrDenied, 2},
		{errors.ErrNotFound, 2},
		{errors.ErrExists, 2},
		{errors.ErrConflict, 2},
		{errors.ErrInsufficient, 2},
		{errors.ErrKeyReused, 2},
		{errors.ErrThrottled, 1},
		{errors.ErrUnavailable, 1},
		{errors.ErrUncertain, 1},
		{errors.ErrInvalid, 1},
		{errors.ErrUnauthenticated, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var all gates
			g := all.of("a")
			done, err := g.pass(t.Context())
			require.NoError(t, err)
			if c.class == nil {
				done(nil)
			} else {
				done(classed(c.class))
			}
			passed := 0
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				if _, err := g.pass(ctx); err == nil {
					passed++
				} else {
					require.ErrorIs(t, err, errors.ErrUnavailable)
				}
				cancel()
			}
			require.Equal(t, c.passes, passed, "%v", c.class)
		})
	}
}

func TestGateOpensAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all gates
		g := all.of("a")
		done, err := g.pass(t.Context())
		require.NoError(t, err)
		done(classed(errors.ErrUnauthenticated))
		require.True(t, all.closed("a"))
		require.False(t, all.closed("b"))
		time.Sleep(rest - time.Millisecond)
		_, err = g.pass(t.Context())
		require.ErrorIs(t, err, errors.ErrUnavailable)
		known, _ := errors.AsType[*errors.Error](err)
		require.Equal(t, time.Millisecond, known.After)
		time.Sleep(time.Millisecond)
		require.False(t, all.closed("a"))
		_, err = g.pass(t.Context())
		require.NoError(t, err)
	})
}

// Sixteen workers begin with wrong credentials at the same time: one request goes out.
func TestOneRequestTellsThatTheCredentialsAreWrong(t *testing.T) {
	for name, c := range map[string]struct {
		proven   bool // the control
		requests int64
	}{"nothing known": {false, 1}, "accepted before": {true, defaultWorkers}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				if !c.proven {
					r.gates.byAccount = nil
				}
				r.client.before = func(context.Context, quota.Key) error {
					time.Sleep(50 * time.Millisecond)
					return classed(errors.ErrUnauthenticated)
				}
				r.put(t, manyIncreases(40)...)
				end := r.running(t)
				time.Sleep(30 * time.Second)
				require.Equal(t, c.requests, r.client.requests.Load())
				end()
			})
		})
	}
}
