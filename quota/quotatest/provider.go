// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// Provider is a cloud in memory. The zero value is ready, without customers, and books in CNY.
type Provider struct {
	// Currency is the only one that is taken; zero means CNY. Set it before the first call.
	Currency quota.Currency
	// Faults says what goes wrong with which call, by the name of the method: Faults.Add("SetQuota", fault.LostReply).
	Faults fault.Script

	mu        sync.Mutex
	customers map[string]*State
	ids       []string // of the customers
	unsorted  bool     // the ids are
	booked    map[quota.Key]booking
	changes   []Change
	requests  int
}

var (
	_ quota.Ledger   = (*Provider)(nil)
	_ quota.Adjuster = (*Provider)(nil)
	_ quota.Budgeter = (*Provider)(nil)
)

// booking is what a key stands for once it has been used.
type booking struct {
	change   Change
	receipt  quota.Receipt
	consumed quota.Money
}

// again is the answer to the change that the key stands for, however often it is sent.
func (b booking) again(c Change) (quota.Receipt, error) {
	if !b.change.equal(c) {
		return quota.Receipt{}, &errors.Error{Class: errors.ErrKeyReused, Message: "the key stands for " + b.change.String()}
	}
	receipt := b.receipt
	receipt.Consumed = &b.consumed
	return receipt, nil
}

// CreateQuota opens the customer's ledgers; errors.ErrExists if they are open already.
func (p *Provider) CreateQuota(ctx context.Context, g quota.Grant) (quota.Receipt, error) {
	const op = "CreateQuota"
	return call(ctx, p, op, true, p.checkGrant(g), func() (quota.Receipt, error) {
		s := p.state(g.Customer)
		if s.Opened {
			return quota.Receipt{}, &errors.Error{Class: errors.ErrExists, Message: "the ledgers of this customer are open"}
		}
		s.Opened, s.Limit = true, g.Limit
		return p.applied(s, Change{op, g.Customer, g.Limit, g.Key}), nil
	})
}

// SetQuota makes the limit of an open ledger what the grant says; errors.ErrNotFound if it is not open.
func (p *Provider) SetQuota(ctx context.Context, g quota.Grant) (quota.Receipt, error) {
	const op = "SetQuota"
	return call(ctx, p, op, true, p.checkGrant(g), func() (quota.Receipt, error) {
		s := p.state(g.Customer)
		if !s.Opened {
			return quota.Receipt{}, notOpened()
		}
		s.Limit = g.Limit
		return p.applied(s, Change{op, g.Customer, g.Limit, g.Key}), nil
	})
}

// AvailableQuota is limit less consumption of an open ledger; errors.ErrNotFound if it is not open.
func (p *Provider) AvailableQuota(ctx context.Context, customer string) (quota.Money, error) {
	return call(ctx, p, "AvailableQuota", false, quota.CheckCustomer(customer), func() (quota.Money, error) {
		s := p.state(customer)
		if !s.Opened {
			return quota.Money{}, notOpened()
		}
		return p.money(s.Limit.Amount.Sub(s.Consumed.Amount)), nil
	})
}

// IncreaseConsumption books at most once per key; a key used for another change is errors.ErrKeyReused.
func (p *Provider) IncreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return p.adjust(ctx, "IncreaseConsumption", a, a.Amount.Amount)
}

// DecreaseConsumption books at most once per key; a key used for another change is errors.ErrKeyReused.
func (p *Provider) DecreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return p.adjust(ctx, "DecreaseConsumption", a, a.Amount.Amount.Neg())
}

