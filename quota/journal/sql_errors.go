// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"database/sql"
	"regexp"
	"strings"

	"github.com/resellkit/resell/errors"
)

// trouble is a database's error as the caller gets it.
func trouble(what string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Class(err) != nil {
		return err
	}
	if errors.Is(err, sql.ErrTxDone) || sqlState(err) == failedTransaction {
		return &errors.Error{Op: "journal", Class: errors.ErrInvalid, Message: what + ": the transaction has ended or has failed already: roll it back and begin another", Err: scrubbed{err}}
	}
	return &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: what + ": the database says", Err: scrubbed{err}}
}

const failedTransaction = "25P02"

// sqlState asks the drivers of PostgreSQL, without importing them.
func sqlState(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}

// contended reports whether others were in the way, so that nothing was done: a unique key, a deadlock, a transaction that
// could not be put in order with others, a database that is locked.
func contended(err error) bool {
	if err == nil {
		return false
	}
	switch sqlState(err) {
	case "23505", "40001", "40P01", "55P03":
		return true
	}
	text := err.Error()
	for _, part := range []string{
		"Error 1062 ", "Error 1205 ", "Error 1213 ", "Error 1020 ", // the MySQL driver
		"SQLITE_BUSY", "SQLITE_LOCKED", "database is locked", "database table is locked", // those of SQLite
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// scrubbed is an error of a driver without what may be a password in a data source's name.
type scrubbed struct{ err error }

func (s scrubbed) Error() string {
	text := s.err.Error()
	for _, p := range passwords {
		text = p.ReplaceAllString(text, "${1}***")
	}
	return text
}

func (s scrubbed) Unwrap() error { return s.err }

var passwords = []*regexp.Regexp{
	regexp.MustCompile(`(://)[^/\s"'` + "`" + `]*@`),
	regexp.MustCompile(`(?i)((?:password|pwd|passwd)\s*=\s*)(?:'[^']*'|[^\s&;]+)`),
	regexp.MustCompile(`()[^\s:@"'` + "`" + `]+:[^\s@"'` + "`" + `]+@(?:tcp|unix)?\(`),
}
