// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"iter"
	"slices"
	"sort"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

var (
	_ quota.Freezer        = (*Provider)(nil)
	_ quota.Alarmer        = (*Provider)(nil)
	_ quota.Directory      = (*Provider)(nil)
	_ quota.StandingReader = (*Provider)(nil)
)

// pageSize is how many customers one request of Customers gives.
const pageSize = 100

// Freeze stops a customer; errors.ErrNotFound if the customer is not known, errors.ErrConflict if it is frozen already,
// but with the other Resources. One that is frozen already in this way stays so, without another Change.
func (p *Provider) Freeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return p.freeze(ctx, "Freeze", f, true)
}

// Unfreeze starts a customer again; errors.ErrNotFound if the customer is not known, errors.ErrConflict if it was frozen
// with the other Resources. One that is not frozen stays so, without another Change.
func (p *Provider) Unfreeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return p.freeze(ctx, "Unfreeze", f, false)
}

func (p *Provider) freeze(ctx context.Context, op string, f quota.Freeze, frozen bool) (quota.Receipt, error) {
	return call(ctx, p, op, true, f.Validate(), func() (quota.Receipt, error) {
		s, known := p.customers[f.Customer]
		switch {
		case !known:
			return quota.Receipt{}, notKnown()
		case s.Frozen && s.FrozenResources != f.Resources:
			return quota.Receipt{}, &errors.Error{Class: errors.ErrConflict, Message: "the customer is frozen with the other Resources"}
		case s.Frozen == frozen:
			return p.receipt(), nil
		}
		s.Frozen, s.FrozenResources = frozen, frozen && f.Resources
		return p.applied(s, Change{Op: op, Customer: f.Customer}), nil
	})
}

// SetAlarms makes the customer's thresholds what a says; errors.ErrNotFound if the customer is not known.
func (p *Provider) SetAlarms(ctx context.Context, a quota.Alarms) (quota.Receipt, error) {
	const op = "SetAlarms"
	bad := a.Validate()
	for _, t := range a.Thresholds {
		if !t.IsRatio() {
			bad = p.check(bad, "Alarms.Thresholds", t.Amount)
		}
	}
	return call(ctx, p, op, true, bad, func() (quota.Receipt, error) {
		s, known := p.customers[a.Customer]
		if !known {
			return quota.Receipt{}, notKnown()
		}
		s.Alarms = slices.Clone(a.Thresholds)
		return p.applied(s, Change{Op: op, Customer: a.Customer}), nil
	})
}

// Alarms reads the customer's thresholds; errors.ErrNotFound if the customer is not known.
func (p *Provider) Alarms(ctx context.Context, customer string) ([]quota.Threshold, error) {
	return call(ctx, p, "Alarms", false, quota.CheckCustomer(customer), func() ([]quota.Threshold, error) {
		s, known := p.customers[customer]
		if !known {
			return nil, notKnown()
		}
		return slices.Clone(s.Alarms), nil
	})
}

// Customers iterates over all customers, in order of their ids, 100 with each request.
func (p *Provider) Customers(ctx context.Context) iter.Seq2[quota.Customer, error] {
	return func(yield func(quota.Customer, error) bool) {
		for after := ""; ; {
			page, err := call(ctx, p, "Customers", false, nil, func() ([]quota.Customer, error) { return p.page(after), nil })
			if err != nil {
				yield(quota.Customer{}, err)
				return
			}
			for _, c := range page {
				if err := ctx.Err(); err != nil {
					yield(quota.Customer{}, failed("Customers", &errors.Error{Class: errors.ErrUnavailable, Err: err}))
					return
				}
				if !yield(c, nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

// page is one page of Customers. The caller holds the lock.
func (p *Provider) page(after string) []quota.Customer {
	ids := p.idsAfter(after, pageSize)
	page := make([]quota.Customer, len(ids))
	for i, id := range ids {
		s := p.customers[id]
		page[i] = quota.Customer{ID: id, Name: s.Name, Reseller: s.Budget.Reseller, Frozen: told(s.Frozen), Associated: s.Associated}
	}
	return page
}

// Standings tells of each customer, with a request for each: of the ledger where it is open, else of the budget where one
// is set, else only whether it is frozen.
func (p *Provider) Standings(ctx context.Context, customers ...string) iter.Seq2[quota.Standing, error] {
	return func(yield func(quota.Standing, error) bool) {
		for _, id := range customers {
			s, err := call(ctx, p, "Standings", false, quota.CheckCustomer(id), func() (quota.Standing, error) { return p.standing(id) })
			s.Customer = id
			ended := err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
			if !yield(s, err) || ended {
				return
			}
		}
	}
}

// standing is how a customer stands. The caller holds the lock.
func (p *Provider) standing(id string) (quota.Standing, error) {
	s, known := p.customers[id]
	if !known {
		return quota.Standing{}, notKnown()
	}
	standing := quota.Standing{Frozen: told(s.Frozen)}
	switch {
	case s.Opened:
		standing.Limit, standing.Used = told(s.Limit), told(s.Consumed)
	case !s.Budget.Limit.Amount.IsZero():
		standing.Limit, standing.Used = told(s.Budget.Limit), told(s.Budget.Used)
	default:
		return standing, nil
	}
	standing.Available = told(p.money(standing.Limit.Amount.Sub(standing.Used.Amount)))
	return standing, nil
}

// CustomerIDs returns the ids of the next known customers, sorted: those greater than after ("" for the first), at most
// limit of them. It copies no more than it returns, however many customers there are.
func (p *Provider) CustomerIDs(after string, limit int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.idsAfter(after, limit))
}

// CustomerIDsAt is CustomerIDs for a fake that pages by offset: at most limit ids from the offset on, sorted, and how many
// customers there are in all.
func (p *Provider) CustomerIDsAt(offset, limit int) (ids []string, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sorted := p.sorted()
	offset = min(max(offset, 0), len(sorted))
	return slices.Clone(sorted[offset:][:min(max(limit, 0), len(sorted)-offset)]), len(sorted)
}

// Remove forgets a customer, as when it leaves the reseller. What was changed stays among the changes.
func (p *Provider) Remove(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.customers[id]; !known {
		return
	}
	delete(p.customers, id)
	i := sort.SearchStrings(p.sorted(), id)
	p.ids = slices.Delete(p.ids, i, i+1)
}

// idsAfter is CustomerIDs under the caller's lock; its result is not to be kept.
func (p *Provider) idsAfter(after string, limit int) []string {
	ids := p.sorted()
	from := sort.Search(len(ids), func(i int) bool { return ids[i] > after })
	return ids[from:][:min(max(limit, 0), len(ids)-from)]
}

// sorted is every known id, sorted now if it has to be. The caller holds the lock.
func (p *Provider) sorted() []string {
	if p.unsorted {
		slices.Sort(p.ids)
		p.unsorted = false
	}
	return p.ids
}

func notKnown() error {
	return &errors.Error{Class: errors.ErrNotFound, Message: "the customer is not known"}
}

// told makes a value known.
func told[V any](v V) *V { return &v }
