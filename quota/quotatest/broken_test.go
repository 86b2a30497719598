// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"sync"

	"github.com/resellkit/resell/quota"
)

// bug is one thing that is wrong with a client.
type bug struct {
	write func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error)
	read  func(ctx context.Context, customer string, ask asker) (quota.Money, error)
	terms func(*quota.Budget) // on the way there and on the way back
}

// broken is a client of a Provider with a bug.
type broken struct {
	*Provider
	bug
	memory sync.Map // what the bug remembers
}

type (
	sender func(context.Context, string, intent) (quota.Receipt, error)
	asker  func(context.Context, string) (quota.Money, error)
)

func (b *broken) change(ctx context.Context, method string, in intent, call func(ctx context.Context, p *Provider, method string, in intent) (quota.Receipt, error)) (quota.Receipt, error) {
	send := func(ctx context.Context, method string, in intent) (quota.Receipt, error) {
		return call(ctx, b.Provider, method, in)
	}
	if b.write == nil {
		return send(ctx, method, in)
	}
	return b.write(ctx, b, method, in, send)
}

func (b *broken) CreateQuota(ctx context.Context, g quota.Grant) (quota.Receipt, error) {
	return b.change(ctx, "CreateQuota", intent{g.Customer, g.Limit, g.Key}, sendGrant)
}

func (b *broken) SetQuota(ctx context.Context, g quota.Grant) (quota.Receipt, error) {
	return b.change(ctx, "SetQuota", intent{g.Customer, g.Limit, g.Key}, sendGrant)
}

func sendGrant(ctx context.Context, p *Provider, method string, in intent) (quota.Receipt, error) {
	g := quota.Grant{Customer: in.customer, Limit: in.amount, Key: in.key}
	if method == "CreateQuota" {
		return p.CreateQuota(ctx, g)
	}
	return p.SetQuota(ctx, g)
}

func (b *broken) IncreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return b.adjusted(ctx, "IncreaseConsumption", a)
}

func (b *broken) DecreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return b.adjusted(ctx, "DecreaseConsumption", a)
}

func (b *broken) adjusted(ctx context.Context, method string, a quota.Adjustment) (quota.Receipt, error) {
	return b.change(ctx, method, intent{a.Customer, a.Amount, a.Key}, func(ctx context.Context, p *Provider, method string, in intent) (quota.Receipt, error) {
		a.Customer, a.Amount, a.Key = in.customer, in.amount, in.key
		if method == "IncreaseConsumption" {
			return p.IncreaseConsumption(ctx, a)
		}
		return p.DecreaseConsumption(ctx, a)
	})
}

func (b *broken) SetBudget(ctx context.Context, t quota.Budget) (quota.Receipt, error) {
	if b.terms != nil {
		b.terms(&t)
	}
	return b.change(ctx, "SetBudget", intent{t.Customer, t.Limit, ""}, func(ctx context.Context, p *Provider, _ string, in intent) (quota.Receipt, error) {
		t.Customer, t.Limit = in.customer, in.amount
		return p.SetBudget(ctx, t)
	})
}

func (b *broken) AvailableQuota(ctx context.Context, customer string) (quota.Money, error) {
	if b.read == nil {
		return b.Provider.AvailableQuota(ctx, customer)
	}
	return b.read(ctx, customer, b.Provider.AvailableQuota)
}

func (b *broken) Budget(ctx context.Context, customer string) (got quota.Budget, err error) {
	ask := func(ctx context.Context, customer string) (quota.Money, error) {
		got, err = b.Provider.Budget(ctx, customer)
		return quota.Money{Amount: got.Limit.Amount.Sub(got.Used.Amount), Currency: got.Limit.Currency}, err
	}
	var left quota.Money
	if b.read == nil {
		left, err = ask(ctx, customer)
	} else {
		left, err = b.read(ctx, customer, ask)
	}
	got.Limit = quota.Money{Amount: left.Amount.Add(got.Used.Amount), Currency: left.Currency}
	if b.terms != nil {
		b.terms(&got)
	}
	return got, err
}
