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
	"github.com/resellkit/resell/internal/wait"
)

const (
	pollEvery = 250 * time.Millisecond // how long Run waits for what is due when there was nothing
	pollSoon  = 10 * time.Millisecond  // the first wait while the database is away, doubled from then on,
	pollAfter = time.Second            // and the longest
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
	for delay := pollSoon; ctx.Err() == nil; {
		err := j.ready(ctx, j.db)
		if err != nil && ctx.Err() == nil && !errors.Is(err, errors.ErrUnavailable) {
			return err
		}
		more := false
		if err == nil {
			more, err = j.takeUp(ctx, free, &busy)
		}
		switch {
		case ctx.Err() != nil:
		case err != nil:
			j.log.LogAttrs(ctx, slog.LevelWarn, "journal: nothing can be taken up", slog.Any("error", err))
			wait.For(ctx, delay)
			delay = min(2*delay, pollAfter)
		default:
			delay = pollSoon
			if !more {
				j.idle(ctx)
			}
		}
	}
	return nil
}

// takeUp waits for free workers, and sends what is due, as much as they can carry. more says that there may be more of it.
func (j *Journal) takeUp(ctx context.Context, free chan struct{}, busy *sync.WaitGroup) (more bool, err error) {
	n := acquire(ctx, free)
	if n == 0 {
		return false, nil
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
	return len(got) == n, err
}

// acquire waits for one free worker, and takes those that are free by then; none where ctx ends first.
func acquire(ctx context.Context, free chan struct{}) (n int) {
	select {
	case <-free:
	case <-ctx.Done():
		return 0
	}
	for n = 1; ; n++ {
		select {
		case <-free:
		default:
			return n
		}
	}
}

// idle waits for the next look at what is due: an intent that was settled here may have set the next of its lane free.
func (j *Journal) idle(ctx context.Context) {
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.wake:
	case <-ctx.Done():
	}
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
