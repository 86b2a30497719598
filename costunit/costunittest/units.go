// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// The operations on units, as Faults names them.
const (
	opUnits     = "Units"
	opResources = "Resources"
	opCreate    = "CreateUnits"
	opRename    = "RenameUnits"
	opDelete    = "DeleteUnit"
)

// Create makes one unit, without faults. A fake builds its operation on it, as on the other verbs in one word.
func (p *Provider) Create(d costunit.Definition) (costunit.Details, error) {
	if err := d.Validate(); err != nil {
		return costunit.Details{}, failed(opCreate, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.Parent != "" && p.find(costunit.Unit{ID: d.Parent, Owner: d.Owner}) == nil {
		return costunit.Details{}, failed(opCreate, missing(d.Parent))
	}
	if p.named(d.Owner, d.Parent, d.Name) != nil {
		return costunit.Details{}, failed(opCreate, taken(d.Name))
	}
	newID := p.NewID
	if newID == nil {
		newID = func(n int) string { return strconv.Itoa(3_000_000_000_000_000 + n) }
	}
	p.created++
	unit := &costunit.Details{Unit: costunit.Unit{ID: newID(p.created), Owner: d.Owner}, Name: d.Name, Parent: d.Parent}
	p.units = append(p.units, unit)
	return *unit, nil
}

// Rename gives one unit its name, without faults; the one that it has already is no change.
func (p *Provider) Rename(r costunit.Renaming) error {
	if err := r.Validate(); err != nil {
		return failed(opRename, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	unit := p.find(r.Unit)
	if unit == nil {
		return failed(opRename, missing(r.Unit.ID))
	}
	if other := p.named(unit.Owner, unit.Parent, r.Name); other != nil && other != unit {
		return failed(opRename, taken(r.Name))
	}
	unit.Name = r.Name
	return nil
}

// Delete takes one unit away, without faults; errors.ErrConflict while it holds anything.
func (p *Provider) Delete(u costunit.Unit) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	unit := p.find(u)
	if unit == nil {
		return failed(opDelete, missing(u.ID))
	}
	for _, other := range p.units {
		if other.Owner == u.Owner && other.Parent == u.ID {
			return failed(opDelete, &errors.Error{Class: errors.ErrConflict, Message: fmt.Sprintf("unit %q has units below it", u.ID)})
		}
	}
	for _, at := range p.place {
		if at == u {
			return failed(opDelete, &errors.Error{Class: errors.ErrConflict, Message: fmt.Sprintf("unit %q holds resources", u.ID)})
		}
	}
	p.units = slices.DeleteFunc(p.units, func(d *costunit.Details) bool { return d == unit })
	return nil
}

// List is every unit of an owner, in the order of their creation.
func (p *Provider) List(owner string) []costunit.Details {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []costunit.Details
	for _, unit := range p.units {
		if unit.Owner == owner {
			all = append(all, *unit)
		}
	}
	return all
}

// Units reads in requests of 100 units; each meets one fault of the script, or none.
func (p *Provider) Units(ctx context.Context, owner string) iter.Seq2[costunit.Details, error] {
	bad := costunit.Query{Unit: costunit.Unit{Owner: owner}}.Validate()
	return reading(ctx, p, opUnits, bad, func() []costunit.Details { return p.List(owner) },
		func(d costunit.Details) costunit.Unit { return d.Unit })
}

// Resources reads in requests of 100 resources; each meets one fault of the script, or none.
func (p *Provider) Resources(ctx context.Context, q costunit.Query) iter.Seq2[costunit.Resource, error] {
	read := func() []costunit.Resource {
		return slices.DeleteFunc(p.Holds(q.Unit), func(r costunit.Resource) bool {
			return len(q.Products) > 0 && !slices.Contains(q.Products, r.Product) ||
				len(q.Projects) > 0 && r.Project != "" && !slices.Contains(q.Projects, r.Project)
		})
	}
	return reading(ctx, p, opResources, q.Validate(), read, func(r costunit.Resource) costunit.Resource { return r })
}

// CreateUnits makes each unit with one request of its own, which may meet a fault. What is in doubt stays in doubt.
func (p *Provider) CreateUnits(ctx context.Context, all ...costunit.Definition) ([]costunit.Details, error) {
	return each(ctx, p, batchOf[costunit.Definition, costunit.Details]{
		op: opCreate, what: "Definition", check: costunit.Definition.Validate, request: p.Create,
		key: func(d costunit.Definition) any { return d }, name: func(d costunit.Definition) string { return d.Name },
	}, all)
}

// RenameUnits renames each unit with one request of its own, which may meet a fault. What is in doubt stays in doubt.
func (p *Provider) RenameUnits(ctx context.Context, all ...costunit.Renaming) ([]costunit.Unit, error) {
	return each(ctx, p, batchOf[costunit.Renaming, costunit.Unit]{
		op: opRename, what: "Renaming", check: costunit.Renaming.Validate,
		request: func(r costunit.Renaming) (costunit.Unit, error) { return r.Unit, p.Rename(r) },
		key:     func(r costunit.Renaming) any { return r.Unit }, name: func(r costunit.Renaming) string { return r.Unit.ID },
	}, all)
}

// DeleteUnit is one request, which may meet a fault.
func (p *Provider) DeleteUnit(ctx context.Context, u costunit.Unit) error {
	if err := u.Validate(); err != nil {
		return failed(opDelete, err)
	}
	return p.meet(ctx, opDelete, true, func() error { return p.Delete(u) })
}

// meet makes one request, with what the script has for it.
func (p *Provider) meet(ctx context.Context, op string, write bool, request func() error) error {
	if err := ctx.Err(); err != nil {
		return failed(op, &errors.Error{Class: errors.ErrUnavailable, Err: err})
	}
	f, _ := p.Faults.Next(op)
	if err := f.Play(ctx, write, request); err != nil {
		return failed(op, err)
	}
	return nil
}

// reading goes through what read returns, page by page. Every request reads all of it again and leaves out what has
// come already, so that nothing comes twice, or not at all, because of what changes meanwhile.
func reading[T any, K comparable](ctx context.Context, p *Provider, op string, bad error, read func() []T, key func(T) K) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if bad != nil {
			yield(none, failed(op, bad))
			return
		}
		seen := make(map[K]bool)
		for more := true; more; {
			var page []T
			err := p.meet(ctx, op, false, func() error {
				page = slices.DeleteFunc(read(), func(row T) bool { return seen[key(row)] })
				return nil
			})
			if err != nil {
				yield(none, err)
				return
			}
			more = len(page) >= batch
			for _, row := range page[:min(batch, len(page))] {
				seen[key(row)] = true
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// batchOf is how one kind of batch is carried out.
type batchOf[T, R any] struct {
	op, what string
	check    func(T) error
	request  func(T) (R, error)
	key      func(T) any    // two items of one key contradict each other
	name     func(T) string // what a failed item is called
}

// each makes a request for every item; bad input anywhere refuses them all.
func each[T, R any](ctx context.Context, p *Provider, b batchOf[T, R], items []T) (done []R, err error) {
	before := make(map[any]bool, len(items))
	for i, item := range items {
		if err := b.check(item); err != nil {
			return nil, failed(b.op, err)
		}
		if before[b.key(item)] {
			return nil, failed(b.op, errors.Invalid(b.what+"["+strconv.Itoa(i)+"]", b.name(item), "is there twice"))
		}
		before[b.key(item)] = true
	}
	var rest []*errors.ItemError
	for _, item := range items {
		var result R
		err := p.meet(ctx, b.op, true, func() (err error) {
			result, err = b.request(item)
			return err
		})
		if err != nil {
			rest = append(rest, &errors.ItemError{Item: b.name(item), Err: err})
			continue
		}
		done = append(done, result)
	}
	if rest != nil {
		return done, &errors.BatchError{Failed: rest}
	}
	return done, nil
}

// find is the unit itself; the caller holds the lock.
func (p *Provider) find(u costunit.Unit) *costunit.Details {
	i := slices.IndexFunc(p.units, func(d *costunit.Details) bool { return d.Unit == u })
	if i < 0 {
		return nil
	}
	return p.units[i]
}

// named is the unit of that name below a parent.
func (p *Provider) named(owner, parent, name string) *costunit.Details {
	i := slices.IndexFunc(p.units, func(d *costunit.Details) bool { return d.Owner == owner && d.Parent == parent && d.Name == name })
	if i < 0 {
		return nil
	}
	return p.units[i]
}

func missing(id string) error {
	return &errors.Error{Class: errors.ErrNotFound, Message: fmt.Sprintf("there is no unit %q", id)}
}

func taken(name string) error {
	return &errors.Error{Class: errors.ErrExists, Message: fmt.Sprintf("the name %q is taken", name)}
}
