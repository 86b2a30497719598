// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/race"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// ledger is a journal's database, and what was logged.
type ledger struct {
	db    *sql.DB
	watch watch
	made  int
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "journal.db")+"?_pragma=synchronous(0)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &ledger{db: db}
}

// carry records a change of a customer of its own and has client carry it out, once.
func (l *ledger) carry(t *testing.T, client any, change func(customer string) journal.Change) error {
	t.Helper()
	j, err := journal.New(journal.Config{ // a new one each time, for the last one lets an account rest that refused its keys
		DB: l.db, Dialect: journal.SQLite, Accounts: map[string]any{"a": client}, Logger: slog.New(l.watch.settings().log),
	})
	require.NoError(t, err)
	require.NoError(t, j.Migrate(t.Context()))
	l.made++
	_, err = j.Do(t.Context(), journal.Intent{Key: quota.Key("k" + strconv.Itoa(l.made)), Account: "a", Change: change(strconv.Itoa(1_000_000 + l.made))})
	l.watch.observe(err)
	return err
}

// written is every value of every row, and what is exported of them.
func (l *ledger) written(t *testing.T) string {
	t.Helper()
	var all bytes.Buffer
	for _, table := range []string{"resell_journal", "resell_intents", "resell_attempts"} {
		rows, err := l.db.QueryContext(t.Context(), "SELECT * FROM "+table)
		require.NoError(t, err)
		names, err := rows.Columns()
		require.NoError(t, err)
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		count := 0
		for ; rows.Next(); count++ {
			require.NoError(t, rows.Scan(into...))
			_, _ = fmt.Fprintf(&all, "%s\n", values)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.Positive(t, count, table)
	}
	j, err := journal.New(journal.Config{DB: l.db, Dialect: journal.SQLite, Accounts: map[string]any{"a": freezer{}}})
	require.NoError(t, err)
	entries := j.Entries(t.Context(), journal.Filter{})
	require.NoError(t, journal.WriteCSV(&all, entries))
	require.NoError(t, journal.WriteJSON(&all, entries))
	return all.String()
}

// freezer is an account that fails to freeze.
type freezer struct{ err error }

func (f freezer) Freeze(context.Context, quota.Freeze) (quota.Receipt, error) {
	return quota.Receipt{}, f.err
}

func (f freezer) Unfreeze(context.Context, quota.Freeze) (quota.Receipt, error) {
	return quota.Receipt{}, f.err
}

func TestJournalHoldsNoSecret(t *testing.T) {
	five, ten := quota.MustMoney("5 CNY"), quota.MustMoney("10 USD")
	freeze := func(customer string) journal.Change { return journal.Freeze{Customer: customer, Reason: "unpaid"} }
	changes := map[string][]func(customer string) journal.Change{
		"alibaba": {
			freeze,
			func(customer string) journal.Change { return journal.CreateQuota{Customer: customer, Limit: five} },
			func(customer string) journal.Change { return journal.SetQuota{Customer: customer, Limit: five} },
			func(customer string) journal.Change { return journal.Increase{Customer: customer, Amount: five} },
			func(customer string) journal.Change { return journal.TopUp{Customer: customer, Amount: five} },
		},
		"huawei": {
			freeze,
			func(customer string) journal.Change { return journal.SetQuota{Customer: customer, Limit: ten} },
			func(customer string) journal.Change { return journal.TopUp{Customer: customer, Amount: ten} },
			func(customer string) journal.Change {
				return journal.SetBudget{Customer: customer, Limit: ten, Period: quota.OneOff}
			},
		},
	}
	for cloud := range clouds {
		t.Run(cloud, func(t *testing.T) {
			t.Parallel()
			own, _, _ := strings.Cut(cloud, " ")
			var faults []fault.Fault
			for _, spell := range repeated {
				faults = append(faults, repeating(cloud, envelopes[own], spell)...)
			}
			for name, put := range envelopes {
				if name != own {
					faults = append(faults, repeating(cloud, put, repeated[plainly])...)
				}
			}
			for _, f := range fault.All() {
				if !f.Hang && f.Drip == 0 {
					faults = append(faults, f)
				}
			}
			l := newLedger(t)
			on := clouds[cloud](t, settings{patience: time.Second})
			failed := 0
			for i, f := range faults {
				if race.Enabled && i%8 != 0 {
					continue
				}
				for _, change := range changes[own] {
					on.faults.Add("*", f, f)
					if l.carry(t, on.client, change) != nil {
						failed++
					}
					for more := true; more; {
						_, more = on.faults.Next("*")
					}
				}
			}
			require.Greater(t, failed, l.made/2)
			require.Empty(t, found(l.written(t)), l.written(t))
			l.watch.clean(t, failed, l.made)
		})
	}
}

// The control: an account whose own error tells a secret is found in the rows, in the export and in the log.
func TestJournalThatHoldsASecretIsFound(t *testing.T) {
	for name, err := range map[string]error{
		"message": &errors.Error{Class: errors.ErrDenied, Message: "not with " + secret},
		"code":    &errors.Error{Class: errors.ErrDenied, Code: keyID},
		"request": &errors.Error{Class: errors.ErrDenied, RequestID: token},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			require.Error(t, l.carry(t, freezer{err}, func(customer string) journal.Change { return journal.Freeze{Customer: customer} }))
			require.NotEmpty(t, found(l.written(t)))
			require.NotEmpty(t, found(l.watch.lines.String()))
		})
	}
}
