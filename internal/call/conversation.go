// SPDX-License-Identifier: Apache-2.0

package call

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/resellkit/resell/errors"
)

// conversation is one call of Do.
type conversation struct {
	client  *Client
	request *Request
	ctx     context.Context // the caller's
	traced  context.Context // the same, with trace

	attempts int
	failure  *errors.Error // of the last attempt; nil: it succeeded
	doubt    bool          // an attempt of this change may have been applied
	wait     time.Duration // before the next attempt
	drawn    int64         // from the retry budget

	trace      httptrace.ClientTrace
	connected  atomic.Bool // this attempt has a connection
	written    atomic.Bool // this attempt's headers were written
	handedOver bool        // go-retryablehttp knows of the first attempt
}

func newConversation(ctx context.Context, client *Client, r *Request) *conversation {
	c := &conversation{client: client, request: r, ctx: ctx}
	c.trace.GotConn = func(httptrace.GotConnInfo) { c.connected.Store(true) }
	c.trace.WroteHeaders = func() { c.written.Store(true) }
	c.traced = httptrace.WithClientTrace(ctx, &c.trace)
	return c
}

// run makes the first attempt, nearly always the last, by itself: through go-retryablehttp and an HTTP client it would
// cost seven allocations more.
func (c *conversation) run() *errors.Error {
	c.try()
	if c.failure != nil {
		c.repeat()
	}
	failure := c.failure
	if failure == nil {
		c.client.budget.repay(c.drawn + 1)
		return nil
	}
	if c.doubt {
		KeepDoubt(failure)
	}
	failure.Provider, failure.Op, failure.Attempts = c.client.provider, c.request.Op, c.attempts
	return failure
}

// repeat has go-retryablehttp drive all further attempts. c is the round tripper below its HTTP client; because it turns
// each outcome into c.failure and never returns an error, go-retryablehttp has no cause to close idle connections, and
// net/http none to print a URL.
func (c *conversation) repeat() {
	r := c.request
	retrier := retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: c},
		RetryMax:     c.client.retry.Attempts - 1,
		CheckRetry:   c.checkRetry,
		Backoff:      c.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	base := (&http.Request{Method: r.Method, URL: r.URL, Host: r.URL.Host, Header: http.Header{}}).WithContext(c.ctx)
	_, err := retrier.Do(&retryablehttp.Request{Request: base}) //nolint:bodyclose // the reply has none, see RoundTrip
	if err != nil {
		c.failure.Err = ContextError(c.ctx) // it ended in a wait
	}
}

// RoundTrip makes one attempt; but the first was made before. Its reply is the same for all of them.
func (c *conversation) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.handedOver {
		c.try()
	}
	c.handedOver = true
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// try makes one attempt and keeps its outcome.
func (c *conversation) try() {
	c.attempts++
	start := time.Now()
	c.failure = c.attempt(start.Add(c.client.timeout))
	if c.failure != nil && c.failure.Class == errors.ErrUncertain {
		if c.request.Write {
			c.doubt = true
		} else {
			c.failure.Class = errors.ErrUnavailable
		}
	}
	c.log(start)
}

// attempt signs, sends, reads and judges once, until end at the latest.
func (c *conversation) attempt(end time.Time) *errors.Error {
	r := c.request
	if c.ctx.Err() != nil {
		return &errors.Error{Class: errors.ErrUnavailable, Message: "nothing was sent", Err: ContextError(c.ctx)}
	}
	ctx := c.traced
	if deadline, ok := ctx.Deadline(); !ok || end.Before(deadline) { // else the caller's context ends first by itself
		bounded, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		ctx = bounded
	}
	// The headers are this attempt's alone: the transport may still read the last one's.
	out := (&http.Request{Method: r.Method, URL: r.URL, Host: r.URL.Host, Header: make(http.Header, 8)}).WithContext(ctx)
	if r.ContentType != "" {
		out.Header["Content-Type"] = []string{r.ContentType}
	}
	if len(r.Body) > 0 {
		out.ContentLength = int64(len(r.Body))
		out.Body = io.NopCloser(bytes.NewReader(r.Body))
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	}
	secrets, err := r.Sign(ctx, out, r.Body)
	if err != nil {
		return c.unsigned(err)
	}
	c.connected.Store(false)
	c.written.Store(false)
	resp, err := c.client.transport.RoundTrip(out)
	if err != nil {
		return c.broken(ctx, 0, err, secrets)
	}
	defer resp.Body.Close() //nolint:errcheck // everything of use was read
	body, err := readAll(resp.Body, resp.ContentLength, cmp.Or(r.MaxReply, maxReply))
	if err != nil {
		return c.broken(ctx, resp.StatusCode, err, secrets)
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return &errors.Error{Class: errors.ErrUncertain, Status: resp.StatusCode, Message: "redirected; redirects are not followed, check the endpoint"}
	}
	failure := r.Judge(Reply{Status: resp.StatusCode, Header: resp.Header, Body: body, Doubt: c.doubt, Secrets: secrets})
	if failure != nil {
		failure.Status = resp.StatusCode
		failure.Code = secrets.Redact(failure.Code)
		failure.Message = secrets.Redact(failure.Message)
		failure.RequestID = secrets.Redact(failure.RequestID)
	}
	return failure
}

// unsigned is an attempt that ended before anything was sent, for want of credentials.
func (c *conversation) unsigned(err error) *errors.Error {
	if known, ok := errors.AsType[*errors.Error](err); ok {
		failure := *known
		return &failure
	}
	if c.ctx.Err() != nil {
		err = ContextError(c.ctx)
	}
	return &errors.Error{Class: errors.ErrUnavailable, Message: "no credentials to sign with, nothing was sent", Err: err}
}

// broken is an attempt without a complete reply. For a change it is uncertain as soon as the provider may have seen
// it: once the headers were written, or (a context can end between the two) once there was a connection to write to.
func (c *conversation) broken(attempt context.Context, status int, err error, secrets Secrets) *errors.Error {
	failure := &errors.Error{Class: errors.ErrUnavailable, Status: status, Message: "no complete reply"}
	if status != 0 || c.written.Load() || (attempt.Err() != nil && c.connected.Load()) {
		failure.Class = errors.ErrUncertain
	}
	switch {
	case c.ctx.Err() != nil:
		failure.Err = ContextError(c.ctx)
	case attempt.Err() != nil && !c.connected.Load():
		failure.Message = fmt.Sprintf("no connection within %v", c.client.timeout)
	case attempt.Err() != nil:
		failure.Message = fmt.Sprintf("no complete reply within %v", c.client.timeout)
	default:
		failure.Err = secrets.redactError(scrubError(err))
	}
	return failure
}

func (c *conversation) log(start time.Time) {
	l := c.client.logger
	if l == nil || !l.Enabled(c.ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("provider", c.client.provider),
		slog.String("op", c.request.Op),
		slog.Int("attempt", c.attempts),
		slog.Duration("took", time.Since(start)),
	}
	if c.failure != nil {
		attrs = append(attrs, slog.Any("error", c.failure))
	}
	l.LogAttrs(c.ctx, slog.LevelDebug, "resell: attempt", attrs...)
}
