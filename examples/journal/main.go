// SPDX-License-Identifier: Apache-2.0

// Journal is a shop that sells top-ups. Its backend is killed in the middle of its work, starts again, and finishes; then
// the cloud's own books show that each order was booked exactly once.
//
//	go run ./examples/journal
//
// runs on a fake cloud inside this program and on SQLite in a temporary folder: no account, nothing leaves the machine.
// On PostgreSQL, with several processes of the backend, in a database that may be thrown away:
//
//	go run ./examples/journal -dsn postgres://user:password@127.0.0.1/scratch -workers 3
//
// What a backend copies from here is in service.go. This file starts the cloud and the processes, process.go says how those
// live and die, proof.go looks at the books.
package main

import (
	"context"
	"flag"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "service" { // started by this program, and ends with it
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
		if err := service(ctx, os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	dsn := flag.String("dsn", "", "a PostgreSQL database, postgres://…; empty: SQLite in a temporary folder")
	orders := flag.Int("orders", 200, "how many orders come in, 1 to 2000")
	workers := flag.Int("workers", 1, "how many processes of the backend there are, 1 to 20")
	flag.Parse()
	if err := run(ctx, *dsn, *orders, *workers, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dsn string, orders, workers int, to io.Writer) error {
	out := log.New(to, "", 0) // many may write to it at once
	if orders < 1 || orders > 2000 || workers < 1 || workers > 20 {
		return errors.New("-orders must be 1 to 2000, and -workers 1 to 20")
	}
	name := "PostgreSQL"
	switch {
	case dsn == "":
		dir, err := os.MkdirTemp("", "resell-journal-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		name, dsn = "SQLite", sqliteDSN(filepath.Join(dir, "shop.db"))
	case !isPostgres(dsn):
		return errors.New("-dsn must begin with postgres:// or postgresql://")
	}
	s := shop{dsn: dsn, name: string(quota.NewKey()[:8]), orders: orders}
	if err := prepare(ctx, s); err != nil {
		return err
	}
	var cloud alibabatest.Server
	var err error
	if s.cloud, err = cloud.Start(""); err != nil {
		return err
	}
	defer cloud.Close()
	for n := range customers {
		cloud.Quota.Update(customer(n), func(c *quotatest.State) { c.Opened, c.Limit = true, quota.MustMoney("1000.00 CNY") })
	}
	// One request in ten is lost: half of those before the cloud carries them out, half after. The others take a while.
	cloud.Faults.Rate("*", 0.05, 1, fault.LostRequest)
	cloud.Faults.Rate("*", 0.05, 2, fault.LostReply)
	cloud.Faults.Rate("*", 1, 3, fault.Fault{Name: "slow", Delay: 10 * time.Millisecond})

	out.Printf("%d orders; processes of the backend: %d; database: %s; the cloud loses one request in ten", orders, workers, name)
	began := time.Now()
	ended := make(chan error)
	for n := range workers {
		go func() { ended <- keepRunning(ctx, s, n, workers, out) }()
	}
	for range workers {
		err = errors.Join(err, <-ended)
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case err != nil:
		return err
	}
	out.Printf("all orders are settled, after %.1f s", time.Since(began).Seconds())
	return prove(ctx, s, &cloud, to)
}
