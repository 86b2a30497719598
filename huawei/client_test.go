// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/sdkhmac"
)

func verify(t testing.TB, r sent, key Credentials) {
	t.Helper()
	signed, err := sdkhmac.Verify(r.Request, []byte(r.body), time.Now(), func(id string) (string, bool) {
		return key.SecretKey, id == key.AccessKey
	})
	require.NoError(t, err)
	require.Equal(t, key.SecurityToken, signed.Token)
}

func TestEveryAttemptIsSignedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := reply{status: 500, body: `{"error_code":"CBC.0999","error_msg":"Other errors."}`}
		w := answers(failed, failed, reply{status: 204})
		script := w.answer
		w.answer = func(n int, r sent) reply {
			verify(t, r, testKey)
			time.Sleep(2 * time.Second) // dates are in seconds
			return script(n, r)
		}
		client := newTestClient(t, w, func(c *Config) { c.Retry = Retry{} })
		receipt, err := client.SetBudget(t.Context(), testBudget())
		require.NoError(t, err)
		require.Equal(t, 3, receipt.Attempts)
		require.Len(t, w.requests, 3)
		dates, signatures := map[string]bool{}, map[string]bool{}
		for _, r := range w.requests {
			dates[r.Header.Get("X-Sdk-Date")] = true
			signatures[r.Header.Get("Authorization")] = true
			require.Equal(t, w.requests[0].body, r.body)
		}
		require.Len(t, dates, 3)
		require.Len(t, signatures, 3)
	})
}

// The first wait after throttling is random up to two seconds unless Config.Retry says otherwise.
func TestThrottlingWaits(t *testing.T) {
	waited := func(retry Retry) time.Duration {
		var longest time.Duration
		synctest.Test(t, func(t *testing.T) {
			for range 50 {
				w := answers(reply{status: 429, body: `{"error_code":"APIGW.0308"}`}, reply{status: 204})
				client := newTestClient(t, w, func(c *Config) { c.Retry = retry })
				start := time.Now()
				_, err := client.SetBudget(t.Context(), testBudget())
				require.NoError(t, err)
				longest = max(longest, time.Since(start))
			}
		})
		return longest
	}
	standard := waited(Retry{})
	require.LessOrEqual(t, standard, 2*time.Second)
	require.Greater(t, standard, time.Second)
	require.LessOrEqual(t, waited(Retry{Throttled: time.Millisecond}), time.Millisecond)
}

func TestUnauthenticatedIsNotRepeated(t *testing.T) {
	for _, status := range []int{401, 403} {
		w := answers(reply{status: status, body: `{"error_code":"CBC.0154","error_msg":"token"}`})
		client := newTestClient(t, w)
		_, err := client.SetBudget(t.Context(), testBudget())
		requireClass(t, errors.ErrUnauthenticated, err)
		require.Len(t, w.requests, 1)
		_, err = client.Budget(t.Context(), testCustomer)
		requireClass(t, errors.ErrUnauthenticated, err)
		require.Len(t, w.requests, 2)
	}
}

func TestTokenInsteadOfSignature(t *testing.T) {
	tokens := []string{"token-1", "token-2"}
	calls := 0
	w := answers(reply{status: 429}, reply{status: 204})
	client := newTestClient(t, w, func(c *Config) {
		c.Credentials = Credentials{}
		c.TokenFunc = func(context.Context) (string, error) { calls++; return tokens[calls-1], nil }
	})
	_, err := client.SetBudget(t.Context(), testBudget())
	require.NoError(t, err)
	require.Len(t, w.requests, 2)
	for i, r := range w.requests {
		require.Equal(t, []string{tokens[i]}, r.Header["X-Auth-Token"])
		require.Equal(t, "application/json", r.Header.Get("Accept"))
		require.NotContains(t, r.Header, "Authorization")
		require.NotContains(t, r.Header, "X-Sdk-Date")
	}
}

