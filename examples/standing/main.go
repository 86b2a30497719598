// SPDX-License-Identifier: Apache-2.0

// Standing prints how the customers of both clouds stand: limit, used, remaining, frozen.
//
//	go run ./examples/standing
//
// runs on fake clouds inside this program with 500 customers on each: no account, nothing leaves the machine. On a
// terminal it shows its progress; in a pipe only the table comes out. What a cloud does not tell is shown as "?".
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"text/tabwriter"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
)

func main() {
	customers := flag.Int("customers", 500, "how many customers each fake cloud has")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	progress := io.Discard
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		progress = os.Stderr
	}
	if err := run(ctx, *customers, os.Stdout, progress); err != nil {
		log.Fatal(err)
	}
}

// cloud is what this program needs of one: who the customers are, and how they stand.
type cloud interface {
	quota.Directory
	quota.StandingReader
}

func run(ctx context.Context, customers int, out, progress io.Writer) error {
	var fakeAlibaba alibabatest.Server
	if _, err := fakeAlibaba.Start(""); err != nil {
		return err
	}
	defer fakeAlibaba.Close()
	var fakeHuawei huaweitest.Server
	if _, err := fakeHuawei.Start(""); err != nil {
		return err
	}
	defer fakeHuawei.Close()
	populate(customers, &fakeAlibaba, &fakeHuawei)

	ali, err := alibaba.New(fakeAlibaba.Config())
	if err != nil {
		return err
	}
	hua, err := huawei.New(fakeHuawei.Config())
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "cloud\tcustomer\tlimit\tused\tremaining\tfrozen\t")
	for _, c := range []struct {
		name string
		cloud
	}{{"alibaba", ali}, {"huawei", hua}} {
		if err := report(ctx, c.name, c.cloud, table, progress); err != nil {
			return err
		}
	}
	return table.Flush()
}

// report writes one row for each customer of one cloud.
func report(ctx context.Context, name string, c cloud, table, progress io.Writer) error {
	var ids []string
	frozen := map[string]*bool{} // some clouds tell it in the list, some with the standing
	for customer, err := range c.Customers(ctx) {
		if err != nil {
			return err
		}
		ids = append(ids, customer.ID)
		frozen[customer.ID] = customer.Frozen
	}
	done := 0
	for s, err := range c.Standings(ctx, ids...) {
		if ctx.Err() != nil {
			return err
		}
		if done++; done%25 == 0 || done == len(ids) {
			_, _ = fmt.Fprintf(progress, "\r%s: %d of %d customers", name, done, len(ids))
		}
		if err != nil { // of this customer: the others go on
			_, _ = fmt.Fprintf(table, "%s\t%s\t\t\t\t%v\t\n", name, s.Customer, errors.Class(err))
			continue
		}
		if s.Frozen == nil {
			s.Frozen = frozen[s.Customer]
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t\n", name, s.Customer, money(s.Limit), money(s.Used), money(s.Available), yesNo(s.Frozen))
	}
	_, _ = fmt.Fprintln(progress)
	return nil
}

func money(m *quota.Money) string {
	if m == nil {
		return "?"
	}
	return m.String()
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "?"
	case *b:
		return "yes"
	}
	return "no"
}
