// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"sync"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

func crowdChecks() []check {
	return []check{
		{"at once/many transfers", manyTransfers},
		{"at once/one transfer many times", oneTransfer},
		{"at once/two targets", twoTargets},
	}
}

const crowd = 64

// together runs do for 0 to crowd-1, all at once.
func together(do func(i int) error) error {
	var start, done sync.WaitGroup
	start.Add(1)
	errs := make([]error, crowd)
	for i := range crowd {
		done.Go(func() {
			start.Wait()
			errs[i] = do(i)
		})
	}
	start.Done()
	done.Wait()
	return errors.Join(errs...)
}

func manyTransfers(ctx context.Context, f Fixture) error {
	transfers := make([]costunit.Transfer, crowd)
	for i := range transfers {
		transfers[i] = f.transfer(3)
	}
	return together(func(i int) error { return f.repeat(ctx, transfers[i]) })
}

func oneTransfer(ctx context.Context, f Fixture) error {
	t := f.transfer(3)
	return first(
		func() error { return together(func(int) error { return f.sent(ctx, t, nil) }) },
		func() error { return f.moved(t) },
	)
}

// twoTargets: whoever was told that a resource moved finds it there, whoever was not does not lose it.
func twoTargets(ctx context.Context, f Fixture) error {
	one := f.transfer(1)
	other := one
	other.To = f.NewUnit()
	transfers := []costunit.Transfer{one, other}
	errs := make([]error, crowd)
	_ = together(func(i int) error {
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
