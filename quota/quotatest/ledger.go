// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"slices"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
)

func ledgerChecks() []check[quota.Ledger] {
	return slices.Concat(
		createQuota().checks(),
		[]check[quota.Ledger]{
			{"CreateQuota/open already", openAlready},
			{"CreateQuota/then set", createThenSet},
			{"SetQuota/not open", setNotOpen},
			{"AvailableQuota/not open", availableNotOpen},
		},
	)
}

func createQuota() write[quota.Ledger] {
	return write[quota.Ledger]{
		method: "CreateQuota", once: true, again: errors.ErrExists, bad: badKeys(),
		send: func(ctx context.Context, l quota.Ledger, in intent) (quota.Receipt, error) {
			return l.CreateQuota(ctx, quota.Grant{Customer: in.customer, Limit: in.amount, Key: in.key})
		},
	}
}

// openAlready: somebody else opened it, with another limit, which stays.
func openAlready(ctx context.Context, f Fixture[quota.Ledger]) error {
	w := createQuota()
	in := w.intend(f, "500.00")
	f.State.Update(in.customer, func(s *State) { s.Opened, s.Limit = true, f.money("300.00") })
	return verdict.First(
		func() error { return w.sent(ctx, f, in, errors.ErrExists) },
		func() error { return untouched(f) },
	)
}

func createThenSet(ctx context.Context, f Fixture[quota.Ledger]) error {
	w := createQuota()
	in := w.intend(f, "500.00")
	if err := w.sent(ctx, f, in, nil); err != nil {
		return err
	}
	if _, err := f.Subject.SetQuota(ctx, quota.Grant{Customer: in.customer, Limit: f.money("300.00")}); err != nil {
		return verdict.Want(err, nil)
	}
	left, err := f.Subject.AvailableQuota(ctx, in.customer)
	if err != nil {
		return verdict.Want(err, nil)
	}
	return same("the available quota", left, f.money("300.00"))
}

func setNotOpen(ctx context.Context, f Fixture[quota.Ledger]) error {
	_, err := f.Subject.SetQuota(ctx, quota.Grant{Customer: f.NewCustomer(), Limit: f.money("500.00")})
	return verdict.First(
		func() error { return refusedSomehow(err) },
		func() error { return untouched(f) },
	)
}

func availableNotOpen(ctx context.Context, f Fixture[quota.Ledger]) error {
	_, err := f.Subject.AvailableQuota(ctx, f.NewCustomer())
	return verdict.Want(err, errors.ErrNotFound)
}
