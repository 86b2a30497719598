// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/resellkit/resell/errors"
)

// Observer starts a span or a timer for one operation and returns what ends it.
type Observer = func(ctx context.Context, op string) (context.Context, func(error))

// Config is what a Client is made of.
type Config struct {
	Provider   string
	HTTPClient *http.Client // its Transport and Timeout are used; nil: a tuned pool of this client's own
	Retry      Retry
	Logger     *slog.Logger // nil: silent
	Observe    Observer     // nil: nobody watches
}

// Client talks to one provider. Make it with New.
type Client struct {
	provider  string
	transport http.RoundTripper
	timeout   time.Duration
	retry     Retry
	logger    *slog.Logger
	observe   Observer
	budget    budget
}

// New checks the configuration and returns a client.
func New(c Config) (*Client, error) {
	retry, err := c.Retry.withDefaults()
	if err != nil {
		return nil, err
	}
	client := &Client{
		provider: c.Provider,
		timeout:  retry.Timeout,
		retry:    retry,
		logger:   c.Logger,
		observe:  c.Observe,
	}
	client.budget.fill()
	if c.HTTPClient != nil {
		client.transport = c.HTTPClient.Transport
		if t := c.HTTPClient.Timeout; t > 0 && t < client.timeout {
			client.timeout = t
		}
	}
	if client.transport == nil {
		client.transport = NewTransport()
	}
	return client, nil
}

// Request is one operation to carry out.
type Request struct {
	Op          string // the provider's name of the operation, for errors, logs and observers
	Method      string
	URL         *url.URL // read only; carries no secret
	ContentType string
	Body        []byte // read only
	Write       bool   // changes something: what is unknown is ErrUncertain
	MaxReply    int64  // bytes of a reply that are read, after decompression; 0 is 1 MiB
	Repeatable  bool   // repeating after an uncertain attempt cannot make the change twice
	// Sign completes one attempt: all headers but Content-Type. It returns what must never appear in a text.
	Sign func(ctx context.Context, req *http.Request, body []byte) (Secrets, error)
	// Judge says what a reply means: nil is success, else an error with class, code, message and wait hint as for a
	// change. The class ErrUncertain of a read becomes ErrUnavailable here.
	Judge func(Reply) *errors.Error
}

// Reply is a complete answer. Judge must not keep Body.
type Reply struct {
	Status  int
	Header  http.Header
	Body    []byte
	Doubt   bool    // an earlier attempt of this change may have been applied
	Secrets Secrets // of this attempt, for texts that Judge keeps for itself
}

// Do carries out r, repeating where that is safe, and returns how many attempts it took. A nil error means that Judge
// accepted the last reply; any other is an *errors.Error.
func (c *Client) Do(ctx context.Context, r *Request) (attempts int, err error) {
	conv := newConversation(ctx, c, r)
	if failure := conv.run(); failure != nil {
		return conv.attempts, failure
	}
	return conv.attempts, nil
}

// Watch runs f as the operation op, under the observer if there is one.
func (c *Client) Watch(ctx context.Context, op string, f func(context.Context) error) error {
	if c.observe == nil {
		return f(ctx)
	}
	ctx, done := c.observe(ctx, op)
	err := f(ctx)
	done(err)
	return err
}
