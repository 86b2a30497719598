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

	do := func(n int) error {
		_, err := j.Do(t.Context(), Intent{Key: quota.KeyFor("full", strconv.Itoa(n)), Account: "a", Change: Decrease{
			Customer: customer, Amount: quota.MustMoney("1.00 CNY"), Metadata: map[string]string{"note": strings.Repeat("x", 250)},
		}})
		return err
	}
	n := 0
	for ; err == nil && n < 10_000; n++ {
		err = do(n)
	}
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorContains(t, err, "full")
	before := cloud.sent
	require.Error(t, do(n))
	require.Equal(t, before, cloud.sent, "nothing is sent that could not be recorded")

	_, err = db.ExecContext(t.Context(), "PRAGMA max_page_count = 6000") // the control: with room it goes on
	require.NoError(t, err)
	require.NoError(t, do(n))
	require.Equal(t, before+1, cloud.sent)
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
