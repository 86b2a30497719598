// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"
	"slices"
	"time"

	"github.com/resellkit/resell/quota"
)

// State is what a Provider knows of one customer. A ledger and a budget are two things: a cloud has one or the other.
type State struct {
	Opened   bool         // the ledgers exist
	Limit    quota.Money  // of the ledger
	Consumed quota.Money  // booked on the ledger; negative after more top-ups than consumption
	Budget   quota.Budget // zero Limit: none is set; Used is what the cloud has metered
	Frozen   bool         // by the reseller

	FrozenResources bool              // with Frozen: what was running was stopped too
	Alarms          []quota.Threshold // when to warn
	Name            string            // the account's; may be empty
	Associated      time.Time         // when it became the reseller's customer; may be zero
}

// Change is one change that was really made.
type Change struct {
	Op       string // the method, such as "SetQuota"
	Customer string
	Amount   quota.Money // the limit that was set, or the amount that was booked; zero, without a currency: the method has none
	Key      quota.Key
}

// String gives the change in one line.
func (c Change) String() string {
	if c.Amount.Currency == "" {
		return fmt.Sprintf("%s of customer %s", c.Op, c.Customer)
	}
	return fmt.Sprintf("%s of customer %s by %s with key %q", c.Op, c.Customer, c.Amount, string(c.Key))
}

func (c Change) equal(other Change) bool {
	return c.Op == other.Op && c.Customer == other.Customer && c.Amount.Equal(other.Amount) && c.Key == other.Key
}

// Customer returns what is known of a customer, and whether anything is.
func (p *Provider) Customer(id string) (State, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known := p.customers[id]
	if !known {
		return State{}, false
	}
	state := *s
	state.Alarms = slices.Clone(s.Alarms)
	return state, true
}

// Update changes what is known of a customer, in one step and without an entry among the changes, to prepare a test
// or to act as the cloud itself: open a ledger, meter use, freeze. Money without a currency gets the provider's.
func (p *Provider) Update(id string, change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state(id)
	change(s)
	s.Alarms = slices.Clone(s.Alarms)
	for i := range s.Alarms {
		if t := &s.Alarms[i]; !t.IsRatio() && t.Amount.Currency == "" {
			t.Amount.Currency = p.currency()
		}
	}
	for _, m := range []*quota.Money{&s.Limit, &s.Consumed, &s.Budget.Limit, &s.Budget.Used} {
		if m.Currency == "" {
			m.Currency = p.currency()
		}
	}
	p.keep(id, s)
}

// Changes lists what was really changed, in order: of one customer, or of all where customer is empty. A request that
// was refused, or recognized as a repeat by its key, is not among them.
func (p *Provider) Changes(customer string) []Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	changes := slices.Clone(p.changes)
	if customer == "" {
		return changes
	}
	return slices.DeleteFunc(changes, func(c Change) bool { return c.Customer != customer })
}

// state is the customer's record, blank where there is none yet. The caller holds the lock.
func (p *Provider) state(id string) *State {
	if s, known := p.customers[id]; known {
		return s
	}
	zero := quota.Money{Currency: p.currency()}
	return &State{Limit: zero, Consumed: zero, Budget: quota.Budget{Customer: id, Limit: zero, Used: zero}}
}

func (p *Provider) keep(id string, s *State) {
	if p.customers == nil {
		p.customers = make(map[string]*State)
	}
	if _, known := p.customers[id]; !known {
		p.unsorted = p.unsorted || len(p.ids) > 0 && id < p.ids[len(p.ids)-1]
		p.ids = append(p.ids, id)
	}
	p.customers[id] = s
}
