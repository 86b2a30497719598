// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"
	"slices"

	"github.com/resellkit/resell/quota"
)

// State is what a Provider knows of one customer. A ledger and a budget are two things: a cloud has one or the other.
type State struct {
	Opened   bool         // the ledgers exist
	Limit    quota.Money  // of the ledger
	Consumed quota.Money  // booked on the ledger; negative after more top-ups than consumption
	Budget   quota.Budget // zero Limit: none is set; Used is what the cloud has metered
	Frozen   bool         // by the reseller
}

// Change is one change that was really made.
type Change struct {
	Op       string // the method, such as "SetQuota"
	Customer string
	Amount   quota.Money // the limit that was set, or the amount that was booked
	Key      quota.Key
}

// String gives the change in one line.
func (c Change) String() string {
	return fmt.Sprintf("%s of customer %s by %s with key %q", c.Op, c.Customer, c.Amount, string(c.Key))
}

func (c Change) equal(other Change) bool {
	return c.Op == other.Op && c.Customer == other.Customer && c.Amount.Equal(other.Amount) && c.Key == other.Key
}

// Customer returns what is known of a customer, and whether anything is.
func (p *Provider) Customer(id string) (State, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, known := p.customers[id]; known {
		return *s, true
	}
	return State{}, false
}

// Update changes what is known of a customer, in one step and without an entry among the changes, to prepare a test
// or to act as the cloud itself: open a ledger, meter use, freeze. Money without a currency gets the provider's.
func (p *Provider) Update(id string, change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state(id)
	change(s)
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
	p.customers[id] = s
}
