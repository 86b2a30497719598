// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// host is a provider that counts what it is asked, and its connections: those opened, and how many there were at once.
type host struct {
	*httptest.Server
	asked, opened, open, most atomic.Int64
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
			h.opened.Add(1)
			n := h.open.Add(1)
			for old := h.most.Load(); n > old && !h.most.CompareAndSwap(old, n); old = h.most.Load() {
			}
		case http.StateClosed:
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

// pool is one such as New makes, that trusts h, but with so many connections.
func (h *host) pool(t *testing.T, connections int) *http.Transport {
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
	return transport
}

// caller makes one call of h, without a second attempt.
func (h *host) caller(t *testing.T, transport *http.Transport, timeout time.Duration) func(context.Context) error {
	t.Helper()
	c, err := New(Config{Provider: "test", HTTPClient: &http.Client{Transport: transport}, Retry: Retry{Attempts: 1, Timeout: timeout}})
	require.NoError(t, err)
	r := newRequest(true, false)
	r.URL, err = url.Parse(h.URL)
	require.NoError(t, err)
	r.Sign = func(ctx context.Context, req *http.Request, _ []byte) (Secrets, error) {
		if name, hangs := ctx.Value(hanging{}).(string); hangs {
			req.Header.Set("Hang", name)
		}
		return Secrets{}, nil
	}
	return func(ctx context.Context) error {
		_, err := c.Do(ctx, r)
		return err
	}
}

// hanging is the key of the name of a call that the host does not answer.
type hanging struct{}

// crowd runs do for 0 to n-1, all at once, and joins the errors.
func crowd(n int, do func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = do(i) })
	}
	group.Wait()
	return errors.Join(errs...)
}

// A thousand calls at once share a bounded number of connections, and all get through; so over HTTP/2, where one
// connection carries many of them, but not all.
func TestConnectionsAreBounded(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, h2, func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(time.Millisecond)
				answer := "ok"
				if h2 != (r.ProtoMajor == 2) {
					answer = "not over " + r.Proto
				}
				_, _ = io.WriteString(w, answer)
			})
			call := h.caller(t, h.pool(t, maxConnections), 0)
			for range 3 {
				require.NoError(t, crowd(1000, func(int) error { return call(t.Context()) }))
			}
			require.EqualValues(t, 3000, h.asked.Load())
			surplus := int64(0)
			if h2 { // dialled at once with the one that carries all, and not yet seen to be closed
				surplus = maxConnections / 2
			}
			require.LessOrEqual(t, h.most.Load(), maxConnections+surplus)
			if !h2 { // the control
				unbound := h.caller(t, h.pool(t, 0), 0)
				require.NoError(t, crowd(1000, func(int) error { return unbound(t.Context()) }))
				require.Greater(t, h.most.Load(), int64(maxConnections)+1)
			}
		})
	}
}

// Where all connections hang, a call that waits for one is known not to have been sent; and it ends with its context.
func TestWaitingForAConnection(t *testing.T) {
	h := newHost(t, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	pool := h.pool(t, maxConnections)
	call := h.caller(t, pool, 0)
	hang, stop := context.WithCancel(t.Context())
	var hung sync.WaitGroup
	defer hung.Wait()
	defer stop()
	for range maxConnections {
		hung.Go(func() { _ = call(hang) })
	}
	require.Eventually(t, func() bool { return h.asked.Load() == maxConnections }, 5*time.Second, time.Millisecond)

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	began := time.Now()
	err := call(ctx)
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(began), time.Second)

	err = h.caller(t, pool, 20*time.Millisecond)(t.Context())
	require.ErrorIs(t, err, errors.ErrUnavailable)
	require.ErrorContains(t, err, "no connection within 20ms")
	require.EqualValues(t, maxConnections, h.asked.Load())
}

// Sixty-four callers keep to their connections, although one call in fifty is cancelled in flight, which costs HTTP/1.1 the
// connection of that call; go-retryablehttp as one would wire it drops all that are idle, each time.
func TestConnectionsAreReused(t *testing.T) {
	const callers, each, cancelled = 64, 50, 64 // one of each caller's calls
	for name, naive := range map[string]bool{"ours": false, "control: naive": true} {
		t.Run(name, func(t *testing.T) {
			var arrived sync.Map // by name: what cancels the call
			h := newHost(t, false, func(w http.ResponseWriter, r *http.Request) {
				if cancel, hangs := arrived.Load(r.Header.Get("Hang")); hangs {
					cancel.(context.CancelFunc)()
					<-r.Context().Done()
					return
				}
				_, _ = io.WriteString(w, "ok")
			})
			call := h.caller(t, h.pool(t, maxConnections), 0)
			if naive {
				call = h.naive(t)
			}
			require.NoError(t, crowd(callers, func(caller int) error {
				for i := range each {
					if i != (caller*7)%each { // at another time for each
						if err := call(t.Context()); err != nil {
							return err
						}
						continue
					}
					ctx, cancel := context.WithCancel(context.WithValue(t.Context(), hanging{}, strconv.Itoa(caller)))
					arrived.Store(strconv.Itoa(caller), cancel)
					if err := call(ctx); !errors.Is(err, context.Canceled) {
						return fmt.Errorf("cancelled, and returned: %w", err)
					}
				}
				return nil
			}))
			require.EqualValues(t, callers*each, h.asked.Load())
			others := h.opened.Load() - cancelled
			t.Logf("%d connections beside those of %d cancelled calls, of %d calls", others, cancelled, callers*each)
			require.Equal(t, naive, others > 80, "%d connections", others)
		})
	}
}

// naive makes one call through go-retryablehttp.
func (h *host) naive(t *testing.T) func(context.Context) error {
	t.Helper()
	client := retryablehttp.NewClient()
	client.Logger, client.HTTPClient = nil, &http.Client{Transport: h.pool(t, 0)}
	return func(ctx context.Context) error {
		req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, h.URL, nil)
		if err != nil {
			return err
		}
		if name, hangs := ctx.Value(hanging{}).(string); hangs {
			req.Header.Set("Hang", name)
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // read to the end
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}
