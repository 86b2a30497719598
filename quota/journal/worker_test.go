// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// flaky is a store that is away for some operations.
type flaky struct {
	store
	mu    sync.Mutex
	away  []string
	tries map[string]int
}

func (f *flaky) fail(ops ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = ops
}

func (f *flaky) tried(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tries[op]
}

func (f *flaky) try(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tries == nil {
		f.tries = make(map[string]int)
	}
	f.tries[op]++
	if slices.Contains(f.away, op) {
		return &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "the database is away"}
	}
	return nil
}

func (f *flaky) check(ctx context.Context, q querier) error {
	if err := f.try("check"); err != nil {
		return err
	}
	return f.store.check(ctx, q)
}

func (f *flaky) take(ctx context.Context, worker string, accounts []string, lease time.Duration, limit int) ([]taken, error) {
	if err := f.try("take"); err != nil {
		return nil, err
	}
	return f.store.take(ctx, worker, accounts, lease, limit)
}

func (f *flaky) settle(ctx context.Context, t taken, a Attempt, v verdict, r quota.Receipt) (bool, error) {
	if err := f.try("settle"); err != nil {
		return false, err
	}
	return f.store.settle(ctx, t, a, v, r)
}

// running starts Run; what it returns ends it, and says how long that took.
func (r *rig) running(t *testing.T) (end func() time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() time.Duration {
		synctest.Wait()
		start := time.Now()
		cancel()
		require.NoError(t, <-done)
		return time.Since(start)
	}
}

func manyIncreases(n int) (all []Intent) {
	for i := range n {
		all = append(all, increase(quota.Key(fmt.Sprint("k", i))))
	}
	return all
}

func TestRunSendsWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, manyIncreases(100)...)
		end := r.running(t)
		time.Sleep(time.Second)
		require.Equal(t, 100, r.made())
		require.Zero(t, end())
	})
}

// What was throttled is not due before the time that the provider asked for, and then it is.
func TestRunHeedsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var over atomic.Bool
		r.client.before = func(context.Context, quota.Key) error {
			if over.Load() {
				return nil
			}
			return &errors.Error{Class: errors.ErrThrottled, After: 40 * time.Second}
		}
		r.put(t, increase("k"))
		end := r.running(t)
		time.Sleep(39 * time.Second)
		require.EqualValues(t, 1, r.client.requests.Load())
		over.Store(true)
		time.Sleep(2 * time.Second)
		require.EqualValues(t, 2, r.client.requests.Load())
		require.Equal(t, Applied, r.get(t, "k").State)
		end()
	})
}

func TestRunRespectsWorkers(t *testing.T) {
	for _, workers := range []int{1, 3, defaultWorkers} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, func(j *Journal) { j.workers = workers })
			var now, most atomic.Int64
			r.client.before = func(context.Context, quota.Key) error {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(100 * time.Millisecond)
				now.Add(-1)
				return nil
			}
			r.put(t, manyIncreases(64)...)
			start := time.Now()
			end := r.running(t)
			for r.made() < 64 {
				time.Sleep(10 * time.Millisecond)
			}
			end()
			require.EqualValues(t, workers, most.Load())
			rounds := (64 + workers - 1) / workers
			require.Less(t, time.Since(start), time.Duration(rounds+4)*100*time.Millisecond) // no worker idles
		})
	}
}

// The end of the context cancels what is in flight, and records it.
func TestRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.client.before = func(ctx context.Context, _ quota.Key) error {
			<-ctx.Done()
			return &errors.Error{Class: errors.ErrUncertain, Err: ctx.Err()}
		}
		r.put(t, manyIncreases(20)...)
		end := r.running(t)
		time.Sleep(time.Second)
		require.Less(t, end(), 50*time.Millisecond)
		stats, err := r.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[State]int64{Uncertain: 16, Pending: 4}, stats.ByState)
		for key := range r.mem.byKey {
			attempts, err := r.Attempts(t.Context(), key)
			require.NoError(t, err)
			for _, a := range attempts {
				require.Equal(t, errors.ErrUncertain, a.Err.Class)
				require.False(t, a.Lost)
			}
		}
	})
}

// With the database away, the end takes the grace for recording, and no longer.
func TestRunStopsWithTheDatabaseAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		away := &flaky{store: r.store}
		r.store = away
		r.client.before = func(ctx context.Context, _ quota.Key) error {
			<-ctx.Done()
			return &errors.Error{Class: errors.ErrUncertain, Err: ctx.Err()}
		}
		r.put(t, increase("k"))
		end := r.running(t)
		time.Sleep(time.Second)
		away.fail("settle", "take", "check")
		took := end()
		require.LessOrEqual(t, took, grace+100*time.Millisecond)
		require.Greater(t, took, grace/2) // it tried
	})
}

