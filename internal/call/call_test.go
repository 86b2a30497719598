// SPDX-License-Identifier: Apache-2.0

package call

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// step is how a scripted provider answers one attempt.
type step struct {
	status  int
	header  http.Header
	body    string
	err     error         // instead of an answer
	unsent  bool          // err comes before anything was written
	takes   time.Duration // before it answers, or the context ends
	endless bool          // the body never ends
}

// script is a round tripper that answers its steps in turn, the last one for ever.
type script struct {
	steps []step
	sent  []*http.Request
	times []time.Time
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	st := s.steps[min(len(s.sent), len(s.steps)-1)]
	s.sent = append(s.sent, req)
	s.times = append(s.times, time.Now())
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && !st.unsent {
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteHeaders()
	}
	if st.takes > 0 {
		select {
		case <-time.After(st.takes):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if st.err != nil {
		return nil, st.err
	}
	resp := &http.Response{StatusCode: st.status, Header: st.header, Body: io.NopCloser(strings.NewReader(st.body)), ContentLength: -1}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if st.endless {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(st.body), endless{}))
	}
	return resp, nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// judge takes the body for a class's name; "ok" is success.
func judge(r Reply) *errors.Error {
	body := string(r.Body)
	if body == "ok" {
		return nil
	}
	classes := map[string]error{"throttled": errors.ErrThrottled, "denied": errors.ErrDenied, "unauthenticated": errors.ErrUnauthenticated, "exists": errors.ErrExists}
	class, ok := classes[body]
	if !ok {
		class = errors.ErrUncertain
	}
	return &errors.Error{Class: class, Code: body, Message: r.Header.Get("Message"), RequestID: r.Header.Get("Request-Id"), After: RetryAfter(r.Header)}
}

func newTestClient(t *testing.T, s *script, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{Provider: "test", HTTPClient: &http.Client{Transport: s}}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	require.NoError(t, err)
	return c
}

func newRequest(write, repeatable bool) *Request {
	return &Request{
		Op: "Op", Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "provider.test", Path: "/"}, Write: write, Repeatable: repeatable,
		Sign: func(_ context.Context, req *http.Request, _ []byte) (Secrets, error) {
			req.Header.Set("Nonce", strconv.FormatInt(signatures.Add(1), 10))
			req.Header.Set("Date", time.Now().String())
			return Secrets{"secret-key", "se+cret/token"}, nil
		},
		Judge: judge,
	}
}

var signatures atomic.Int64

func TestWhatIsRepeated(t *testing.T) {
	lost := fmt.Errorf("read: connection reset by peer")
	refused := fmt.Errorf("dial tcp: connection refused")
	for _, c := range []struct {
		name              string
		write, repeatable bool
		steps             []step
		want              error
		requests          int
	}{
		{"success", true, false, []step{{status: 200, body: "ok"}}, nil, 1},
		{"throttled, then success", true, false, []step{{status: 400, body: "throttled"}, {status: 200, body: "ok"}}, nil, 2},
		{"throttled for ever", true, false, []step{{status: 429, body: "throttled"}}, errors.ErrThrottled, 4},
		{"refused is final", true, true, []step{{status: 400, body: "denied"}}, errors.ErrDenied, 1},
		{"401 is never repeated", true, true, []step{{status: 401, body: "unauthenticated"}}, errors.ErrUnauthenticated, 1},
		{"never sent, then success", true, false, []step{{err: refused, unsent: true}, {status: 200, body: "ok"}}, nil, 2},
		{"never sent for ever", true, false, []step{{err: refused, unsent: true}}, errors.ErrUnavailable, 4},
		{"lost reply, repeatable", true, true, []step{{err: lost}, {status: 200, body: "ok"}}, nil, 2},
		{"lost reply, not repeatable", true, false, []step{{err: lost}}, errors.ErrUncertain, 1},
		{"lost reply of a read", false, false, []step{{err: lost}}, errors.ErrUnavailable, 4},
		{"unknown code of a change", true, false, []step{{status: 400, body: "what?"}}, errors.ErrUncertain, 1},
		{"unknown code of a read", false, false, []step{{status: 400, body: "what?"}, {status: 200, body: "ok"}}, nil, 2},
		{"redirect is not followed", true, false, []step{{status: 302, header: http.Header{"Location": {"https://elsewhere.test/"}}, body: "ok"}}, errors.ErrUncertain, 1},
		{"reply too long", true, false, []step{{status: 200, endless: true, body: "ok"}}, errors.ErrUncertain, 1},
		{"in doubt, then refused: the doubt stays", true, true, []step{{err: lost}, {status: 400, body: "denied"}}, errors.ErrUncertain, 2},
		{"in doubt, then throttled for ever", true, true, []step{{err: lost}, {status: 400, body: "throttled"}}, errors.ErrUncertain, 4},
		{"in doubt, then never sent", true, true, []step{{err: lost}, {err: refused, unsent: true}}, errors.ErrUncertain, 4},
		{"throttled, then refused", true, true, []step{{status: 400, body: "throttled"}, {status: 400, body: "denied"}}, errors.ErrDenied, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: c.steps}
				attempts, err := newTestClient(t, s).Do(t.Context(), newRequest(c.write, c.repeatable))
				require.Equal(t, c.want, errors.Class(err), "%v", err)
				require.Len(t, s.sent, c.requests)
				require.Equal(t, c.requests, attempts)
				nonces := map[string]bool{}
				for _, req := range s.sent {
					require.False(t, nonces[req.Header.Get("Nonce")], "each attempt is signed anew")
					nonces[req.Header.Get("Nonce")] = true
				}
				if err != nil {
					failure, ok := errors.AsType[*errors.Error](err)
					require.True(t, ok)
					require.Equal(t, []any{"test", "Op", c.requests}, []any{failure.Provider, failure.Op, failure.Attempts})
				}
			})
		})
	}
}

func TestWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []step
		bounds []time.Duration
		exact  bool
	}{
		{"unavailable", []step{{err: io.EOF, unsent: true}}, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond, 6400 * time.Millisecond, 12800 * time.Millisecond, 20 * time.Second, 20 * time.Second}, false},
		{"throttled", []step{{status: 400, body: "throttled"}}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second}, false},
		{"hinted", []step{{status: 429, body: "throttled", header: http.Header{"Retry-After": {"7"}}}}, []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				longest := make([]time.Duration, len(c.bounds))
				for range 100 {
					s := &script{steps: c.steps}
					_, err := newTestClient(t, s, func(cfg *Config) { cfg.Retry.Attempts = len(c.bounds) + 1 }).Do(t.Context(), newRequest(true, true))
					require.Error(t, err)
					require.Len(t, s.times, len(c.bounds)+1)
					for i, bound := range c.bounds {
						wait := s.times[i+1].Sub(s.times[i])
						require.LessOrEqual(t, wait, bound)
						longest[i] = max(longest[i], wait)
						if c.exact {
							require.Equal(t, bound, wait)
						}
					}
				}
				for i, bound := range c.bounds {
					require.Greater(t, longest[i], bound*8/10, "wait %d uses its whole range", i)
				}
			})
		})
	}
}

func TestHintBeyondPatience(t *testing.T) {
	throttled := func(seconds string) *script {
		return &script{steps: []step{{status: 429, body: "throttled", header: http.Header{"Retry-After": {seconds}}}}}
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := throttled("21") // above the cap
		_, err := newTestClient(t, s).Do(t.Context(), newRequest(true, true))
		failure, _ := errors.AsType[*errors.Error](err)
		require.ErrorIs(t, err, errors.ErrThrottled)
		require.Equal(t, 21*time.Second, failure.After)
		require.Len(t, s.sent, 1)

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s = throttled("6") // beyond the deadline
		_, err = newTestClient(t, s).Do(ctx, newRequest(true, true))
		failure, _ = errors.AsType[*errors.Error](err)
		require.ErrorIs(t, err, errors.ErrThrottled)
		require.Equal(t, 6*time.Second, failure.After)
		require.Len(t, s.sent, 1)
		require.Zero(t, time.Since(start), "nobody waited")

		s = throttled("4") // control: within it, and waited for
		_, err = newTestClient(t, s).Do(ctx, newRequest(true, true))
		require.ErrorIs(t, err, errors.ErrThrottled)
		require.Len(t, s.sent, 2)
	})
}

