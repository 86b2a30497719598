// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
)

// many is more than one request takes.
const many = 250

func movingChecks() []check[costunit.Transferrer] {
	return []check[costunit.Transferrer]{
		{"moves/one", moves(1, nil)},
		{"moves/250", moves(many, nil)},
		{"moves/from unallocated", moves(3, func(t *costunit.Transfer) { t.From.ID = costunit.Unallocated })},
		{"moves/from unallocated, no id", moves(3, func(t *costunit.Transfer) { t.From.ID = "" })},
		{"moves/into unallocated", moves(3, func(t *costunit.Transfer) { t.To.ID = costunit.Unallocated })},
		{"moves/into unallocated, no id", moves(3, func(t *costunit.Transfer) { t.To.ID = "" })},
		{"moves/ids of any printable characters", anyID},
		{"moves/only what is named", onlyNamed},
		{"moves/one component of an instance", oneComponent},
		{"moves/repeated", repeated},
		{"moves/some are there already", someThere},
		{"moves/and back", andBack},
		{"moves/not in the source", notInSource},
	}
}

// sent sends and says what is wrong with the answer.
func sent(ctx context.Context, f Fixture[costunit.Transferrer], t costunit.Transfer, classes ...error) error {
	before := f.arrived(t)
	_, err := f.Subject.TransferResources(ctx, t)
	return verdict.First(
		func() error { return verdict.Want(err, classes...) },
		func() error { return f.honest(t, before, err) },
	)
}

// repeat sends a transfer that may have been made already.
func repeat(ctx context.Context, f Fixture[costunit.Transferrer], t costunit.Transfer) error {
	if err := sent(ctx, f, t, nil); err != nil {
		return fmt.Errorf("repeated with the same arguments: %w", err)
	}
	return f.moved(t)
}

func moves(n int, adapt func(*costunit.Transfer)) func(context.Context, Fixture[costunit.Transferrer]) error {
	return func(ctx context.Context, f Fixture[costunit.Transferrer]) error {
		t := f.transfer(n)
		if adapt != nil {
			adapt(&t)
			f.State.Put(t.From, t.Resources...)
		}
		receipt, err := f.Subject.TransferResources(ctx, t)
		if err != nil {
			return verdict.Want(err, nil)
		}
		if len(receipt.RequestIDs) == 0 || receipt.RequestIDs[0] == "" || receipt.Attempts < len(receipt.RequestIDs) {
			return fmt.Errorf("receipt %+v; want the ids of the requests, and at least as many attempts", receipt)
		}
		return f.moved(t)
	}
}

// anyID: an id goes through as it is, or is refused where the cloud has no such ids.
func anyID(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(3)
	t.Resources[0].ID = "cn-hangzhou;standard"
	t.Resources[1].ID = `a b&c=d%20+e/f?g#h"i'<j>`
	t.Resources[2].ID = "资源-é-1"
	f.State.Put(t.From, t.Resources...)
	_, err := f.Subject.TransferResources(ctx, t)
	if f.Plain && errors.Is(err, errors.ErrInvalid) {
		return f.untouched()
	}
	return verdict.First(
		func() error { return verdict.Want(err, nil) },
		func() error { return f.moved(t) },
	)
}

func onlyNamed(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(5)
	stay := t.Resources[3:]
	t.Resources = t.Resources[:3]
	return verdict.First(
		func() error { return repeat(ctx, f, t) },
		func() error { return f.in(t.From, stay) },
	)
}

// oneComponent: the same instance id with two components is two resources. A cloud without components refuses one.
func oneComponent(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(1)
	split := t.Resources[0]
	one, other := split, split
	one.Component, other.Component = "flow_in", "flow_out"
	f.State.Put(t.From, one, other)
	t.Resources = []costunit.Resource{one}
	if f.Plain {
		return verdict.First(
			func() error { return sent(ctx, f, t, errors.ErrInvalid) },
			func() error { return f.untouched() },
		)
	}
	return verdict.First(
		func() error { return repeat(ctx, f, t) },
		func() error { return f.in(t.From, []costunit.Resource{split, other}) },
	)
}

// in says that a unit holds something else than these, whatever their order.
func (f Fixture[T]) in(u costunit.Unit, resources []costunit.Resource) error {
	held := f.held(u)
	for _, r := range resources {
		if !held[r] {
			return fmt.Errorf("resource %+v is not in unit %s, where it should be", r, u.ID)
		}
	}
	if len(held) != len(resources) {
		return fmt.Errorf("unit %s holds %d resources; want %d", u.ID, len(held), len(resources))
	}
	return nil
}

func repeated(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(many)
	return verdict.First(
		func() error { return repeat(ctx, f, t) },
		func() error { return repeat(ctx, f, t) },
		func() error { return repeat(ctx, f, t) },
	)
}

func someThere(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(many)
	part := t
	part.Resources = t.Resources[50:120]
	return verdict.First(
		func() error { return repeat(ctx, f, part) },
		func() error { return repeat(ctx, f, t) },
	)
}

func andBack(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t := f.transfer(3)
	back := costunit.Transfer{From: t.To, To: t.From, Resources: t.Resources}
	return verdict.First(
		func() error { return sent(ctx, f, t, nil) },
		func() error { return sent(ctx, f, back, nil) },
		func() error { return f.in(t.From, t.Resources) },
	)
}

// notInSource: what is neither in the source nor in the target is refused, and stays where it is.
func notInSource(ctx context.Context, f Fixture[costunit.Transferrer]) error {
	t, elsewhere := f.transfer(1), f.transfer(1)
	t.Resources = elsewhere.Resources
	_, err := f.Subject.TransferResources(ctx, t)
	if err == nil {
		return fmt.Errorf("the call succeeded; want it refused")
	}
	return verdict.First(
		func() error { return f.untouched() },
		func() error { return f.honest(t, 0, err) },
	)
}
