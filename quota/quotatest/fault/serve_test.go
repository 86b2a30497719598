// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

const regularBody = `{"code":"200","data":true}`

// outcome is what a client saw of one request, and what the server did.
type outcome struct {
	status       int
	header       http.Header
	uncompressed bool
	body         string
	err          error

	applied, met int64
}

// served sends one request to a server that acts f out.
func served(t *testing.T, f fault.Fault, start func(http.Handler) *httptest.Server, status int, body string) outcome {
	t.Helper()
	var applied, met atomic.Int64
	f.Seen = func() { met.Add(1) }
	server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault.Serve(w, r, f, func() (int, http.Header, []byte) {
			applied.Add(1)
			return status, http.Header{"X-Regular": {"yes"}}, []byte(body)
		})
	}))
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	patience := time.Minute
	if f.Hang || f.Delay > 0 || f.Drip > 0 {
		patience = time.Second / 2
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got := request(ctx, client, server.URL)
	server.Close() // waits for the handler
	got.applied, got.met = applied.Load(), met.Load()
	return got
}

func request(ctx context.Context, client *http.Client, url string) outcome {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(strings.Repeat("x", 100_000)))
	if err != nil {
		return outcome{err: err}
	}
	resp, err := client.Do(req)
	if err != nil {
		return outcome{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return outcome{status: resp.StatusCode, header: resp.Header, uncompressed: resp.Uncompressed, body: string(body), err: err}
}

// servers speak HTTP/1.1, HTTP/1.1 with TLS, and HTTP/2.
var servers = map[string]func(http.Handler) *httptest.Server{
	"plain": httptest.NewServer,
	"TLS":   httptest.NewTLSServer,
	"HTTP/2": func(h http.Handler) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.EnableHTTP2 = true
		s.StartTLS()
		return s
	},
}

func TestServe(t *testing.T) {
	reset := func(t *testing.T, err error) { require.ErrorIs(t, err, syscall.ECONNRESET) }
	closed := func(t *testing.T, err error) { require.ErrorIs(t, err, io.EOF) }
	cut := func(t *testing.T, err error) { require.ErrorIs(t, err, io.ErrUnexpectedEOF) }
	late := func(t *testing.T, err error) { require.ErrorIs(t, err, context.DeadlineExceeded) }
	answered := func(status int, body string) func(*testing.T, outcome) {
		return func(t *testing.T, got outcome) {
			require.Equal(t, status, got.status)
			require.Equal(t, body, got.body)
		}
	}
	rows := []struct {
		fault   fault.Fault
		applied int64
		fails   func(*testing.T, error)
		answers func(*testing.T, outcome)
	}{
		{fault: fault.Fault{}, applied: 1, answers: answered(200, regularBody)},
		{fault: fault.Refused, fails: reset},
		{fault: fault.LostRequest, fails: closed},
		{fault: fault.LostReply, applied: 1, fails: closed},
		{fault: fault.ResetBefore, fails: reset},
		{fault: fault.ResetAfter, applied: 1, fails: reset},
		{fault: fault.Hang, fails: late},
		{fault: fault.HangApplied, applied: 1, fails: late},
		{fault: fault.Fault{Name: "delay", Delay: time.Minute}, applied: 1, fails: late},
		{fault: fault.Unavailable, answers: answered(503, "")},
		{fault: fault.BadGateway, answers: func(t *testing.T, got outcome) {
			require.Equal(t, 502, got.status)
			require.Equal(t, "text/html", got.header.Get("Content-Type"))
			require.Contains(t, got.body, "<html>")
		}},
		{fault: fault.Throttled, answers: answered(429, "")},
		{fault: fault.ThrottledFor(3 * time.Second), answers: func(t *testing.T, got outcome) {
			require.Equal(t, 429, got.status)
			require.Equal(t, "3", got.header.Get("Retry-After"))
		}},
		{fault: fault.Unauthorized, answers: answered(401, "")},
		{fault: fault.EmptyOK, applied: 1, answers: answered(200, "")},
		{fault: fault.Reply(418, "tea"), answers: answered(418, "tea")},
		{fault: fault.Redirect(302), answers: func(t *testing.T, got outcome) {
			require.Equal(t, 302, got.status)
			require.Equal(t, fault.RedirectPath, got.header.Get("Location"))
		}},
		{fault: fault.TruncatedJSON, applied: 1, answers: answered(200, regularBody[:len(regularBody)/2])},
		{fault: fault.CutReply, applied: 1, fails: cut},
		{fault: fault.HugeReply, applied: 1, answers: func(t *testing.T, got outcome) {
			require.Greater(t, len(got.body), 20_000_000)
			require.Equal(t, regularBody, strings.TrimSpace(got.body))
		}},
		{fault: fault.Gzipped, applied: 1, answers: func(t *testing.T, got outcome) {
			require.True(t, got.uncompressed)
			require.Equal(t, "yes", got.header.Get("X-Regular"))
			require.Equal(t, regularBody, got.body)
		}},
		{fault: fault.SlowBody, applied: 1, fails: late},
	}
	for name, start := range servers {
		for _, row := range rows {
			t.Run(name+"/"+row.fault.Name, func(t *testing.T) {
				t.Parallel()
				got := served(t, row.fault, start, 200, regularBody)
				require.Equal(t, row.applied, got.applied)
				require.EqualValues(t, 1, got.met)
				switch {
				case row.answers != nil:
					require.NoError(t, got.err)
					row.answers(t, got)
				case name == "HTTP/2":
					require.Error(t, got.err) // the stream is reset, in whatever words
				default:
					row.fails(t, got.err)
				}
			})
		}
	}
}

