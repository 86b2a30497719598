// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/resellkit/resell/quota"
)

// store keeps intents. What it promises, on every database:
//
//   - All times are the database's own.
//   - An intent is taken by one worker at a time. Taking it again, after the lease ended, raises its fence; what a worker
//     with an older fence reports changes nothing, and is kept as evidence.
//   - Of a lane no more than one intent is sending, uncertain or in need of an operator (a unique index sees to it), and
//     none is taken before the older ones of its lane.
type store interface {
	// migrate makes the schema, or brings it up to date.
	migrate(context.Context) error
	// check reports a schema that is missing or of another version, and a database of another dialect.
	check(context.Context, querier) error
	// insert adds an intent inside the caller's transaction, unless its key is there; then it returns what is.
	insert(context.Context, querier, row) (before *Entry, err error)
	// enter is insert and takeKey in a transaction of its own. got is false where another intent of the lane comes first.
	enter(ctx context.Context, r row, worker string, lease time.Duration) (t taken, got bool, before *Entry, err error)
	// take gives the caller intents of these accounts that are due, up to limit: those never sent or known not to be
	// applied, those in doubt, and those whose worker did not report before its lease ended.
	take(ctx context.Context, worker string, accounts []string, lease time.Duration, limit int) ([]taken, error)
	// takeKey gives the caller this one intent, due or not, if nobody has it and its lane is free. Inside a transaction
	// with insert, or by itself.
	takeKey(ctx context.Context, q querier, key quota.Key, worker string, lease time.Duration) (taken, bool, error)
	// plan records the plan of a top-up; false where the fence has moved on.
	plan(context.Context, taken, plan) (bool, error)
	// settle records what became of an attempt, and the attempt; false where the fence has moved on: then only the
	// attempt is recorded, as stale.
	settle(context.Context, taken, Attempt, verdict, quota.Receipt) (bool, error)
	// resolve ends what needs an operator; false where the intent does not.
	resolve(ctx context.Context, key quota.Key, to State, note string) (bool, error)
	// entry is one intent; nil where the key is not there.
	entry(context.Context, querier, quota.Key) (*Entry, error)
	entries(context.Context, Filter) iter.Seq2[Entry, error]
	attempts(context.Context, quota.Key) ([]Attempt, error)
	// prune deletes final intents that were finished longer ago than age, with their attempts, at most limit; Superseded,
	// Refused and Applied are final.
	prune(ctx context.Context, age time.Duration, limit int) (int, error)
	stats(context.Context) (Stats, error)
}

// querier is a database, or a transaction on it.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// row is an intent as it is inserted.
type row struct {
	Intent
	kind        Kind
	customer    string // for listing
	change      string // encoded
	fingerprint string
	lane, group string
}

// taken is an intent that a worker has.
type taken struct {
	record
	id     int64
	fence  int64
	worker string
	at     time.Time // when, by the database's clock
	until  time.Time // when the lease ends, by this process's monotonic clock: no later than the database will say
	// lost is the worker that had it before and did not report; empty: nobody.
	lost string
}
