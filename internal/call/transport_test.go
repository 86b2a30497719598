// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// host is a provider that counts what it is asked and how many connections there are.
type host struct {
	*httptest.Server
	asked, open, most atomic.Int64
}

func newHost(t *testing.T, h2 bool, answer http.HandlerFunc) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		answer(w, r)
	}))
	h.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			n := h.open.Add(1)
			for old := h.most.Load(); n > old && !h.most.CompareAndSwap(old, n); old = h.most.Load() {
			}
		case http.StateClosed, http.StateHijacked:
			h.open.Add(-1)
		}
	}
	h.EnableHTTP2 = h2
	if h2 {
		h.StartTLS()
	} else {
		h.Start()
	}
	t.Cleanup(h.Close)
	return h
}

// clientOf talks to h over a pool such as New makes, but with so many connections.
func clientOf(t *testing.T, h *host, connections int, retry Retry) *Client {
	t.Helper()
	transport := NewTransport()
	require.Equal(t, maxConnections, transport.MaxConnsPerHost)
	transport.MaxConnsPerHost = connections
	t.Cleanup(transport.CloseIdleConnections)
	if h.TLS != nil {
		trusted := x509.NewCertPool()
		trusted.AddCert(h.Certificate())
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted}
	}
	c, err := New(Config{Provider: "test", HTTPClient: &http.Client{Transport: transport}, Retry: retry})
	require.NoError(t, err)
	return c
}

func (h *host) request(t *testing.T) *Request {
	t.Helper()
	target, err := url.Parse(h.URL)
	require.NoError(t, err)
	r := newRequest(true, false)
	r.URL = target
	r.Sign = func(context.Context, *http.Request, []byte) (Secrets, error) { return Secrets{}, nil }
	return r
}

// crowd makes n calls at once and returns their errors.
func crowd(n int, do func() error) []error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = do() })
	}
	group.Wait()
	return errs
}

// A thousand calls at once share a bounded number of connections, and all get through; so over HTTP/2, where one
// connection carries many of them, but not all.
func TestConnectionsAreBounded(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, h2, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Millisecond)
				if h2 != (r.ProtoMajor == 2) {
					w.WriteHeader(http.StatusTeapot)
				}
				_, _ = io.WriteString(w, "ok")
			})
			burst := func(c *Client) {
				r := h.request(t)
				require.NoError(t, errors.Join(crowd(1000, func() error {
					_, err := c.Do(t.Context(), r)
					return err
				})...))
			}
			c := clientOf(t, h, maxConnections, Retry{Attempts: 1})
			for range 3 {
				burst(c)
			}
			require.EqualValues(t, 3000, h.asked.Load())
			surplus := int64(0)
			if h2 { // dialled at once with the one that carries all, and not yet seen to be closed
				surplus = maxConnections / 2
			}
			require.LessOrEqual(t, h.most.Load(), maxConnections+surplus)
			if !h2 { // the control
				burst(clientOf(t, h, 0, Retry{Attempts: 1}))
				require.Greater(t, h.most.Load(), int64(maxConnections)+1)
			}
		})
	}
}

// Where all connections hang, a call that waits for one is known not to have been sent; and it ends with its context.
func TestWaitingForAConnection(t *testing.T) {
	h := newHost(t, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := clientOf(t, h, maxConnections, Retry{Attempts: 1})
	r := h.request(t)
	hang, stop := context.WithCancel(t.Context())
	var hung sync.WaitGroup
	defer hung.Wait()
	defer stop()
	for range maxConnections {
		hung.Go(func() { _, _ = c.Do(hang, r) })
	}
	require.Eventually(t, func() bool { return h.asked.Load() == maxConnections }, 5*time.Second, time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	began := time.Now()
	_, err := c.Do(ctx, r)
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(began), time.Second)

	short, _ := New(Config{Provider: "test", HTTPClient: &http.Client{Transport: c.transport}, Retry: Retry{Attempts: 1, Timeout: 20 * time.Millisecond}})
	_, err = short.Do(t.Context(), r)
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorContains(t, err, "no connection within 20ms")
	require.EqualValues(t, maxConnections, h.asked.Load())
}
