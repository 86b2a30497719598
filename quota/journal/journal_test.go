// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// noDB is a database with transactions, and nothing in it: memStore keeps what there is.
type noDB struct{}

func (d noDB) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d noDB) Driver() driver.Driver                        { return nil }
func (d noDB) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("no statements here") }
func (d noDB) Close() error                                 { return nil }
func (d noDB) Begin() (driver.Tx, error)                    { return d, nil }
func (d noDB) Commit() error                                { return nil }
func (d noDB) Rollback() error                              { return nil }

// client is a provider on which a test can act before each change.
type client struct {
	quotatest.Provider
	before   func(ctx context.Context, key quota.Key) error
	requests atomic.Int64
}

func (c *client) ask(ctx context.Context, key quota.Key) error {
	c.requests.Add(1)
	if c.before == nil {
		return nil
	}
	return c.before(ctx, key)
}

func (c *client) IncreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	if err := c.ask(ctx, a.Key); err != nil {
		return quota.Receipt{}, err
	}
	return c.Provider.IncreaseConsumption(ctx, a)
}

func (c *client) SetQuota(ctx context.Context, g quota.Grant) (quota.Receipt, error) {
	if err := c.ask(ctx, g.Key); err != nil {
		return quota.Receipt{}, err
	}
	return c.Provider.SetQuota(ctx, g)
}

// rig is a journal in memory with one account, "a".
type rig struct {
	*Journal
	mem    *memStore
	client *client
}

// newRig makes one. Inside synctest all times are the bubble's.
func newRig(t *testing.T, change ...func(*Journal)) *rig {
	t.Helper()
	db := sql.OpenDB(noDB{})
	t.Cleanup(func() { _ = db.Close() })
	c := &client{}
	c.Update(customer, func(s *quotatest.State) { s.Opened, s.Limit = true, quota.MustMoney("1000.00 CNY") })
	j, err := New(Config{DB: db, Dialect: SQLite, Accounts: map[string]any{"a": c}})
	require.NoError(t, err)
	mem := newMemStore(time.Now)
	j.store = mem
	for _, f := range change {
		f(j)
	}
	require.NoError(t, j.Migrate(t.Context()))
	r := &rig{Journal: j, mem: mem, client: c}
	open(r, "a")
	return r
}

func increase(key quota.Key) Intent {
	return Intent{Key: key, Account: "a", Change: Increase{Customer: customer, Amount: quota.MustMoney("5.00 CNY")}}
}

func setQuota(key quota.Key, limit string) Intent {
	return Intent{Key: key, Account: "a", Change: SetQuota{Customer: customer, Limit: quota.MustMoney(limit + " CNY")}}
}

func (r *rig) put(t *testing.T, all ...Intent) {
	t.Helper()
	for _, i := range all {
		tx, err := r.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, r.Enqueue(t.Context(), tx, i))
		require.NoError(t, tx.Commit())
	}
}

func (r *rig) get(t *testing.T, key quota.Key) Entry {
	t.Helper()
	e, err := r.Entry(t.Context(), key)
	require.NoError(t, err)
	return e
}

// made is how often something was changed.
func (r *rig) made() int { return len(r.client.Changes(customer)) }

// picky knows what a customer's id looks like.
type picky struct{ *quotatest.Provider }

func (picky) CheckCustomer(id string) error {
	if !strings.HasPrefix(id, "1") {
		return errors.Invalid("Customer", id, "must begin with 1")
	}
	return nil
}

