// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// unclearFaults leave the caller in doubt whether the resources moved.
var unclearFaults = []fault.Fault{
	fault.LostReply, fault.LostRequest, fault.ResetAfter, fault.ResetBefore,
	fault.Unavailable, fault.BadGateway, fault.Redirect(302),
	fault.EmptyOK, fault.TruncatedJSON, fault.CutReply, fault.HugeReply, fault.Gzipped,
}

// requests says at which one something goes wrong.
var requests = []struct {
	name    string
	passing int
}{
	{"first request", 0},
	{"second request", 1},
}

// more requests than any client sends in one call.
const forGood = 20

func failingChecks() []check[costunit.Transferrer] {
	checks := []check[costunit.Transferrer]{
		{"cancelled before", cancelledBefore},
		{"no request arrives", noRequestArrives},
		{"no reply arrives", noReplyArrives},
		{"refused/first request", refused},
		{"refused/second request", refusedHalfWay},
	}
	for _, r := range requests {
		checks = append(checks, check[costunit.Transferrer]{"throttled/" + r.name, throttled(r.passing)})
		for _, f := range unclearFaults {
			checks = append(checks, check[costunit.Transferrer]{"unclear/" + f.Name + "/" + r.name, unclear(r.passing, f)})
		}
		for _, f := range []fault.Fault{fault.Hang, fault.HangApplied} {
			checks = append(checks, check[costunit.Transferrer]{"cancelled in flight/" + f.Name + "/" + r.name, cancelledInFlight(r.passing, f)})
		}
	}
	return checks
}

// after lets some requests pass before the faults.
func after(passing int, faults ...fault.Fault) []fault.Fault {
	return append(fault.Times(passing, fault.Fault{}), faults...)
}

func cancelledBefore(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(many)
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, err := f.Subject.TransferResources(ctx, t)
	return verdict.First(
		func() error { return verdict.Cancelled(err, errors.ErrUnavailable) },
		func() error { return f.untouched() },
	)
}

// throttled: what was throttled did not move, and the same call succeeds later.
func throttled(passing int) func(context.Context, Fixture[costunit.Transferrer]) error {
	return func(ctx context.Context, f Fixture[costunit.Transferrer]) error {
		t := f.transfer(many)
		met := f.script(opTransfer, after(passing, fault.Throttled, fault.Throttled)...)
		for range 2 {
			if err := sent(ctx, f, t, nil, errors.ErrThrottled); err != nil {
				return err
			}
		}
		return verdict.First(
			func() error { return verdict.Met(met) },
			func() error { return repeat(ctx, f, t) },
		)
	}
}

func refused(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(many)
	met := f.script(opTransfer, fault.Times(forGood, fault.Unauthorized)...)
	return verdict.First(
		func() error { return sent(ctx, f, t, errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
		func() error { return f.untouched() },
	)
}

// refusedHalfWay: what moved and what did not is told, and none of it is in doubt.
func refusedHalfWay(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(many)
	met := f.script(opTransfer, after(1, fault.Times(forGood, fault.Unauthorized)...)...)
	_, err := f.Subject.TransferResources(ctx, t)
	if problem := verdict.First(
		func() error { return verdict.Met(met) },
		func() error { return verdict.Want(err, errors.ErrUnauthenticated) },
		func() error { return f.honest(t, 0, err) },
	); problem != nil {
		return problem
	}
	partial, half := errors.AsType[*costunit.PartialError](err)
	if !half || len(partial.Moved) == 0 || len(partial.Unmoved) == 0 || len(partial.Unknown) > 0 {
		return fmt.Errorf("returned error: %w; want a *costunit.PartialError with some moved, some not, none unknown", err)
	}
	return nil
}

func unclear(passing int, ft fault.Fault) func(context.Context, Fixture[costunit.Transferrer]) error {
	return func(ctx context.Context, f Fixture[costunit.Transferrer]) error {
		t := f.transfer(many)
		met := f.script(opTransfer, after(passing, ft)...)
		return verdict.First(
			func() error { return sent(ctx, f, t, nil, errors.ErrUncertain) },
			func() error { return verdict.Met(met) },
			func() error { return repeat(ctx, f, t) },
		)
	}
}

// noRequestArrives: however often it is tried, nothing moves, and nothing must be claimed.
func noRequestArrives(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(many)
	met := f.script(opTransfer, fault.Times(forGood, fault.LostRequest)...)
	return verdict.First(
		func() error { return sent(ctx, f, t, errors.ErrUncertain, errors.ErrUnavailable) },
		func() error { return verdict.Met(met) },
		func() error { return f.untouched() },
	)
}

// noReplyArrives: however often it is tried, each resource moves once.
func noReplyArrives(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(1)
	met := f.script(opTransfer, fault.Times(forGood, fault.LostReply)...)
	return verdict.First(
		func() error {
			_, err := f.Subject.TransferResources(ctx, t)
			return verdict.Want(err, nil, errors.ErrUncertain)
		},
		func() error { return verdict.Met(met) },
		func() error { return f.moved(t) },
	)
}

func cancelledInFlight(passing int, hang fault.Fault) func(context.Context, Fixture[costunit.Transferrer]) error {
	return func(ctx context.Context, f Fixture[costunit.Transferrer]) error {
		script := func(h fault.Fault) { f.Fail(opTransfer, after(passing, h)...) }
		return verdict.CancelledInFlight(ctx, hang, errors.ErrUncertain, script, func() (func(context.Context) error, func() error) {
			t := f.transfer(many)
			var err error
			call := func(ctx context.Context) error {
				_, err = f.Subject.TransferResources(ctx, t)
				return err
			}
			return call, func() error {
				return verdict.First(
					func() error { return f.honest(t, 0, err) },
					func() error { return repeat(ctx, f, t) },
				)
			}
		})
	}
}