func TestRetryBudget(t *testing.T) {
	t.Run("a provider that fails everything", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []step{{err: io.EOF, unsent: true}}}
			c := newTestClient(t, s)
			for range 20 { // spends the budget
				_, err := c.Do(t.Context(), newRequest(true, true))
				require.ErrorIs(t, err, errors.ErrUnavailable)
			}
			before := len(s.sent)
			for range 1000 {
				_, _ = c.Do(t.Context(), newRequest(true, true))
			}
			require.LessOrEqual(t, float64(len(s.sent)-before)/1000, 1.1)

			s.steps = []step{{status: 200, body: "ok"}} // it recovers, and so does the budget
			for range 100 {
				_, err := c.Do(t.Context(), newRequest(true, true))
				require.NoError(t, err)
			}
			s.steps = []step{{err: io.EOF, unsent: true}}
			before = len(s.sent)
			_, _ = c.Do(t.Context(), newRequest(true, true))
			require.Equal(t, 4, len(s.sent)-before)
		})
	})
	t.Run("one reply in ten fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &tenth{}
			c, err := New(Config{HTTPClient: &http.Client{Transport: s}})
			require.NoError(t, err)
			for range 10_000 {
				_, err := c.Do(t.Context(), newRequest(true, true))
				require.NoError(t, err)
			}
			require.LessOrEqual(t, float64(s.sent)/10_000, 1.15)
		})
	})
}

// tenth fails every tenth request.
type tenth struct{ sent int }

func (s *tenth) RoundTrip(*http.Request) (*http.Response, error) {
	s.sent++
	body := "ok"
	if s.sent%10 == 0 {
		body = "CreditInnerError"
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestContextEnds(t *testing.T) {
	cause := errors.New("the user went away")
	for _, c := range []struct {
		name     string
		steps    []step
		write    bool
		after    time.Duration
		want     error
		requests int
	}{
		{"before", []step{{status: 200, body: "ok"}}, true, 0, errors.ErrUnavailable, 0},
		{"in flight, before anything was written", []step{{takes: time.Hour, unsent: true}}, true, time.Second, errors.ErrUnavailable, 1},
		{"in flight, a change", []step{{takes: time.Hour}}, true, time.Second, errors.ErrUncertain, 1},
		{"in flight, a read", []step{{takes: time.Hour}}, false, time.Second, errors.ErrUnavailable, 1},
		{"waiting after throttling", []step{{status: 429, body: "throttled", header: http.Header{"Retry-After": {"10"}}}}, true, time.Second, errors.ErrThrottled, 1},
		{"waiting in doubt", []step{{status: 500, body: "CreditInnerError", header: http.Header{"Retry-After": {"10"}}}}, true, time.Second, errors.ErrUncertain, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				if c.after == 0 {
					cancel(cause)
				} else {
					time.AfterFunc(c.after, func() { cancel(cause) })
				}
				start := time.Now()
				s := &script{steps: c.steps}
				_, err := newTestClient(t, s).Do(ctx, newRequest(c.write, true))
				require.Equal(t, c.after, time.Since(start), "at once")
				require.Equal(t, c.want, errors.Class(err), "%v", err)
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, cause)
				require.Len(t, s.sent, c.requests)
			})
		})
	}
}

// The time for one attempt is not the caller's deadline, and does not look like it.
func TestAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{{takes: time.Hour}, {status: 200, body: "ok"}}}
		_, err := newTestClient(t, s).Do(t.Context(), newRequest(true, true))
		require.NoError(t, err, "repeated after 30 s")

		s = &script{steps: []step{{takes: time.Hour}}}
		_, err = newTestClient(t, s).Do(t.Context(), newRequest(true, false))
		require.ErrorIs(t, err, errors.ErrUncertain)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.Contains(t, err.Error(), "30s")
	})
}

