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

func managerChecks() []check[costunit.Manager] {
	checks := []check[costunit.Manager]{
		{"CreateUnits/any name", createsAnyName},
		{"CreateUnits/name is taken", nameTaken},
		{"CreateUnits/below a parent", createsBelow},
		{"CreateUnits/parent is missing", parentMissing},
		{"RenameUnits/only the name", renamesOnly},
		{"RenameUnits/unknown unit", renamesUnknown},
		{"RenameUnits/name is taken", renamesTaken},
		{"RenameUnits/there and back", renamesBack},
	}
	for _, b := range badDefinitions {
		checks = append(checks, check[costunit.Manager]{"CreateUnits/bad input/" + b.name, refusesDefinition(b.spoil)})
	}
	for _, b := range badRenamings {
		checks = append(checks, check[costunit.Manager]{"RenameUnits/bad input/" + b.name, refusesRenaming(b.spoil)})
	}
	return slices.Concat(creating().checks(), renaming().checks(), checks)
}

func creating() change[costunit.Manager] {
	return change[costunit.Manager]{
		method: opCreate, batch: true, again: errors.ErrExists,
		prepare: func(f Fixture[costunit.Manager], n int) job {
			return createJob(f, definitions(f, n)...)
		},
	}
}

// serial tells the units of one check apart from those of its other tries.
func serial(f Fixture[costunit.Manager], owner string) int { return len(f.State.List(owner)) }

// definitions are of n units that are not there yet, at the top.
func definitions(f Fixture[costunit.Manager], n int) []costunit.Definition {
	all := make([]costunit.Definition, n)
	owner := f.owner()
	first := serial(f, owner)
	for i := range all {
		all[i] = costunit.Definition{Owner: owner, Name: fmt.Sprintf("shop-%d-%03d", first, i+1)}
	}
	return all
}

// createJob asks for these units. A bystander is there, and has to stay as it is.
func createJob(f Fixture[costunit.Manager], all ...costunit.Definition) job {
	owner := f.owner()
	j := job{items: make([]string, len(all))}
	for i, d := range all {
		j.items[i] = d.Name
	}
	before := append(f.State.List(owner), f.create(owner, "", fmt.Sprintf("bystander-%d", serial(f, owner))))
	j.made = func(i int) bool {
		return slices.ContainsFunc(f.State.List(owner), func(d costunit.Details) bool { return d.Name == all[i].Name && d.Parent == all[i].Parent })
	}
	j.intact = func() error {
		if err := f.unchanged(before...); err != nil {
			return err
		}
		made, now := 0, f.State.List(owner)
		for _, d := range now {
			asked := costunit.Definition{Owner: d.Owner, Parent: d.Parent, Name: d.Name}
			if !slices.Contains(before, d) && slices.Contains(all, asked) {
				made++
			}
		}
		taken := 0
		for _, d := range before {
			if slices.Contains(all, costunit.Definition{Owner: d.Owner, Parent: d.Parent, Name: d.Name}) {
				taken++
			}
		}
		if len(now) != len(before)+made || made+taken > len(all) {
			return fmt.Errorf("there are %d units, of which %d were there before and %d are asked for; want no others, and none twice", len(now), len(before), made)
		}
		return nil
	}
	j.send = func(ctx context.Context, from, to int) answer {
		got, err := f.Subject.CreateUnits(ctx, all[from:to]...)
		a := answer{err: err}
		for _, d := range got {
			a.done = append(a.done, d.Name)
			if now, there := f.there(d.Unit); !there || now != d {
				a.lie = fmt.Errorf("the new unit is told as %+v; it is %+v", d, now)
			}
		}
		return a
	}
	return j
}

func renaming() change[costunit.Manager] {
	return change[costunit.Manager]{
		method: opRename, batch: true,
		prepare: func(f Fixture[costunit.Manager], n int) job {
			return renameJob(f, renamings(f, n)...)
		},
	}
}

// renamings are of n units that have another name now.
func renamings(f Fixture[costunit.Manager], n int) []costunit.Renaming {
	all := make([]costunit.Renaming, n)
	for i, d := range definitions(f, n) {
		all[i] = costunit.Renaming{Unit: f.create(d.Owner, "", d.Name).Unit, Name: "new-" + d.Name}
	}
	return all
}

