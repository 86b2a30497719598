// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// The order and its top-up are recorded together; a worker sends what was recorded.
func Example() {
	cloud, client, db, closeAll := fakeShop()
	defer closeAll()

	shop := func(ctx context.Context, orderID, customer string) error {
		j, err := journal.New(journal.Config{
			DB:       db, // any *sql.DB
			Dialect:  journal.SQLite,
			Accounts: map[string]any{"alibaba": client},
		})
		if err != nil {
			return err
		}
		if err := j.Migrate(ctx); err != nil { // when you deploy
			return err
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // after the commit it does nothing
		if _, err := tx.ExecContext(ctx, "INSERT INTO orders (id) VALUES (?)", orderID); err != nil {
			return err
		}
		if err := j.Enqueue(ctx, tx, journal.Intent{
			Key:     quota.KeyFor("topup", orderID),
			Account: "alibaba",
			Change:  journal.TopUp{Customer: customer, Amount: quota.MustMoney("100.00 CNY")},
		}); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil { // both are recorded, or neither is
			return err
		}
		return j.Run(ctx) // in every replica: it sends what is due, until ctx ends
	}

	cloud.Faults.Add("ChangeResellerConsumeAmount", fault.LostReply)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := shop(ctx, "order 42", "1234567890123456"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("booked:", len(cloud.Quota.Changes("1234567890123456")))
	// Output: booked: 1
}

// Do records and sends at once; and it catches a key that is used for something else, before anything is sent.
func ExampleJournal_Do() {
	_, client, db, closeAll := fakeShop()
	defer closeAll()
	ctx := context.Background()
	j, err := journal.New(journal.Config{DB: db, Dialect: journal.SQLite, Accounts: map[string]any{"alibaba": client}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := j.Migrate(ctx); err != nil {
		fmt.Println(err)
		return
	}
	topUp := journal.Intent{
		Key: quota.KeyFor("topup", "order 43"), Account: "alibaba",
		Change: journal.TopUp{Customer: "1234567890123456", Amount: quota.MustMoney("5.00 CNY")},
	}
	receipt, err := j.Do(ctx, topUp)
	fmt.Println(receipt.Consumed, err)
	receipt, err = j.Do(ctx, topUp) // the same again: nothing is sent
	fmt.Println(receipt.Consumed, err)
	topUp.Change = journal.TopUp{Customer: "1234567890123456", Amount: quota.MustMoney("6.00 CNY")}
	_, err = j.Do(ctx, topUp)
	fmt.Println(errors.Class(err))
	// Output:
	// 315.00 CNY <nil>
	// 315.00 CNY <nil>
	// key reused
}

// fakeShop is a cloud with one customer, who has consumed 320 of 500, a client for it, and a shop's database.
func fakeShop() (*alibabatest.Server, *alibaba.Client, *sql.DB, func()) {
	cloud := new(alibabatest.Server)
	if _, err := cloud.Start(""); err != nil {
		panic(err)
	}
	cloud.Quota.Update("1234567890123456", func(c *quotatest.State) {
		c.Opened, c.Limit, c.Consumed = true, quota.MustMoney("500.00 CNY"), quota.MustMoney("320.00 CNY")
	})
	client, err := alibaba.New(cloud.Config())
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		panic(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "shop.db"))+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		panic(err)
	}
	if _, err := db.ExecContext(context.Background(), "CREATE TABLE orders (id TEXT PRIMARY KEY)"); err != nil {
		panic(err)
	}
	return cloud, client, db, func() {
		_ = db.Close()
		cloud.Close()
		_ = os.RemoveAll(dir)
	}
}
