// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// pick says which intents are to be taken.
type pick struct {
	where string
	args  []any
	limit int
	// skip: leave out those that another worker has a lock on; otherwise wait for it.
	skip bool
}

// laneFree: it is the one of its lane that is under way, or none is and there is no older one. Two workers may still find
// this of two intents of a lane, where the older one was committed later: then the unique index on busy stops the second.
const laneFree = "(i.lane IS NULL OR i.busy IS NOT NULL OR (" +
	"NOT EXISTS (SELECT 1 FROM resell_intents b WHERE b.busy = i.lane) AND NOT EXISTS (SELECT 1 FROM {older})))"

// setTaken gives rows to a worker. MySQL assigns from left to right: what reads a column comes before what sets it.
const setTaken = "lost_worker = CASE WHEN state = 'sending' THEN worker ELSE '' END, " +
	"lost_at = CASE WHEN state = 'sending' THEN taken_at ELSE NULL END, " +
	"doubt = CASE WHEN state = 'sending' THEN 1 ELSE doubt END, " +
	"state = 'sending', busy = lane, worker = ?, fence = fence + 1, attempts = attempts + 1, " +
	"taken_at = {now}, first_sent_at = COALESCE(first_sent_at, {now}), due_at = {now} + ?"

// tick is the step of the coarsest clock, SQLite's: by that a lease may end earlier there than was reckoned here.
const tick = time.Millisecond

func (s *sqlStore) take(ctx context.Context, worker string, accounts []string, lease time.Duration, limit int) ([]taken, error) {
	if limit <= 0 || len(accounts) == 0 {
		return nil, nil
	}
	p := pick{where: "i.due_at <= {now} AND i.account IN (" + marks(len(accounts)) + ")", limit: limit, skip: true}
	for _, account := range accounts {
		p.args = append(p.args, account)
	}
	got, err := s.takeWithin(ctx, p, worker, lease)
	return got, trouble("taking up intents", err)
}

func (s *sqlStore) takeKey(ctx context.Context, q querier, key quota.Key, worker string, lease time.Duration) (taken, bool, error) {
	p := pick{
		where: "i.intent_key = ? AND (i.state IN ('pending', 'uncertain') OR i.state = 'sending' AND i.due_at <= {now})",
		args:  []any{string(key)}, limit: 1,
	}
	var got []taken
	var err error
	if tx, inside := q.(*sql.Tx); inside {
		got, err = s.takeInside(ctx, tx, p, worker, lease)
	} else {
		got, err = s.takeWithin(ctx, p, worker, lease)
	}
	if err != nil || len(got) == 0 {
		return taken{}, false, trouble("taking up an intent", err)
	}
	return got[0], true, nil
}

// takeWithin takes in a transaction of its own. If others are in the way time and again, nothing is taken.
func (s *sqlStore) takeWithin(ctx context.Context, p pick, worker string, lease time.Duration) (got []taken, err error) {
	for range 3 {
		err = s.within(ctx, func(tx *sql.Tx) (err error) {
			got, err = s.pick(ctx, tx, p, worker, lease)
			return err
		})
		if err == nil {
			return got, nil
		}
		if !contended(err) {
			return nil, err
		}
	}
	return nil, nil
}

// takeInside takes in the caller's transaction, and leaves it usable where the lane is not free after all.
func (s *sqlStore) takeInside(ctx context.Context, tx *sql.Tx, p pick, worker string, lease time.Duration) ([]taken, error) {
	if !s.d.savepoint {
		return s.pick(ctx, tx, p, worker, lease)
	}
	if _, err := tx.ExecContext(ctx, "SAVEPOINT resell_take"); err != nil {
		return nil, err
	}
	got, err := s.pick(ctx, tx, p, worker, lease)
	if contended(err) {
		_, err = tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT resell_take")
		return nil, err
	}
	return got, err
}

func (s *sqlStore) pick(ctx context.Context, tx *sql.Tx, p pick, worker string, lease time.Duration) ([]taken, error) {
	until := time.Now().Add(lease - tick)
	update := s.update
	if s.d.returning {
		update = s.updateReturning
	}
	got, err := update(ctx, tx, p, worker, lease)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(got, func(a, b took) int { return cmp.Compare(a.id, b.id) })
	all := make([]taken, 0, len(got))
	for _, t := range got {
		t.until = until
		if t.lost != "" {
			if err := s.recordLost(ctx, tx, t); err != nil {
				return nil, err
			}
		}
		all = append(all, t.taken)
	}
	return all, nil
}

func (s *sqlStore) ids(p pick, hint, lock string) string {
	if p.skip {
		hint, lock = s.d.index, s.d.skip
	}
	return "SELECT i.id FROM resell_intents i " + hint + " WHERE " + p.where + " AND " + strings.ReplaceAll(laneFree, "{older}", s.d.older) +
		" ORDER BY i.due_at, i.id LIMIT ? " + lock
}

// updateReturning is one statement. What it picks is locked first, once: an IN over a plain subquery may run it again.
func (s *sqlStore) updateReturning(ctx context.Context, tx *sql.Tx, p pick, worker string, lease time.Duration) ([]took, error) {
	return scanAll(ctx, s, tx, readTaken,
		"WITH due AS MATERIALIZED ("+s.ids(p, "", s.d.lock)+") UPDATE resell_intents SET "+setTaken+
			" WHERE id IN (SELECT due.id FROM due) RETURNING "+takenColumns,
		append(slices.Clone(p.args), p.limit, worker, lease.Microseconds())...)
}

// update is three statements. IGNORE leaves out a row whose lane is not free after all, and only that; its state tells.
func (s *sqlStore) update(ctx context.Context, tx *sql.Tx, p pick, worker string, lease time.Duration) ([]took, error) {
	ids, err := scanAll(ctx, s, tx, func(row scanner) (id any, err error) {
		var n int64
		err = row.Scan(&n)
		return n, err
	}, s.ids(p, "", s.d.lock), append(slices.Clone(p.args), p.limit)...)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	if _, err := s.exec(ctx, tx, "UPDATE IGNORE resell_intents SET "+setTaken+" WHERE id IN ("+marks(len(ids))+")",
		append([]any{worker, lease.Microseconds()}, ids...)...); err != nil {
		return nil, err
	}
	return scanAll(ctx, s, tx, readTaken, "SELECT "+takenColumns+" FROM resell_intents WHERE state = 'sending' AND id IN ("+marks(len(ids))+")", ids...)
}

// recordLost records the attempt of a worker that did not report.
func (s *sqlStore) recordLost(ctx context.Context, tx *sql.Tx, t took) error {
	return s.addAttempt(ctx, tx, t.id, t.fence-1, t.lost, t.lostAt.Int64, lostResult(), true, false)
}

func lostResult() result {
	return resultOf(&errors.Error{Op: "journal", Class: errors.ErrUncertain, Message: "the worker did not report before its lease ended"}, quota.Receipt{})
}
