// SPDX-License-Identifier: Apache-2.0

package costunit

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/resellkit/resell/errors"
)

// Details is one cost unit as its provider describes it.
type Details struct {
	Unit
	Name   string
	Parent string // the id of the unit above it; empty: it is at the top
}

// Query says which of the resources of a unit to list.
type Query struct {
	Unit Unit
	// Products: only resources of these. Empty means all where the provider lists without it (Alibaba Cloud); Huawei Cloud
	// lists by product, and needs at least one.
	Products []string
	// Projects: where to look for resources of regional products (Huawei Cloud, which needs them for those).
	Projects []string
}

// Lister reads cost units and what they hold.
type Lister interface {
	// Units iterates over the cost units of an owner, page by page, each once, without the unallocated one. It ends after
	// the first error, which it yields. Breaking off sends nothing more.
	Units(ctx context.Context, owner string) iter.Seq2[Details, error]
	// Resources iterates over what a unit holds, in the same way.
	Resources(context.Context, Query) iter.Seq2[Resource, error]
}

// Definition asks for a new cost unit.
type Definition struct {
	Owner  string // the account that the unit will belong to
	Parent string // the id of the unit above it; empty: at the top
	Name   string // unique beside its siblings
}

// Renaming asks that a unit be called Name from now on. It is absolute: repeating it converges.
type Renaming struct {
	Unit Unit
	Name string
}

// Manager creates and renames cost units, in batches. What succeeded is returned in the order in which it was asked for;
// the rest is an *errors.BatchError that has each of the others and why.
type Manager interface {
	// CreateUnits creates cost units; errors.ErrExists for one whose name is taken. A failed one is named by its name.
	CreateUnits(context.Context, ...Definition) ([]Details, error)
	// RenameUnits renames cost units. A failed one is named by its id.
	RenameUnits(context.Context, ...Renaming) ([]Unit, error)
}

// Remover deletes cost units.
type Remover interface {
	// DeleteUnit deletes one cost unit; errors.ErrNotFound where there is none of that id.
	DeleteUnit(context.Context, Unit) error
}

const maxName = 64

// Validate reports the first rule that d breaks, as errors.ErrInvalid, or nil. An adapter adds its own cloud's rules.
func (d Definition) Validate() error {
	if err := text("Definition.Owner", d.Owner); err != nil {
		return err
	}
	if err := text("Definition.Parent", d.Parent); err != nil {
		return err
	}
	if d.Parent == Unallocated {
		return errors.Invalid("Definition.Parent", d.Parent, "must be a unit's, or empty: nothing is below what is in no unit")
	}
	return name("Definition.Name", d.Name)
}

// Validate reports the first rule that r breaks, as errors.ErrInvalid, or nil.
func (r Renaming) Validate() error {
	if err := r.Unit.validate("Renaming.Unit"); err != nil {
		return err
	}
	if r.Unit.unallocated() {
		return errors.Invalid("Renaming.Unit.ID", r.Unit.ID, "must be a unit's: what is in no unit has no name")
	}
	return name("Renaming.Name", r.Name)
}

// Validate reports the first rule that u breaks as the name of a cost unit, as errors.ErrInvalid, or nil. What is in no
// unit has no such name.
func (u Unit) Validate() error {
	if err := u.validate("Unit"); err != nil {
		return err
	}
	if u.unallocated() {
		return errors.Invalid("Unit.ID", u.ID, "must be a unit's: what is in no unit cannot be managed")
	}
	return nil
}

// Validate reports the first rule that q breaks, as errors.ErrInvalid, or nil.
func (q Query) Validate() error {
	if err := q.Unit.validate("Query.Unit"); err != nil {
		return err
	}
	for _, list := range []struct {
		field  string
		values []string
	}{{"Query.Products", q.Products}, {"Query.Projects", q.Projects}} {
		for i, value := range list.values {
			field := list.field + "[" + strconv.Itoa(i) + "]"
			if value == "" {
				return errors.Invalid(field, value, "must not be empty")
			}
			if err := text(field, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func name(field, value string) error {
	switch {
	case strings.TrimSpace(value) == "":
		return errors.Invalid(field, value, "must be set")
	case strings.TrimSpace(value) != value:
		return errors.Invalid(field, value, "must not begin or end with a space")
	case utf8.RuneCountInString(value) > maxName:
		return errors.Invalid(field, value, "must have at most "+strconv.Itoa(maxName)+" characters, has "+strconv.Itoa(utf8.RuneCountInString(value)))
	}
	return text(field, value)
}
