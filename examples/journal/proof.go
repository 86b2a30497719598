// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
)

// prove holds the cloud's log and books against the orders. The journal is asked last: it is what is to be proved.
func prove(ctx context.Context, s shop, cloud *alibabatest.Server, out io.Writer) error {
	sent, booked := map[quota.Key]int{}, map[quota.Key]int{}
	for _, r := range cloud.Requests() {
		sent[quota.Key(r.Params.Get("OutBizId"))]++
	}
	for _, c := range cloud.Quota.Changes("") {
		booked[c.Key]++
	}
	db, j, err := open(s, 0)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	requests, again, takenOver := 0, 0, 0
	for n := range s.orders {
		key := quota.KeyFor("topup", s.orderID(n))
		if booked[key] != 1 {
			return fmt.Errorf("order %s was booked %d times", s.orderID(n), booked[key])
		}
		if requests += sent[key]; sent[key] > 1 {
			again++
		}
		entry, err := j.Entry(ctx, key)
		if err != nil {
			return err
		}
		if entry.State != journal.Applied {
			return errors.New("the journal says that order " + s.orderID(n) + " is " + string(entry.State))
		}
		attempts, err := j.Attempts(ctx, key)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			if a.Lost {
				takenOver++
			}
		}
	}
	_, _ = fmt.Fprintf(out, "journal: %d applied; %d attempts were under way when a process died, and were taken over\n", s.orders, takenOver)
	_, _ = fmt.Fprintf(out, "cloud:   %d requests for %d orders; %d orders were sent more than once, with the key they had\n", requests, s.orders, again)
	_, _ = fmt.Fprintf(out, "         %d bookings: each order was booked exactly once\n", s.orders)
	return nil
}
