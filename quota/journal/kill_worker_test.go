// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
)

// job is what a worker process does. It comes in the environment; the end of its standard input ends the process, so that
// none outlives the test.
type job struct {
	Role        string // a name in roles
	Dialect     journal.Dialect
	Driver, DSN string
	Endpoint    string // of the fake
	Lease       time.Duration
	Workers     int
	Slot, Slots int // of the naive workers: which share of the orders
}

const (
	jobVariable = "RESELL_JOURNAL_TEST_JOB"
	account     = "shop"
)

var roles = map[string]func(context.Context, job, *sql.DB, *alibaba.Client) error{
	"run":   runJournal,
	"do":    doAsTold,
	"naive": runNaive,
}

// A test binary that finds a job is a worker process: what kill -9, SIGSTOP and a race between processes do can only be
// seen in processes.
func init() {
	text := os.Getenv(jobVariable)
	if text == "" {
		return
	}
	if err := work(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// work is the main function of a worker process.
func work(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	db, err := sql.Open(j.Driver, j.DSN)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // the process ends
	db.SetMaxIdleConns(j.Workers + 2)
	client, err := alibaba.New(clientConfig(j.Endpoint))
	if err != nil {
		return err
	}
	return roles[j.Role](context.Background(), j, db, client)
}

// clientConfig: two requests in one call, so that a lost reply is settled now within the call and now by the journal.
func clientConfig(endpoint string) alibaba.Config {
	var fake alibabatest.Server
	c := fake.Config()
	c.Endpoint, c.Retry.Attempts = endpoint, 2
	return c
}

func openJournal(j job, db *sql.DB, client any) (*journal.Journal, error) {
	return journal.New(journal.Config{
		DB: db, Dialect: j.Dialect, Accounts: map[string]any{account: client}, Lease: j.Lease, Workers: j.Workers,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
}

// untilEOF ends the returned context when standard input does.
func untilEOF(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

func runJournal(ctx context.Context, j job, db *sql.DB, client *alibaba.Client) error {
	sender, err := openJournal(j, db, client)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return sender.Run(untilEOF(ctx))
}

// errand is one call of Do, as a line of input; answer is the line of output.
type errand struct {
	Key      quota.Key
	Customer string
	Amount   string
}

type answer struct {
	Class     string // empty: applied
	RequestID string
	Text      string
}

func doAsTold(ctx context.Context, j job, db *sql.DB, client *alibaba.Client) error {
	sender, err := openJournal(j, db, client)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var e errand
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			return err
		}
		receipt, err := sender.Do(ctx, journal.Intent{Key: e.Key, Account: account, Change: journal.Increase{Customer: e.Customer, Amount: quota.MustMoney(e.Amount)}})
		a := answer{RequestID: receipt.RequestID}
		if err != nil {
			a.Class, a.Text = errors.Class(err).Error(), err.Error()
		}
		line, err := json.Marshal(a)
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}

// runNaive is what many a backend does: a flag on the order, set after the call, and a key made for the call. Each worker
// has orders of its own, so that whatever is doubled was doubled by a crash or a lost reply, and not by a race.
func runNaive(ctx context.Context, j job, db *sql.DB, client *alibaba.Client) error {
	fmt.Println("ready")
	ctx = untilEOF(ctx)
	var all sync.WaitGroup
	for n := range j.Workers {
		all.Go(func() { naive(ctx, db, client, j.Slots*j.Workers, j.Slot*j.Workers+n) })
	}
	all.Wait()
	return nil
}

func naive(ctx context.Context, db *sql.DB, client *alibaba.Client, shares, share int) {
	for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		ids, err := openOrders(ctx, db, " AND id % "+strconv.Itoa(shares)+" = "+strconv.Itoa(share))
		if err != nil {
			continue
		}
		for _, id := range ids {
			if sendOrder(ctx, client, numbered(id), quota.NewKey()) == nil {
				_, _ = db.ExecContext(ctx, "UPDATE shop_orders SET done = 1 WHERE id = "+strconv.Itoa(id)) // else it is sent again
			}
		}
	}
}

// sendOrder sends an order's change without a journal.
func sendOrder(ctx context.Context, client *alibaba.Client, o order, key quota.Key) error {
	a := quota.Adjustment{Customer: o.customer, Amount: o.amount, Key: key}
	send := client.DecreaseConsumption
	if o.op == increased {
		send = client.IncreaseConsumption
	}
	_, err := send(ctx, a)
	return err
}