// A reply without a body, as of Huawei's 204, stays what it is or gets a body that can be seen.
func TestServeNoContent(t *testing.T) {
	for _, row := range []struct {
		fault  fault.Fault
		status int
	}{
		{fault.Fault{}, 204}, {fault.TruncatedJSON, 204}, {fault.CutReply, 204}, {fault.Gzipped, 204}, {fault.HugeReply, 200},
	} {
		t.Run(row.fault.Name, func(t *testing.T) {
			got := served(t, row.fault, httptest.NewServer, 204, "")
			require.NoError(t, got.err)
			require.EqualValues(t, 1, got.applied)
			require.Equal(t, row.status, got.status)
		})
	}
}

// Without a connection to close, as with httptest.ResponseRecorder, the handler is aborted.
func TestServeWithoutConnection(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	require.PanicsWithValue(t, http.ErrAbortHandler, func() {
		fault.Serve(httptest.NewRecorder(), r, fault.LostRequest, nil)
	})
}

func TestServeLeavesTheFaultAlone(t *testing.T) {
	before := fault.BadGateway.Header.Clone()
	f := fault.BadGateway
	f.Gzip = true
	require.NoError(t, served(t, f, httptest.NewServer, 200, regularBody).err)
	require.Equal(t, before, fault.BadGateway.Header)
}

func TestPlay(t *testing.T) {
	rows := []struct {
		fault       fault.Fault
		applied     bool
		write, read error
	}{
		{fault.Fault{}, true, nil, nil},
		{fault.Gzipped, true, nil, nil},
		{fault.Refused, false, errors.ErrUnavailable, errors.ErrUnavailable},
		{fault.LostRequest, false, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.LostReply, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.ResetBefore, false, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.ResetAfter, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.Hang, false, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.HangApplied, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.Unavailable, false, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.BadGateway, false, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.EmptyOK, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.Redirect(302), false, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.TruncatedJSON, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.CutReply, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.HugeReply, true, errors.ErrUncertain, errors.ErrUnavailable},
		{fault.SlowBody, true, errors.ErrUncertain, errors.ErrUnavailable}, // slower than the caller's patience
		{fault.Throttled, false, errors.ErrThrottled, errors.ErrThrottled},
		{fault.Unauthorized, false, errors.ErrUnauthenticated, errors.ErrUnauthenticated},
		{fault.Reply(403, ""), false, errors.ErrDenied, errors.ErrDenied},
		{fault.Reply(400, ""), false, errors.ErrUncertain, errors.ErrUnavailable},
	}
	for _, row := range rows {
		for write, expected := range map[bool]error{true: row.write, false: row.read} {
			t.Run(row.fault.Name, func(t *testing.T) {
				t.Parallel()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
				defer cancel()
				applied, seen := false, false
				f := row.fault
				f.Seen = func() { seen = true }
				err := f.Play(ctx, write, func() error { applied = true; return nil })
				require.Equal(t, expected, errors.Class(err))
				require.Equal(t, row.applied, applied)
				require.True(t, seen)
				if f.Hang || f.Drip > 0 {
					require.ErrorIs(t, err, context.DeadlineExceeded)
				}
			})
		}
	}
}

func TestPlayTellsTheProvidersWait(t *testing.T) {
	err := fault.ThrottledFor(3*time.Second).Play(t.Context(), true, nil)
	failure, ok := errors.AsType[*errors.Error](err)
	require.True(t, ok)
	require.Equal(t, 3*time.Second, failure.After)
	require.Equal(t, http.StatusTooManyRequests, failure.Status)
}

func TestPlayGivesTheRegularError(t *testing.T) {
	notFound := &errors.Error{Class: errors.ErrNotFound}
	regular := func() error { return notFound }
	require.Equal(t, notFound, fault.Fault{}.Play(t.Context(), true, regular))
	require.ErrorIs(t, fault.LostReply.Play(t.Context(), true, regular), errors.ErrUncertain)
}

func TestAllAreNamedOnce(t *testing.T) {
	names := make(map[string]bool)
	for _, f := range fault.All() {
		require.NotEmpty(t, f.Name)
		require.False(t, names[f.Name], f.Name)
		names[f.Name] = true
	}
}
