// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// flat is a sound client of a cloud that is in many ways not like the Provider: without owners, parents and components,
// listing by product only. It repeats by itself, sends several units with one request, and settles doubt by reading back.
type flat struct{ *Provider }

const (
	flatBatch    = 100 // units of one request
	flatAttempts = 4
)

func (c flat) TransferResources(ctx context.Context, t costunit.Transfer) (costunit.Receipt, error) {
	for _, r := range t.Resources {
		if r.Component != "" {
			return costunit.Receipt{}, errors.Invalid("Resource.Component", r.Component, "must be empty")
		}
	}
	return c.Provider.TransferResources(ctx, t)
}

func (c flat) Resources(ctx context.Context, q costunit.Query) iter.Seq2[costunit.Resource, error] {
	if len(q.Products) == 0 {
		return func(yield func(costunit.Resource, error) bool) {
			yield(costunit.Resource{}, errors.Invalid("Query.Products", "", "must name a product"))
		}
	}
	return c.Provider.Resources(ctx, q)
}

// persist repeats a request until it is answered, or was carried out.
func (c flat) persist(ctx context.Context, op string, request func() error, done func() bool) (err error) {
	for range flatAttempts {
		again := c.meet(ctx, op, true, request)
		switch {
		case again == nil, err != nil && done():
			return nil
		case errors.Class(err) != errors.ErrUncertain || errors.Class(again) == errors.ErrUncertain:
			err = again
		}
		if class := errors.Class(again); ctx.Err() != nil || class != errors.ErrUncertain && class != errors.ErrThrottled {
			return err
		}
		if errors.Class(again) == errors.ErrUncertain && done() {
			return nil
		}
	}
	return err
}

func (c flat) CreateUnits(ctx context.Context, all ...costunit.Definition) (made []costunit.Details, err error) {
	for i, d := range all {
		if err := d.Validate(); err != nil {
			return nil, err
		}
		if d.Parent != "" || slices.Contains(all[:i], d) {
			return nil, errors.Invalid("Definition", d.Parent, "must be at the top, and once")
		}
	}
	var rest []*errors.ItemError
	for part := range slices.Chunk(all, flatBatch) {
		there := func(d costunit.Definition) *costunit.Details {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.named("", "", d.Name)
		}
		refused := make(map[string]error)
		free := slices.DeleteFunc(slices.Clone(part), func(d costunit.Definition) bool {
			if there(d) == nil {
				return false
			}
			refused[d.Name] = taken(d.Name)
			return true
		})
		err := c.persist(ctx, opCreate, func() error {
			for _, d := range free {
				if _, err := c.Create(d); err != nil {
					refused[d.Name] = err
				}
			}
			return nil
		}, func() bool {
			return !slices.ContainsFunc(free, func(d costunit.Definition) bool { return there(d) == nil })
		})
		for _, d := range part {
			if err != nil && refused[d.Name] == nil {
				refused[d.Name] = err
			}
			if why := refused[d.Name]; why != nil {
				rest = append(rest, &errors.ItemError{Item: d.Name, Err: why})
				continue
			}
			made = append(made, *there(d))
		}
	}
	if rest != nil {
		return made, &errors.BatchError{Failed: rest}
	}
	return made, nil
}

func (c flat) DeleteUnit(ctx context.Context, u costunit.Unit) error {
	if err := u.Validate(); err != nil {
		return err
	}
	return c.persist(ctx, opDelete, func() error { return c.Delete(u) }, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.find(u) == nil
	})
}

func TestFlatClient(t *testing.T) {
	t.Run("Transferrer", func(t *testing.T) { onFlat(t, TestTransferrer) })
	t.Run("Lister", func(t *testing.T) { onFlat(t, TestLister) })
	t.Run("Manager", func(t *testing.T) { onFlat(t, TestManager) })
	t.Run("Remover", func(t *testing.T) { onFlat(t, TestRemover) })
}

