// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// Provider is a cloud in memory. The zero value is ready, and holds nothing.
type Provider struct {
	// Faults says what goes wrong with which request: Faults.Add("TransferResources", fault.LostReply).
	Faults fault.Script

	// NewID makes the id of the n-th unit created. Nil: increasing numbers of 16 digits.
	NewID func(n int) string

	mu       sync.Mutex
	units    []*costunit.Details // in the order of their creation
	place    map[costunit.Resource]costunit.Unit
	moves    []Move
	requests int
	created  int
}

var (
	_ costunit.Transferrer = (*Provider)(nil)
	_ costunit.Lister      = (*Provider)(nil)
	_ costunit.Manager     = (*Provider)(nil)
	_ costunit.Remover     = (*Provider)(nil)
)

// Move is one resource that really moved.
type Move struct {
	Resource costunit.Resource
	From, To costunit.Unit
}

// batch is how many resources one request takes.
const batch = 100

const opTransfer = "TransferResources"

// Put places resources in a unit, wherever they were, without an entry among the moves. A unit that is not there yet
// is made, with its id for a name.
func (p *Provider) Put(unit costunit.Unit, resources ...costunit.Resource) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.place == nil {
		p.place = make(map[costunit.Resource]costunit.Unit)
	}
	unit = normal(unit)
	if unit.ID != costunit.Unallocated && p.find(unit) == nil {
		p.units = append(p.units, &costunit.Details{Unit: unit, Name: unit.ID})
	}
	for _, r := range resources {
		p.place[r] = unit
	}
}

// Holds lists what is in a unit, sorted.
func (p *Provider) Holds(unit costunit.Unit) []costunit.Resource {
	p.mu.Lock()
	defer p.mu.Unlock()
	var held []costunit.Resource
	for r, u := range p.place {
		if u == normal(unit) {
			held = append(held, r)
		}
	}
	slices.SortFunc(held, func(a, b costunit.Resource) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Component, b.Component),
			cmp.Compare(a.Product, b.Product), cmp.Compare(a.Owner, b.Owner),
			cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project))
	})
	return held
}

// Moves lists what really moved, in order. A resource that was in the target already is not among them.
func (p *Provider) Moves() []Move {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.moves)
}

// Allocate is one request of a transfer, of any size and without faults: every resource is in the target afterwards,
// or, where one is in neither unit or there is no such target, errors.ErrNotFound and nothing has moved. A fake builds its operation on it.
func (p *Provider) Allocate(ctx context.Context, t costunit.Transfer) (requestID string, err error) {
	if err := ctx.Err(); err != nil {
		return "", failed(opTransfer, &errors.Error{Class: errors.ErrUnavailable, Err: err})
	}
	if err := t.Validate(); err != nil {
		return "", failed(opTransfer, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	from, to := normal(t.From), normal(t.To)
	if to.ID != costunit.Unallocated && p.find(to) == nil {
		return "", failed(opTransfer, &errors.Error{Class: errors.ErrNotFound, Message: fmt.Sprintf("there is no unit %q", to.ID)})
	}
	for _, r := range t.Resources {
		if at, known := p.place[r]; !known || at != from && at != to {
			return "", failed(opTransfer, &errors.Error{Class: errors.ErrNotFound, Message: fmt.Sprintf("resource %q is in neither unit", r.ID)})
		}
	}
	for _, r := range t.Resources {
		if p.place[r] == from {
			p.place[r] = to
			p.moves = append(p.moves, Move{r, from, to})
		}
	}
	p.requests++
	return fmt.Sprintf("costunittest-%06d", p.requests), nil
}

// TransferResources moves in requests of 100 resources; each meets one fault of the script, or none.
func (p *Provider) TransferResources(ctx context.Context, t costunit.Transfer) (costunit.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return costunit.Receipt{}, failed(opTransfer, &errors.Error{Class: errors.ErrUnavailable, Err: err})
	}
	if err := t.Validate(); err != nil {
		return costunit.Receipt{}, failed(opTransfer, err)
	}
	var receipt costunit.Receipt
	done := 0
	for part := range slices.Chunk(t.Resources, batch) {
		id, err := p.request(ctx, costunit.Transfer{From: t.From, To: t.To, Resources: part})
		if err != nil {
			return costunit.Receipt{}, partial(t.Resources, done, len(part), failed(opTransfer, err))
		}
		done += len(part)
		receipt.RequestIDs = append(receipt.RequestIDs, id)
		receipt.Attempts++
	}
	return receipt, nil
}

func (p *Provider) request(ctx context.Context, t costunit.Transfer) (id string, err error) {
	f, _ := p.Faults.Next(opTransfer)
	err = f.Play(ctx, true, func() (err error) {
		id, err = p.Allocate(ctx, t)
		return err
	})
	return id, err
}

// partial says how far a transfer came that failed with err after done resources, in a request of size more.
func partial(all []costunit.Resource, done, size int, err error) error {
	uncertain := errors.Class(err) == errors.ErrUncertain
	if done == 0 && !uncertain {
		return err
	}
	unknown := 0
	if uncertain {
		unknown = size
	}
	return &costunit.PartialError{
		Moved: slices.Clone(all[:done]), Unknown: slices.Clone(all[done : done+unknown]),
		Unmoved: slices.Clone(all[done+unknown:]), Err: err,
	}
}

// failed says where err comes from.
func failed(op string, err error) error {
	if e, ok := errors.AsType[*errors.Error](err); ok {
		named := *e
		named.Provider, named.Op = "costunittest", op
		return &named
	}
	return err
}

// normal gives both names of the unallocated unit as one.
func normal(u costunit.Unit) costunit.Unit {
	if u.ID == "" {
		u.ID = costunit.Unallocated
	}
	return u
}
