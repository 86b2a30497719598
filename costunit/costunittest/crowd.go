// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
)

func crowdChecks() []check[costunit.Transferrer] {
	return []check[costunit.Transferrer]{
		{"at once/many transfers", manyTransfers},
		{"at once/one transfer many times", oneTransfer},
		{"at once/two targets", twoTargets},
	}
}

func manyTransfers(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	transfers := make([]costunit.Transfer, verdict.Crowd)
	for i := range transfers {
		transfers[i] = f.transfer(3)
	}
	return verdict.Together(func(i int) error { return repeat(ctx, f, transfers[i]) })
}

func oneTransfer(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(3)
	return verdict.First(
		func() error { return verdict.Together(func(int) error { return sent(ctx, f, t, nil) }) },
		func() error { return f.moved(t) },
	)
}

// twoTargets: whoever was told that a resource moved finds it there, whoever was not does not lose it.
func twoTargets(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	one := f.transfer(1)
	other := one
	other.To = f.NewUnit()
	f.State.Put(other.To)
	transfers := []costunit.Transfer{one, other}
	errs := make([]error, verdict.Crowd)
	_ = verdict.Together(func(i int) error {
		_, errs[i] = f.Subject.TransferResources(ctx, transfers[i%2])
		return nil
	})
	for i, err := range errs {
		if err == nil {
			if problem := f.moved(transfers[i%2]); problem != nil {
				return problem
			}
		}
	}
	if n := len(f.State.Moves()); n != 1 {
		return errors.New("the resource did not move exactly once")
	}
	return nil
}
