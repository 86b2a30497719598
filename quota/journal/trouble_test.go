// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
)

// counting is a cloud that counts what reaches it.
type counting struct{ sent int }

func (c *counting) IncreaseConsumption(context.Context, quota.Adjustment) (quota.Receipt, error) {
	c.sent++
	return quota.Receipt{}, nil
}

func (c *counting) DecreaseConsumption(context.Context, quota.Adjustment) (quota.Receipt, error) {
	c.sent++
	return quota.Receipt{}, nil
}

// A database that is full refuses before anything is sent, and says so.
func TestAFullDatabaseRefusesBeforeAnythingIsSent(t *testing.T) {
	db := testdb.Open(t, SQLite)
	db.SetMaxOpenConns(1) // the limit below is a connection's
	cloud := new(counting)
	j, err := New(Config{DB: db.DB, Dialect: SQLite, Lease: 200 * time.Millisecond, Accounts: map[string]any{"a": cloud}})
	require.NoError(t, err)
	require.NoError(t, j.Migrate(t.Context()))
	_, err = db.ExecContext(t.Context(), "PRAGMA max_page_count = 60")
	require.NoError(t, err)

	intent := func(n int) Intent {
		return Intent{Key: quota.KeyFor("full", strconv.Itoa(n)), Account: "a", Change: Decrease{
			Customer: customer, Amount: quota.MustMoney("1.00 CNY"), Metadata: map[string]string{"note": strings.Repeat("x", 250)},
		}}
	}
	enqueue := func(n int) error {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
		if err := j.Enqueue(t.Context(), tx, intent(n)); err != nil {
			return err
		}
		return tx.Commit()
	}
	n := 0
	for ; err == nil && n < 10_000; n++ {
		err = enqueue(n)
	}
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorContains(t, err, "full")
	_, err = j.Do(t.Context(), intent(n))
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorContains(t, err, "full")
	require.Zero(t, cloud.sent, "nothing is sent that could not be recorded")

	_, err = db.ExecContext(t.Context(), "PRAGMA max_page_count = 6000") // the control: with room it goes on
	require.NoError(t, err)
	_, err = j.Do(t.Context(), intent(n))
	require.NoError(t, err)
	require.Equal(t, 1, cloud.sent)
}

// What a driver quotes of a data source's name is not passed on.
func TestErrorsOfTheDatabaseHaveNoPassword(t *testing.T) {
	for _, text := range []string{
		"cannot connect to postgres://shop:hunter2@db.example:5432/shop",
		"failed: host=db user=shop password=hunter2 sslmode=disable",
		"failed: password='hunter2' user=shop",
		"dial shop:hunter2@tcp(127.0.0.1:3306)/shop: refused",
		"dial shop:hunter2@unix(/run/mysqld.sock)/shop: refused",
		"open mysql://shop:hunter2@db/shop?pwd=hunter2",
	} {
		err := trouble("reading", errors.New(text))
		require.NotContains(t, err.Error(), "hunter2")
		require.ErrorIs(t, err, errors.ErrUnavailable)
		require.NotContains(t, plain(err).Error(), "hunter2")
	}
	require.Contains(t, trouble("reading", errors.New("disk on fire")).Error(), "disk on fire", "the control: nothing else is lost")
	require.ErrorIs(t, trouble("recording", sql.ErrTxDone), errors.ErrInvalid)
	require.NoError(t, trouble("reading", nil))
}

// coded is an error as the drivers of PostgreSQL have them.
type coded string

func (c coded) Error() string    { return "failed with " + string(c) }
func (c coded) SQLState() string { return string(c) }

// Only what the database itself refused is known not to be recorded.
func TestWhatIsKnownNotToBeRecorded(t *testing.T) {
	for _, c := range []struct {
		name    Dialect
		err     error
		refused bool
	}{
		{Postgres, coded("53100"), true}, // disk full
		{Postgres, coded("25006"), true}, // read-only
		{Postgres, coded("42P01"), true}, // no such table
		{Postgres, coded("08006"), false},
		{Postgres, coded("57P01"), false}, // the server shuts down
		{Postgres, errors.New("connection reset by peer"), false},
		{Postgres, context.DeadlineExceeded, false},
		{SQLite, errors.New("database or disk is full (13)"), true},
	} {
		require.Equal(t, c.refused, (&sqlStore{d: dialects[c.name]}).refused(c.err), "%s: %v", c.name, c.err)
	}
}

// A database that is gone: nothing is recorded, nothing is sent.
func TestDoOnADatabaseThatIsClosed(t *testing.T) {
	for _, d := range []Dialect{SQLite, Postgres, MySQL} {
		t.Run(string(d), func(t *testing.T) {
			db := testdb.Open(t, d)
			cloud := new(counting)
			j, err := New(Config{DB: db.DB, Dialect: d, Accounts: map[string]any{"a": cloud}})
			require.NoError(t, err)
			require.NoError(t, j.Migrate(t.Context()))
			i := Intent{Key: "k1", Account: "a", Change: Decrease{Customer: customer, Amount: quota.MustMoney("1.00 CNY")}}
			_, err = j.Do(t.Context(), i)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			i.Key = "k2"
			_, err = j.Do(t.Context(), i)
			require.Error(t, err)
			require.Contains(t, []error{errors.ErrUnavailable, errors.ErrUncertain}, errors.Class(err))
			require.Equal(t, 1, cloud.sent)
		})
	}
}
