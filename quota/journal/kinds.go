// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// rules is what the journal knows of a kind of change.
type rules struct {
	change func(payload) Change // read from a row
	// needs is the interface that the client must have, can whether it has it.
	needs string
	can   func(client any) bool
	// lane is the queue in which intents of one customer go one at a time, in their order; empty: in none, because the
	// order does not matter.
	lane func(i Intent, client any) string
	// group: within a lane, an intent that was not sent is superseded by a newer one of the same group; empty: never.
	group func(Change) string
	send  func(context.Context, *attempt) (quota.Receipt, error)
}

// kinds is every kind of change.
var kinds = map[Kind]rules{
	kindCreateQuota: {
		change: func(p payload) Change { return CreateQuota(p.grant()) },
		needs:  "quota.Ledger", can: is[quota.Ledger],
		lane: quotaLane, group: never,
		send: sendCreateQuota,
	},
	kindSetQuota: {
		change: func(p payload) Change { return SetQuota(p.grant()) },
		needs:  "quota.Limiter", can: is[quota.Limiter],
		lane: quotaLane, group: always("set_quota"),
		send: func(ctx context.Context, a *attempt) (quota.Receipt, error) {
			return a.client.(quota.Limiter).SetQuota(ctx, grant(a.payload.grant(), a.Key))
		},
	},
	kindIncrease: {
		change: func(p payload) Change { return Increase(p.adjustment()) },
		needs:  "quota.Adjuster", can: is[quota.Adjuster],
		lane: noLane, group: never,
		send: func(ctx context.Context, a *attempt) (quota.Receipt, error) {
			return a.client.(quota.Adjuster).IncreaseConsumption(ctx, adjustment(a.payload.adjustment(), a.Key))
		},
	},
	kindDecrease: {
		change: func(p payload) Change { return Decrease(p.adjustment()) },
		needs:  "quota.Adjuster", can: is[quota.Adjuster],
		lane: noLane, group: never,
		send: func(ctx context.Context, a *attempt) (quota.Receipt, error) {
			return a.client.(quota.Adjuster).DecreaseConsumption(ctx, adjustment(a.payload.adjustment(), a.Key))
		},
	},
	kindTopUp: {
		change: func(p payload) Change {
			return TopUp{Customer: p.Customer, Reseller: p.Reseller, Amount: p.money()}
		},
		needs: "quota.Adjuster or quota.Budgeter",
		can:   func(client any) bool { return is[quota.Adjuster](client) || is[quota.Budgeter](client) },
		lane: func(i Intent, client any) string {
			if is[quota.Adjuster](client) {
				return ""
			}
			return quotaLane(i, client)
		},
		group: never,
		send:  sendTopUp,
	},
	kindSetBudget: {
		change: func(p payload) Change { return SetBudget(p.budget()) },
		needs:  "quota.Budgeter", can: is[quota.Budgeter],
		lane: quotaLane,
		group: func(c Change) string {
			if c.payload().Unfreeze {
				return "" // it does more than set the budget
			}
			return "set_budget"
		},
		send: func(ctx context.Context, a *attempt) (quota.Receipt, error) {
			return a.client.(quota.Budgeter).SetBudget(ctx, a.payload.budget())
		},
	},
	kindFreeze: {
		change: func(p payload) Change { return Freeze(p.freeze()) },
		needs:  "quota.Freezer", can: is[quota.Freezer],
		lane: freezeLane, group: always("freeze"),
		send: func(ctx context.Context, a *attempt) (quota.Receipt, error) {
			return a.client.(quota.Freezer).Freeze(ctx, a.payload.freeze())
		},
	},
	kindUnfreeze: {
		change: func(p payload) Change { return Unfreeze(p.freeze()) },
		needs:  "quota.Freezer", can: is[quota.Freezer],
		lane: freezeLane, group: always("freeze"),
		send: func(ctx context.Context, a *attempt) (quota.Receipt, error) {
			return a.client.(quota.Freezer).Unfreeze(ctx, a.payload.freeze())
		},
	},
	kindTransfer: {
		change: func(p payload) Change { return Transfer(p.transfer()) },
		needs:  "costunit.Transferrer", can: is[costunit.Transferrer],
		lane: func(i Intent, _ any) string { return "transfer/" + i.Account }, group: never,
		send: sendTransfer,
	},
}

