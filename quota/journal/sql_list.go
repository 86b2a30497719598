// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/resellkit/resell/quota"
)

const pageSize = 500

// entries reads a page whole before it yields any of it, so that the caller may use the database meanwhile.
func (s *sqlStore) entries(ctx context.Context, f Filter) iter.Seq2[Entry, error] {
	where, args := f.where()
	return func(yield func(Entry, error) bool) {
		var last int64
		for {
			page, err := scanAll(ctx, s, s.db, readEntry,
				"SELECT "+entryColumns+" FROM resell_intents i WHERE i.id > ?"+where+" ORDER BY i.id LIMIT ?",
				append(append([]any{last}, args...), pageSize)...)
			if err != nil {
				yield(Entry{}, trouble("listing intents", err))
				return
			}
			for _, e := range page {
				if !yield(e.Entry, nil) {
					return
				}
				last = e.id
			}
			if len(page) < pageSize {
				return
			}
		}
	}
}

func (f Filter) where() (where string, args []any) {
	if len(f.States) > 0 {
		where += " AND i.state IN (" + marks(len(f.States)) + ")"
		for _, state := range f.States {
			args = append(args, string(state))
		}
	}
	for _, c := range []struct {
		is    bool
		text  string
		value any
	}{
		{f.Account != "", "i.account = ?", f.Account},
		{f.Customer != "", "i.customer = ?", f.Customer},
		{!f.Since.IsZero(), "i.created_at >= ?", f.Since.UnixMicro()},
		{!f.Until.IsZero(), "i.created_at < ?", f.Until.UnixMicro()},
	} {
		if c.is {
			where += " AND " + c.text
			args = append(args, c.value)
		}
	}
	return where, args
}

func (s *sqlStore) attempts(ctx context.Context, key quota.Key) ([]Attempt, error) {
	all, err := scanAll(ctx, s, s.db, readAttempt,
		"SELECT "+attemptColumns+" FROM resell_attempts WHERE intent_id = (SELECT id FROM resell_intents WHERE intent_key = ?) ORDER BY fence", string(key))
	return all, trouble("listing attempts", err)
}

// prune: what is final stays as it is, so that it can be picked before the transaction.
func (s *sqlStore) prune(ctx context.Context, age time.Duration, limit int) (deleted int, err error) {
	for deleted < limit {
		batch := min(limit-deleted, pageSize)
		ids, err := scanAll(ctx, s, s.db, func(row scanner) (id any, err error) {
			var n int64
			err = row.Scan(&n)
			return n, err
		}, "SELECT id FROM resell_intents WHERE finished_at < {now} - ? ORDER BY finished_at, id LIMIT ?", age.Microseconds(), batch)
		if err == nil && len(ids) > 0 {
			var n int64
			err = s.persist(ctx, func(tx *sql.Tx) (err error) {
				if _, err = s.exec(ctx, tx, "DELETE FROM resell_attempts WHERE intent_id IN ("+marks(len(ids))+")", ids...); err != nil {
					return err
				}
				n, err = s.exec(ctx, tx, "DELETE FROM resell_intents WHERE id IN ("+marks(len(ids))+")", ids...)
				return err
			})
			if err == nil {
				deleted += int(n)
			}
		}
		if err != nil {
			return deleted, trouble("pruning", err)
		}
		if len(ids) < batch {
			break
		}
	}
	return deleted, nil
}

func (s *sqlStore) stats(ctx context.Context) (Stats, error) {
	type count struct {
		state State
		n     int64
	}
	counts, err := scanAll(ctx, s, s.db, func(row scanner) (c count, err error) {
		err = row.Scan(&c.state, &c.n)
		return c, err
	}, "SELECT state, COUNT(*) FROM resell_intents GROUP BY state")
	if err != nil {
		return Stats{}, trouble("counting", err)
	}
	all := Stats{ByState: make(map[State]int64)}
	for _, c := range counts {
		all.ByState[c.state] = c.n
	}
	var pending, uncertain sql.NullInt64
	_, err = s.scan(ctx, s.db,
		"SELECT (SELECT COUNT(*) FROM resell_attempts WHERE stale = 1), (SELECT {now} - MIN(created_at) FROM resell_intents WHERE state = 'pending'), "+
			"(SELECT {now} - MIN(first_sent_at) FROM resell_intents WHERE state = 'uncertain' OR state = 'sending' AND (doubt = 1 OR due_at <= {now}))",
		nil, &all.FenceRefusals, &pending, &uncertain)
	all.OldestPending, all.OldestUncertain = micros(pending.Int64), micros(uncertain.Int64)
	return all, trouble("counting", err)
}
