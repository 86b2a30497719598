// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"strings"
	"time"

	"github.com/resellkit/resell/errors"
)

func (s *sqlStore) enter(ctx context.Context, r row, worker string, lease time.Duration) (t taken, got bool, before *Entry, err error) {
	if err := r.fits(); err != nil {
		return taken{}, false, nil, err
	}
	if r.lane == "" && s.d.returning {
		return s.enterTaken(ctx, r, worker, lease)
	}
	tx, err := s.db.BeginTx(ctx, s.d.options)
	if err != nil {
		return taken{}, false, nil, trouble(unrecorded, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	before, err = s.insert(ctx, tx, r)
	if err != nil {
		return taken{}, false, nil, err
	}
	if before == nil {
		if t, got, err = s.takeKey(ctx, tx, r.Key, worker, lease); err != nil {
			return taken{}, false, nil, err
		}
	}
	if err := tx.Commit(); err != nil {
		return taken{}, false, nil, perhapsRecorded(err)
	}
	return t, got, before, nil
}

const unrecorded = "the intent was not recorded, and nothing was sent"

// perhapsRecorded is the error of a commit.
func perhapsRecorded(err error) error {
	return &errors.Error{Op: "journal", Class: errors.ErrUncertain, Message: "it is not known whether the intent was recorded; if it was, workers send it", Err: scrubbed{err}}
}

// enterTaken inserts an intent that waits for no other as taken, in one statement: a commit and a round trip.
func (s *sqlStore) enterTaken(ctx context.Context, r row, worker string, lease time.Duration) (t taken, got bool, before *Entry, err error) {
	t = taken{
		record: record{Intent: r.Intent, kind: r.kind, state: Sending, attempts: 1},
		fence:  1, worker: worker, until: time.Now().Add(lease - tick),
	}
	var at int64
	got, err = s.scan(ctx, s.db,
		"INSERT INTO resell_intents (intent_key, account, kind, customer, fingerprint, change_json, state, note, created_at, worker, fence, attempts, taken_at, first_sent_at, due_at) "+
			"VALUES (?, ?, ?, ?, ?, ?, 'sending', '', {now}, ?, 1, 1, {now}, {now}, {now} + ?) "+s.d.ifAbsent+" RETURNING id, taken_at",
		[]any{string(r.Key), r.Account, string(r.kind), r.customer, r.fingerprint, r.change, worker, lease.Microseconds()}, &t.id, &at)
	switch {
	case err != nil && s.refused(err):
		return taken{}, false, nil, trouble(unrecorded, err)
	case err != nil:
		return taken{}, false, nil, perhapsRecorded(err)
	case got:
		t.at, t.firstSent = time.UnixMicro(at), time.UnixMicro(at)
		return t, true, nil, nil
	}
	before, err = s.entry(ctx, s.db, r.Key)
	if err == nil && before == nil { // it was pruned in between
		err = &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: unrecorded + ": its key comes and goes"}
	}
	return taken{}, false, before, err
}

// refused reports whether the database itself says that a statement was not carried out. PostgreSQL says so with a code,
// but for those of a connection or a server that goes away; SQLite has no connection to lose.
func (s *sqlStore) refused(err error) bool {
	code := sqlState(err)
	return s.d.name == SQLite || code != "" && !strings.HasPrefix(code, "08") && !strings.HasPrefix(code, "57P")
}
