// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func cents2(cents int64) decimal.Decimal { return decimal.New(cents, -2) }

// simCloud knows the keys of adjustments for simRemembers; absolute changes it makes whenever they arrive.
type simCloud struct {
	s          *sim
	booked     map[quota.Key]time.Time // by the key on the wire
	opened     map[string]bool
	limits     map[string]quota.Money // by account and customer
	frozen     bool
	order      map[string][]simChange  // of each lane
	inFlight   map[string][]simRequest // of each lane
	byHand     []time.Time             // when somebody else set the budget
	interfered bool                    // somebody else changed something
	elses      int64
}

// simChange is one change that was really made.
type simChange struct {
	intent        *simIntent
	sent, at      time.Time
	before, after quota.Money
	late          bool // the client had given up
}

type simRequest struct {
	intent *simIntent
	fence  int64
	until  time.Time
}

func newSimCloud(s *sim) *simCloud {
	return &simCloud{
		s: s, booked: make(map[quota.Key]time.Time), opened: map[string]bool{"open": true}, limits: make(map[string]quota.Money),
		order: make(map[string][]simChange), inFlight: make(map[string][]simRequest),
	}
}

func (c *simCloud) somebodyElse() {
	c.interfered = true
	c.elses++
	c.byHand = append(c.byHand, c.s.now)
	c.limits["budget/open"] = quota.Money{Amount: cents2(100_000_000*c.elses + 37), Currency: quota.CNY}
	c.s.note("somebody else sets the budget to %s", c.limits["budget/open"])
}

func (c *simCloud) openBySomebodyElse(customer string) {
	if !c.opened[customer] {
		c.interfered = true
		c.opened[customer] = true
		c.limits["ledger/"+customer] = quota.Money{Amount: cents2(99_999_999), Currency: quota.CNY}
	}
}

// simCall is one intent's way to the cloud.
type simCall struct {
	w     *simWorker
	t     *taken
	truth *simIntent
}

type simLedger struct{ simCall }

type simBudget struct{ simCall }

func (c simLedger) CreateQuota(_ context.Context, g quota.Grant) (quota.Receipt, error) {
	cloud := c.w.s.cloud
	return c.write(func(ch *simChange) error {
		if cloud.opened[g.Customer] {
			return &errors.Error{Class: errors.ErrExists}
		}
		cloud.opened[g.Customer] = true
		return c.limit("ledger/"+g.Customer, g.Limit, ch)
	}, false)
}

func (c simLedger) SetQuota(_ context.Context, g quota.Grant) (quota.Receipt, error) {
	cloud := c.w.s.cloud
	return c.write(func(ch *simChange) error {
		if !cloud.opened[g.Customer] {
			return &errors.Error{Class: errors.ErrNotFound}
		}
		return c.limit("ledger/"+g.Customer, g.Limit, ch)
	}, false)
}

// AvailableQuota is read only of a customer that has used nothing.
func (c simLedger) AvailableQuota(_ context.Context, customer string) (m quota.Money, err error) {
	cloud := c.w.s.cloud
	err = c.read(func() error {
		m = cloud.limits["ledger/"+customer]
		return nil
	})
	return m, err
}

func (c simLedger) IncreaseConsumption(_ context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return c.write(func(*simChange) error { return c.book(a) }, true)
}

func (c simLedger) DecreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return c.IncreaseConsumption(ctx, a)
}

var errSimRepeat = &errors.Error{Message: "made already"}

func (c simCall) book(a quota.Adjustment) error {
	cloud := c.w.s.cloud
	if at, known := cloud.booked[a.Key]; known && cloud.s.now.Sub(at) <= simRemembers {
		return errSimRepeat
	}
	cloud.booked[a.Key] = cloud.s.now
	return nil
}

func (c simBudget) SetBudget(_ context.Context, b quota.Budget) (quota.Receipt, error) {
	return c.write(func(ch *simChange) error { return c.limit("budget/"+b.Customer, b.Limit, ch) }, false)
}

func (c simBudget) Budget(_ context.Context, customer string) (b quota.Budget, err error) {
	cloud := c.w.s.cloud
	err = c.read(func() error {
		b = quota.Budget{Customer: customer, Limit: cloud.limits["budget/"+customer], Period: quota.OneOff}
		return nil
	})
	return b, err
}

func (c simBudget) Freeze(context.Context, quota.Freeze) (quota.Receipt, error) {
	return c.write(func(*simChange) error { c.w.s.cloud.frozen = true; return nil }, false)
}

func (c simBudget) Unfreeze(context.Context, quota.Freeze) (quota.Receipt, error) {
	return c.write(func(*simChange) error { c.w.s.cloud.frozen = false; return nil }, false)
}

