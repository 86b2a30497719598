// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
)

// nobody is where nothing listens: the kernel itself refuses the connection.
const nobody = "127.0.0.1:1"

// wire is the transport of one client: it counts the attempts and the open connections, and refuses connections where
// that is scripted.
type wire struct {
	world       *world
	live, dead  *http.Transport
	tries, open atomic.Int64
}

func newWire(w *world) *wire {
	wire := &wire{world: w}
	wire.live = &http.Transport{DialContext: wire.dial, MaxIdleConnsPerHost: 16}
	wire.dead = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return wire.dial(ctx, network, nobody)
	}}
	return wire
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.tries.Add(1)
	if w.world.refuses(r) {
		return w.dead.RoundTrip(r)
	}
	return w.live.RoundTrip(r)
}

func (w *wire) closeIdle() {
	w.live.CloseIdleConnections()
	w.dead.CloseIdleConnections()
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.open.Add(1)
	return &counted{Conn: conn, open: &w.open}, nil
}

// counted is a connection that says when it is closed.
type counted struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

// Close implements net.Conn.
func (c *counted) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}
