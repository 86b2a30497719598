// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/quota"
)

// shop is what all processes of the backend know.
type shop struct {
	dsn, cloud string
	name       string // in front of each order's number: no two runs have the same orders
	orders     int
}

// keepRunning is what systemd or Kubernetes does for a backend: a process that was killed is started again. The first one
// kills itself when it has sent half of its share.
func keepRunning(ctx context.Context, s shop, n, workers int, out *log.Logger) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for dieAfter := (s.orders/workers + 1) / 2; ; dieAfter = 0 {
		args := append([]string{"service"}, s.args(n, workers, dieAfter)...)
		process := exec.CommandContext(ctx, self, args...) //nolint:gosec // this program itself
		var said strings.Builder
		process.Stderr = &said
		if _, err := process.StdinPipe(); err != nil { // open for as long as this program lives
			return err
		}
		err := process.Run()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case dieAfter == 0 || process.ProcessState.ExitCode() >= 0: // it was not killed
			return fmt.Errorf("process %d of the backend: %w\n%s", n+1, err, said.String())
		}
		out.Printf("process %d killed itself (kill -9) after %d answers of the cloud; it is started again", n+1, dieAfter)
	}
}

// mortal is the cloud's client in a process that dies at the worst of all moments: the cloud has booked and answered, and
// nobody has written it down.
type mortal struct {
	*alibaba.Client
	left atomic.Int64 // answers until it dies
}

func mortally(client *alibaba.Client, dieAfter int) *mortal {
	m := &mortal{Client: client}
	m.left.Store(int64(dieAfter))
	return m
}

// DecreaseConsumption is what a top-up is on this cloud.
func (m *mortal) DecreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	receipt, err := m.Client.DecreaseConsumption(ctx, a)
	if m.left.Add(-1) == 0 {
		self, _ := os.FindProcess(os.Getpid()) // there is one
		_ = self.Kill()
		select {}
	}
	return receipt, err
}

const customers = 20

func customer(n int) string { return fmt.Sprintf("14420983%08d", n%customers) }

func price(n int) quota.Money { return quota.MustMoney(strconv.Itoa(10+n%90) + ".00 CNY") }

func (s shop) orderID(n int) string { return fmt.Sprintf("%s-%04d", s.name, n+1) }

// args and parse are the command line of a process.
func (s shop) args(share, shares, dieAfter int) []string {
	return []string{
		"-dsn", s.dsn, "-cloud", s.cloud, "-name", s.name, "-orders", strconv.Itoa(s.orders),
		"-share", strconv.Itoa(share), "-shares", strconv.Itoa(shares), "-die-after", strconv.Itoa(dieAfter),
	}
}

func parse(args []string) (s shop, share, shares, dieAfter int, err error) {
	f := flag.NewFlagSet("service", flag.ContinueOnError)
	f.StringVar(&s.dsn, "dsn", "", "the database")
	f.StringVar(&s.cloud, "cloud", "", "where the cloud is")
	f.StringVar(&s.name, "name", "", "in front of the numbers of the orders")
	f.IntVar(&s.orders, "orders", 0, "how many there are")
	f.IntVar(&share, "share", 0, "which of them come to this process")
	f.IntVar(&shares, "shares", 1, "of how many processes")
	f.IntVar(&dieAfter, "die-after", 0, "after how many answers the process kills itself; 0: never")
	err = f.Parse(args)
	return s, share, shares, dieAfter, err
}
