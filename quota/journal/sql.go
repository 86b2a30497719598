// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wait"
)

// sqlStore is the store on a database.
type sqlStore struct {
	db *sql.DB
	d  *dialect
}

var _ store = (*sqlStore)(nil)

func newSQLStore(db *sql.DB, name Dialect) (*sqlStore, error) {
	d, known := dialects[name]
	if !known {
		var names []string
		for _, n := range slices.Sorted(maps.Keys(dialects)) {
			names = append(names, string(n))
		}
		return nil, errors.Invalid("Config.Dialect", string(name), "must be one of "+strings.Join(names, ", "))
	}
	return &sqlStore{db: db, d: d}, nil
}

func (s *sqlStore) exec(ctx context.Context, q querier, statement string, args ...any) (int64, error) {
	result, err := q.ExecContext(ctx, s.d.text(statement), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// scan reads one row, if there is one.
func (s *sqlStore) scan(ctx context.Context, q querier, statement string, args []any, into ...any) (found bool, err error) {
	err = q.QueryRowContext(ctx, s.d.text(statement), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// scanAll reads all rows before it returns: nothing stays open.
func scanAll[T any](ctx context.Context, s *sqlStore, q querier, read func(scanner) (T, error), statement string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, s.d.text(statement), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var all []T
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// within runs f in a transaction of its own.
func (s *sqlStore) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, s.d.options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// persist is within, again where others were in the way.
func (s *sqlStore) persist(ctx context.Context, f func(*sql.Tx) error) error {
	const tries = 6
	delay := 5 * time.Millisecond
	for n := 1; ; n++ {
		err := s.within(ctx, f)
		if err == nil || n == tries || !contended(err) || !wait.For(ctx, delay) {
			return err
		}
		delay *= 2
	}
}
