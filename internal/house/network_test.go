// SPDX-License-Identifier: Apache-2.0

package house

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// What SECURITY.md promises of the network, over the pool that a client makes for itself.

const customer = "1442098325661561"

// adapter is one cloud: what it answers to a call, and the call, made once, with that long for the attempt.
type adapter struct {
	body string
	call func(t *testing.T, endpoint string, patience time.Duration) error
}

var adapters = map[string]adapter{
	"alibaba": {
		body: `{"Code":"200","Message":"Successful!","Data":true,"RequestId":"F5B803CF","Success":true}`,
		call: func(t *testing.T, endpoint string, patience time.Duration) error {
			client, err := alibaba.New(alibaba.Config{
				Site: alibaba.China, Endpoint: endpoint, Retry: alibaba.Retry{Attempts: 1, Timeout: patience},
				Credentials: alibaba.Credentials{AccessKeyID: "id", AccessKeySecret: "secret"},
			})
			require.NoError(t, err)
			_, err = client.SetQuota(t.Context(), quota.Grant{Customer: customer, Limit: quota.MustMoney("750.00 CNY")})
			return err
		},
	},
	"huawei": {
		body: `{"budget_amount":5,"used_amount":1,"budget_type":"PACKAGE"}`,
		call: func(t *testing.T, endpoint string, patience time.Duration) error {
			client, err := huawei.New(huawei.Config{
				Site: huawei.International, Endpoint: endpoint, Retry: huawei.Retry{Attempts: 1, Timeout: patience},
				Credentials: huawei.Credentials{AccessKey: "ak", SecretKey: "secret"},
			})
			require.NoError(t, err)
			_, err = client.Budget(t.Context(), customer)
			return err
		},
	},
}

func onEach(t *testing.T, run func(t *testing.T, a adapter)) {
	for name, a := range adapters {
		t.Run(name, func(t *testing.T) { run(t, a) })
	}
}

// served starts a server, in silence.
func served(t *testing.T, start func(*httptest.Server), handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(server)
	t.Cleanup(server.Close)
	return server
}

// withBody answers with the body after so many blanks.
func withBody(a adapter, blanks int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat(" ", blanks)+a.body)
	}
}

// TLS below 1.2 is refused, and so is a certificate that nobody vouches for, which is the control: with TLS 1.2 the
// handshake comes that far.
func TestTLS(t *testing.T) {
	onEach(t, func(t *testing.T, a adapter) {
		var reached atomic.Bool
		handle := func(http.ResponseWriter, *http.Request) { reached.Store(true) }
		for version, refusal := range map[uint16]string{tls.VersionTLS11: "protocol version", tls.VersionTLS12: "unknown authority", tls.VersionTLS13: "unknown authority"} {
			server := served(t, func(s *httptest.Server) {
				s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
				s.StartTLS()
			}, handle)
			err := a.call(t, server.URL, 10*time.Second)
			require.Equal(t, errors.ErrUnavailable, errors.Class(err), "nothing was sent")
			require.ErrorContains(t, err, refusal)
			_, unvouched := errors.AsType[x509.UnknownAuthorityError](err)
			require.Equal(t, version >= tls.VersionTLS12, unvouched)
		}
		require.False(t, reached.Load())
	})
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		onEach(t, func(t *testing.T, a adapter) {
			var reached atomic.Int64
			elsewhere := served(t, (*httptest.Server).Start, func(w http.ResponseWriter, r *http.Request) {
				reached.Add(1)
				withBody(a, 0)(w, r)
			})
			here := served(t, (*httptest.Server).Start, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) })
			err := a.call(t, here.URL, 10*time.Second)
			require.ErrorContains(t, err, "redirects are not followed")
			require.Zero(t, reached.Load())

			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, here.URL, nil)
			require.NoError(t, err)
			resp, err := http.DefaultClient.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.EqualValues(t, 1, reached.Load(), "the control: who follows comes there")
		})
	}
}

func TestRepliesAreBounded(t *testing.T) {
	const limit = 1 << 20
	onEach(t, func(t *testing.T, a adapter) {
		fits := served(t, (*httptest.Server).Start, withBody(a, limit-len(a.body)))
		require.NoError(t, a.call(t, fits.URL, 10*time.Second), "the control")
		over := served(t, (*httptest.Server).Start, withBody(a, 2*limit))
		require.ErrorContains(t, a.call(t, over.URL, 10*time.Second), "more than the")

		var written atomic.Int64
		gone := make(chan struct{})
		endless := served(t, (*httptest.Server).Start, func(w http.ResponseWriter, _ *http.Request) {
			defer close(gone)
			for chunk := make([]byte, 64<<10); ; {
				n, err := w.Write(chunk)
				if written.Add(int64(n)); err != nil {
					return
				}
			}
		})
		require.Error(t, a.call(t, endless.URL, 10*time.Second))
		<-gone
		require.Less(t, written.Load(), int64(64*limit), "what was not read, and filled the buffers in between")
	})
}

func TestHeadersAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, a adapter) {
		with := func(size int) error {
			return a.call(t, served(t, (*httptest.Server).Start, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Long", strings.Repeat("x", size))
				withBody(a, 0)(w, r)
			}).URL, 10*time.Second)
		}
		require.NoError(t, with(48<<10), "the control")
		require.Error(t, with(80<<10))
	})
}

// A body of a byte a second ends with the time for the attempt; the control is one that comes in time.
func TestSlowBodiesAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, a adapter) {
		drip := func(each, patience time.Duration) (time.Duration, error) {
			slow := fault.SlowBody
			slow.Drip = each
			server := served(t, (*httptest.Server).Start, func(w http.ResponseWriter, r *http.Request) {
				fault.Serve(w, r, slow, func() (int, http.Header, []byte) { return http.StatusOK, nil, []byte(a.body) })
			})
			start := time.Now()
			err := a.call(t, server.URL, patience)
			return time.Since(start), err
		}
		took, err := drip(time.Second, 300*time.Millisecond)
		require.ErrorContains(t, err, "no complete reply within 300ms")
		require.NotErrorIs(t, err, context.DeadlineExceeded, "it is not the caller's deadline")
		require.Less(t, took, 10*time.Second)
		_, err = drip(time.Millisecond, 30*time.Second)
		require.NoError(t, err)
	})
}
