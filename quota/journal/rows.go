// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// scanner is a row that was read.
type scanner interface{ Scan(into ...any) error }

// classByText is the classes by the texts that they are stored by.
var classByText = func() map[string]error {
	m := make(map[string]error)
	for class := range afterClass {
		m[class.Error()] = class
	}
	return m
}()

// resultColumns are how an attempt ended, in intents and attempts alike.
const resultColumns = "provider, op, class, code, status, message, request_id, consumed, requests"

// result is the values of resultColumns.
type result struct {
	provider, op, class, code string
	status                    int
	message, requestID        string
	consumed                  string
	requests                  int
}

func (r *result) into() []any {
	return []any{&r.provider, &r.op, &r.class, &r.code, &r.status, &r.message, &r.requestID, &r.consumed, &r.requests}
}

func (r *result) values() []any {
	return []any{r.provider, r.op, r.class, r.code, r.status, r.message, r.requestID, r.consumed, r.requests}
}

// resultOf is an attempt's end as it is stored: err, which has nothing beneath it, or the receipt where it is nil.
func resultOf(err *errors.Error, receipt quota.Receipt) result {
	if err == nil {
		r := result{requestID: storable(receipt.RequestID, shortText), requests: receipt.Attempts}
		if receipt.Consumed != nil {
			r.consumed = receipt.Consumed.String()
		}
		return r
	}
	class := errors.ErrUncertain
	if err.Class != nil {
		class = err.Class
	}
	return result{
		provider: storable(err.Provider, 64), op: storable(err.Op, shortText), class: class.Error(), code: storable(err.Code, shortText),
		status: err.Status, message: storable(err.Message, longText), requestID: storable(err.RequestID, shortText),
		requests: cmp.Or(err.Attempts, receipt.Attempts),
	}
}

// outcome is what resultOf was made of.
func (r *result) outcome() (quota.Receipt, *errors.Error, error) {
	if r.class != "" {
		class, known := classByText[r.class]
		if !known {
			class = errors.ErrUncertain // of a newer version
		}
		return quota.Receipt{}, &errors.Error{
			Provider: r.provider, Op: r.op, Class: class, Code: r.code, Status: r.status, Message: r.message,
			RequestID: r.requestID, Attempts: r.requests,
		}, nil
	}
	receipt := quota.Receipt{RequestID: r.requestID, Attempts: r.requests}
	if r.consumed != "" {
		consumed, err := quota.ParseMoney(r.consumed)
		if err != nil {
			return quota.Receipt{}, nil, errors.New("journal: a stored amount cannot be read: " + err.Error())
		}
		receipt.Consumed = &consumed
	}
	return receipt, nil, nil
}

// The most characters of foreign texts: those of a column.
const (
	shortText = 200
	longText  = 2000
)

// storable is text that every database takes: UTF-8 without zero bytes, no longer than limit.
func storable(text string, limit int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", " ")
	if utf8.RuneCountInString(text) > limit {
		text = string([]rune(text)[:limit])
	}
	return text
}

const entryColumns = "i.id, i.intent_key, i.account, i.kind, i.fingerprint, i.change_json, i.plan_json, i.state, i.doubt, i.attempts, " +
	"i.created_at, i.first_sent_at, i.due_at, i.finished_at, i.note, " + resultColumns

// numbered is an entry with its id, by which pages are read.
type numbered struct {
	Entry
	id int64
}

func readEntry(row scanner) (e numbered, err error) {
	var kind, change string
	var planned sql.NullString
	var created int64
	var first, due, finished sql.NullInt64
	var r result
	if err := row.Scan(append([]any{
		&e.id, &e.Key, &e.Account, &kind, &e.fingerprint, &change, &planned, &e.State, &e.Doubt, &e.Attempts,
		&created, &first, &due, &finished, &e.Note,
	}, r.into()...)...); err != nil {
		return e, err
	}
	e.Created, e.FirstSent, e.Due, e.Finished = time.UnixMicro(created), moment(first), moment(due), moment(finished)
	if e.Change, err = decode(Kind(kind), change); err != nil {
		return e, err
	}
	p, err := readPlan(planned)
	if err != nil {
		return e, err
	}
	if p != nil {
		e.Base, e.Target = &p.Base, &p.Target
	}
	e.Receipt, e.Err, err = r.outcome()
	if e.State != Applied {
		e.Receipt = quota.Receipt{}
	}
	return e, err
}

// takenColumns are of a row that was just taken. It is superseded where a newer one of its group has come, and was not
// given up itself.
const takenColumns = "id, intent_key, account, kind, change_json, plan_json, doubt, attempts, first_sent_at, fence, worker, taken_at, lost_worker, lost_at, " +
	"CASE WHEN doubt = 0 AND grp IS NOT NULL AND EXISTS (SELECT 1 FROM resell_intents n WHERE n.lane = resell_intents.lane AND n.id > resell_intents.id " +
	"AND n.grp = resell_intents.grp AND n.state NOT IN ('refused', 'superseded')) THEN 1 ELSE 0 END"

// took is what was taken, and since when the worker had it that was lost.
type took struct {
	taken
	lostAt sql.NullInt64
}

func readTaken(row scanner) (t took, err error) {
	var change string
	var planned sql.NullString
	var first, at int64
	if err := row.Scan(
		&t.id, &t.Key, &t.Account, &t.kind, &change, &planned, &t.doubt, &t.attempts, &first, &t.fence, &t.worker, &at, &t.lost, &t.lostAt, &t.superseded,
	); err != nil {
		return t, err
	}
	t.state, t.firstSent, t.at = Sending, time.UnixMicro(first), time.UnixMicro(at)
	if t.Change, err = decode(t.kind, change); err != nil {
		return t, err
	}
	t.plan, err = readPlan(planned)
	return t, err
}

const attemptColumns = "started_at, ended_at, worker, fence, lost, stale, " + resultColumns

func readAttempt(row scanner) (a Attempt, err error) {
	var started, ended int64
	var r result
	if err := row.Scan(append([]any{&started, &ended, &a.Worker, &a.Fence, &a.Lost, &a.Stale}, r.into()...)...); err != nil {
		return a, err
	}
	a.Started, a.Ended = time.UnixMicro(started), time.UnixMicro(ended)
	a.Receipt, a.Err, err = r.outcome()
	return a, err
}

func readPlan(text sql.NullString) (*plan, error) {
	if !text.Valid {
		return nil, nil
	}
	p := new(plan)
	if err := json.Unmarshal([]byte(text.String), p); err != nil {
		return nil, errors.New("journal: a stored plan cannot be read: " + err.Error())
	}
	return p, nil
}

func moment(micros sql.NullInt64) time.Time {
	if !micros.Valid {
		return time.Time{}
	}
	return time.UnixMicro(micros.Int64)
}

// bit is a truth as all databases take it.
func bit(truth bool) int {
	if truth {
		return 1
	}
	return 0
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
