// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/resellkit/resell/costunit"
)

// unitBug is one thing that is wrong with a client that lists, makes, renames or deletes units.
type unitBug struct {
	// write sends the changes from one to before the other of n, or does not; the results of the last sending count.
	write  func(ctx context.Context, b *brokenUnits, op string, n int, send sender) error
	define func(b *brokenUnits, all []costunit.Definition) // on the way there
	rename func(b *brokenUnits, all []costunit.Renaming)
	remove func(b *brokenUnits, u *costunit.Unit)
	told   func([]costunit.Details) []costunit.Details // on the way back
	list   func(ctx context.Context, b *brokenUnits, op string, ask asker) rows
	query  func(*costunit.Query)
	row    func(any) any
}

type (
	sender func(ctx context.Context, from, to int) error
	asker  func(context.Context) rows
	rows   = iter.Seq2[any, error]
)

// brokenUnits is a client of a Provider, with a bug.
type brokenUnits struct {
	*Provider
	unitBug
	memory sync.Map // what the bug remembers
}

func (b *brokenUnits) CreateUnits(ctx context.Context, all ...costunit.Definition) ([]costunit.Details, error) {
	all = slices.Clone(all)
	if b.define != nil {
		b.define(b, all)
	}
	got, err := sending(ctx, b, opCreate, all, b.Provider.CreateUnits)
	if b.told != nil {
		got = b.told(got)
	}
	return got, err
}

func (b *brokenUnits) RenameUnits(ctx context.Context, all ...costunit.Renaming) ([]costunit.Unit, error) {
	all = slices.Clone(all)
	if b.rename != nil {
		b.rename(b, all)
	}
	return sending(ctx, b, opRename, all, b.Provider.RenameUnits)
}

func (b *brokenUnits) DeleteUnit(ctx context.Context, u costunit.Unit) error {
	if b.remove != nil {
		b.remove(b, &u)
	}
	_, err := sending(ctx, b, opDelete, []costunit.Unit{u}, func(ctx context.Context, all ...costunit.Unit) ([]costunit.Unit, error) {
		return nil, b.Provider.DeleteUnit(ctx, all[0])
	})
	return err
}

func sending[A, R any](ctx context.Context, b *brokenUnits, op string, all []A, send func(context.Context, ...A) ([]R, error)) (got []R, err error) {
	if b.write == nil {
		return send(ctx, all...)
	}
	err = b.write(ctx, b, op, len(all), func(ctx context.Context, from, to int) (err error) {
		got, err = send(ctx, all[from:to]...)
		return err
	})
	return got, err
}

func (b *brokenUnits) Units(ctx context.Context, owner string) iter.Seq2[costunit.Details, error] {
	return asking(ctx, b, opUnits, func(ctx context.Context) iter.Seq2[costunit.Details, error] { return b.Provider.Units(ctx, owner) })
}

func (b *brokenUnits) Resources(ctx context.Context, q costunit.Query) iter.Seq2[costunit.Resource, error] {
	if b.query != nil {
		b.query(&q)
	}
	return asking(ctx, b, opResources, func(ctx context.Context) iter.Seq2[costunit.Resource, error] { return b.Provider.Resources(ctx, q) })
}

// asking lets the bug see rows of any type. A nil row is the zero row.
func asking[V any](ctx context.Context, b *brokenUnits, op string, ask func(context.Context) iter.Seq2[V, error]) iter.Seq2[V, error] {
	if b.list == nil && b.row == nil {
		return ask(ctx)
	}
	all := func(ctx context.Context) rows {
		return func(yield func(any, error) bool) {
			for v, err := range ask(ctx) {
				if !yield(v, err) {
					return
				}
			}
		}
	}
	return func(yield func(V, error) bool) {
		got := all(ctx)
		if b.list != nil {
			got = b.list(ctx, b, op, all)
		}
		for v, err := range got {
			if b.row != nil {
				v = b.row(v)
			}
			row, _ := v.(V)
			if !yield(row, err) {
				return
			}
		}
	}
}