// An attempt ends with the caller's deadline where that is the nearer one, and that one is visible in the error.
func TestNearerDeadline(t *testing.T) {
	for _, c := range []struct {
		name             string
		deadline, bounds time.Duration
		callers          bool
	}{
		{"the caller's", 10 * time.Second, 10 * time.Second, true},
		{"the attempt's", time.Hour, 30 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
				defer cancel()
				start := time.Now()
				s := &script{steps: []step{{takes: 2 * time.Hour}}}
				_, err := newTestClient(t, s).Do(ctx, newRequest(true, false))
				require.ErrorIs(t, err, errors.ErrUncertain)
				require.Equal(t, c.callers, errors.Is(err, context.DeadlineExceeded))
				require.Equal(t, c.bounds, time.Since(start))
				deadline, _ := s.sent[0].Context().Deadline()
				require.Equal(t, c.bounds, deadline.Sub(start))
			})
		})
	}
}

// A body that trickles is bounded by the attempt's time as well.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{{status: 200, body: "ok"}}}
		client := newTestClient(t, s, func(cfg *Config) { cfg.HTTPClient.Transport = trickling{s} })
		start := time.Now()
		_, err := client.Do(t.Context(), newRequest(true, false))
		require.ErrorIs(t, err, errors.ErrUncertain)
		require.Contains(t, err.Error(), "30s")
		require.Equal(t, 30*time.Second, time.Since(start))
	})
}

// trickling answers with a body of one byte a second.
type trickling struct{ http.RoundTripper }

func (s trickling) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = io.NopCloser(drops{req.Context()})
	}
	return resp, err
}

type drops struct{ ctx context.Context }

func (d drops) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return copy(p, " "), nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

// The caller's own trace sees every attempt, and each once.
func TestCallersTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connected, written := 0, 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GotConn:      func(httptrace.GotConnInfo) { connected++ },
			WroteHeaders: func() { written++ },
		})
		s := &script{steps: []step{{status: 429, body: "throttled"}, {err: io.EOF}, {status: 200, body: "ok"}}}
		_, err := newTestClient(t, s).Do(ctx, newRequest(true, true))
		require.NoError(t, err)
		require.Equal(t, []int{3, 3}, []int{connected, written})
	})
}

func TestNoCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{{status: 200, body: "ok"}}}
		c := newTestClient(t, s)
		r := newRequest(true, false)
		calls := 0
		r.Sign = func(context.Context, *http.Request, []byte) (Secrets, error) {
			calls++
			return Secrets{}, errors.New("the token service is down")
		}
		_, err := c.Do(t.Context(), r)
		require.ErrorIs(t, err, errors.ErrUnavailable)
		require.Contains(t, err.Error(), "the token service is down")
		require.Equal(t, 4, calls)

		r.Sign = func(context.Context, *http.Request, []byte) (Secrets, error) {
			return Secrets{}, &errors.Error{Class: errors.ErrUnauthenticated, Message: "empty key"}
		}
		_, err = c.Do(t.Context(), r)
		require.ErrorIs(t, err, errors.ErrUnauthenticated)
		require.Empty(t, s.sent)
	})
}

func TestNoSecretInAnyText(t *testing.T) {
	secrets := []string{"secret-key", "se+cret/token", "se%2Bcret%2Ftoken"}
	foreign := strings.Join(secrets, " and ")
	for _, c := range []struct {
		name string
		step step
	}{
		{"in the provider's words", step{status: 400, body: "denied", header: http.Header{"Message": {foreign}, "Request-Id": {foreign}}}},
		{"in a broken connection", step{err: fmt.Errorf("proxy says: %s", foreign)}},
		{"in a URL", step{err: fmt.Errorf("outer: %w", &url.Error{Op: "Post", URL: "https://user:secret-key@host.test/path?SecurityToken=se%2Bcret%2Ftoken", Err: io.ErrUnexpectedEOF})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			s := &script{steps: []step{c.step}}
			client := newTestClient(t, s, func(cfg *Config) {
				cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, err := client.Do(t.Context(), newRequest(true, false))
			require.Error(t, err)
			texts := []string{log.String()}
			for e := err; e != nil; e = errors.Unwrap(e) {
				texts = append(texts, e.Error(), fmt.Sprintf("%+v %#v", e, e))
			}
			require.NotEmpty(t, log.String())
			for _, text := range texts {
				for _, secret := range secrets {
					require.NotContains(t, text, secret)
				}
			}
		})
	}
	// Control: what is not a secret stays.
	_, err := newTestClient(t, &script{steps: []step{{err: io.ErrUnexpectedEOF}}}).Do(t.Context(), newRequest(true, false))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestWatch(t *testing.T) {
	type mark struct{}
	var op string
	var got error
	c := newTestClient(t, &script{steps: []step{{}}}, func(cfg *Config) {
		cfg.Observe = func(ctx context.Context, name string) (context.Context, func(error)) {
			op = name
			return context.WithValue(ctx, mark{}, true), func(err error) { got = err }
		}
	})
	want := errors.New("x")
	require.Equal(t, want, c.Watch(t.Context(), "Op", func(ctx context.Context) error {
		require.Equal(t, true, ctx.Value(mark{}))
		return want
	}))
	require.Equal(t, "Op", op)
	require.Equal(t, want, got)
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, &script{})
		start := time.Now()
		require.True(t, c.Pause(t.Context(), 1))
		require.LessOrEqual(t, time.Since(start), 200*time.Millisecond)
		require.False(t, c.Pause(t.Context(), 4), "as many rounds as attempts")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c.retry.Base = time.Hour
		require.False(t, c.Pause(ctx, 1))
	})
}