// renameJob asks for these names. Whoever is not among them keeps its own.
func renameJob(f Fixture[costunit.Manager], all ...costunit.Renaming) job {
	owner := f.owner()
	f.create(owner, "", fmt.Sprintf("bystander-%d", len(f.State.List(owner))))
	j := job{items: make([]string, len(all))}
	for i, r := range all {
		j.items[i] = r.Unit.ID
	}
	before := f.State.List(owner)
	j.made = func(i int) bool {
		d, there := f.there(all[i].Unit)
		return there && d.Name == all[i].Name
	}
	j.intact = func() error {
		now := f.State.List(owner)
		for _, d := range before {
			renamed := d
			if i := slices.IndexFunc(all, func(r costunit.Renaming) bool { return r.Unit == d.Unit }); i >= 0 {
				renamed.Name = all[i].Name
			}
			if is, there := f.there(d.Unit); !there || is != d && is != renamed {
				return fmt.Errorf("unit %+v is now %+v", d, is)
			}
		}
		if len(now) != len(before) {
			return fmt.Errorf("there are %d units; there were %d", len(now), len(before))
		}
		return nil
	}
	j.send = func(ctx context.Context, from, to int) answer {
		got, err := f.Subject.RenameUnits(ctx, all[from:to]...)
		a := answer{err: err}
		for i, u := range got {
			a.done = append(a.done, u.ID)
			if u.Owner != owner {
				a.lie = fmt.Errorf("the owner of the renamed unit number %d is told as %q; it is %q", i, u.Owner, owner)
			}
		}
		return a
	}
	return j
}

// createsAnyName: what both clouds allow in a name arrives as it is.
func createsAnyName(ctx context.Context, f Fixture[costunit.Manager]) error {
	all := definitions(f, 4)
	for i, name := range []string{"a", "Shop_42-north", "北京-店_1", strings.Repeat("n", 64)} {
		all[i].Name = name
	}
	j := createJob(f, all...)
	return verdict.First(
		func() error { return j.sent(ctx, nil) },
		j.complete,
	)
}

// nameTaken: one name is taken, the others are not, and are used.
func nameTaken(ctx context.Context, f Fixture[costunit.Manager]) error {
	all := definitions(f, few)
	f.create(all[1].Owner, "", all[1].Name)
	j := createJob(f, all...)
	return verdict.First(
		func() error { return f.oneFails(ctx, j, 1, errors.ErrExists) },
		j.complete,
	)
}

// oneFails says that not exactly the i-th item fails, with one of the classes.
func (f Fixture[T]) oneFails(ctx context.Context, j job, i int, classes ...error) error {
	before := j.standing()
	a := j.send(ctx, 0, len(j.items))
	batch, several := errors.AsType[*errors.BatchError](a.err)
	if !several || len(batch.Failed) != 1 || batch.Failed[0].Item != j.items[i] {
		return fmt.Errorf("returned error: %w; want a *errors.BatchError with one item: %q", verdict.OrNil(a.err), j.items[i])
	}
	return verdict.First(
		func() error { return verdict.Want(batch.Failed[0].Err, classes...) },
		func() error { return j.honest(before, a) },
	)
}

// createsBelow: beside other siblings a name may be used again, where there are parents.
func createsBelow(ctx context.Context, f Fixture[costunit.Manager]) error {
	all := definitions(f, few)
	if f.Tree {
		all[0].Parent = f.create(all[0].Owner, "", "parent").ID
		all[2].Parent = all[0].Parent
		f.create(all[1].Owner, "", all[0].Name)
	}
	j := createJob(f, all...)
	return verdict.First(
		func() error { return j.sent(ctx, nil) },
		j.complete,
	)
}

// parentMissing: there is nothing to put the unit below. Where there are no parents at all, none may be named.
func parentMissing(ctx context.Context, f Fixture[costunit.Manager]) error {
	all := definitions(f, few)
	all[1].Parent = f.NewUnit().ID
	j := createJob(f, all...)
	if f.Tree {
		return f.oneFails(ctx, j, 1, errors.ErrNotFound, errors.ErrInvalid, errors.ErrConflict, errors.ErrDenied)
	}
	met := f.counted(opCreate)
	return verdict.First(
		func() error { return j.sent(ctx, errors.ErrInvalid) },
		func() error { return verdict.Unmet(met) },
		j.untouched,
	)
}

// renamesOnly: parent, owner and whatever the unit holds stay as they are.
func renamesOnly(ctx context.Context, f Fixture[costunit.Manager]) error {
	owner, parent := f.owner(), ""
	if f.Tree {
		parent = f.create(owner, "", "parent").ID
	}
	unit := f.create(owner, parent, "old").Unit
	resources := []costunit.Resource{f.NewResource(unit), f.NewResource(unit)}
	f.State.Put(unit, resources...)
	j := renameJob(f, costunit.Renaming{Unit: unit, Name: "北京-店_1"})
	return verdict.First(
		func() error { return j.sent(ctx, nil) },
		j.complete,
		func() error { return f.in(unit, resources) },
	)
}

