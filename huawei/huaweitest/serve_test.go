// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func TestUnknownAPI(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	s.Faults.Add("*", fault.Unavailable) // meets none of these
	for _, m := range []message{
		{method: http.MethodGet, path: "/"},
		{method: http.MethodGet, path: fault.RedirectPath},
		{method: http.MethodPost, path: path + "/"},
		{method: http.MethodPost, path: path + "/other"},
		{method: http.MethodGet, path: path + "/query"},
		{method: http.MethodPut, path: path},
		{method: http.MethodDelete, path: path},
	} {
		m.key, m.at = key, time.Now()
		a := send(t, endpoint, m)
		require.Equal(t, http.StatusNotFound, a.status)
		require.Equal(t, "APIGW.0101", a.Code)
		require.Empty(t, s.Requests()[len(s.Requests())-1].Operation)
	}
	require.Equal(t, http.StatusServiceUnavailable, send(t, endpoint, read("customer_id="+customer)).status)
	require.Equal(t, http.StatusOK, send(t, endpoint, read("customer_id="+customer)).status, "control")
}

func TestBodyLimit(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	for _, tt := range []struct{ length, status int }{{12 << 20, 204}, {12<<20 + 1, 413}} {
		m := write(goodAmount)
		m.body += strings.Repeat(" ", tt.length-len(m.body))
		a := send(t, endpoint, m)
		require.Equal(t, tt.status, a.status)
		if tt.status == 413 {
			require.Equal(t, "APIGW.0201", a.Code)
		}
	}
}

func TestRequestID(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	s.Faults.Add("*", fault.Fault{}, fault.Unavailable, huaweitest.Code(400, "CBC.99005024"))
	seen := make(map[string]bool)
	for range 4 {
		id := send(t, endpoint, read("customer_id="+customer)).header.Get("X-Request-Id")
		require.Len(t, id, 32)
		require.False(t, seen[id])
		seen[id] = true
	}
	for _, r := range s.Requests() {
		require.True(t, seen[r.RequestID])
	}
}

func TestRequestLog(t *testing.T) {
	var s huaweitest.Server
	endpoint := start(t, &s)
	m := write(goodAmount)
	m.before = func(r *http.Request) { r.Header.Set("X-Domain-Id", "domain") }
	send(t, endpoint, m)
	s.Faults.Add("ShowSubCustomerBudget", fault.ThrottledFor(time.Second))
	send(t, endpoint, read("customer_id=1"))

	requests := s.Requests()
	require.Len(t, requests, 2)
	w, r := requests[0], requests[1]
	require.Equal(t, []string{"UpdateSubCustomerBudget", "POST", path, "", m.body}, []string{w.Operation, w.Method, w.Path, w.Query, string(w.Body)})
	require.Equal(t, "domain", w.Header.Get("X-Domain-Id"))
	require.Equal(t, m.at.UTC().Format("20060102T150405Z"), w.Header.Get("X-Sdk-Date"))
	require.Equal(t, strings.TrimPrefix(endpoint, "http://"), w.Header.Get("Host"))
	require.True(t, w.Signed)
	require.Equal(t, http.StatusNoContent, w.Status)
	require.Equal(t, []string{"ShowSubCustomerBudget", "GET", "customer_id=1"}, []string{r.Operation, r.Method, r.Query})
	require.Equal(t, http.StatusTooManyRequests, r.Status)

	// What is handed out is the caller's own.
	w.Body[0], w.Header["Host"][0] = 'x', "x"
	require.Equal(t, m.body, string(s.Requests()[0].Body))
	require.NotEqual(t, "x", s.Requests()[0].Header.Get("Host"))
}

func TestRequestLogIsBounded(t *testing.T) {
	var s huaweitest.Server
	for range 10_003 {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	}
	requests := s.Requests()
	require.Len(t, requests, 10_000)
	require.Equal(t, "4", strings.TrimLeft(requests[0].RequestID, "0"))
	require.Equal(t, "2713", strings.TrimLeft(requests[9_999].RequestID, "0"), "10,003 in hexadecimal")
}

func TestDollarsByDefault(t *testing.T) {
	var s huaweitest.Server
	start(t, &s)
	require.Equal(t, quota.USD, s.Quota.Currency)

	chosen := huaweitest.Server{Quota: quotatest.Provider{Currency: quota.CNY}}
	endpoint := start(t, &chosen)
	require.Equal(t, http.StatusNoContent, send(t, endpoint, write(goodAmount)).status)
	state, _ := chosen.Quota.Customer(customer)
	require.Equal(t, quota.CNY, state.Budget.Limit.Currency)
}

func TestStart(t *testing.T) {
	var s huaweitest.Server
	s.Close() // of one that does not run
	require.Contains(t, s.Config().Endpoint, ".invalid")
	endpoint, err := s.Start("")
	require.NoError(t, err)
	require.Equal(t, endpoint, s.Config().Endpoint)
	_, err = s.Start("")
	require.Error(t, err)
	s.Close()
	s.Close()

	var other huaweitest.Server
	_, err = other.Start("256.0.0.1:0")
	require.Error(t, err)
}

// Close ends what hangs, drips or idles, and leaves no goroutine.
func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, f := range []fault.Fault{fault.Hang, fault.HangApplied, fault.SlowBody, {Name: "delay", Delay: time.Hour}} {
		var s huaweitest.Server
		_, err := s.Start("")
		require.NoError(t, err)
		met := make(chan struct{})
		f.Seen = func() { close(met) }
		s.Faults.Add("*", f)
		done := make(chan struct{})
		transport := &http.Transport{}
		go func() {
			defer close(done)
			req, _ := http.NewRequest(http.MethodGet, s.Config().Endpoint+path+"?customer_id=1", nil)
			req.Header.Set("X-Auth-Token", huaweitest.DefaultToken)
			if reply, err := transport.RoundTrip(req); err == nil {
				_, _ = reply.Body.Read(make([]byte, 1<<10))
				_ = reply.Body.Close()
			}
		}()
		<-met
		s.Close()
		<-done
		transport.CloseIdleConnections()
	}
	requireNoLeaks(t, before)
}

// Close returns after the last request has ended, not before.
func TestCloseWaits(t *testing.T) {
	var s huaweitest.Server
	_, err := s.Start("")
	require.NoError(t, err)
	entered := make(chan struct{})
	var left atomic.Bool
	s.Faults.Add("*", fault.Fault{Seen: func() {
		close(entered)
		time.Sleep(50 * time.Millisecond)
		left.Store(true)
	}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		req, _ := http.NewRequest(http.MethodGet, s.Config().Endpoint+path+"?customer_id=1", nil)
		req.Header.Set("X-Auth-Token", huaweitest.DefaultToken)
		transport := &http.Transport{DisableKeepAlives: true}
		if reply, err := transport.RoundTrip(req); err == nil {
			_ = reply.Body.Close()
		}
	}()
	<-entered
	s.Close()
	require.True(t, left.Load())
	<-done
}
