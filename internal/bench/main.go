// SPDX-License-Identifier: Apache-2.0

// Bench measures one call of this library beside a hand-written floor and the vendor's own client, over loopback with
// the server in another process, and prints ratios: times of one machine mean nothing on another.
//
//	go run ./internal/bench          # a few minutes
//	go run ./internal/bench -short   # a few seconds, noisier
//
// Allocations and counts are exact. What one call costs on the client's side alone, without a network, is in the
// benchmarks of this package: go test -bench . ./internal/bench
//
// # What remains above the floor
//
// Ours saves what http.Client does around a transport (some ten allocations: the clone of the headers for redirects, that
// of the URL, readers around the reply), and spends on a call:
//
//   - the end of an attempt: a context with a deadline, its timer, and what net/http makes to watch it (seven
//     allocations). A call without one can hang for ever; it is nearly all of the time that is left in parallel, as the
//     column "floor with a timeout" shows.
//   - knowing whether anything was written: a trace (three). Without it every broken connection is a doubt.
//   - the conversation itself: what to sign, to judge, to repeat (four).
//   - at Alibaba the whole envelope of the reply, not Success alone (four): a code beside a flag that contradicts it.
//
// Where the network's share of a call is larger, all ratios are nearer to one: over loopback on slow virtual machines the
// floor itself may be less than twice as fast as a vendor's client.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

const (
	processors = 2
	workers    = 64
)

// plan says how much is measured. Many short runs stand noise better than a few long ones: what disturbs one client
// disturbs its neighbours, and only neighbours are compared.
type plan struct {
	rounds     int
	slice      time.Duration // one run of one client
	allocCalls int
	cancelled  int64 // calls of a connection test
	flaky      int   // calls of a retry test
}

var (
	full  = plan{rounds: 120, slice: 100 * time.Millisecond, allocCalls: 5000, cancelled: 50_000, flaky: 5000}
	short = plan{rounds: 9, slice: 50 * time.Millisecond, allocCalls: 1000, cancelled: 5000, flaky: 500}
)

func main() {
	if os.Getenv(serverEnv) != "" {
		serve()
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	rounds := flag.Int("rounds", 0, "interleaved rounds per table; 0 is the default of the form")
	brief := flag.Bool("short", false, "a quick form: shorter runs, fewer calls")
	only := flag.String("cloud", "", "alibaba or huawei; default both")
	flag.Parse()
	p := full
	if *brief {
		p = short
	}
	if *rounds > 0 {
		p.rounds = *rounds
	}
	leaveHome, err := awayFromHome()
	if err != nil {
		return err
	}
	defer leaveHome()
	runtime.GOMAXPROCS(processors)

	found := false
	for _, c := range clouds {
		if *only != "" && *only != c.name {
			continue
		}
		found = true
		if err := measureCloud(c, p); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if !found {
		return fmt.Errorf("no cloud %q", *only)
	}
	return nil
}

func measureCloud(c cloud, p plan) error {
	srv, err := startServer()
	if err != nil {
		return err
	}
	defer srv.stop()
	speed, err := measureSpeed(c, p, srv)
	if err != nil {
		return err
	}
	opened, err := countConnections(c, p, srv)
	if err != nil {
		return err
	}
	repeats, err := countRepeats(c, p, srv)
	if err != nil {
		return err
	}
	report(c, p, speed, opened, repeats)
	return nil
}

// awayFromHome keeps what the vendors' clients read and write (~/.huaweicloud, proxies) away from the user's.
func awayFromHome() (leave func(), err error) {
	dir, err := os.MkdirTemp("", "resell-bench")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "DEBUG"} {
		if err := os.Unsetenv(name); err != nil {
			return nil, err
		}
	}
	if err := os.Setenv("HOME", dir); err != nil {
		return nil, err
	}
	return func() { _ = os.RemoveAll(dir) }, nil
}