func TestTemporaryCredentials(t *testing.T) {
	key := Credentials{AccessKey: "temporary", SecretKey: "secret", SecurityToken: "token"}
	w := answers(reply{status: 204})
	client := newTestClient(t, w, func(c *Config) {
		c.Credentials = Credentials{}
		c.CredentialsFunc = func(context.Context) (Credentials, error) { return key, nil }
	})
	_, err := client.SetBudget(t.Context(), testBudget())
	require.NoError(t, err)
	require.Equal(t, "token", w.requests[0].Header.Get("X-Security-Token"))
	verify(t, w.requests[0], key)
}

func TestCredentialFunctionsThatFail(t *testing.T) {
	own := errors.New("vault is sealed")
	credentials := func(c Credentials, err error) func(*Config) {
		return func(config *Config) {
			config.Credentials = Credentials{}
			config.CredentialsFunc = func(context.Context) (Credentials, error) { return c, err }
		}
	}
	token := func(s string, err error) func(*Config) {
		return func(config *Config) {
			config.Credentials = Credentials{}
			config.TokenFunc = func(context.Context) (string, error) { return s, err }
		}
	}
	tests := []struct {
		name   string
		change func(*Config)
		want   error
		text   string
	}{
		{"empty credentials", credentials(Credentials{}, nil), errors.ErrUnauthenticated, "Config.CredentialsFunc"},
		{"no secret key", credentials(Credentials{AccessKey: "a"}, nil), errors.ErrUnauthenticated, "SecretKey"},
		{"line end in a key", credentials(Credentials{AccessKey: "a", SecretKey: "PLANTED\n"}, nil), errors.ErrUnauthenticated, "SecretKey"},
		{"own error", credentials(Credentials{}, own), errors.ErrUnavailable, "vault is sealed"},
		{"empty token", token("", nil), errors.ErrUnauthenticated, "Config.TokenFunc"},
		{"line end in the token", token("PLANTED\r\nX: y", nil), errors.ErrUnauthenticated, "Config.TokenFunc"},
		{"own error for a token", token("", own), errors.ErrUnavailable, "vault is sealed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 204})
			_, err := newTestClient(t, w, tt.change).SetBudget(t.Context(), testBudget())
			requireClass(t, tt.want, err)
			_ = failureOf(t, err)
			require.ErrorContains(t, err, tt.text)
			requireClean(t, err.Error())
			require.Equal(t, tt.want == errors.ErrUnavailable, errors.Is(err, own)) //nolint:errorlint // identity is meant
			require.Empty(t, w.requests)
		})
	}
}

// The function is never run by two callers at once.
func TestCredentialFunctionsAreNotShared(t *testing.T) {
	var inside, most atomic.Int32
	client := newTestClient(t, answers(reply{status: 204}), func(c *Config) {
		c.Credentials = Credentials{}
		c.CredentialsFunc = func(context.Context) (Credentials, error) {
			most.Store(max(most.Load(), inside.Add(1)))
			defer inside.Add(-1)
			return testKey, nil
		}
	})
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 20 {
				_, _ = client.SetBudget(t.Context(), testBudget())
			}
		})
	}
	workers.Wait()
	require.EqualValues(t, 1, most.Load())
}

func TestLogLinesAreClean(t *testing.T) {
	var log bytes.Buffer
	w := answers(reply{status: 429, body: `{"error_code":"APIGW.0308","error_msg":"ak PLANTED-AK"}`}, reply{status: 204})
	client := newTestClient(t, w, func(c *Config) {
		c.Credentials = planted
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := client.SetBudget(t.Context(), testBudget())
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(log.String(), `"op":"UpdateSubCustomerBudget"`))
	require.Contains(t, log.String(), "throttled")
	requireClean(t, log.String())
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := answers(reply{status: 204})
	_, err := newTestClient(t, w).SetBudget(ctx, testBudget())
	requireClass(t, errors.ErrUnavailable, err)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, w.requests)
}

func BenchmarkSetBudget(b *testing.B) {
	client := newTestClient(b, roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204, Body: http.NoBody, Request: r}, nil
	}))
	budget := testBudget()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.SetBudget(b.Context(), budget); err != nil {
			b.Fatal(err)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
