// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func failing(err error) func(context.Context, quota.Key) error {
	return func(context.Context, quota.Key) error { return err }
}

// What Do answers, for each class that the cloud may answer, without and after a doubt.
func TestDoAnswers(t *testing.T) {
	for _, class := range append([]error{nil}, classes...) {
		for _, doubt := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, doubt %v", class, doubt), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t)
					if doubt {
						r.client.before = failing(classed(errors.ErrUncertain))
						_, err := r.Do(t.Context(), increase("k"))
						require.ErrorIs(t, err, errors.ErrUncertain)
					}
					cause := &errors.Error{Class: class, Code: "The.Cause"}
					if r.client.before = nil; class != nil {
						r.client.before = failing(cause)
					}
					receipt, err := r.Do(t.Context(), increase("k"))
					e := r.get(t, "k")
					answer := afterClass[class]
					switch {
					case class == nil:
						require.NoError(t, err)
						require.NotEmpty(t, receipt.RequestID)
						require.Equal(t, receipt, e.Receipt)
						require.Equal(t, Applied, e.State)
					case answer.again:
						require.Equal(t, errors.ErrUncertain, errors.Class(err))
						require.ErrorIs(t, err, cause)
						require.NotErrorIs(t, err, ErrNeedsOperator)
						require.True(t, e.State.open())
					case doubt:
						require.Equal(t, errors.ErrUncertain, errors.Class(err))
						require.ErrorIs(t, err, ErrNeedsOperator)
						require.ErrorIs(t, err, cause)
						require.Equal(t, NeedsOperator, e.State)
					default:
						require.Same(t, cause, err)
						require.Equal(t, Refused, e.State)
					}
					if !e.State.open() { // who comes again is told the same, and nothing is sent
						sent := r.client.requests.Load()
						again := second(r.Do(t.Context(), increase("k")))
						require.Equal(t, errors.Class(err), errors.Class(again))
						require.Equal(t, errors.Is(err, ErrNeedsOperator), errors.Is(again, ErrNeedsOperator))
						require.Equal(t, sent, r.client.requests.Load())
					}
				})
			})
		}
	}
}

// However often, and however many at once, it is sent once.
func TestDoTwiceSendsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.client.before = func(context.Context, quota.Key) error { time.Sleep(time.Second); return nil }
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				receipt, err := r.Do(t.Context(), increase("k"))
				require.NoError(t, err)
				require.NotEmpty(t, receipt.RequestID)
			})
		}
		all.Wait()
		require.EqualValues(t, 1, r.client.requests.Load())
		require.Equal(t, 1, r.made())
	})
}

func TestDoBesideRunSendsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.client.before = func(context.Context, quota.Key) error { time.Sleep(300 * time.Millisecond); return nil }
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { require.NoError(t, r.Run(ctx)) })
		}
		for n := range 50 {
			key := quota.Key(fmt.Sprint("k", n))
			if n%2 == 0 {
				r.put(t, increase(key))
			}
			require.NoError(t, second(r.Do(t.Context(), increase(key))))
		}
		cancel()
		all.Wait()
		require.EqualValues(t, 50, r.client.requests.Load())
		require.Equal(t, 50, r.made())
	})
}

// hold makes an older intent of the lane one in doubt, which is not taken up again for a while.
func (r *rig) hold(t *testing.T) {
	t.Helper()
	r.client.before = failing(&errors.Error{Class: errors.ErrUncertain, After: time.Minute})
	require.ErrorIs(t, second(r.Do(t.Context(), setQuota("older", "1.00"))), errors.ErrUncertain)
	r.client.before = nil
}

func TestDoWaitsForItsLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.hold(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		start := time.Now()
		require.NoError(t, second(r.Do(t.Context(), setQuota("newer", "2.00"))))
		require.InDelta(t, time.Minute, time.Since(start), float64(time.Second))
		cancel()
		require.NoError(t, <-done)
		changes := r.client.Changes(customer)
		require.Len(t, changes, 2)
		require.EqualValues(t, "older", changes[0].Key)
		require.EqualValues(t, "newer", changes[1].Key)
	})
}

func TestDoEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.hold(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := r.Do(ctx, setQuota("newer", "2.00"))
		require.Equal(t, errors.ErrUncertain, errors.Class(err))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(start))
		require.Equal(t, Pending, r.get(t, "newer").State)
		require.EqualValues(t, 1, r.client.requests.Load())
	})
}

func TestDoSuperseded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.hold(t)
		done := make(chan error)
		go func() { done <- second(r.Do(t.Context(), setQuota("overtaken", "2.00"))) }()
		time.Sleep(time.Second)
		r.put(t, setQuota("newest", "3.00"))
		require.NoError(t, second(r.Do(t.Context(), setQuota("older", "1.00"))))
		err := <-done
		require.ErrorIs(t, err, errors.ErrConflict)
		require.Equal(t, Superseded, r.get(t, "overtaken").State)
		require.ErrorIs(t, second(r.Do(t.Context(), setQuota("overtaken", "2.00"))), errors.ErrConflict)
		require.NoError(t, second(r.Do(t.Context(), setQuota("newest", "3.00"))))
		require.Len(t, r.client.Changes(customer), 2)
	})
}

// unrecording is a store that fails where intents come in.
type unrecording struct {
	store
	err error
}

func (s unrecording) enter(context.Context, row, string, time.Duration) (taken, bool, *Entry, error) {
	return taken{}, false, nil, s.err
}

// Where it is not known whether the intent was recorded, or known that it was not, Do says so and sends nothing.
func TestDoWithoutADatabase(t *testing.T) {
	broken := errors.New("broken")
	for class, err := range map[error]error{
		errors.ErrUnavailable: trouble(unrecorded, broken),
		errors.ErrUncertain:   perhapsRecorded(broken),
	} {
		t.Run(class.Error(), func(t *testing.T) {
			r := newRig(t)
			r.store = unrecording{r.store, err}
			_, err := r.Do(t.Context(), increase("k"))
			require.Equal(t, class, errors.Class(err))
			require.ErrorIs(t, err, broken)
			require.Zero(t, r.client.requests.Load())
		})
	}
}

// A refusal that could not be recorded is taken up again: nobody may be told that it is final.
func TestDoUnrecordedRefusalIsNotFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		away := &flaky{store: r.store}
		r.store = away
		r.client.before = func(context.Context, quota.Key) error {
			away.fail("settle")
			return classed(errors.ErrInsufficient)
		}
		_, err := r.Do(t.Context(), increase("k"))
		require.True(t, r.get(t, "k").State.open())
		require.Equal(t, errors.ErrUncertain, errors.Class(err), "it is still to be sent again, and may then be applied: %v", err)
	})
}

// A refusal that comes after the lease, when another worker has the intent, is not final either.
func TestDoLateRefusalIsNotFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.client.before = func(context.Context, quota.Key) error {
			r.client.before = nil
			time.Sleep(r.lease + time.Second) // a client that does not heed its context, or a process that was frozen
			r.put(t, increase("another"))
			got, err := r.store.take(t.Context(), "other", []string{"a"}, r.lease, 10)
			require.NoError(t, err)
			require.Len(t, got, 2)
			return classed(errors.ErrInsufficient)
		}
		_, err := r.Do(t.Context(), increase("k"))
		require.True(t, r.get(t, "k").State.open())
		require.Equal(t, errors.ErrUncertain, errors.Class(err), "another worker has it: %v", err)
	})
}