// Bad input is named, and leaves nothing behind.
func TestEnqueueBadInput(t *testing.T) {
	five := quota.MustMoney("5.00 CNY")
	var p quotatest.Provider
	r := newRig(t, func(j *Journal) {
		j.accounts["picky"] = picky{&p}
		j.accounts["budgets"] = budgeter{&p}
	})
	tx, err := r.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, c := range []struct {
		name, field string
		intent      Intent
	}{
		{"no key", "Key", increase("")},
		{"key of 65 characters", "Key", increase(quota.Key(strings.Repeat("k", 65)))},
		{"key with a space", "Key", increase("a b")},
		{"key that is not ASCII", "Key", increase("schlüssel")},
		{"no account", "Intent.Account", Intent{Key: "k", Change: Increase{Customer: customer, Amount: five}}},
		{"unknown account", "Intent.Account", Intent{Key: "k", Account: "b", Change: Increase{Customer: customer, Amount: five}}},
		{"account that cannot do this", "Intent.Change", Intent{Key: "k", Account: "budgets", Change: Increase{Customer: customer, Amount: five}}},
		{"nil change", "Intent.Change", Intent{Key: "k", Account: "a"}},
		{"another key inside", "Intent.Change.Key", Intent{Key: "k", Account: "a", Change: Increase{Customer: customer, Amount: five, Key: "other"}}},
		{"another key inside a pointer", "Intent.Change.Key", Intent{Key: "k", Account: "a", Change: &Increase{Customer: customer, Amount: five, Key: "other"}}},
		{"another key inside a grant", "Intent.Change.Key", Intent{Key: "k", Account: "a", Change: SetQuota{Customer: customer, Limit: five, Key: "other"}}},
		{"no customer", "Customer", Intent{Key: "k", Account: "a", Change: Increase{Amount: five}}},
		{"customer of an unknown form", "Customer", Intent{Key: "k", Account: "picky", Change: Increase{Customer: "2000", Amount: five}}},
		{"three decimals", "Amount", Intent{Key: "k", Account: "a", Change: Increase{Customer: customer, Amount: quota.MustMoney("5.001 CNY")}}},
		{"three decimals of a top-up", "Amount", Intent{Key: "k", Account: "a", Change: TopUp{Customer: customer, Amount: quota.MustMoney("5.001 CNY")}}},
		{"nothing", "Amount", Intent{Key: "k", Account: "a", Change: Decrease{Customer: customer, Amount: quota.MustMoney("0.00 CNY")}}},
		{"no currency", "Amount", Intent{Key: "k", Account: "a", Change: Decrease{Customer: customer}}},
		{"metadata too large", "Metadata", Intent{Key: "k", Account: "a", Change: Increase{Customer: customer, Amount: five, Metadata: map[string]string{"n": strings.Repeat("x", 70_000)}}}},
		{"a budget of nothing", "Limit", Intent{Key: "k", Account: "budgets", Change: SetBudget{Customer: customer, Limit: quota.MustMoney("0.00 CNY")}}},
		{"a reason of two lines", "Reason", Intent{Key: "k", Account: "a", Change: Freeze{Customer: customer, Reason: "a\nb"}}},
		{"a transfer to a client without", "Intent.Change", Intent{Key: "k", Account: "a", Change: Transfer{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, err := range []error{r.Enqueue(t.Context(), tx, c.intent), second(r.Do(t.Context(), c.intent))} {
				require.ErrorIs(t, err, errors.ErrInvalid)
				require.ErrorContains(t, err, c.field)
			}
			require.Empty(t, r.mem.rows)
		})
	}
	t.Run("no transaction", func(t *testing.T) {
		err := r.Enqueue(t.Context(), nil, increase("k"))
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorContains(t, err, "tx")
		require.Empty(t, r.mem.rows)
	})
	t.Run("good input", func(t *testing.T) { // the control: the same, but for what is bad in it
		require.NoError(t, r.Enqueue(t.Context(), tx, increase("k")))
		require.Len(t, r.mem.rows, 1)
	})
	require.Empty(t, r.client.Changes(""))
}

func second[T any](_ T, err error) error { return err }

// A key stands for one intent, whoever comes with it; the same key inside the change makes no difference.
func TestEnqueueKeyReused(t *testing.T) {
	r := newRig(t)
	r.put(t, increase("k"))
	r.put(t, increase("k"))
	inside := increase("k")
	inside.Change = Increase{Customer: customer, Amount: quota.MustMoney("5 CNY"), Key: "k"}
	r.put(t, inside)
	other := increase("k")
	other.Change = Increase{Customer: customer, Amount: quota.MustMoney("6.00 CNY")}
	turned := increase("k")
	turned.Change = Decrease{Customer: customer, Amount: quota.MustMoney("5.00 CNY")}
	someone := increase("k")
	someone.Change = Increase{Customer: "1000000000000002", Amount: quota.MustMoney("5.00 CNY")}
	for _, i := range []Intent{other, turned, someone} {
		tx, err := r.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.ErrorIs(t, r.Enqueue(t.Context(), tx, i), errors.ErrKeyReused)
		require.NoError(t, tx.Rollback())
		require.ErrorIs(t, second(r.Do(t.Context(), i)), errors.ErrKeyReused)
	}
	require.Len(t, r.mem.rows, 1)
	require.Zero(t, r.client.requests.Load())
}

func TestNewBadInput(t *testing.T) {
	db := sql.OpenDB(noDB{})
	t.Cleanup(func() { _ = db.Close() })
	good := func() Config {
		return Config{DB: db, Dialect: SQLite, Accounts: map[string]any{"a": &quotatest.Provider{}}}
	}
	_, err := New(good())
	require.NoError(t, err)
	for _, c := range []struct {
		name, field string
		spoil       func(*Config)
	}{
		{"no database", "Config.DB", func(c *Config) { c.DB = nil }},
		{"no dialect", "Config.Dialect", func(c *Config) { c.Dialect = "" }},
		{"unknown dialect", "Config.Dialect", func(c *Config) { c.Dialect = "oracle" }},
		{"no accounts", "Config.Accounts", func(c *Config) { c.Accounts = nil }},
		{"account without a name", "Config.Accounts", func(c *Config) { c.Accounts[""] = &quotatest.Provider{} }},
		{"account with a space", "Config.Accounts", func(c *Config) { c.Accounts["a b"] = &quotatest.Provider{} }},
		{"account with a slash", "Config.Accounts", func(c *Config) { c.Accounts["a/b"] = &quotatest.Provider{} }},
		{"account with a long name", "Config.Accounts", func(c *Config) { c.Accounts[strings.Repeat("a", 65)] = &quotatest.Provider{} }},
		{"nil client", "Config.Accounts", func(c *Config) { c.Accounts["a"] = nil }},
		{"client that can do nothing", "Config.Accounts", func(c *Config) { c.Accounts["a"] = "client" }},
		{"window too short", "Config.Window", func(c *Config) { c.Window = time.Millisecond }},
		{"window too long", "Config.Window", func(c *Config) { c.Window = 31 * 24 * time.Hour }},
		{"negative window", "Config.Window", func(c *Config) { c.Window = -time.Hour }},
		{"lease too short", "Config.Lease", func(c *Config) { c.Lease = 99 * time.Millisecond }},
		{"lease too long", "Config.Lease", func(c *Config) { c.Lease = 2 * time.Hour }},
		{"negative workers", "Config.Workers", func(c *Config) { c.Workers = -1 }},
		{"too many workers", "Config.Workers", func(c *Config) { c.Workers = 1001 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good()
			c.spoil(&config)
			_, err := New(config)
			require.ErrorIs(t, err, errors.ErrInvalid)
			require.ErrorContains(t, err, c.field)
		})
	}
}

// Nothing works, and nothing is kept, where there is no schema.
func TestWithoutASchema(t *testing.T) {
	r := newRig(t)
	r.mem.migrated = false
	tx, err := r.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, prune := r.Prune(t.Context(), r.window)
	_, attempts := r.Attempts(t.Context(), "k")
	for _, err := range []error{
		r.Enqueue(t.Context(), tx, increase("k")), second(r.Do(t.Context(), increase("k"))), r.Run(t.Context()),
		second(r.Entry(t.Context(), "k")), second(r.Stats(t.Context())), prune, attempts,
		r.Resolve(t.Context(), "k", ItWasApplied, "me"),
	} {
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.ErrorContains(t, err, "Migrate")
	}
	for _, err := range r.Entries(t.Context(), Filter{}) {
		require.ErrorIs(t, err, errors.ErrInvalid)
	}
	require.Empty(t, r.mem.rows)
}
