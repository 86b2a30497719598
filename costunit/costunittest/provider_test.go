// SPDX-License-Identifier: Apache-2.0

package costunittest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

var (
	source = costunit.Unit{ID: "1", Owner: "9"}
	target = costunit.Unit{ID: "2", Owner: "9"}
)

func resources(n int) []costunit.Resource {
	all := make([]costunit.Resource, n)
	for i := range all {
		all[i] = costunit.Resource{ID: fmt.Sprintf("i-%03d", i), Product: "ecs", Owner: "9"}
	}
	return all
}

func TestAllocateIsAtomic(t *testing.T) {
	var p costunittest.Provider
	all := resources(3)
	p.Put(source, all[:2]...)
	p.Put(target)
	_, err := p.Allocate(t.Context(), costunit.Transfer{From: source, To: target, Resources: all})
	require.ErrorIs(t, err, errors.ErrNotFound)
	require.ErrorContains(t, err, `"i-002" is in neither unit`)
	require.Empty(t, p.Moves())
	require.Equal(t, all[:2], p.Holds(source))

	p.Put(target, all[2])
	id, err := p.Allocate(t.Context(), costunit.Transfer{From: source, To: target, Resources: all})
	require.NoError(t, err)
	require.NotEmpty(t, id)
	require.Len(t, p.Moves(), 2)
	require.Equal(t, all, p.Holds(target))
}

func TestUnallocatedHasTwoNames(t *testing.T) {
	var p costunittest.Provider
	p.Put(costunit.Unit{Owner: "9"}, resources(1)...)
	require.Len(t, p.Holds(costunit.Unit{ID: costunit.Unallocated, Owner: "9"}), 1)
	require.Empty(t, p.Holds(costunit.Unit{ID: costunit.Unallocated, Owner: "8"}))
}

func TestPartialError(t *testing.T) {
	for _, row := range []struct {
		fault                   fault.Fault
		class                   error
		moved, unmoved, unknown int
	}{
		{fault.Throttled, errors.ErrThrottled, 100, 150, 0},
		{fault.LostReply, errors.ErrUncertain, 100, 50, 100},
		{fault.LostRequest, errors.ErrUncertain, 100, 50, 100},
	} {
		t.Run(row.fault.Name, func(t *testing.T) {
			var p costunittest.Provider
			all := resources(250)
			p.Put(source, all...)
			p.Put(target)
			p.Faults.Add("TransferResources", fault.Fault{}, row.fault)
			_, err := p.TransferResources(t.Context(), costunit.Transfer{From: source, To: target, Resources: all})
			require.ErrorIs(t, err, row.class)
			partial, half := errors.AsType[*costunit.PartialError](err)
			require.True(t, half)
			require.Equal(t, []int{row.moved, row.unmoved, row.unknown}, []int{len(partial.Moved), len(partial.Unmoved), len(partial.Unknown)})
		})
	}
}

func TestReceipt(t *testing.T) {
	var p costunittest.Provider
	all := resources(250)
	p.Put(source, all...)
	p.Put(target)
	receipt, err := p.TransferResources(t.Context(), costunit.Transfer{From: source, To: target, Resources: all})
	require.NoError(t, err)
	require.Equal(t, costunit.Receipt{
		RequestIDs: []string{"costunittest-000001", "costunittest-000002", "costunittest-000003"}, Attempts: 3,
	}, receipt)
}
