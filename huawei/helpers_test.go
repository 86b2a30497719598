// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// sent is a request as it reached the wire.
type sent struct {
	*http.Request
	body string
}

// reply is a scripted answer; an err stands in for a broken connection.
type reply struct {
	status int
	body   string
	header http.Header
	err    error
}

// script is a round tripper that answers from a script and keeps what it was sent.
type script struct {
	mu       sync.Mutex
	requests []sent
	answer   func(n int, r sent) reply // n counts from 0
}

func (w *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s := sent{Request: r}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.body = string(body)
	}
	w.mu.Lock()
	n := len(w.requests)
	w.requests = append(w.requests, s)
	w.mu.Unlock()
	a := w.answer(n, s)
	if a.err != nil {
		return nil, a.err
	}
	header := a.header
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: a.status, Header: header, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// count returns how often each method was used.
func (w *script) count(method string) (n int) {
	for _, r := range w.requests {
		if r.Method == method {
			n++
		}
	}
	return n
}

// answers gives the replies in their order, the last one again and again.
func answers(replies ...reply) *script {
	return &script{answer: func(n int, _ sent) reply { return replies[min(n, len(replies)-1)] }}
}

var testKey = Credentials{AccessKey: "AccessKey", SecretKey: "SecretKey"}

// fast repeats without noticeable waits.
var fast = Retry{Base: 1, Throttled: 1, Cap: time.Millisecond}

func newTestClient(t testing.TB, w http.RoundTripper, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{Credentials: testKey, Site: International, HTTPClient: &http.Client{Transport: w}, Retry: fast}
	for _, f := range change {
		f(&config)
	}
	client, err := New(config)
	require.NoError(t, err)
	return client
}

func once(c *Config) { c.Retry.Attempts = 1 }

const testCustomer = "053a48736500d5f40ffec01689b88480"

func testBudget() quota.Budget {
	return quota.Budget{Customer: testCustomer, Limit: quota.MustMoney("100.10 USD"), Period: quota.Monthly}
}

var testSource, testTarget = costunit.Unit{ID: "source"}, costunit.Unit{ID: "target"}

func testDisk() costunit.Resource {
	return costunit.Resource{ID: "disk-1", Product: "disk", Project: "project-1"}
}

func testTransfer() costunit.Transfer {
	return costunit.Transfer{From: testSource, To: testTarget, Resources: []costunit.Resource{testDisk()}}
}

func testQuery() costunit.Query {
	return costunit.Query{Unit: testSource, Products: []string{"disk"}, Projects: []string{"project-1"}}
}

// failureOf returns err as this library's, which it must be.
func failureOf(t testing.TB, err error) *errors.Error {
	t.Helper()
	failure, ok := errors.AsType[*errors.Error](err)
	require.Truef(t, ok, "%v", err)
	require.Equal(t, "huawei", failure.Provider)
	require.NotEmpty(t, failure.Op, "of %v", err)
	return failure
}

func requireClass(t testing.TB, want, err error) {
	t.Helper()
	got := errors.Class(err)
	require.Truef(t, got == want, "want %v, got %v: %v", want, got, err) //nolint:errorlint // identity is meant
}
