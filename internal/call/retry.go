// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wait"
)

// Retry says how often and how patiently a call is repeated. A zero field is its default.
type Retry struct {
	Attempts  int           // requests per call at most, the first included; default 4, 1 never repeats
	Base      time.Duration // the first wait is random up to this, then up to twice that, and so on; default 200 ms
	Throttled time.Duration // the same after throttling; default 1 s
	Cap       time.Duration // the longest wait; default 20 s
	Timeout   time.Duration // for one attempt; default 30 s
}

func (r Retry) withDefaults() (Retry, error) {
	if r.Attempts < 0 || r.Attempts > maxAttempts {
		return r, errors.Invalid("Config.Retry.Attempts", strconv.Itoa(r.Attempts), "must be 0 (the default) to "+strconv.Itoa(maxAttempts))
	}
	if r.Attempts == 0 {
		r.Attempts = 4
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		unset time.Duration
	}{
		{"Base", &r.Base, 200 * time.Millisecond},
		{"Throttled", &r.Throttled, time.Second},
		{"Cap", &r.Cap, 20 * time.Second},
		{"Timeout", &r.Timeout, 30 * time.Second},
	} {
		if *d.value < 0 {
			return r, errors.Invalid("Config.Retry."+d.name, d.value.String(), "must not be negative")
		}
		if *d.value == 0 {
			*d.value = d.unset
		}
	}
	return r, nil
}

const maxAttempts = 20

// checkRetry decides, as go-retryablehttp's CheckRetry, whether to make another attempt, and how long to wait for it.
func (c *conversation) checkRetry(_ context.Context, _ *http.Response, err error) (bool, error) {
	if err != nil || c.failure == nil || c.ctx.Err() != nil || c.attempts >= c.client.retry.Attempts || !c.repeatable() {
		return false, nil
	}
	hint := c.failure.After
	c.wait = c.nextWait()
	if deadline, ok := c.ctx.Deadline(); hint > c.client.retry.Cap || (ok && time.Until(deadline) < c.wait) {
		c.failure.After = c.wait // longer than anyone here will wait: the caller's decision
		return false, nil
	}
	cost := int64(retryCost)
	if c.failure.Class == errors.ErrThrottled {
		cost = throttledCost
	}
	if !c.client.budget.draw(cost) {
		return false, nil
	}
	c.drawn += cost
	return true, nil
}

// repeatable reports whether another attempt is safe, and may help.
func (c *conversation) repeatable() bool {
	switch c.failure.Class {
	case errors.ErrThrottled, errors.ErrUnavailable:
		return true
	case errors.ErrUncertain:
		return c.request.Repeatable
	}
	return false
}

// Pause waits between two rounds of a change that is settled by reading back, counted from 1: random up to a bound that
// doubles. It returns false where there have been as many rounds as attempts are allowed, or the context ends first.
func (c *Client) Pause(ctx context.Context, round int) bool {
	return round < c.retry.Attempts && wait.For(ctx, c.retry.jitter(c.retry.Base, round))
}

// jitter is random up to base, doubled with every round after the first, and never above the cap.
func (r Retry) jitter(base time.Duration, round int) time.Duration {
	for i := 1; i < round && base < r.Cap; i++ {
		base *= 2
	}
	return rand.N(min(base, r.Cap) + 1) //nolint:gosec // jitter needs no secrecy
}

// nextWait is the provider's hint, or jitter.
func (c *conversation) nextWait() time.Duration {
	if c.failure.After > 0 {
		return c.failure.After
	}
	r := c.client.retry
	base := r.Base
	if c.failure.Class == errors.ErrThrottled {
		base = r.Throttled
	}
	return r.jitter(base, c.attempts)
}

// backoff hands go-retryablehttp the wait that checkRetry chose.
func (c *conversation) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration {
	return c.wait
}

// The retry budget: every repeat draws tokens, a call that succeeds pays its own back and one more. When a provider
// fails everything, the budget is soon spent and each call is sent once.
const (
	budgetSize    = 500
	retryCost     = 14
	throttledCost = 5
)

type budget struct{ tokens atomic.Int64 }

func (b *budget) fill() { b.tokens.Store(budgetSize) }

func (b *budget) draw(cost int64) bool {
	for {
		have := b.tokens.Load()
		if have < cost {
			return false
		}
		if b.tokens.CompareAndSwap(have, have-cost) {
			return true
		}
	}
}

func (b *budget) repay(amount int64) {
	for {
		have := b.tokens.Load()
		if have >= budgetSize {
			return
		}
		if b.tokens.CompareAndSwap(have, min(have+amount, budgetSize)) {
			return
		}
	}
}