func (p *Provider) adjust(ctx context.Context, op string, a quota.Adjustment, delta decimal.Decimal) (quota.Receipt, error) {
	return call(ctx, p, op, true, p.check(a.Validate(), "Adjustment.Amount", a.Amount), func() (quota.Receipt, error) {
		change := Change{op, a.Customer, a.Amount, a.Key}
		if before, used := p.booked[a.Key]; used {
			return before.again(change)
		}
		s := p.state(a.Customer)
		if !s.Opened {
			return quota.Receipt{}, notOpened()
		}
		s.Consumed = p.money(s.Consumed.Amount.Add(delta))
		if p.booked == nil {
			p.booked = make(map[quota.Key]booking)
		}
		p.booked[a.Key] = booking{change, p.applied(s, change), s.Consumed}
		return p.booked[a.Key].again(change)
	})
}

// SetBudget makes the customer's budget what b says. Without Period it is monthly; without OnExceed the action stays
// as it is, and is by hand for a first budget.
func (p *Provider) SetBudget(ctx context.Context, b quota.Budget) (quota.Receipt, error) {
	const op = "SetBudget"
	return call(ctx, p, op, true, p.check(b.Validate(), "Budget.Limit", b.Limit), func() (quota.Receipt, error) {
		s := p.state(b.Customer)
		s.Budget = quota.Budget{
			Customer: b.Customer, Reseller: b.Reseller, Limit: b.Limit, Used: s.Budget.Used,
			Period: cmp.Or(b.Period, quota.Monthly), OnExceed: cmp.Or(b.OnExceed, s.Budget.OnExceed, quota.FreezeByHand),
		}
		s.Frozen, s.FrozenResources = s.Frozen && !b.Unfreeze, s.FrozenResources && !b.Unfreeze
		return p.applied(s, Change{op, b.Customer, b.Limit, ""}), nil
	})
}

// Budget reads the customer's budget; the limit is zero where none is set.
func (p *Provider) Budget(ctx context.Context, customer string) (quota.Budget, error) {
	return call(ctx, p, "Budget", false, quota.CheckCustomer(customer), func() (quota.Budget, error) {
		b := p.state(customer).Budget
		b.OnExceed = "" // write only
		return b, nil
	})
}

// call is the order of every method: the context, the input, the script, and then do, under the lock.
func call[V any](ctx context.Context, p *Provider, op string, write bool, bad error, do func() (V, error)) (V, error) {
	var zero, result V
	if err := ctx.Err(); err != nil {
		return zero, failed(op, &errors.Error{Class: errors.ErrUnavailable, Err: err})
	}
	if bad != nil {
		return zero, failed(op, bad)
	}
	f, _ := p.Faults.Next(op)
	err := f.Play(ctx, write, func() (err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		result, err = do()
		return err
	})
	if err != nil {
		return zero, failed(op, err)
	}
	return result, nil
}

// failed says where err comes from.
func failed(op string, err error) error {
	if e, ok := errors.AsType[*errors.Error](err); ok {
		named := *e
		named.Provider, named.Op = "quotatest", op
		return &named
	}
	return err
}

func notOpened() error {
	return &errors.Error{Class: errors.ErrNotFound, Message: "the customer has no ledger"}
}

func (p *Provider) checkGrant(g quota.Grant) error {
	return p.check(g.Validate(), "Grant.Limit", g.Limit)
}

// check adds to what any provider refuses the currency that this one does not take.
func (p *Provider) check(bad error, field string, m quota.Money) error {
	if bad != nil || m.Currency == p.currency() {
		return bad
	}
	return errors.Invalid(field, m.String(), "must be in "+string(p.currency()))
}

func (p *Provider) currency() quota.Currency { return cmp.Or(p.Currency, quota.CNY) }

func (p *Provider) money(amount decimal.Decimal) quota.Money {
	return quota.Money{Amount: amount, Currency: p.currency()}
}

// applied keeps the state, logs the change that led to it, and makes the receipt.
func (p *Provider) applied(s *State, c Change) quota.Receipt {
	p.keep(c.Customer, s)
	p.changes = append(p.changes, c)
	return p.receipt()
}

func (p *Provider) receipt() quota.Receipt {
	p.requests++
	return quota.Receipt{RequestID: fmt.Sprintf("quotatest-%06d", p.requests), Attempts: 1}
}