// refusing is an account whose credentials are not accepted. It counts what is sent after the first refusal.
func refusing(t *testing.T, workers int) (requests *atomic.Int64, other *rig) {
	t.Helper()
	var bad client
	requests = new(atomic.Int64)
	var known atomic.Bool
	bad.before = func(context.Context, quota.Key) error {
		if known.Load() {
			requests.Add(1)
		}
		time.Sleep(50 * time.Millisecond)
		known.Store(true)
		return classed(errors.ErrUnauthenticated)
	}
	r := newRig(t, func(j *Journal) { j.accounts["bad"], j.workers = &bad, workers })
	for _, i := range manyIncreases(40) {
		i.Account, i.Key = "bad", "bad-"+i.Key
		r.put(t, i)
	}
	r.put(t, increase("good"))
	return requests, r
}

func TestRunRestsAnAccountWhoseCredentialsAreRefused(t *testing.T) {
	for _, workers := range []int{1, 4, defaultWorkers} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests, r := refusing(t, workers)
				end := r.running(t)
				time.Sleep(59 * time.Second)
				require.Zero(t, requests.Load(), "five failures in a row lock a key")
				require.Equal(t, Applied, r.get(t, "good").State) // the other account goes on
				time.Sleep(5 * time.Second)
				require.Positive(t, requests.Load()) // and this one is tried again, in time
				end()
			})
		})
	}
}

// Do heeds it too.
func TestDoRestsAnAccountWhoseCredentialsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.client.before = failing(classed(errors.ErrUnauthenticated))
		for _, i := range manyIncreases(10) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			require.ErrorIs(t, second(r.Do(ctx, i)), errors.ErrUncertain)
			cancel()
		}
		require.EqualValues(t, 1, r.client.requests.Load(), "five failures in a row lock a key")
	})
}

// The control: without the rest, one account's trouble is hundreds of requests.
func TestRestMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests, r := refusing(t, 1)
		end := r.running(t)
		for range 590 {
			time.Sleep(100 * time.Millisecond)
			open(r, "bad")
		}
		require.Greater(t, requests.Load(), int64(30))
		end()
	})
}

func TestRunGoesOnAfterTrouble(t *testing.T) {
	for _, op := range []string{"check", "take", "settle"} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				away := &flaky{store: r.store}
				r.store = away
				r.put(t, increase("k"))
				r.checked.Store(false)
				away.fail(op)
				end := r.running(t)
				time.Sleep(patience - 2*time.Second)
				e, err := r.mem.entry(t.Context(), nil, "k")
				require.NoError(t, err)
				require.NotEqual(t, Applied, e.State)
				require.Less(t, away.tried(op), 100) // it does not spin
				away.fail()
				time.Sleep(5 * time.Second)
				require.Equal(t, Applied, r.get(t, "k").State)
				require.Equal(t, 1, r.made())
				require.EqualValues(t, 1, r.client.requests.Load())
				end()
			})
		})
	}
}

// What cannot be recorded is given up after some seconds, and taken up again after the lease, as in doubt.
func TestRecordingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		away := &flaky{store: r.store}
		r.store = away
		r.put(t, increase("k"))
		away.fail("settle")
		end := r.running(t)
		time.Sleep(patience + time.Second)
		tries := away.tried("settle")
		require.Greater(t, tries, 5)
		time.Sleep(r.lease - patience - 2*time.Second)
		require.Equal(t, tries, away.tried("settle"))
		require.EqualValues(t, 1, r.client.requests.Load())
		time.Sleep(2 * time.Second)
		require.EqualValues(t, 2, r.client.requests.Load()) // with the same key
		away.fail()
		time.Sleep(5 * time.Second)
		e := r.get(t, "k")
		require.Equal(t, Applied, e.State)
		require.Equal(t, 1, r.made())
		attempts, err := r.Attempts(t.Context(), "k")
		require.NoError(t, err)
		require.Len(t, attempts, 2)
		require.True(t, attempts[0].Lost)
		end()
	})
}

// A worker that comes to it after its lease sends nothing; control: one that comes in time does.
func TestNothingIsSentAfterTheLease(t *testing.T) {
	for _, c := range []struct {
		held time.Duration // of the lease of two minutes
		made int
	}{{0, 1}, {time.Minute, 1}, {109 * time.Second, 0}, {3 * time.Minute, 0}} {
		t.Run(c.held.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.observe = func(ctx context.Context, _ string) (context.Context, func(error)) {
					time.Sleep(c.held)
					return ctx, func(error) {}
				}
				_, err := r.Do(t.Context(), increase("k"))
				require.Equal(t, c.made == 1, err == nil)
				require.Equal(t, c.made, r.made())
				require.EqualValues(t, c.made, r.client.requests.Load(), "the client was called")
			})
		})
	}
}