func is[T any](client any) bool {
	_, ok := client.(T)
	return ok
}

func quotaLane(i Intent, _ any) string {
	return "quota/" + i.Account + "/" + i.Change.payload().Customer
}

func freezeLane(i Intent, _ any) string {
	return "freeze/" + i.Account + "/" + i.Change.payload().Customer
}

func noLane(Intent, any) string { return "" }

func never(Change) string { return "" }

func always(group string) func(Change) string { return func(Change) string { return group } }

// attempt is one intent on its way to the provider.
type attempt struct {
	record
	payload payload
	client  any
	// save records the plan of a top-up before it is carried out; it fails where another worker has the intent by now.
	save func(context.Context, plan) error

	partly, conflict bool // see outcome
}

// sendCreateQuota: an attempt that was lost may have opened the ledgers. Then they exist; and if what is available reads
// as what was asked, it was ours.
func sendCreateQuota(ctx context.Context, a *attempt) (quota.Receipt, error) {
	ledger, g := a.client.(quota.Ledger), grant(a.payload.grant(), a.Key)
	receipt, err := ledger.CreateQuota(ctx, g)
	if !a.doubt || errors.Class(err) != errors.ErrExists {
		return receipt, err
	}
	available, readErr := ledger.AvailableQuota(ctx, g.Customer)
	switch {
	case readErr != nil:
		return receipt, errors.Join(&errors.Error{Class: errors.ErrUncertain, Message: "the ledger exists, but could not be read back"}, readErr)
	case available.Equal(g.Limit):
		return receipt, nil
	}
	a.conflict = true
	return receipt, err
}

func sendTransfer(ctx context.Context, a *attempt) (quota.Receipt, error) {
	receipt, err := a.client.(costunit.Transferrer).TransferResources(ctx, a.payload.transfer())
	if partial, ok := errors.AsType[*costunit.PartialError](err); ok {
		a.partly = len(partial.Moved) > 0
	}
	r := quota.Receipt{Attempts: receipt.Attempts}
	if n := len(receipt.RequestIDs); n > 0 {
		r.RequestID = receipt.RequestIDs[n-1]
	}
	return r, err
}

func sendTopUp(ctx context.Context, a *attempt) (quota.Receipt, error) {
	topUp := TopUp{Customer: a.payload.Customer, Reseller: a.payload.Reseller, Amount: a.payload.money()}
	if adjuster, ok := a.client.(quota.Adjuster); ok {
		return adjuster.DecreaseConsumption(ctx, topUp.decrease(a.Key))
	}
	budgeter := a.client.(quota.Budgeter)
	now, err := budgeter.Budget(ctx, topUp.Customer)
	if err != nil {
		return quota.Receipt{}, err
	}
	if now.Limit.Amount.IsZero() {
		now.Limit.Currency = topUp.Amount.Currency // no budget at all may have no currency
	}
	if a.plan == nil {
		a.doubt = false // nothing is sent before there is a plan
	}
	if a.doubt {
		switch {
		case now.Limit.Equal(a.plan.Target):
			return quota.Receipt{}, nil // it took
		case !now.Limit.Equal(a.plan.Base):
			a.conflict = true
			return quota.Receipt{}, &errors.Error{Class: errors.ErrConflict, Message: "the budget is " + now.Limit.String() + "; it was " + a.plan.Base.String() + ", and was to become " + a.plan.Target.String()}
		}
	} else { // what was planned before, if anything, is known not to have been applied
		p := plan{Base: now.Limit, Period: cmp.Or(now.Period, quota.OneOff)} // where there was none, a top-up is for good
		if now.Limit.Currency != topUp.Amount.Currency {
			return quota.Receipt{}, errors.Invalid("TopUp.Amount", topUp.Amount.String(), "the customer's budget is in "+string(now.Limit.Currency))
		}
		p.Target = quota.Money{Amount: now.Limit.Amount.Add(topUp.Amount.Amount), Currency: topUp.Amount.Currency}
		if err := a.save(ctx, p); err != nil {
			return quota.Receipt{}, err
		}
		a.plan = &p
	}
	return budgeter.SetBudget(ctx, quota.Budget{Customer: topUp.Customer, Reseller: topUp.Reseller, Limit: a.plan.Target, Period: a.plan.Period})
}
