// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wait"
)

// migrator runs f while no other process migrates; where the database can, in a transaction.
type migrator func(ctx context.Context, f func(querier) error) error

func (s *sqlStore) migrate(ctx context.Context) error {
	if err := s.probe(ctx, s.db); err != nil {
		return err
	}
	return trouble("migrating", s.d.locked(s)(ctx, func(q querier) error {
		version, err := s.version(ctx, q)
		if err != nil {
			return err
		}
		if version > len(s.d.steps) {
			return s.misfit(version)
		}
		for n, step := range s.d.steps[version:] {
			for _, statement := range statements(step) {
				if _, err := q.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			if err := s.setVersion(ctx, q, version+n+1); err != nil {
				return err
			}
		}
		return nil
	}))
}

// statements of a file: each ends a line with a semicolon.
func statements(file string) (all []string) {
	for statement := range strings.SplitSeq(file, ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			all = append(all, statement)
		}
	}
	return all
}

func (s *sqlStore) setVersion(ctx context.Context, q querier, version int) error {
	changed, err := s.exec(ctx, q, "UPDATE resell_journal SET version = ?", version)
	if err == nil && changed == 0 {
		_, err = s.exec(ctx, q, "INSERT INTO resell_journal (version) VALUES (?)", version)
	}
	return err
}

func (s *sqlStore) migratePostgres(ctx context.Context, f func(querier) error) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7290817263549123011)"); err != nil { // a number of ours
			return err
		}
		return f(tx)
	})
}

// migrateMySQL: a change of the schema cannot be rolled back there, so steps may be repeated.
func (s *sqlStore) migrateMySQL(ctx context.Context, f func(querier) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	const name = "CONCAT('resell_journal.', MD5(DATABASE()))"
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 60)").Scan(&got); err != nil {
		return err
	}
	if got.Int64 != 1 {
		return errors.New("another process has been migrating for a minute; try again")
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+name+")") }()
	return f(conn)
}

func (s *sqlStore) migrateSQLite(ctx context.Context, f func(querier) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	for n := 0; ; n++ {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil {
			break
		}
		if n == 1000 || !contended(err) || !wait.For(ctx, 10*time.Millisecond) {
			return err
		}
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }() // after COMMIT it does nothing
	if err := f(conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

func (s *sqlStore) check(ctx context.Context, q querier) error {
	if err := s.probe(ctx, q); err != nil {
		return err
	}
	version, err := s.version(ctx, q)
	if err != nil {
		return trouble("reading the schema's version", err)
	}
	if version != len(s.d.steps) {
		return s.misfit(version)
	}
	return nil
}

// probe reports a database that is away, and one of another dialect.
func (s *sqlStore) probe(ctx context.Context, q querier) error {
	var one int
	if err := q.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return trouble("asking the database", err)
	}
	var answer string
	err := q.QueryRowContext(ctx, s.d.probe).Scan(&answer)
	if ctx.Err() != nil {
		return trouble("asking the database", err)
	}
	if err != nil {
		return errors.Invalid("Config.Dialect", string(s.d.name), "the database does not understand this dialect, which is for "+s.d.words+": "+scrubbed{err}.Error())
	}
	if !s.d.fits(answer) {
		return errors.Invalid("Config.Dialect", string(s.d.name), "is for "+s.d.words+"; the database says it is "+answer)
	}
	return nil
}

// version is that of the schema; 0 where there is none.
func (s *sqlStore) version(ctx context.Context, q querier) (version int, err error) {
	var tables int
	if err := q.QueryRowContext(ctx, s.d.exists).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	_, err = s.scan(ctx, q, "SELECT version FROM resell_journal", nil, &version)
	return version, err
}

// misfit says what to do about a schema of another version.
func (s *sqlStore) misfit(version int) error {
	known := strconv.Itoa(len(s.d.steps))
	message := "the database's schema is of version " + strconv.Itoa(version) + ", this program needs " + known + ": call Migrate"
	switch {
	case version == 0:
		message = "the database has no journal: call Migrate"
	case version > len(s.d.steps):
		message = "this program knows version " + known + " of the schema, the database has " + strconv.Itoa(version) + ": use a newer program"
	}
	return &errors.Error{Op: "journal", Class: errors.ErrInvalid, Message: message}
}
