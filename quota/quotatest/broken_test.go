// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
)

// bug is one thing that is wrong with a client.
type bug struct {
	write func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error)
	read  func(ctx context.Context, customer string, ask asker) (quota.Money, error)
	terms func(*quota.Budget) // on the way there and on the way back

	freeze func(*broken, string, *quota.Freeze)
	alarms func(*broken, *quota.Alarms)              // on the way there
	warns  func([]quota.Threshold) []quota.Threshold // on the way back
	list   func(context.Context, *broken, lister) iter.Seq2[quota.Customer, error]
	stand  func(context.Context, *broken, stander, []string) iter.Seq2[quota.Standing, error]
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

	lister  func(context.Context) iter.Seq2[quota.Customer, error]
	stander func(context.Context, ...string) iter.Seq2[quota.Standing, error]
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

func (b *broken) Freeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return b.freezes(ctx, "Freeze", f)
}

func (b *broken) Unfreeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return b.freezes(ctx, "Unfreeze", f)
}

func (b *broken) freezes(ctx context.Context, method string, f quota.Freeze) (quota.Receipt, error) {
	if b.bug.freeze != nil {
		b.bug.freeze(b, method, &f)
	}
	return b.change(ctx, method, intent{customer: f.Customer}, func(ctx context.Context, p *Provider, method string, in intent) (quota.Receipt, error) {
		f.Customer = in.customer
		if method == "Freeze" {
			return p.Freeze(ctx, f)
		}
		return p.Unfreeze(ctx, f)
	})
}

// SetAlarms has the first amount for its intent.
func (b *broken) SetAlarms(ctx context.Context, a quota.Alarms) (quota.Receipt, error) {
	a.Thresholds = slices.Clone(a.Thresholds)
	if b.alarms != nil {
		b.alarms(b, &a)
	}
	in := intent{customer: a.Customer}
	if len(a.Thresholds) > 0 {
		in.amount = a.Thresholds[0].Amount
	}
	return b.change(ctx, "SetAlarms", in, func(ctx context.Context, p *Provider, _ string, in intent) (quota.Receipt, error) {
		a.Customer, a.Thresholds = in.customer, slices.Clone(a.Thresholds)
		if len(a.Thresholds) > 0 {
			a.Thresholds[0].Amount = in.amount
		}
		return p.SetAlarms(ctx, a)
	})
}

func (b *broken) Alarms(ctx context.Context, customer string) ([]quota.Threshold, error) {
	if b.read == nil {
		got, err := b.Provider.Alarms(ctx, customer)
		if b.warns != nil {
			got = b.warns(got)
		}
		return got, err
	}
	amount, err := b.read(ctx, customer, func(ctx context.Context, customer string) (quota.Money, error) {
		got, err := b.Provider.Alarms(ctx, customer)
		if err != nil {
			return quota.Money{}, err
		}
		return got[0].Amount, nil
	})
	return []quota.Threshold{{Amount: amount}}, err
}

// Customers lets a bug in reading befall the whole list.
func (b *broken) Customers(ctx context.Context) iter.Seq2[quota.Customer, error] {
	switch {
	case b.list != nil:
		return b.list(ctx, b, b.Provider.Customers)
	case b.read == nil:
		return b.Provider.Customers(ctx)
	}
	return func(yield func(quota.Customer, error) bool) {
		var all []quota.Customer
		_, err := b.read(ctx, "", func(ctx context.Context, _ string) (quota.Money, error) {
			list := verdict.Drain(b.Provider.Customers(ctx), nil)
			all = list.Rows
			return quota.Money{}, list.End
		})
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(quota.Customer{}, err)
		}
	}
}

// Standings lets a bug in reading befall each customer.
func (b *broken) Standings(ctx context.Context, customers ...string) iter.Seq2[quota.Standing, error] {
	switch {
	case b.stand != nil:
		return b.stand(ctx, b, b.Provider.Standings, customers)
	case b.read == nil:
		return b.Provider.Standings(ctx, customers...)
	}
	return func(yield func(quota.Standing, error) bool) {
		for _, id := range customers {
			available, err := b.read(ctx, id, func(ctx context.Context, id string) (left quota.Money, err error) {
				for s, e := range b.Provider.Standings(ctx, id) {
					if err = e; err == nil {
						left = *s.Available
					}
				}
				return left, err
			})
			s := quota.Standing{Customer: id}
			if err == nil {
				s.Available = &available
			}
			if !yield(s, err) {
				return
			}
		}
	}
}
