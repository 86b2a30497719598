// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"slices"

	"github.com/resellkit/resell/quota"
)

func limiterChecks() []check[quota.Limiter] {
	return slices.Concat(
		setQuota().checks(),
		availableQuota().balance(),
		[]check[quota.Limiter]{{"SetQuota/last one wins", lastQuotaWins}},
	)
}

func setQuota() write[quota.Limiter] {
	return write[quota.Limiter]{
		method: "SetQuota", opened: true, bad: badKeys(),
		send: func(ctx context.Context, l quota.Limiter, in intent) (quota.Receipt, error) {
			return l.SetQuota(ctx, quota.Grant{Customer: in.customer, Limit: in.amount, Key: in.key})
		},
	}
}

func availableQuota() read[quota.Limiter] {
	return read[quota.Limiter]{
		method: "AvailableQuota",
		ask: func(ctx context.Context, l quota.Limiter, customer string) (quota.Money, error) {
			return l.AvailableQuota(ctx, customer)
		},
	}
}

// lastQuotaWins: a limit is absolute, whatever was set before, and use counts against the new one.
func lastQuotaWins(ctx context.Context, f Fixture[quota.Limiter]) error {
	w, r := setQuota(), availableQuota()
	in := w.intend(f, "500.00")
	f.State.Update(in.customer, func(s *State) { s.Consumed, s.Budget.Used = f.money("30.25"), f.money("30.25") })
	for _, row := range []struct{ limit, left string }{{"500.00", "469.75"}, {"300.00", "269.75"}, {"500.00", "469.75"}, {"20.00", "-10.25"}} {
		in.amount, in.key = f.money(row.limit), quota.NewKey()
		if err := w.sent(ctx, f, in, nil); err != nil {
			return err
		}
		if err := r.gives(ctx, f, in.customer, row.left); err != nil {
			return err
		}
	}
	return nil
}
