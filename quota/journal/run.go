// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/resellkit/resell/errors"
)

const (
	pollEvery = 250 * time.Millisecond // how long Run waits for what is due when there was nothing
	pollAfter = time.Second            // the longest wait while the database is away
)

// Run sends what is due, and takes up what a dead process left, until ctx ends. Any number of processes may run it on the
// same database. When ctx ends, calls in flight are cancelled and what is known of them is recorded (a second at most);
// then Run returns nil. While the database is away it waits and goes on by itself. A schema that does not fit is an error
// at once.
func (j *Journal) Run(ctx context.Context) error {
	free := make(chan struct{}, j.workers)
	for range j.workers {
		free <- struct{}{}
	}
	var busy sync.WaitGroup
	defer busy.Wait()
	for wait := 10 * time.Millisecond; ; {
		if err := j.ready(ctx, j.db); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if !errors.Is(err, errors.ErrUnavailable) {
				return err
			}
			j.log.LogAttrs(ctx, slog.LevelWarn, "journal: the database is away", slog.Any("error", err))
			if !pause(ctx, wait) {
				return nil
			}
			wait = min(2*wait, pollAfter)
			continue
		}
		n, alive := acquire(ctx, free)
		if !alive {
			return nil
		}
		got, err := j.store.take(ctx, j.worker, j.awake(), j.lease, n)
		for range n - len(got) {
			free <- struct{}{}
		}
		for _, t := range got {
			busy.Go(func() {
				defer func() { free <- struct{}{} }()
				_, _, _ = j.carry(ctx, t) // it is recorded
			})
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			j.log.LogAttrs(ctx, slog.LevelWarn, "journal: nothing could be taken up", slog.Any("error", err))
			if !pause(ctx, wait) {
				return nil
			}
			wait = min(2*wait, pollAfter)
		case len(got) < n:
			if !j.idle(ctx) {
				return nil
			}
			wait = 10 * time.Millisecond
		default:
			wait = 10 * time.Millisecond
		}
	}
}

// acquire waits for one free worker, and takes those that are free by then.
func acquire(ctx context.Context, free chan struct{}) (n int, alive bool) {
	select {
	case <-free:
	case <-ctx.Done():
		return 0, false
	}
	for n = 1; ; n++ {
		select {
		case <-free:
		default:
			return n, true
		}
	}
}

// idle waits for the next look at what is due: an intent that was settled here may have set the next of its lane free.
func (j *Journal) idle(ctx context.Context) (alive bool) {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.wake:
	case <-ctx.Done():
		return false
	}
	return true
}

// poke tells Run that something may have become due.
func (j *Journal) poke() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// awake is the accounts that may be sent to.
func (j *Journal) awake() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(j.accounts)), j.gates.closed)
}
