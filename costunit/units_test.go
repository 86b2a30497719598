// SPDX-License-Identifier: Apache-2.0

package costunit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
)

var long = strings.Repeat("x", 257)

// validated is a value and what a refusal of it names; nothing: it is good.
type validated struct {
	value interface{ Validate() error }
	names []string
}

func TestValidateUnits(t *testing.T) {
	for _, row := range []validated{
		{costunit.Unit{ID: "186419", Owner: "1"}, nil},
		{costunit.Unit{ID: "9b1c6f9e-6a35-4c5f-9d0e-6f1f6c2d9c11"}, nil},
		{costunit.Unit{ID: "00"}, nil},
		{costunit.Unit{}, []string{"Unit.ID", "no unit"}},
		{costunit.Unit{Owner: "1"}, []string{"Unit.ID", "no unit"}},
		{costunit.Unit{ID: costunit.Unallocated, Owner: "1"}, []string{"Unit.ID", `"0"`, "no unit"}},
		{costunit.Unit{ID: "1\n"}, []string{"Unit.ID", "control"}},
		{costunit.Unit{ID: "\xff"}, []string{"Unit.ID", "UTF-8"}},
		{costunit.Unit{ID: long}, []string{"Unit.ID", "256"}},
		{costunit.Unit{ID: "1", Owner: "1\t"}, []string{"Unit.Owner", "control"}},
		{costunit.Unit{ID: "1", Owner: long}, []string{"Unit.Owner", "256"}},

		{costunit.Definition{Name: "shop"}, nil},
		{costunit.Definition{Owner: "1", Parent: "186419", Name: "shop"}, nil},
		{costunit.Definition{Name: "Kostenstelle 7 / süd"}, nil},
		{costunit.Definition{Name: strings.Repeat("客", 64)}, nil},
		{costunit.Definition{Name: strings.Repeat("客", 65)}, []string{"Definition.Name", "64", "65"}},
		{costunit.Definition{}, []string{"Definition.Name", "must be set"}},
		{costunit.Definition{Name: " \u00a0"}, []string{"Definition.Name", "must be set"}},
		{costunit.Definition{Name: " shop"}, []string{"Definition.Name", "space"}},
		{costunit.Definition{Name: "shop\u3000"}, []string{"Definition.Name", "space"}},
		{costunit.Definition{Name: "shop\n"}, []string{"Definition.Name"}},
		{costunit.Definition{Name: "shop\n7"}, []string{"Definition.Name", "control"}},
		{costunit.Definition{Name: "shop\x7f7"}, []string{"Definition.Name", "control"}},
		{costunit.Definition{Name: "shop\xff"}, []string{"Definition.Name", "UTF-8"}},
		{costunit.Definition{Owner: "1\n", Name: "shop"}, []string{"Definition.Owner", "control"}},
		{costunit.Definition{Owner: long, Name: "shop"}, []string{"Definition.Owner", "256"}},
		{costunit.Definition{Parent: "1\n", Name: "shop"}, []string{"Definition.Parent", "control"}},
		{costunit.Definition{Parent: long, Name: "shop"}, []string{"Definition.Parent", "256"}},
		{costunit.Definition{Parent: costunit.Unallocated, Name: "shop"}, []string{"Definition.Parent", "no unit"}},

		{costunit.Renaming{Unit: target, Name: "shop"}, nil},
		{costunit.Renaming{Unit: target}, []string{"Renaming.Name", "must be set"}},
		{costunit.Renaming{Unit: target, Name: "shop "}, []string{"Renaming.Name", "space"}},
		{costunit.Renaming{Unit: target, Name: strings.Repeat("x", 65)}, []string{"Renaming.Name", "64"}},
		{costunit.Renaming{Unit: target, Name: "a\nb"}, []string{"Renaming.Name", "control"}},
		{costunit.Renaming{Unit: source, Name: "shop"}, []string{"Renaming.Unit.ID", "no unit"}},
		{costunit.Renaming{Name: "shop"}, []string{"Renaming.Unit.ID", "no unit"}},
		{costunit.Renaming{Unit: costunit.Unit{ID: "1\n"}, Name: "shop"}, []string{"Renaming.Unit.ID", "control"}},
		{costunit.Renaming{Unit: costunit.Unit{ID: "1", Owner: "\xff"}, Name: "shop"}, []string{"Renaming.Unit.Owner", "UTF-8"}},

		{costunit.Query{}, nil},
		{costunit.Query{Unit: source}, nil},
		{costunit.Query{Unit: target, Products: []string{"ecs", "disk"}, Projects: []string{"p1"}}, nil},
		{costunit.Query{Unit: costunit.Unit{ID: "1\n"}}, []string{"Query.Unit.ID", "control"}},
		{costunit.Query{Unit: costunit.Unit{Owner: long}}, []string{"Query.Unit.Owner", "256"}},
		{costunit.Query{Products: []string{"ecs", ""}}, []string{"Query.Products[1]", "empty"}},
		{costunit.Query{Products: []string{"ecs\n"}}, []string{"Query.Products[0]", "control"}},
		{costunit.Query{Projects: []string{"p1", "p2", ""}}, []string{"Query.Projects[2]", "empty"}},
		{costunit.Query{Projects: []string{long}}, []string{"Query.Projects[0]", "256"}},
	} {
		err := row.value.Validate()
		if row.names == nil {
			require.NoError(t, err, "%+v", row.value)
			continue
		}
		require.Equal(t, errors.ErrInvalid, errors.Class(err), "%+v", row.value)
		for _, part := range row.names {
			require.ErrorContains(t, err, part, "%+v", row.value)
		}
		require.NotContains(t, err.Error(), "\n", "%+v", row.value)
	}
}

func ExampleManager() {
	ctx := context.Background()
	cloud := new(costunittest.Provider)
	var units costunit.Manager = cloud // in production a client of a cloud that can
	const owner = "1000000000000001"
	_, _ = units.CreateUnits(ctx, costunit.Definition{Owner: owner, Name: "north"})

	made, err := units.CreateUnits(
		ctx,
		costunit.Definition{Owner: owner, Name: "north"},
		costunit.Definition{Owner: owner, Name: "south"},
	)
	for _, unit := range made {
		fmt.Println("made:", unit.Name)
	}
	if batch, ok := errors.AsType[*errors.BatchError](err); ok {
		for _, item := range batch.Failed {
			fmt.Println("not made:", item.Item, "-", errors.Class(item))
		}
	}
	// Output:
	// made: south
	// not made: north - exists
}

func ExampleLister() {
	ctx := context.Background()
	cloud := new(costunittest.Provider)
	shop := costunit.Unit{ID: "186419", Owner: "1000000000000001"}
	cloud.Put(shop, costunit.Resource{ID: "i-1", Product: "ecs", Owner: shop.Owner})

	var units costunit.Lister = cloud // in production a client of a cloud that can
	for unit, err := range units.Units(ctx, shop.Owner) {
		if err != nil {
			fmt.Println(err)
			break
		}
		for resource, err := range units.Resources(ctx, costunit.Query{Unit: unit.Unit, Products: []string{"ecs"}}) {
			if err != nil {
				fmt.Println(err)
				break
			}
			fmt.Println(unit.Name, "holds", resource.ID)
		}
	}
	// Output: 186419 holds i-1
}
