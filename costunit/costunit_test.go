// SPDX-License-Identifier: Apache-2.0

package costunit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

var (
	source   = costunit.Unit{ID: costunit.Unallocated, Owner: "1"}
	target   = costunit.Unit{ID: "186419", Owner: "1"}
	resource = costunit.Resource{ID: "cn-hangzhou;standard", Product: "oss", Owner: "1"}
)

func TestValidate(t *testing.T) {
	component := resource
	component.Component = "qwer1-cn-beijing"
	for _, good := range []costunit.Transfer{
		{From: source, To: target, Resources: []costunit.Resource{resource}},
		{From: target, To: source, Resources: []costunit.Resource{resource, component}},
		{From: costunit.Unit{Owner: "1"}, To: target, Resources: []costunit.Resource{resource}},
	} {
		require.NoError(t, good.Validate(), "%+v", good)
	}
	with := func(change func(*costunit.Resource)) []costunit.Resource {
		r := resource
		change(&r)
		return []costunit.Resource{r}
	}
	for _, bad := range []struct {
		transfer costunit.Transfer
		names    string
	}{
		{costunit.Transfer{}, "both unallocated"},
		{costunit.Transfer{From: source, To: costunit.Unit{Owner: "2"}, Resources: []costunit.Resource{resource}}, "both unallocated"},
		{costunit.Transfer{From: target, To: target, Resources: []costunit.Resource{resource}}, "same unit"},
		{costunit.Transfer{From: source, To: target}, "at least one"},
		{costunit.Transfer{From: source, To: target, Resources: []costunit.Resource{resource, resource}}, "Transfer.Resources[1]"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.ID = "" })}, "Transfer.Resources[0].ID"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.Product = "" })}, "Transfer.Resources[0].Product"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.Region = "a\n" })}, "Transfer.Resources[0].Region"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.Project = "a\n" })}, "Transfer.Resources[0].Project"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.ID = "a\nb" })}, "control"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.ID = "a\xff" })}, "UTF-8"},
		{costunit.Transfer{From: source, To: target, Resources: with(func(r *costunit.Resource) { r.Component = strings.Repeat("x", 257) })}, "256"},
		{costunit.Transfer{From: costunit.Unit{ID: "1\t", Owner: "1"}, To: target, Resources: []costunit.Resource{resource}}, "Transfer.From.ID"},
	} {
		err := bad.transfer.Validate()
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.Contains(t, err.Error(), bad.names)
	}
}

func TestPartialErrorHasTheClassOfWhatStoppedIt(t *testing.T) {
	err := fmt.Errorf("move: %w", &costunit.PartialError{Moved: []costunit.Resource{resource}, Err: &errors.Error{Class: errors.ErrThrottled}})
	require.Equal(t, errors.ErrThrottled, errors.Class(err))
	partial, ok := errors.AsType[*costunit.PartialError](err)
	require.True(t, ok)
	require.Len(t, partial.Moved, 1)
	require.Contains(t, err.Error(), "1 moved, 0 not moved, 0 unknown")
}

func ExamplePartialError() {
	var err error = &costunit.PartialError{
		Moved:   []costunit.Resource{{ID: "bucket-1", Product: "oss", Owner: "1"}},
		Unmoved: []costunit.Resource{{ID: "bucket-2", Product: "oss", Owner: "1"}},
		Err:     &errors.Error{Provider: "alibaba", Op: "AllocateCostUnitResource", Class: errors.ErrDenied},
	}
	if partial, ok := errors.AsType[*costunit.PartialError](err); ok {
		for _, r := range partial.Unmoved {
			fmt.Println("not moved:", r.ID)
		}
	}
	// Output: not moved: bucket-2
}
