// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"database/sql"
	_ "embed"
	"regexp"
	"strconv"
	"strings"
)

// Dialect says which database a journal is kept in.
type Dialect string

// Dialects.
const (
	Postgres Dialect = "postgres" // PostgreSQL 12 or newer
	MySQL    Dialect = "mysql"    // MariaDB 10.6 or newer, MySQL 8.0 or newer
	SQLite   Dialect = "sqlite"   // SQLite 3.35 or newer: for one host
)

// The schemas: one file for each step from one version to the next.
var (
	//go:embed schema/postgres.sql
	postgresSchema string
	//go:embed schema/mysql.sql
	mysqlSchema string
	//go:embed schema/sqlite.sql
	sqliteSchema string
)

// dialect is what differs between databases. Statements are written with ? for arguments and {now} for the time.
type dialect struct {
	name     Dialect
	steps    []string // steps[0] makes version 1, and so on; each may be repeated
	numbered bool     // arguments are $1, $2 …
	now      string   // microseconds since 1970, the same in all of a statement
	older    string   // the older rows o of the lane of i that are not finished; an index of those alone serves it
	join     string   // two texts in one

	// probe asks which database it is; what must be found in the answer gives the version in its groups. least is the
	// oldest one that will do, and words says so.
	probe string
	is    *regexp.Regexp
	least [2]int
	words string
	// exists counts the tables of the name resell_journal.
	exists string
	locked func(*sqlStore) migrator

	options *sql.TxOptions // of the store's own transactions
	// ifAbsent ends an INSERT: a key that is there is left as it is. Exactly one row affected means inserted.
	ifAbsent string
	readLock string // ends a SELECT that must see what others committed since the transaction began
	// returning: UPDATE gives back rows.
	returning bool
	skip      string // ends a SELECT: lock the rows, leave out those that somebody has
	lock      string // ends a SELECT: lock the rows
	index     string // hint: rows are to be read in the order in which they are due, so that no more than needed are read and locked
	savepoint bool   // an error spoils the whole transaction
	cte       bool   // what an UPDATE gives back can be inserted in the same statement
}

var dialects = map[Dialect]*dialect{
	Postgres: {
		name: Postgres, steps: []string{postgresSchema}, numbered: true,
		now:   "(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000)::BIGINT",
		older: "resell_intents o WHERE o.lane = i.lane AND o.id < i.id AND o.due_at IS NOT NULL",
		join:  "note || ?",
		probe: "SELECT version()", is: regexp.MustCompile(`^PostgreSQL (\d+)(?:\.(\d+))?`), least: [2]int{12, 0}, words: "PostgreSQL 12 or newer",
		exists:    "SELECT CASE WHEN to_regclass('resell_journal') IS NULL THEN 0 ELSE 1 END",
		locked:    func(s *sqlStore) migrator { return s.migratePostgres },
		options:   &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		ifAbsent:  "ON CONFLICT (intent_key) DO NOTHING",
		returning: true, skip: "FOR UPDATE OF i SKIP LOCKED", lock: "FOR UPDATE OF i", savepoint: true, cte: true,
	},
	MySQL: {
		name: MySQL, steps: []string{mysqlSchema},
		now:   "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
		older: "resell_intents o WHERE o.queue = i.lane AND o.id < i.id",
		join:  "CONCAT(note, ?)",
		probe: "SELECT CONCAT(VERSION(), ' ', @@version_comment)", is: regexp.MustCompile(`^(\d+)\.(\d+)`), least: [2]int{8, 0}, words: "MariaDB 10.6 or newer, or MySQL 8.0 or newer",
		exists:   "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'resell_journal'",
		locked:   func(s *sqlStore) migrator { return s.migrateMySQL },
		options:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		ifAbsent: "ON DUPLICATE KEY UPDATE repeats = repeats + 1", readLock: "FOR UPDATE",
		skip: "FOR UPDATE SKIP LOCKED", lock: "FOR UPDATE", index: "FORCE INDEX (resell_intents_due)",
	},
	SQLite: {
		name: SQLite, steps: []string{sqliteSchema},
		now:   "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000", // its clock counts milliseconds
		older: "resell_intents o INDEXED BY resell_intents_queue WHERE o.lane = i.lane AND o.id < i.id AND o.due_at IS NOT NULL",
		join:  "note || ?",
		probe: "SELECT sqlite_version()", is: regexp.MustCompile(`^(\d+)\.(\d+)`), least: [2]int{3, 35}, words: "SQLite 3.35 or newer",
		exists:    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'resell_journal'",
		locked:    func(s *sqlStore) migrator { return s.migrateSQLite },
		ifAbsent:  "ON CONFLICT (intent_key) DO NOTHING",
		returning: true, index: "INDEXED BY resell_intents_due",
	},
}

// fits says whether the answer to probe is that of a database of this dialect that is new enough.
func (d *dialect) fits(answer string) bool {
	found := d.is.FindStringSubmatch(answer)
	if found == nil {
		return false
	}
	least := d.least
	if strings.Contains(answer, "MariaDB") {
		least = [2]int{10, 6}
	}
	major, _ := strconv.Atoi(found[1])
	minor, _ := strconv.Atoi(found[2])
	return major > least[0] || major == least[0] && minor >= least[1]
}

// text makes a statement the database's own.
func (d *dialect) text(statement string) string {
	statement = strings.ReplaceAll(statement, "{now}", d.now)
	if !d.numbered {
		return statement
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, more := strings.Cut(statement, "?")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
