// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// cloud is the fake, some milliseconds away, with an eye on what arrives.
type cloud struct {
	alibabatest.Server
	endpoint string
	latency  time.Duration // at most, on the way there

	mu       sync.Mutex
	under    map[string]int // requests under way, by key
	busy     int            // requests under way
	requests int
	overlaps int // requests that came while another with the same key was under way
}

// newCloud is a fake whose customers have open ledgers.
func newCloud(t testing.TB, latency time.Duration) *cloud {
	t.Helper()
	c := &cloud{latency: latency, under: make(map[string]int)}
	for n := range customers {
		c.Quota.Update(customerID(n), func(s *quotatest.State) { s.Opened, s.Limit = true, quota.MustMoney("1000.00 CNY") })
	}
	server := httptest.NewServer(c)
	t.Cleanup(func() {
		server.CloseClientConnections() // Close waits for what is under way
		server.Close()
	})
	c.endpoint = server.URL
	return c
}

// troubled loses a tenth of the requests, before and after they are carried out, throttles some, and takes its time to
// answer the others.
func (c *cloud) troubled(seed uint64) {
	c.Faults.Rate("*", 0.05, seed, fault.LostRequest)
	c.Faults.Rate("*", 0.05, seed+1, fault.LostReply)
	c.Faults.Rate("*", 0.03, seed+2, fault.Throttled)
	c.Faults.Rate("*", 1, seed+3, fault.Fault{Name: "slow", Delay: c.latency})
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := outBizID(r)
	c.mu.Lock()
	c.requests++
	c.busy++
	if c.under[key]++; key != "" && c.under[key] > 1 {
		c.overlaps++
	}
	c.mu.Unlock()
	defer func() { // also where the connection is cut, which is a panic
		c.mu.Lock()
		defer c.mu.Unlock()
		c.busy--
		if c.under[key]--; c.under[key] == 0 {
			delete(c.under, key)
		}
	}()
	if c.latency > 0 {
		time.Sleep(rand.N(c.latency)) // whoever sent it may be dead before it is carried out
	}
	c.Server.ServeHTTP(w, r)
}

func outBizID(r *http.Request) string {
	body, _ := io.ReadAll(r.Body) // the fake will say what it cannot read
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	if key := form.Get("OutBizId"); key != "" {
		return key
	}
	return r.URL.Query().Get("OutBizId")
}

func (c *cloud) seen() (requests, overlaps, busy int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests, c.overlaps, c.busy
}

func (c *cloud) bookings() int { return len(c.Quota.Changes("")) }

// settled waits until nothing is under way any more: what a dead worker sent may arrive late.
func (c *cloud) settled(t testing.TB) {
	t.Helper()
	eventually(t, 10*time.Second, "requests are still under way", func() bool {
		_, _, busy := c.seen()
		return busy == 0
	})
}

func (c *cloud) client(t testing.TB) *alibaba.Client {
	t.Helper()
	client, err := alibaba.New(clientConfig(c.endpoint))
	require.NoError(t, err)
	return client
}

func eventually(t testing.TB, patience time.Duration, otherwise string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.FailNow(t, otherwise, "after %s", patience)
		}
	}
}
