// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// after says what the states mean for a row whose attempt ended: it is in the way of its lane, it is due again, it is final.
var after = map[State]struct{ busy, due, final bool }{
	Pending:       {due: true},
	Uncertain:     {busy: true, due: true},
	NeedsOperator: {busy: true},
	Applied:       {final: true},
	Refused:       {final: true},
	Superseded:    {final: true},
}

func (s *sqlStore) settle(ctx context.Context, t taken, a Attempt, v verdict, receipt quota.Receipt) (ours bool, err error) {
	r := resultOf(a.Err, receipt)
	if s.d.cte {
		if n, err := s.settleAtOnce(ctx, t, v, r); err == nil && n == 1 {
			return true, nil
		}
		// Others were in the way, the intent is no longer ours, or it is not known what was done: look into it.
	}
	err = s.persist(ctx, func(tx *sql.Tx) error {
		statement, args := s.outcomeOf(t, v, r)
		n, err := s.exec(ctx, tx, statement, args...)
		if err != nil {
			return err
		}
		if n == 1 {
			ours = true
			return s.addAttempt(ctx, tx, t.id, t.fence, t.worker, t.at.UnixMicro(), r, false, false)
		}
		ours, err = s.late(ctx, tx, t, r)
		return err
	})
	return ours && err == nil, trouble("recording an attempt", err)
}

// outcomeOf is the statement that makes of an intent what became of it, if it is still that worker's.
func (s *sqlStore) outcomeOf(t taken, v verdict, r result) (statement string, args []any) {
	then, fresh := after[v.state], bit(v.state == Pending) // known not to have been applied: as if never sent
	note := storable(v.note, longText)
	args = []any{string(v.state), bit(v.doubt), bit(then.busy), bit(then.due), v.wait.Microseconds(), bit(then.final), fresh, fresh, note, note, "\n" + note}
	return "UPDATE resell_intents SET state = ?, doubt = ?, busy = CASE WHEN ? = 1 THEN lane ELSE NULL END, " +
		"due_at = CASE WHEN ? = 1 THEN {now} + ? ELSE NULL END, finished_at = CASE WHEN ? = 1 THEN {now} ELSE NULL END, " +
		"plan_json = CASE WHEN ? = 1 THEN NULL ELSE plan_json END, first_sent_at = CASE WHEN ? = 1 THEN NULL ELSE first_sent_at END, " +
		"note = " + s.noted() + ", provider = ?, op = ?, class = ?, code = ?, status = ?, message = ?, request_id = ?, consumed = ?, requests = ? " +
		"WHERE id = ? AND fence = ? AND state = 'sending'", append(append(args, r.values()...), t.id, t.fence)
}

// settleAtOnce does in one statement what settle does where nothing is in the way: a commit and a round trip.
func (s *sqlStore) settleAtOnce(ctx context.Context, t taken, v verdict, r result) (int64, error) {
	update, args := s.outcomeOf(t, v, r)
	return s.exec(ctx, s.db,
		"WITH done AS ("+update+" RETURNING id, fence, worker, taken_at, "+resultColumns+") "+
			"INSERT INTO resell_attempts (intent_id, fence, worker, started_at, ended_at, "+resultColumns+") "+
			"SELECT id, fence, worker, taken_at, {now}, "+resultColumns+" FROM done", args...)
}

// noted adds to the note of a row, if there is anything to add. Its arguments: text, text, a line break and text.
func (s *sqlStore) noted() string {
	return "CASE WHEN ? = '' THEN note WHEN note = '' THEN ? ELSE " + s.d.join + " END"
}

// late records an attempt that found its intent no longer its own, as evidence. It may be a report that was recorded
// already, and only the answer was lost.
func (s *sqlStore) late(ctx context.Context, tx *sql.Tx, t taken, r result) (ours bool, err error) {
	var lost, stale bool
	found, err := s.scan(ctx, tx, "SELECT lost, stale FROM resell_attempts WHERE intent_id = ? AND fence = ?", []any{t.id, t.fence}, &lost, &stale)
	switch {
	case err != nil || stale:
		return false, err
	case !found:
		return false, s.addAttempt(ctx, tx, t.id, t.fence, t.worker, t.at.UnixMicro(), r, false, true)
	case !lost:
		return true, nil
	}
	_, err = s.exec(ctx, tx,
		"UPDATE resell_attempts SET stale = 1, ended_at = {now}, provider = ?, op = ?, class = ?, code = ?, status = ?, message = ?, request_id = ?, consumed = ?, requests = ? "+
			"WHERE intent_id = ? AND fence = ?",
		append(r.values(), t.id, t.fence)...)
	return false, err
}

func (s *sqlStore) addAttempt(ctx context.Context, tx *sql.Tx, intent, fence int64, worker string, started int64, r result, lost, stale bool) error {
	_, err := s.exec(ctx, tx,
		"INSERT INTO resell_attempts (intent_id, fence, worker, started_at, ended_at, lost, stale, "+resultColumns+") VALUES (?, ?, ?, ?, {now}, ?, ?, "+marks(9)+")",
		append([]any{intent, fence, worker, started, bit(lost), bit(stale)}, r.values()...)...)
	return err
}

func (s *sqlStore) plan(ctx context.Context, t taken, p plan) (ours bool, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return false, errors.New("journal: a plan cannot be stored: " + err.Error())
	}
	err = s.persist(ctx, func(tx *sql.Tx) error {
		args := []any{t.id, t.fence}
		if _, err := s.exec(ctx, tx, "UPDATE resell_intents SET plan_json = ? WHERE id = ? AND fence = ? AND state = 'sending'", append([]any{string(text)}, args...)...); err != nil {
			return err
		}
		// MySQL does not count a row that was so already.
		var n int
		_, err := s.scan(ctx, tx, "SELECT COUNT(*) FROM resell_intents WHERE id = ? AND fence = ? AND state = 'sending'", args, &n)
		ours = n == 1
		return err
	})
	return ours && err == nil, trouble("recording a plan", err)
}

func (s *sqlStore) resolve(ctx context.Context, key quota.Key, to State, note string) (done bool, err error) {
	then, known := after[to]
	if !known || to == Pending || to == NeedsOperator {
		return false, errors.Invalid("State", string(to), "is nothing that an operator can find out")
	}
	note = storable(note, longText)
	err = s.persist(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx,
			"UPDATE resell_intents SET state = ?, doubt = ?, busy = CASE WHEN ? = 1 THEN lane ELSE NULL END, "+
				"due_at = CASE WHEN ? = 1 THEN {now} ELSE NULL END, first_sent_at = CASE WHEN ? = 1 THEN {now} ELSE first_sent_at END, "+
				"finished_at = CASE WHEN ? = 1 THEN {now} ELSE NULL END, note = "+s.noted()+" WHERE intent_key = ? AND state = 'needs_operator'",
			string(to), bit(!then.final), bit(then.busy), bit(then.due), bit(then.due), bit(then.final), note, note, "\n"+note, string(key))
		done = n == 1
		return err
	})
	return done && err == nil, trouble("resolving an intent", err)
}

// micros is a length of time as it is stored.
func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
