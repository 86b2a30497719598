// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
)

// service is one process of the backend: it takes orders, and sends what is due.
func service(ctx context.Context, args []string) error {
	s, share, shares, dieAfter, err := parse(args)
	if err != nil {
		return err
	}
	db, j, err := open(s, dieAfter)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the process ends

	// In every process, next to what else it does: Run sends what any of them recorded, and takes up what a dead one left.
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- j.Run(ctx)
		stop() // an error at once, such as a schema that is missing: then the rest must end too
	}()

	// This process's share of the orders. After a restart they all come again, as from customers who saw no answer.
	for n := share; n < s.orders && err == nil; n += shares {
		err = takeOrder(ctx, db, j, s.orderID(n), customer(n), price(n))
	}
	if err == nil {
		err = untilSettled(ctx, j)
	}
	stop() // Run records what it knows of the calls under way, and returns
	return errors.Join(<-ended, err)
}

// takeOrder records an order and what is to be sent for it, in one transaction: there is never the one without the other.
// The key comes from the order: it is the same whoever records the order, and however often. An order that comes again is
// no mistake; one with another amount is errors.ErrKeyReused.
func takeOrder(ctx context.Context, db *sql.DB, j *journal.Journal, id, customer string, amount quota.Money) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	_, err = tx.ExecContext(ctx, "INSERT INTO shop_orders (id, customer, amount) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", id, customer, amount.String())
	if err != nil {
		return err
	}
	err = j.Enqueue(ctx, tx, journal.Intent{
		Key:     quota.KeyFor("topup", id),
		Account: "alibaba",
		Change:  journal.TopUp{Customer: customer, Amount: amount},
	})
	if err != nil {
		return err
	}
	return tx.Commit()
}

// open connects to the database and the cloud.
func open(s shop, dieAfter int) (*sql.DB, *journal.Journal, error) {
	driver, dialect := "sqlite", journal.SQLite
	if isPostgres(s.dsn) {
		driver, dialect = "pgx", journal.Postgres
	}
	client, err := alibaba.New(alibaba.Config{
		Site: alibaba.China, Endpoint: s.cloud,
		Credentials: alibaba.Credentials{AccessKeyID: alibabatest.DefaultAccessKeyID, AccessKeySecret: alibabatest.DefaultAccessKeySecret},
	})
	if err != nil {
		return nil, nil, err
	}
	db, err := sql.Open(driver, s.dsn)
	if err != nil {
		return nil, nil, err
	}
	j, err := journal.New(journal.Config{
		DB: db, Dialect: dialect,
		Accounts: map[string]any{"alibaba": mortally(client, dieAfter)}, // a backend puts its client here as it is
		Lease:    2 * time.Second,                                       // so that nobody waits long in this example; leave the default
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, j, nil
}

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// sqliteDSN: processes wait for each other's locks. A transaction takes its lock at the beginning (immediate); one that
// only notices at its first write that it needs one fails if another has written meanwhile.
func sqliteDSN(path string) string {
	return "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate"
}

// prepare is what a deployment does, once.
func prepare(ctx context.Context, s shop) error {
	db, j, err := open(s, 0)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is under way
	if err := j.Migrate(ctx); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS shop_orders (id VARCHAR(64) PRIMARY KEY, customer VARCHAR(64) NOT NULL, amount VARCHAR(64) NOT NULL)")
	return err
}

// untilSettled waits until nothing is open. A backend needs no such thing, it just goes on; this example has an end.
func untilSettled(ctx context.Context, j *journal.Journal) error {
	for {
		stats, err := j.Stats(ctx)
		if err != nil {
			return err
		}
		if stats.ByState[journal.Pending]+stats.ByState[journal.Sending]+stats.ByState[journal.Uncertain] == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
