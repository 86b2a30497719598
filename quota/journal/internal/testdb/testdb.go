// SPDX-License-Identifier: Apache-2.0

// Package testdb gives tests real databases: an SQLite file, and PostgreSQL and MariaDB servers of their own, which no test
// run leaves behind.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// DB is a fresh database for one test. A child process opens the same with sql.Open(Driver, DSN).
type DB struct {
	*sql.DB
	Driver, DSN string
}

// Open gives a fresh database of the dialect: "sqlite", "postgres" or "mysql". The server is started once per process, or is
// the one that RESELL_POSTGRES_DSN or RESELL_MYSQL_DSN names. Where there is none the test is skipped; in CI it fails.
func Open[D ~string](t testing.TB, dialect D) *DB {
	t.Helper()
	if dialect == "sqlite" {
		return openSQLite(t)
	}
	return open(t, string(dialect), shared(t, string(dialect)))
}

func openSQLite(t testing.TB) *DB {
	t.Helper()
	path := filepath.ToSlash(filepath.Join(t.TempDir(), "journal.db"))
	return connect(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
}

func connect(t testing.TB, driver, dsn string) *DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &DB{DB: db, Driver: driver, DSN: dsn}
}

// open makes a database on a server.
func open(t testing.TB, dialect, dsn string) *DB {
	t.Helper()
	kind := kinds[dialect]
	name := "resell_" + strings.ToLower(rand.Text()[:12])
	admin, err := sql.Open(kind.driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if os.Getenv(kind.env) != "" { // our own servers go as a whole
			_, _ = admin.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+kind.force)
		}
		_ = admin.Close()
	})
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	own, err := kind.database(dsn, name)
	if err != nil {
		t.Fatal(err)
	}
	db := connect(t, kind.driver, own)
	db.SetMaxIdleConns(20)
	return db
}

// kind is what differs between servers.
type kind struct {
	driver, title, env, install string
	force                       string // ends DROP DATABASE
	database                    func(dsn, name string) (string, error)
	programs                    []string // that are needed
	user                        string   // the server's own, where root starts it
	prepare                     func(s *Server) []string
	serve                       func(s *Server) []string
	dsn                         func(port int) string
}

var kinds = map[string]kind{
	"postgres": {
		driver: "pgx", title: "PostgreSQL", env: "RESELL_POSTGRES_DSN", install: "postgresql", force: " WITH (FORCE)",
		database: func(dsn, name string) (string, error) {
			u, err := url.Parse(dsn)
			if err != nil {
				return "", err
			}
			u.Path = "/" + name
			return u.String(), nil
		},
		programs: []string{"postgres", "initdb"}, user: "postgres",
		prepare: func(s *Server) []string {
			return []string{s.program("initdb"), "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"}
		},
		serve: func(s *Server) []string {
			return []string{
				s.program("postgres"), "-D", s.data(), "-p", fmt.Sprint(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
				"-c", "max_connections=300",
			}
		},
		dsn: func(port int) string {
			return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable&connect_timeout=5", port)
		},
	},
	"mysql": {
		driver: "mysql", title: "MariaDB", env: "RESELL_MYSQL_DSN", install: "mariadb-server",
		database: func(dsn, name string) (string, error) {
			c, err := mysql.ParseDSN(dsn)
			if err != nil {
				return "", err
			}
			c.DBName = name
			return c.FormatDSN(), nil
		},
		programs: []string{"mariadbd", "mariadb-install-db"}, user: "mysql",
		prepare: func(s *Server) []string {
			return []string{s.program("mariadb-install-db"), "--no-defaults", "--datadir=" + s.data(), "--auth-root-authentication-method=normal", "--skip-test-db"}
		},
		serve: func(s *Server) []string {
			return []string{
				s.program("mariadbd"), "--no-defaults", "--datadir=" + s.data(), fmt.Sprintf("--port=%d", s.port), "--bind-address=127.0.0.1",
				"--socket=" + filepath.Join(s.data(), "socket"), "--pid-file=" + filepath.Join(s.data(), "pid"), "--max-connections=300",
			}
		},
		dsn: func(port int) string { return fmt.Sprintf("root@tcp(127.0.0.1:%d)/?timeout=5s", port) },
	},
}

var servers struct {
	sync.Mutex
	shared map[string]*Server
}

// shared is the data source name of the server that all tests of this process use.
func shared(t testing.TB, dialect string) string {
	t.Helper()
	if dsn := os.Getenv(kinds[dialect].env); dsn != "" {
		return dsn
	}
	servers.Lock()
	defer servers.Unlock()
	if s := servers.shared[dialect]; s != nil {
		return s.DSN
	}
	s := start(t, dialect)
	if servers.shared == nil {
		servers.shared = make(map[string]*Server)
	}
	servers.shared[dialect] = s
	return s.DSN
}

// Main runs the tests of a package, and stops the servers that they used. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	servers.Lock()
	for _, s := range servers.shared {
		s.remove()
	}
	for _, line := range skipped.lines() {
		fmt.Fprintln(os.Stderr, line)
	}
	os.Exit(code)
}

// skips is what was skipped, and how to run it: each line once.
type skips struct {
	sync.Mutex
	m map[string]bool
}

var skipped skips

func (s *skips) lines() (all []string) {
	s.Lock()
	defer s.Unlock()
	for line := range s.m {
		all = append(all, line)
	}
	return all
}

func skip(t testing.TB, k kind) {
	t.Helper()
	line := "skipped: what runs on " + k.title + ": apt-get install " + k.install + ", or set " + k.env
	if os.Getenv("CI") == "true" {
		t.Fatal("CI skips nothing: " + line)
	}
	skipped.Lock()
	if skipped.m == nil {
		skipped.m = make(map[string]bool)
	}
	skipped.m[line] = true
	skipped.Unlock()
	t.Skip(line)
}
