// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
)

func removerChecks() []check[costunit.Remover] {
	checks := []check[costunit.Remover]{
		{"DeleteUnit/unknown unit", deletesUnknown},
		{"DeleteUnit/holds resources", deletesFull},
		{"DeleteUnit/has units below it", deletesParent},
		{"DeleteUnit/emptied", deletesEmptied},
	}
	for _, b := range badUnits {
		checks = append(checks, check[costunit.Remover]{"DeleteUnit/bad input/" + b.name, refusesUnit(b.spoil)})
	}
	return slices.Concat(deleting().checks(), checks)
}

func deleting() change[costunit.Remover] {
	return change[costunit.Remover]{method: opDelete, again: errors.ErrNotFound, prepare: deleteJob}
}

// deleteJob asks for n units, one by one, to be deleted. Those beside them have to stay.
func deleteJob(f Fixture[costunit.Remover], n int) job {
	owner := f.owner()
	first := len(f.State.List(owner))
	j := job{items: make([]string, n)}
	stay := f.State.List(owner)
	units := make([]costunit.Unit, n)
	for i := range units {
		stay = append(stay, f.create(owner, "", fmt.Sprintf("bystander-%d-%03d", first, i)))
		units[i] = f.create(owner, "", fmt.Sprintf("shop-%d-%03d", first, i)).Unit
		j.items[i] = units[i].ID
	}
	j.made = func(i int) bool {
		_, there := f.there(units[i])
		return !there
	}
	j.intact = func() error { return f.unchanged(stay...) }
	j.send = func(ctx context.Context, from, _ int) answer {
		err := f.Subject.DeleteUnit(ctx, units[from])
		if err != nil {
			return answer{err: err}
		}
		return answer{done: j.items[from : from+1]}
	}
	return j
}

func deletesUnknown(ctx context.Context, f Fixture[costunit.Remover]) error {
	stays := f.create(f.owner(), "", "bystander")
	err := f.Subject.DeleteUnit(ctx, f.NewUnit())
	return verdict.First(
		func() error { return verdict.Want(err, errors.ErrNotFound) },
		func() error { return f.unchanged(stays) },
	)
}

// stays says that a unit was deleted, or that its deletion was not refused for good.
func stays(ctx context.Context, f Fixture[costunit.Remover], d costunit.Details) error {
	err := f.Subject.DeleteUnit(ctx, d.Unit)
	if class := errors.Class(err); class == nil || class == errors.ErrUncertain || class == errors.ErrNotFound {
		return fmt.Errorf("returned error: %w; want a class that says that the unit is there still", verdict.OrNil(err))
	}
	return f.unchanged(d)
}

// deletesFull: what the unit holds does not become homeless by accident.
func deletesFull(ctx context.Context, f Fixture[costunit.Remover]) error {
	full := f.create(f.owner(), "", "full")
	resource := f.NewResource(full.Unit)
	f.State.Put(full.Unit, resource)
	return verdict.First(
		func() error { return stays(ctx, f, full) },
		func() error { return f.in(full.Unit, []costunit.Resource{resource}) },
		func() error { return f.untouched() },
	)
}

// deletesParent: where units have units below them.
func deletesParent(ctx context.Context, f Fixture[costunit.Remover]) error {
	if !f.Tree {
		return nil
	}
	parent := f.create(f.owner(), "", "parent")
	child := f.create(parent.Owner, parent.ID, "child")
	return verdict.First(
		func() error { return stays(ctx, f, parent) },
		func() error { return f.unchanged(child) },
	)
}

// deletesEmptied: what held something once can be deleted when it does not any more.
func deletesEmptied(ctx context.Context, f Fixture[costunit.Remover]) error {
	unit, other := f.create(f.owner(), "", "unit"), f.create(f.owner(), "", "other")
	resource := f.NewResource(unit.Unit)
	f.State.Put(unit.Unit, resource)
	f.State.Put(other.Unit, resource)
	if err := verdict.Want(f.Subject.DeleteUnit(ctx, unit.Unit), nil); err != nil {
		return err
	}
	if _, there := f.there(unit.Unit); there {
		return errors.New("the unit is there still")
	}
	return f.in(other.Unit, []costunit.Resource{resource})
}

var badUnits = []struct {
	name  string
	spoil func(*costunit.Unit)
}{
	{"no id", func(u *costunit.Unit) { u.ID = "" }},
	{"unallocated", func(u *costunit.Unit) { u.ID = costunit.Unallocated }},
	{"id with a line break", func(u *costunit.Unit) { u.ID += "\n" }},
	{"id not UTF-8", func(u *costunit.Unit) { u.ID = "\xff" }},
	{"id of 257 characters", func(u *costunit.Unit) { u.ID = strings.Repeat("1", 257) }},
	{"owner with a line break", func(u *costunit.Unit) { u.Owner += "\n" }},
}

func refusesUnit(spoil func(*costunit.Unit)) func(context.Context, Fixture[costunit.Remover]) error {
	return func(ctx context.Context, f Fixture[costunit.Remover]) error {
		stays := f.create(f.owner(), "", "unit")
		bad := stays.Unit
		spoil(&bad)
		met := f.counted(opDelete)
		err := f.Subject.DeleteUnit(ctx, bad)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			func() error { return f.unchanged(stays) },
		)
	}
}
