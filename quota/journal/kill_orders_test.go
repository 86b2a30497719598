// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/quotatest"
)

// order is one order of the shop: a change that must be booked once. Its number gives everything else, so that a worker
// process knows it too; and no two orders have the same amount, so that a booking tells whose it is, whatever its key.
type order struct {
	id       int
	customer string
	op       string // as the fake books it
	amount   quota.Money
}

const (
	increased = "IncreaseConsumption"
	decreased = "DecreaseConsumption"
	limited   = "SetQuota"

	customers = 40
	// setQuotaOn customers, these many times each.
	limitsOn, limitsEach = 5, 6
)

func customerID(n int) string { return fmt.Sprintf("14420983%08d", n%customers) }

func numbered(id int) order {
	o := order{id: id, customer: customerID(id), op: decreased, amount: quota.Money{Amount: decimal.New(int64(id), -2), Currency: quota.CNY}}
	if id%3 == 0 {
		o.op = increased
	}
	return o
}

func (o order) key() quota.Key { return quota.KeyFor("order", strconv.Itoa(o.id)) }

// intent is the order's; one in three is a top-up, which is a decrease on this cloud.
func (o order) intent() journal.Intent {
	i := journal.Intent{Key: o.key(), Account: account}
	switch {
	case o.op == increased:
		i.Change = journal.Increase{Customer: o.customer, Amount: o.amount}
	case o.id%3 == 1:
		i.Change = journal.Decrease{Customer: o.customer, Amount: o.amount}
	default:
		i.Change = journal.TopUp{Customer: o.customer, Amount: o.amount}
	}
	return i
}

// limit is the nth limit of a customer.
func limit(customer string, n int) journal.Intent {
	return journal.Intent{
		Key: quota.KeyFor("limit", customer, strconv.Itoa(n)), Account: account,
		Change: journal.SetQuota{Customer: customer, Limit: limitAmount(n)},
	}
}

func limitAmount(n int) quota.Money {
	return quota.Money{Amount: decimal.NewFromInt(int64(1000 + n)), Currency: quota.CNY}
}

// makeShop makes the shop's own table.
func makeShop(t testing.TB, db *sql.DB) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), "CREATE TABLE shop_orders (id BIGINT PRIMARY KEY, done INT NOT NULL)")
	require.NoError(t, err)
}

func openOrders(ctx context.Context, db *sql.DB, and string) (ids []int, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id FROM shop_orders WHERE done = 0"+and)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// audit holds the provider's books against the orders: how many are not in the books, how many bookings there are beyond
// the first of an order, and which ones belong to no order.
func audit(orders []order, changes []quotatest.Change) (lost, doubled int, strange []quotatest.Change) {
	booked := make(map[string]int)
	name := func(op, customer string, amount quota.Money) string {
		return op + " " + customer + " " + amount.String()
	}
	for _, o := range orders {
		booked[name(o.op, o.customer, o.amount)] = 0
	}
	for _, c := range changes {
		if c.Op == limited {
			continue
		}
		n, known := booked[name(c.Op, c.Customer, c.Amount)]
		switch {
		case !known:
			strange = append(strange, c)
			continue
		case n > 0:
			doubled++
		}
		booked[name(c.Op, c.Customer, c.Amount)]++
	}
	for _, n := range booked {
		if n == 0 {
			lost++
		}
	}
	return lost, doubled, strange
}

// The audit finds what it is for.
func TestAudit(t *testing.T) {
	orders := []order{numbered(1), numbered(2), numbered(3)}
	booking := func(o order) quotatest.Change {
		return quotatest.Change{Op: o.op, Customer: o.customer, Amount: o.amount}
	}
	lost, doubled, strange := audit(orders, []quotatest.Change{booking(orders[0]), booking(orders[2]), booking(orders[0]), booking(numbered(4))})
	require.Equal(t, []int{1, 1, 1}, []int{lost, doubled, len(strange)})
	lost, doubled, strange = audit(orders, []quotatest.Change{booking(orders[2]), booking(orders[1]), booking(orders[0])})
	require.Equal(t, []int{0, 0, 0}, []int{lost, doubled, len(strange)})
}
