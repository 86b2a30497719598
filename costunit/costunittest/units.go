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

// Units is one request, which may meet a fault.
func (p *Provider) Units(ctx context.Context, owner string) iter.Seq2[costunit.Details, error] {
	return reading(ctx, p, opUnits, func() ([]costunit.Details, error) { return p.List(owner), nil })
}

// Resources is one request, which may meet a fault.
func (p *Provider) Resources(ctx context.Context, q costunit.Query) iter.Seq2[costunit.Resource, error] {
	return reading(ctx, p, opResources, func() ([]costunit.Resource, error) {
		if err := q.Validate(); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(p.Holds(q.Unit), func(r costunit.Resource) bool {
			return len(q.Products) > 0 && !slices.Contains(q.Products, r.Product) ||
				len(q.Projects) > 0 && r.Project != "" && !slices.Contains(q.Projects, r.Project)
		}), nil
	})
}

// CreateUnits makes each unit with one request of its own, which may meet a fault.
func (p *Provider) CreateUnits(ctx context.Context, all ...costunit.Definition) ([]costunit.Details, error) {
	return each(ctx, p, opCreate, all, func(d costunit.Definition) string { return d.Name },
		costunit.Definition.Validate, p.Create)
}

// RenameUnits renames each unit with one request of its own, which may meet a fault.
func (p *Provider) RenameUnits(ctx context.Context, all ...costunit.Renaming) ([]costunit.Unit, error) {
	return each(ctx, p, opRename, all, func(r costunit.Renaming) string { return r.Unit.ID },
		costunit.Renaming.Validate, func(r costunit.Renaming) (costunit.Unit, error) { return r.Unit, p.Rename(r) })
}

// DeleteUnit is one request, which may meet a fault.
func (p *Provider) DeleteUnit(ctx context.Context, u costunit.Unit) error {
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

func reading[T any](ctx context.Context, p *Provider, op string, read func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var rows []T
		err := p.meet(ctx, op, false, func() (err error) {
			rows, err = read()
			return err
		})
		if err != nil {
			yield(none, err)
			return
		}
		for _, row := range rows {
			if err := ctx.Err(); err != nil {
				yield(none, failed(op, &errors.Error{Class: errors.ErrUnavailable, Err: err}))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// each makes a request for every item; bad input anywhere refuses them all.
func each[T, R any](ctx context.Context, p *Provider, op string, items []T, name func(T) string, check func(T) error, request func(T) (R, error)) (done []R, err error) {
	for _, item := range items {
		if err := check(item); err != nil {
			return nil, failed(op, err)
		}
	}
	var rest []*errors.ItemError
	for _, item := range items {
		var result R
		err := p.meet(ctx, op, true, func() (err error) {
			result, err = request(item)
			return err
		})
		if err != nil {
			rest = append(rest, &errors.ItemError{Item: name(item), Err: err})
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
