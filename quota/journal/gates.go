// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"sync"
	"time"

	"github.com/resellkit/resell/errors"
)

// gates keep a provider from locking an account's key, which some do after five requests with wrong credentials: until it
// is known that the credentials are right, requests go one at a time; once they were refused, none goes for a while.
type gates struct {
	mu        sync.Mutex
	byAccount map[string]*gate
}

type gate struct {
	alone chan struct{} // holds what the one request takes that may go while proven is false

	mu     sync.Mutex
	proven bool      // the credentials were accepted, and not refused since
	until  time.Time // nothing goes before
}

// rest is how long nothing goes after the credentials were refused.
const rest = time.Minute

func (g *gates) of(account string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byAccount == nil {
		g.byAccount = make(map[string]*gate)
	}
	one := g.byAccount[account]
	if one == nil {
		one = &gate{alone: make(chan struct{}, 1)}
		one.alone <- struct{}{}
		g.byAccount[account] = one
	}
	return one
}

func (g *gates) closed(account string) bool {
	_, left := g.of(account).state()
	return left > 0
}

func (g *gate) state() (proven bool, left time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.proven, time.Until(g.until)
}

// pass lets a request through, which must call done with how it ended; or it says why not, and nothing is to be sent.
func (g *gate) pass(ctx context.Context) (done func(error), err error) {
	proven, left := g.state()
	leave := func() {}
	if !proven && left <= 0 {
		select {
		case <-g.alone:
		case <-ctx.Done():
			return nil, &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "nothing was sent", Err: ctx.Err()}
		}
		leave = func() { g.alone <- struct{}{} }
		_, left = g.state() // the one before may have been refused
	}
	if left > 0 {
		leave()
		return nil, &errors.Error{Op: "journal", Class: errors.ErrUnavailable, Message: "nothing was sent: the account's credentials were refused less than " + rest.String() + " ago", After: left}
	}
	return func(err error) {
		g.learn(err)
		leave()
	}, nil
}

// learn takes in what the end of a request says of the credentials.
func (g *gate) learn(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch errors.Class(err) {
	case errors.ErrUnauthenticated:
		g.proven, g.until = false, time.Now().Add(rest)
	case errors.ErrThrottled, errors.ErrUnavailable, errors.ErrUncertain, errors.ErrInvalid: // may not have come so far
	default:
		g.proven = true
	}
}