func (c simCall) limit(of string, m quota.Money, ch *simChange) error {
	limits := c.w.s.cloud.limits
	ch.before, ch.after = limits[of], m
	limits[of] = m
	return nil
}

// patience is how long a client waits: no longer than its lease allows.
func (c simCall) patience() time.Duration {
	return min(30*time.Second, c.t.until.Add(-simLease/10).Sub(c.w.clock()))
}

// refusals are replies that say that nothing was done.
var refusals = []*errors.Error{
	{Class: errors.ErrThrottled},
	{Class: errors.ErrThrottled, After: 90 * time.Second},
	{Class: errors.ErrUnavailable},
	{Class: errors.ErrUnauthenticated},
	{Class: errors.ErrDenied},
	{Class: errors.ErrInsufficient},
}

// write sends a change and waits for the reply, with everything that may happen on the way.
func (c simCall) write(apply func(*simChange) error, keyed bool) (quota.Receipt, error) {
	s, truth := c.w.s, c.truth
	patience := c.patience()
	if patience <= 0 {
		return quota.Receipt{}, &errors.Error{Class: errors.ErrUnavailable, Err: context.DeadlineExceeded}
	}
	sent, latency := s.now, time.Millisecond+s.upTo(500*time.Millisecond)
	if latency > patience {
		latency = patience
	}
	faulty := s.troubled && s.chance(s.fault)
	outage := s.troubled && !s.now.Before(s.outageFrom) && s.now.Before(s.outageTo)
	if faulty && !outage && s.chance(400) {
		c.leave(sent.Add(latency))
		c.w.wait(latency)
		return quota.Receipt{}, refusals[s.rng.IntN(len(refusals))]
	}
	arrives, replies := latency, true
	if faulty || outage {
		replies = false
		switch s.rng.IntN(4) {
		case 0: // the request is lost
			arrives = -1
		case 1: // the reply is lost
		case 2: // slow: the client waits no longer, or its lease ends
			arrives = s.upTo(patience)
		case 3: // delivered long after the client gave up
			arrives = patience + s.upTo(simLate)
			if !keyed && !s.lateAbsolute {
				arrives = patience
			}
		}
	}
	var result error
	if arrives >= 0 {
		s.after(arrives, func() {
			ch := simChange{intent: truth, sent: sent, at: s.now, late: arrives > patience}
			if result = apply(&ch); result == nil {
				s.note("cloud: %s is made (%s → %s, late %v)", truth.Key, ch.before, ch.after, ch.late)
				truth.applied = append(truth.applied, ch)
				s.cloud.order[truth.lane] = append(s.cloud.order[truth.lane], ch)
			} else if result == errSimRepeat { //nolint:errorlint // it is the very one
				result = nil
			}
		})
	}
	if replies {
		c.leave(sent.Add(latency))
		c.w.wait(latency + 1) // after it arrived
		if result != nil {
			return quota.Receipt{}, result
		}
		return quota.Receipt{RequestID: "r", Attempts: 1}, nil
	}
	truth.inDoubt = true
	if keyed {
		s.doubts++
	}
	c.leave(sent.Add(patience))
	c.w.wait(patience + 1)
	return quota.Receipt{}, &errors.Error{Class: errors.ErrUncertain, Err: context.DeadlineExceeded}
}

// leave: of a lane no more than one change is on its way.
func (c simCall) leave(until time.Time) {
	s, cloud, lane := c.w.s, c.w.s.cloud, c.truth.lane
	if lane == "" {
		return
	}
	for _, r := range cloud.inFlight[lane] {
		if r.until.After(s.now) && (r.intent != c.truth || r.fence != c.t.fence) {
			s.wrong("%s (fence %d) is sent while %s (fence %d) of its lane is on its way", c.truth.Key, c.t.fence, r.intent.Key, r.fence)
		}
	}
	cloud.inFlight[lane] = append(cloud.inFlight[lane][:0:0], simRequest{c.truth, c.t.fence, until})
}

// read asks; it changes nothing.
func (c simCall) read(get func() error) error {
	s := c.w.s
	patience := c.patience()
	latency := min(time.Millisecond+s.upTo(500*time.Millisecond), patience)
	if patience <= 0 {
		return &errors.Error{Class: errors.ErrUnavailable, Err: context.DeadlineExceeded}
	}
	if s.troubled && (s.chance(s.fault) || !s.now.Before(s.outageFrom) && s.now.Before(s.outageTo)) {
		c.w.wait(latency)
		return &errors.Error{Class: errors.ErrUnavailable}
	}
	var result error
	s.after(latency/2, func() { result = get() })
	c.w.wait(latency + 1)
	return result
}
