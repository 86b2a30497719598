// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"log/slog"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wait"
	"github.com/resellkit/resell/quota"
)

// carry sends an intent that this worker has, and records what became of it. No transaction is open in between.
func (j *Journal) carry(ctx context.Context, t taken) (receipt quota.Receipt, v verdict, err error) {
	if j.observe != nil {
		var done func(error)
		ctx, done = j.observe(ctx, "journal."+string(t.kind))
		defer func() { done(err) }()
	}
	v, send := begin(t.record, t.at, j.window)
	var o outcome
	if send {
		o = j.send(ctx, &t)
		v = settle(t.record, o)
	} else {
		o.err = unsent(v)
	}
	if ours := j.record(ctx, t, v, o); !ours && v.state != Applied {
		v = verdict{state: Sending, doubt: true} // somebody else has it by now, or will: nothing of this is final
	}
	j.poke()
	return o.receipt, v, o.err
}

// send makes the call. It ends well before the lease does, so that a worker that was held up does not send what another
// has by now.
func (j *Journal) send(ctx context.Context, t *taken) outcome {
	client, known := j.accounts[t.Account]
	if !known || !kinds[t.kind].can(client) {
		return outcome{err: &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "account " + t.Account + " is not configured here for this kind of change"}}
	}
	ctx, cancel := context.WithDeadline(ctx, t.until.Add(-j.lease/10))
	defer cancel()
	done, err := j.gates.of(t.Account).pass(ctx)
	if err != nil {
		return outcome{err: err}
	}
	if err := ctx.Err(); err != nil {
		done(err)
		return outcome{err: &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "nothing was sent", Err: err}}
	}
	a := &attempt{record: t.record, payload: t.Change.payload(), client: client, save: func(ctx context.Context, p plan) error { return j.savePlan(ctx, *t, p) }}
	receipt, err := kinds[t.kind].send(ctx, a)
	done(err)
	t.record = a.record
	return outcome{receipt: receipt, err: err, partly: a.partly, conflict: a.conflict}
}

func (j *Journal) savePlan(ctx context.Context, t taken, p plan) error {
	ok, err := j.store.plan(ctx, t, p)
	switch {
	case err != nil:
		return &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "the plan of the top-up could not be recorded, and nothing was sent", Err: err}
	case !ok:
		return &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "another worker has the intent by now, and nothing was sent"}
	}
	return nil
}

// unsent is the error of an intent that is not sent at all.
func unsent(v verdict) error {
	if v.state == Superseded {
		return superseded()
	}
	return needsOperator(v.note, nil)
}

// record writes down what became of an attempt, also after the end of ctx. While the database is away it tries again for
// some seconds, as long as the lease holds; what cannot be recorded is taken up again after the lease, as in doubt. A
// worker that was held up past its lease reports all the same: it is late, and evidence. ours: it is recorded, and counts.
func (j *Journal) record(ctx context.Context, t taken, v verdict, o outcome) (ours bool) {
	a := Attempt{Started: t.at, Worker: t.worker, Fence: t.fence, Receipt: o.receipt, Err: plain(o.err)}
	logged := j.log.With("key", t.Key, "kind", t.kind, "account", t.Account, "state", v.state, "fence", t.fence)
	end := time.Now().Add(patience)
	if t.until.Before(end) {
		end = t.until
	}
	if least := time.Now().Add(grace); end.Before(least) {
		end = least
	}
	detached, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	for delay := 10 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		ok, err := j.store.settle(detached, t, a, v, o.receipt)
		switch {
		case err == nil && !ok:
			logged.LogAttrs(detached, slog.LevelWarn, "journal: reported too late; kept as evidence", slog.Any("error", a.Err))
			return false
		case err == nil && v.state == NeedsOperator:
			logged.LogAttrs(detached, slog.LevelWarn, "journal: needs an operator", slog.String("note", v.note), slog.Any("error", a.Err))
			return true
		case err == nil:
			logged.LogAttrs(detached, slog.LevelDebug, "journal: attempt", slog.Any("error", a.Err))
			return true
		}
		logged.LogAttrs(detached, slog.LevelWarn, "journal: the result could not be recorded", slog.Any("error", err))
		if !wait.For(detached, delay) {
			return false
		}
	}
}

const (
	patience = 10 * time.Second // how long recording is tried while the database is away
	grace    = time.Second      // how long it may take after the context of the caller ended
)

// plain is err as it is recorded: one of this library's, of which nothing beneath is kept.
func plain(err error) *errors.Error {
	if err == nil {
		return nil
	}
	kept := &errors.Error{Op: "journal", Message: err.Error()}
	if known, ok := errors.AsType[*errors.Error](err); ok {
		copied := *known
		copied.Err = nil
		kept = &copied
	}
	if kept.Class = errors.Class(err); kept.Class == nil {
		kept.Class = errors.ErrUncertain
	}
	return kept
}
