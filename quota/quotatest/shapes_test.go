// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// A right client need not ask as the Provider itself does. Three that do not pass the suites too.

// whole reads all customers with one request.
type whole struct{ *Provider }

func (w whole) Customers(ctx context.Context) iter.Seq2[quota.Customer, error] {
	return func(yield func(quota.Customer, error) bool) {
		all, err := call(ctx, w.Provider, "Customers", false, nil, func() ([]string, error) { return slices.Clone(w.sorted()), nil })
		for _, id := range all {
			if !yield(quota.Customer{ID: id}, nil) {
				return
			}
		}
		if err == nil && ctx.Err() != nil {
			err = &errors.Error{Class: errors.ErrUnavailable, Err: ctx.Err()}
		}
		if err != nil {
			yield(quota.Customer{}, err)
		}
	}
}

// offsets pages by offset, until all pages hold nobody new.
type offsets struct{ *Provider }

func (o offsets) Customers(ctx context.Context) iter.Seq2[quota.Customer, error] {
	return func(yield func(quota.Customer, error) bool) {
		seen := make(map[string]bool)
		for before := -1; before < len(seen); {
			before = len(seen)
			for offset, total := 0, 1; offset < total; offset += 40 {
				page, err := tried(func() (page []string, err error) {
					return call(ctx, o.Provider, "Customers", false, nil, func() ([]string, error) {
						ids := o.sorted()
						total = len(ids)
						return slices.Clone(ids[min(offset, total):min(offset+40, total)]), nil
					})
				})
				if err != nil {
					yield(quota.Customer{}, err)
					return
				}
				for _, id := range page {
					if seen[id] {
						continue
					}
					seen[id] = true
					if !yield(quota.Customer{ID: id}, nil) {
						return
					}
				}
			}
		}
	}
}

// batches asks about 100 customers at once.
type batches struct{ *Provider }

func (b batches) Standings(ctx context.Context, customers ...string) iter.Seq2[quota.Standing, error] {
	return func(yield func(quota.Standing, error) bool) {
		for batch := range slices.Chunk(customers, 100) {
			ask := slices.DeleteFunc(slices.Clone(batch), func(id string) bool { return quota.CheckCustomer(id) != nil })
			var told map[string]quota.Standing
			var err error
			if len(ask) > 0 {
				told, err = tried(func() (map[string]quota.Standing, error) { return b.batch(ctx, ask) })
			}
			if err != nil && ctx.Err() != nil {
				yield(quota.Standing{}, err)
				return
			}
			for _, id := range batch {
				s, known := told[id]
				why := err
				switch bad := quota.CheckCustomer(id); {
				case bad != nil:
					why = bad
				case err == nil && !known:
					why = notKnown()
				}
				s.Customer = id
				if !yield(s, why) {
					return
				}
			}
		}
	}
}

func (b batches) batch(ctx context.Context, ids []string) (map[string]quota.Standing, error) {
	return call(ctx, b.Provider, "Standings", false, nil, func() (map[string]quota.Standing, error) {
		told := make(map[string]quota.Standing)
		for _, id := range ids {
			if s, err := b.standing(id); err == nil {
				told[id] = s
			}
		}
		return told, nil
	})
}

// tried tries up to four times.
func tried[V any](do func() (V, error)) (v V, err error) {
	for range 4 {
		if v, err = do(); !errors.Is(err, errors.ErrUnavailable) && !errors.Is(err, errors.ErrThrottled) {
			break
		}
	}
	return v, err
}

func TestWholeIsDirectory(t *testing.T) {
	TestDirectory(t, func(*testing.T) Fixture[quota.Directory] {
		p := new(Provider)
		return Fixture[quota.Directory]{Subject: whole{p}, State: p}
	})
}

func TestOffsetsIsDirectory(t *testing.T) {
	TestDirectory(t, func(*testing.T) Fixture[quota.Directory] {
		p := new(Provider)
		return Fixture[quota.Directory]{Subject: offsets{p}, State: p}
	})
}

func TestBatchesIsStandingReader(t *testing.T) {
	TestStandingReader(t, func(*testing.T) Fixture[quota.StandingReader] {
		p := new(Provider)
		return Fixture[quota.StandingReader]{Subject: batches{p}, State: p}
	})
}