func renamesUnknown(ctx context.Context, f Fixture[costunit.Manager]) error {
	all := renamings(f, few)
	all[1].Unit = f.NewUnit()
	return f.oneFails(ctx, renameJob(f, all...), 1, errors.ErrNotFound)
}

func renamesTaken(ctx context.Context, f Fixture[costunit.Manager]) error {
	all := renamings(f, few)
	all[1].Name = "taken"
	f.create(all[1].Unit.Owner, "", all[1].Name)
	return f.oneFails(ctx, renameJob(f, all...), 1, errors.ErrExists, errors.ErrConflict)
}

func renamesBack(ctx context.Context, f Fixture[costunit.Manager]) error {
	there := renamings(f, few)
	back := slices.Clone(there)
	for i := range back {
		d, _ := f.there(back[i].Unit)
		back[i].Name = d.Name
	}
	for _, way := range [][]costunit.Renaming{there, back, there} {
		j := renameJob(f, way...)
		if err := verdict.First(func() error { return j.sent(ctx, nil) }, j.complete); err != nil {
			return err
		}
	}
	return nil
}

// badDefinitions are ways to spoil three definitions.
var badDefinitions = []struct {
	name  string
	spoil func([]costunit.Definition)
}{
	{"no name", func(all []costunit.Definition) { all[2].Name = "" }},
	{"name of spaces", func(all []costunit.Definition) { all[2].Name = "  " }},
	{"name with a space in front", func(all []costunit.Definition) { all[1].Name = " shop" }},
	{"name of 65 characters", func(all []costunit.Definition) { all[1].Name = strings.Repeat("n", 65) }},
	{"name of two lines", func(all []costunit.Definition) { all[1].Name = "shop\n1" }},
	{"name not UTF-8", func(all []costunit.Definition) { all[1].Name = "shop\xff" }},
	{"owner with a line break", func(all []costunit.Definition) { all[2].Owner = "1\n" }},
	{"parent with a line break", func(all []costunit.Definition) { all[2].Parent = "1\n2" }},
	{"parent of 257 characters", func(all []costunit.Definition) { all[2].Parent = strings.Repeat("1", 257) }},
	{"the same unit twice", func(all []costunit.Definition) { all[2] = all[0] }},
}

// refusesDefinition: one bad definition, and nothing is sent of the others either.
func refusesDefinition(spoil func([]costunit.Definition)) func(context.Context, Fixture[costunit.Manager]) error {
	return func(ctx context.Context, f Fixture[costunit.Manager]) error {
		all := definitions(f, few)
		j := createJob(f, all...) // as it was, to look for what came of it
		bad := slices.Clone(all)
		spoil(bad)
		met := f.counted(opCreate)
		_, err := f.Subject.CreateUnits(ctx, bad...)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			j.untouched,
		)
	}
}

// badRenamings are ways to spoil three renamings.
var badRenamings = []struct {
	name  string
	spoil func([]costunit.Renaming)
}{
	{"no name", func(all []costunit.Renaming) { all[2].Name = "" }},
	{"name with a space behind", func(all []costunit.Renaming) { all[1].Name = "shop " }},
	{"name of 65 characters", func(all []costunit.Renaming) { all[1].Name = strings.Repeat("n", 65) }},
	{"name of two lines", func(all []costunit.Renaming) { all[1].Name = "shop\n1" }},
	{"name not UTF-8", func(all []costunit.Renaming) { all[1].Name = "shop\xff" }},
	{"no unit", func(all []costunit.Renaming) { all[2].Unit.ID = "" }},
	{"the unallocated unit", func(all []costunit.Renaming) { all[2].Unit.ID = costunit.Unallocated }},
	{"unit with a line break", func(all []costunit.Renaming) { all[2].Unit.ID = "1\n" }},
	{"owner with a line break", func(all []costunit.Renaming) { all[2].Unit.Owner = "1\n" }},
	{"the same unit twice", func(all []costunit.Renaming) { all[2].Unit = all[0].Unit }},
}

func refusesRenaming(spoil func([]costunit.Renaming)) func(context.Context, Fixture[costunit.Manager]) error {
	return func(ctx context.Context, f Fixture[costunit.Manager]) error {
		all := renamings(f, few)
		j := renameJob(f, all...)
		bad := slices.Clone(all)
		spoil(bad)
		met := f.counted(opRename)
		_, err := f.Subject.RenameUnits(ctx, bad...)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			j.untouched,
		)
	}
}
