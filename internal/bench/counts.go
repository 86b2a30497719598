// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// cancelEvery is two in a hundred.
const cancelEvery = 50

// cancellations are the moments at which a caller may give up.
var cancellations = []struct {
	when string
	arm  func(ctx context.Context, cancel func()) context.Context
	own  bool // a request in flight can be ended, in HTTP/1.1, only with its connection
}{
	{"before it is sent", func(ctx context.Context, cancel func()) context.Context {
		cancel()
		return ctx
	}, false},
	{"in flight", func(ctx context.Context, cancel func()) context.Context {
		return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	}, true},
}

// connections is what one test has opened.
type connections struct {
	client, when             string
	calls, cancelled, failed int64 // failed: though not cancelled, for a connection can be lost to another's cancellation
	opened, abandoned        int64 // abandoned: ended with the request that was cancelled on them
}

func countConnections(c cloud, p plan, srv *remote) (all []connections, err error) {
	for _, moment := range cancellations {
		for _, m := range []struct {
			name string
			make maker
		}{{names[ours], c.ours(0)}, {names[floor], c.floor}, {"naive retryablehttp", naive}} {
			call, err := m.make(srv.url, nil)
			if err != nil {
				return nil, err
			}
			if _, err := srv.play(script{Good: c.success, Gather: workers}); err != nil {
				return nil, err
			}
			// One call each, all at once: in the rush of a cold start net/http opens some more than it needs, for any client.
			if err := parallel(workers, func(ctx context.Context, _ int) error { return call(ctx) }); err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			one := connections{client: m.name, when: moment.when, calls: p.cancelled}
			one.cancelled, one.failed = cancelSome(call, p.cancelled, moment.arm)
			if moment.own {
				one.abandoned = one.cancelled
			}
			seen, err := srv.play(script{})
			if err != nil {
				return nil, err
			}
			one.opened = seen.Connections
			all = append(all, one)
		}
	}
	return all, nil
}

// cancelSome makes the calls and returns how many ended because their context did, and how many failed otherwise.
func cancelSome(call invoke, calls int64, arm func(context.Context, func()) context.Context) (int64, int64) {
	var cancelled, failed atomic.Int64
	_ = parallel(workers, func(ctx context.Context, worker int) error {
		for i := int64(worker); i < calls; i += workers {
			if i%cancelEvery != 0 {
				if call(ctx) != nil {
					failed.Add(1)
				}
				continue
			}
			ctx, cancel := context.WithCancel(ctx)
			switch err := call(arm(ctx, cancel)); {
			case errors.Is(err, context.Canceled):
				cancelled.Add(1)
			case err != nil:
				failed.Add(1)
			}
			cancel()
		}
		return nil
	})
	return cancelled.Load(), failed.Load()
}

// naive is go-retryablehttp as one would wire it, over the same tuned pool: the control of the connection test.
func naive(endpoint string, _ http.RoundTripper) (invoke, error) {
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.HTTPClient = &http.Client{Transport: tuned()}
	return func(ctx context.Context) error {
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, endpoint, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // read to the end
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}, nil
}

// faults are the ways a provider fails in the retry tests. Waits are short there: only requests are counted.
var faults = []struct {
	what       string
	badEvery   int64
	goroutines int
	spend      int // calls before the count, which spend the retry budget
	limit      float64
	succeed    bool // every call must
}{
	{"every tenth reply fails, one caller", 10, 1, 0, 1.15, true},
	{"every tenth reply fails, 64 callers", 10, workers, 0, 1.15, false}, // one in 10,000 meets four failures in a row
	{"every reply fails, budget spent, 64 callers", 1, workers, 200, 1.1, false},
}

// repeats is what one test has counted.
type repeats struct {
	what                    string
	calls, failed, requests int64
	limit                   float64
	succeed                 bool
}

func countRepeats(c cloud, p plan, srv *remote) (all []repeats, err error) {
	for _, f := range faults {
		call, err := c.ours(time.Millisecond)(srv.url, nil)
		if err != nil {
			return nil, err
		}
		if _, err := srv.play(script{Good: c.success, Bad: c.failure, BadEvery: f.badEvery}); err != nil {
			return nil, err
		}
		for range f.spend {
			_ = call(context.Background())
		}
		if _, err := srv.play(script{Good: c.success, Bad: c.failure, BadEvery: f.badEvery}); err != nil {
			return nil, err
		}
		var calls, failed atomic.Int64
		_ = parallel(f.goroutines, func(ctx context.Context, worker int) error {
			for i := worker; i < p.flaky; i += f.goroutines {
				calls.Add(1)
				if call(ctx) != nil {
					failed.Add(1)
				}
			}
			return nil
		})
		seen, err := srv.play(script{})
		if err != nil {
			return nil, err
		}
		all = append(all, repeats{f.what, calls.Load(), failed.Load(), seen.Requests, f.limit, f.succeed})
	}
	return all, nil
}
