// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"errors"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func TestStartAndClose(t *testing.T) {
	var s alibabatest.Server
	s.Close() // harmless
	require.Contains(t, s.Config().Endpoint, ".invalid", "before Start nothing may reach the real service")
	endpoint, err := s.Start("")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(endpoint, "http://127.0.0.1:"), endpoint)
	require.Equal(t, endpoint, s.Config().Endpoint)
	_, err = s.Start("")
	require.Error(t, err, "started twice")
	var other alibabatest.Server
	_, err = other.Start(strings.TrimPrefix(endpoint, "http://"))
	require.Error(t, err, "the address is taken")
	s.Close()
	s.Close()
	_, err = net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
	require.Error(t, err, "nobody listens any more")
}

func TestStartOnAllAddresses(t *testing.T) {
	var s alibabatest.Server
	endpoint, err := s.Start(":0")
	require.NoError(t, err)
	defer s.Close()
	require.True(t, strings.HasPrefix(endpoint, "http://127.0.0.1:"), endpoint)
}

// await waits for a scripted fault to be met, and not for ever.
func await(t *testing.T, met <-chan struct{}) {
	t.Helper()
	select {
	case <-met:
	case <-time.After(3 * time.Second):
		t.Fatal("no request met the scripted fault")
	}
}

// Close leaves nothing behind, hanging requests included.
func TestCloseLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	var s alibabatest.Server
	_, err := s.Start("")
	require.NoError(t, err)
	open(&s, customer)
	met := make(chan struct{}, 3)
	hang := fault.Hang
	hang.Seen = func() { met <- struct{}{} }
	slow := fault.SlowBody
	slow.Seen = hang.Seen
	late := fault.Fault{Delay: time.Hour, Seen: hang.Seen}
	s.Faults.Add("*", hang, slow, late)
	transport := &http.Transport{}
	config := s.Config()
	config.HTTPClient = &http.Client{Transport: transport}
	config.Retry.Attempts = 1
	client, err := alibaba.New(config)
	require.NoError(t, err)
	var calls sync.WaitGroup
	for range 3 {
		calls.Go(func() { _, _ = client.AvailableQuota(t.Context(), customer) })
	}
	for range 3 {
		await(t, met)
	}
	s.Close()
	calls.Wait()
	transport.CloseIdleConnections()
	for range 2000 { // the client's goroutines need a moment to notice
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines, there were %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

// Close returns after the last handler has.
func TestCloseWaits(t *testing.T) {
	var s alibabatest.Server
	_, err := s.Start("")
	require.NoError(t, err)
	open(&s, customer)
	inside, done := make(chan struct{}), atomic.Bool{}
	s.Faults.Add("*", fault.Fault{Mangle: func(_ http.Header, body []byte) []byte {
		close(inside)
		time.Sleep(50 * time.Millisecond)
		done.Store(true)
		return body
	}})
	client, err := alibaba.New(s.Config())
	require.NoError(t, err)
	var call sync.WaitGroup
	call.Go(func() { _, _ = client.AvailableQuota(t.Context(), customer) })
	await(t, inside)
	s.Close()
	require.True(t, done.Load())
	call.Wait()
}

func TestManyAtOnce(t *testing.T) {
	var s alibabatest.Server
	_, err := s.Start("")
	require.NoError(t, err)
	defer s.Close()
	open(&s, customer)
	client, err := alibaba.New(s.Config())
	require.NoError(t, err)
	var calls sync.WaitGroup
	errs := make([]error, 64)
	for i := range errs {
		calls.Go(func() {
			_, err := client.IncreaseConsumption(t.Context(), quota.Adjustment{Customer: customer, Amount: quota.MustMoney("1.00 CNY"), Key: quota.NewKey()})
			errs[i] = errors.Join(err)
			_ = s.Requests()
		})
	}
	calls.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, s.Quota.Changes(customer), len(errs))
	require.Len(t, s.Requests(), len(errs))
}

func TestRequestLogIsBounded(t *testing.T) {
	var s alibabatest.Server
	for range 10_003 {
		r := sound()
		r.late = func(r *http.Request) { r.Header.Del("Authorization") }
		serve(t, &s, r.v3())
	}
	last := sound()
	serve(t, &s, last.v3())
	log := s.Requests()
	require.Len(t, log, 10_000)
	require.Equal(t, last.nonce, log[len(log)-1].Nonce)
	for i := range log[1:] {
		require.False(t, log[i+1].Time.Before(log[i].Time), "in the order of arrival")
	}
}