func onFlat[T any](t *testing.T, suite func(*testing.T, func(*testing.T) Fixture[T])) {
	suite(t, func(*testing.T) Fixture[T] {
		uuid := func(n int) string { return fmt.Sprintf("9b1c6f9e-6a35-4c5f-9d0e-%012d", n) }
		p := &Provider{NewID: uuid}
		units, resources := 1_000_000, 2_000_000
		return Fixture[T]{
			Subject: any(flat{p}).(T), State: p, Plain: true,
			NewUnit: func() costunit.Unit { units++; return costunit.Unit{ID: uuid(units)} },
			NewResource: func(costunit.Unit) costunit.Resource {
				resources++
				return costunit.Resource{ID: uuid(resources), Product: "ecs", Region: "ap-1", Project: "0605767a"}
			},
		}
	})
}

// A client that takes what its cloud does not have is noticed there.
func TestFlatControls(t *testing.T) {
	p := new(Provider)
	manager := Fixture[costunit.Manager]{Subject: p, State: p}.complete()
	require.ErrorContains(t, parentMissing(t.Context(), manager), "invalid")
	mover := Fixture[costunit.Transferrer]{Subject: p, State: p, Plain: true}.complete()
	require.ErrorContains(t, oneComponent(t.Context(), mover), "invalid")
	deaf := Fixture[costunit.Transferrer]{Subject: &broken{Provider: p, bug: controls[0].bug}, State: p, Plain: true}.complete()
	require.ErrorContains(t, anyID(t.Context(), deaf), "not in the target")
}

func TestUnitsOfTheProvider(t *testing.T) {
	var p Provider
	root, err := p.Create(costunit.Definition{Owner: "9", Name: "root"})
	require.NoError(t, err)
	require.Len(t, root.ID, 16)
	child, err := p.Create(costunit.Definition{Owner: "9", Parent: root.ID, Name: "root"})
	require.NoError(t, err)
	require.Equal(t, root.ID, child.Parent)
	p.Put(costunit.Unit{ID: "7", Owner: "9"})
	require.Equal(t, []costunit.Details{root, child, {Unit: costunit.Unit{ID: "7", Owner: "9"}, Name: "7"}}, p.List("9"))

	for _, row := range []struct {
		err   error
		class error
		names string
	}{
		{second(p.Create(costunit.Definition{Owner: "9", Name: "root"})), errors.ErrExists, `"root" is taken`},
		{second(p.Create(costunit.Definition{Owner: "9", Parent: "8", Name: "x"})), errors.ErrNotFound, `no unit "8"`},
		{second(p.Create(costunit.Definition{Owner: "8", Parent: root.ID, Name: "x"})), errors.ErrNotFound, "no unit"},
		{second(p.Create(costunit.Definition{})), errors.ErrInvalid, "Definition.Name"},
		{p.Rename(costunit.Renaming{Unit: root.Unit, Name: "7"}), errors.ErrExists, `"7" is taken`},
		{p.Rename(costunit.Renaming{Unit: root.Unit}), errors.ErrInvalid, "Renaming.Name"},
		{p.Rename(costunit.Renaming{Unit: root.Unit, Name: "root"}), nil, ""},
		{p.Rename(costunit.Renaming{Unit: child.Unit, Name: "7"}), nil, ""},
		{p.Delete(root.Unit), errors.ErrConflict, "units below it"},
		{p.Delete(costunit.Unit{ID: "8", Owner: "9"}), errors.ErrNotFound, `no unit "8"`},
		{p.Delete(child.Unit), nil, ""},
		{p.Delete(root.Unit), nil, ""},
	} {
		require.Equal(t, row.class, errors.Class(row.err), "%v", row.err)
		if row.class != nil {
			require.ErrorContains(t, row.err, row.names)
		}
	}
	require.Len(t, p.List("9"), 1)
}

func second(_ costunit.Details, err error) error { return err }
