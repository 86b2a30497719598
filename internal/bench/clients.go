// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// invoke makes one call.
type invoke func(context.Context) error

// maker makes one client that talks to endpoint, over transport or, where that is nil, over a pool of its own.
type maker func(endpoint string, transport http.RoundTripper) (invoke, error)

// cloud is one provider: its documented replies, the clients to compare, and the figures to reach.
type cloud struct {
	name              string
	success, failure  answer
	floor, vendor     maker
	ours              func(retryBase time.Duration) maker // 0 is the default
	vendorAlone       bool                                // the vendor's client races when shared: one for each goroutine
	fasterOne, faster float64                             // than the vendor's client: sequential, in parallel
}

var clouds = []cloud{alibabaCloud, huaweiCloud}

const (
	customer  = "6210322125051645960"
	accessKey = "LTAI5tExampleExampleBench"
	secretKey = "bench-secret-bench-secret-bench"
)

// tuned is the pool a careful programmer would write by hand.
func tuned() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 128
	return t
}

func orTuned(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = tuned()
	}
	return &http.Client{Transport: transport}
}

// withTimeout bounds every call, as the other clients do: no small part of what they cost beyond the floor.
func withTimeout(m maker) maker {
	return func(endpoint string, transport http.RoundTripper) (invoke, error) {
		call, err := m(endpoint, transport)
		return func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			return call(ctx)
		}, err
	}
}

// roundTrip is the floor's exchange: send, read with a limit, ask for the one status.
func roundTrip(client *http.Client, req *http.Request, status int) ([]byte, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to the end
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != status {
		return nil, fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return body, nil
}
