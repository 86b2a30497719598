// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wait"
	"github.com/resellkit/resell/quota"
)

// ErrNeedsOperator says that an intent may have been applied and that only a person can find out: see [Journal.Resolve].
// Its class is errors.ErrUncertain.
var ErrNeedsOperator = errors.New("needs an operator")

// Do records an intent, sends it, and records what became of it: for callers without a transaction of their own. nil: it
// is applied, by this call or by an earlier one with the same key. errors.ErrUncertain: it is recorded and not settled;
// workers go on with it, and so does Do with the same intent; ErrNeedsOperator where only a person can. Any other class:
// it was not applied and will not be; errors.ErrConflict where a newer intent took its place, errors.ErrKeyReused where
// the key names another. errors.ErrUnavailable with the database's error: it was not even recorded.
//
// Where an older intent of the same customer is under way, Do waits for it. The end of ctx ends the call and the waits,
// not the intent.
func (j *Journal) Do(ctx context.Context, i Intent) (quota.Receipt, error) {
	r, err := j.row(i)
	if err != nil {
		return quota.Receipt{}, err
	}
	if err := j.ready(ctx, j.db); err != nil {
		return quota.Receipt{}, err
	}
	t, got, before, err := j.store.enter(ctx, r, j.worker, j.lease)
	if err != nil {
		return quota.Receipt{}, err
	}
	if err := r.same(before); err != nil {
		return quota.Receipt{}, err
	}
	for delay := 5 * time.Millisecond; ; delay = min(2*delay, pollEvery) {
		if got {
			receipt, v, err := j.carry(ctx, t)
			return receipt, answer(v.state, v.note, err)
		}
		if before != nil && !before.State.open() {
			return before.Receipt, before.answer()
		}
		if !wait.For(ctx, delay) {
			return quota.Receipt{}, unsettled(&errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "it waits for its turn", Err: ctx.Err()})
		}
		if t, got, err = j.store.takeKey(ctx, j.db, i.Key, j.worker, j.lease); err == nil && !got {
			before, err = j.store.entry(ctx, j.db, i.Key)
		}
		if err != nil {
			return quota.Receipt{}, unsettled(err)
		}
	}
}

// open reports whether the intent goes on by itself.
func (s State) open() bool { return s == Pending || s == Sending || s == Uncertain }

// answer is what a caller is told of an intent in this state whose last attempt ended with err.
func answer(s State, note string, err error) error {
	switch s {
	case Applied:
		return nil
	case Superseded:
		return superseded()
	case NeedsOperator:
		return needsOperator(note, err)
	case Refused:
		return err
	}
	return unsettled(err)
}

func (e *Entry) answer() error {
	if e.Err == nil {
		return answer(e.State, e.Note, nil)
	}
	return answer(e.State, e.Note, e.Err)
}

func unsettled(err error) error {
	return &errors.Error{Op: "journal", Class: errors.ErrUncertain, Message: "the intent is recorded, and will be taken up again", Err: err}
}

func superseded() error {
	return &errors.Error{Op: "journal", Class: errors.ErrConflict, Message: "not sent: a newer intent took its place"}
}

func needsOperator(note string, err error) error {
	return &errors.Error{Op: "journal", Class: errors.ErrUncertain, Message: note, Err: errors.Join(ErrNeedsOperator, err)}
}