func TestConfigRefused(t *testing.T) {
	for field, retry := range map[string]Retry{
		"Retry.Attempts": {Attempts: -1}, "Retry.Base": {Base: -1}, "Retry.Throttled": {Throttled: -1}, "Retry.Cap": {Cap: -1}, "Retry.Timeout": {Timeout: -1},
	} {
		_, err := New(Config{Retry: retry})
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.Contains(t, err.Error(), field)
	}
	_, err := New(Config{Retry: Retry{Attempts: 21}})
	require.ErrorIs(t, err, errors.ErrInvalid)
}

func TestParseEndpoint(t *testing.T) {
	for _, good := range []string{"https://business.aliyuncs.com", "https://host.test:8443/", "http://127.0.0.1:8081", "http://[::1]:1", "http://localhost:9"} {
		u, err := ParseEndpoint("Config.Endpoint", good)
		require.NoError(t, err, good)
		require.Equal(t, "/", u.Path)
	}
	for _, bad := range []string{"", "business.aliyuncs.com", "http://business.aliyuncs.com", "https://", "https://user:pw@host.test", "https://host.test/path", "https://host.test?Signature=x", "https://host.test/#f", "ftp://host.test", "://", "http://127.0.0.1.evil.test", "https://a b"} {
		_, err := ParseEndpoint("Config.Endpoint", bad)
		require.ErrorIs(t, err, errors.ErrInvalid, bad)
		require.Contains(t, err.Error(), "Config.Endpoint")
		require.NotContains(t, err.Error(), "pw")
		require.NotContains(t, err.Error(), "Signature")
	}
}

func TestHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"": 0, "3": 3 * time.Second, " 3 ": 3 * time.Second, "-1": 0, "x": 0, "1.5": 0, "99999999999999": 24 * time.Hour, "99999999999999999999": 0,
			time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):       0,
			time.Now().Add(1000 * time.Hour).UTC().Format(http.TimeFormat): 24 * time.Hour,
		} {
			require.Equal(t, want, RetryAfter(http.Header{"Retry-After": {value}}), "%q", value)
		}
	})
	for value, want := range map[string]time.Duration{"": 0, "2000": 2 * time.Second, "-1": 0, "x": 0, "9999999999999": 24 * time.Hour} {
		require.Equal(t, want, Milliseconds(value), "%q", value)
	}
}

// Judge is told of an earlier attempt in doubt, and only of such a one.
func TestReplyTellsOfDoubt(t *testing.T) {
	for _, c := range []struct {
		name  string
		first step
		want  bool
	}{
		{"lost reply", step{err: io.ErrUnexpectedEOF}, true},
		{"never sent", step{err: io.EOF, unsent: true}, false},
		{"throttled", step{status: 429, body: "throttled"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRequest(true, true)
				var last Reply
				r.Judge = func(reply Reply) *errors.Error {
					last = reply
					return judge(reply)
				}
				_, err := newTestClient(t, &script{steps: []step{c.first, {status: 200, body: "ok"}}}).Do(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, c.want, last.Doubt)
				require.Equal(t, "secret-key", last.Secrets[0])
			})
		})
	}
}