// A late report is refused, kept as evidence, and counted.
func TestLateReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, increase("k"))
		late, err := r.store.take(t.Context(), "late", []string{"a"}, time.Minute, 1)
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		require.NoError(t, second(r.Do(t.Context(), increase("k"))))
		_, v, err := r.carry(t.Context(), late[0])
		require.Error(t, err)
		require.NotEqual(t, Applied, v.state)
		require.Equal(t, Applied, r.get(t, "k").State)
		stats, err := r.Stats(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, stats.FenceRefusals)
		attempts, err := r.Attempts(t.Context(), "k")
		require.NoError(t, err)
		require.Len(t, attempts, 2)
		require.True(t, attempts[0].Stale)
	})
}

// Observe and the logger are told of everything, and of no secret.
func TestObserveAndLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "hunter2"
		var seen []string
		var log bytes.Buffer
		type name struct{}
		r := newRig(t, func(j *Journal) {
			j.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			j.observe = func(ctx context.Context, op string) (context.Context, func(error)) {
				return context.WithValue(ctx, name{}, op), func(err error) {
					seen = append(seen, fmt.Sprint(op, " ", errors.Class(err)))
				}
			}
		})
		beneath := &errors.Error{Class: errors.ErrUncertain, Message: "no reply", Err: errors.New("password=" + secret)}
		r.client.before = func(ctx context.Context, _ quota.Key) error {
			require.Equal(t, "journal.increase", ctx.Value(name{}))
			return beneath
		}
		require.Error(t, second(r.Do(t.Context(), increase("k"))))
		r.client.before = failing(&errors.Error{Class: errors.ErrDenied, Err: errors.New(secret)})
		require.Error(t, second(r.Do(t.Context(), increase("k"))))
		r.client.before = nil
		require.NoError(t, second(r.Do(t.Context(), increase("fine"))))
		require.Equal(t, []string{"journal.increase uncertain", "journal.increase denied", "journal.increase <nil>"}, seen)
		require.Equal(t, 3, bytes.Count(log.Bytes(), []byte("\n")), log.String())
		require.Contains(t, log.String(), "level=WARN msg=\"journal: needs an operator\"")
		require.Equal(t, 2, bytes.Count(log.Bytes(), []byte("level=DEBUG msg=\"journal: attempt\"")))

		attempts, err := r.Attempts(t.Context(), "k")
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, WriteJSON(&out, r.Entries(t.Context(), Filter{})))
		require.NoError(t, WriteCSV(&out, r.Entries(t.Context(), Filter{})))
		for _, a := range attempts {
			fmt.Fprintf(&out, "%+v %#v %v", a, a.Err, a.Err)
		}
		fmt.Fprintf(&out, "%+v %v", r.get(t, "k"), r.get(t, "k").Err)
		require.NotContains(t, log.String()+out.String(), secret)
		require.Contains(t, beneath.Error(), secret) // the control: it was there
	})
}

// A top-up through a budget is sent by Run like all else, and the account that is not configured here waits.
func TestRunTopsUpABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &quotatest.Provider{}
		r := newRig(t, func(j *Journal) { j.accounts["b"] = budgeter{p} })
		for n := range 5 {
			r.put(t, Intent{Key: quota.Key(fmt.Sprint("t", n)), Account: "b", Change: TopUp{Customer: customer, Amount: quota.MustMoney("5.00 CNY")}})
		}
		end := r.running(t)
		time.Sleep(3 * time.Second)
		end()
		b, err := p.Budget(t.Context(), customer)
		require.NoError(t, err)
		require.Equal(t, "25.00 CNY", b.Limit.String())
		e := r.get(t, "t4")
		require.Equal(t, "20.00 CNY", e.Base.String())
		require.Equal(t, "25.00 CNY", e.Target.String())
	})
}

// A plan that is known not to have been carried out says nothing of the next attempt, which died before it had one: the
// budget reads as that plan's target only because somebody else set it to that.
func TestTopUpForgetsAPlanThatWasNotCarriedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &quotatest.Provider{}
		r := newRig(t, func(j *Journal) { j.accounts["b"] = budgeter{p} })
		set := func(limit string) {
			p.Update(customer, func(s *quotatest.State) { s.Budget.Limit = quota.MustMoney(limit + " CNY") })
		}
		i := Intent{Key: "k", Account: "b", Change: TopUp{Customer: customer, Amount: quota.MustMoney("50.00 CNY")}}
		set("100.00")
		p.Faults.Add("SetBudget", fault.Throttled)
		require.ErrorIs(t, second(r.Do(t.Context(), i)), errors.ErrUncertain)
		require.Equal(t, Pending, r.get(t, "k").State)
		set("150.00")
		time.Sleep(time.Minute)
		got, err := r.store.take(t.Context(), "dies", []string{"b"}, r.lease, 1)
		require.NoError(t, err)
		require.Len(t, got, 1)
		time.Sleep(r.lease)
		require.NoError(t, second(r.Do(t.Context(), i)))
		b, err := p.Budget(t.Context(), customer)
		require.NoError(t, err)
		require.Equal(t, "200.00 CNY", b.Limit.String())
	})
}
