// SPDX-License-Identifier: Apache-2.0

package errors_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

func failed(item string, class error) *errors.ItemError {
	return &errors.ItemError{Item: item, Err: &errors.Error{Class: class, Code: "C." + item}}
}

func TestBatchError(t *testing.T) {
	cancelled := &errors.ItemError{Item: "5", Err: &errors.Error{Class: errors.ErrUnavailable, Err: context.Canceled}}
	for _, c := range []struct {
		name   string
		failed []*errors.ItemError
		class  error
		is     []error
	}{
		{"none", nil, nil, nil},
		{"one", []*errors.ItemError{failed("1", errors.ErrDenied)}, errors.ErrDenied, []error{errors.ErrDenied}},
		{"the first", []*errors.ItemError{failed("1", errors.ErrNotFound), failed("2", errors.ErrThrottled)}, errors.ErrNotFound, []error{errors.ErrNotFound, errors.ErrThrottled}},
		{
			"uncertain wins",
			[]*errors.ItemError{failed("1", errors.ErrNotFound), failed("2", errors.ErrThrottled), failed("3", errors.ErrDenied), failed("4", errors.ErrUncertain), cancelled},
			errors.ErrUncertain,
			[]error{errors.ErrNotFound, errors.ErrThrottled, errors.ErrDenied, errors.ErrUncertain, errors.ErrUnavailable, context.Canceled},
		},
		{"the first that has a class", []*errors.ItemError{{Item: "1", Err: errors.New("x")}, failed("2", errors.ErrConflict)}, errors.ErrConflict, []error{errors.ErrConflict}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := fmt.Errorf("outside: %w", &errors.BatchError{Failed: c.failed})
			require.Equal(t, c.class, errors.Class(err))
			for _, is := range c.is {
				require.ErrorIs(t, err, is)
			}
			require.NotErrorIs(t, err, errors.ErrKeyReused)
			if len(c.failed) > 0 {
				var item *errors.ItemError
				require.ErrorAs(t, err, &item)
				require.Same(t, c.failed[0], item)
			}
		})
	}
}

func TestBatchErrorText(t *testing.T) {
	items := make([]*errors.ItemError, 5)
	for i := range items {
		items[i] = &errors.ItemError{Item: fmt.Sprint("c", i+1), Err: errors.New("x")}
	}
	for n, expected := range map[int]string{
		0: "0 of several failed: ",
		1: "1 of several failed: c1: x",
		3: "3 of several failed: c1: x; c2: x; c3: x",
		4: "4 of several failed: c1: x; c2: x; c3: x; and 1 more",
		5: "5 of several failed: c1: x; c2: x; c3: x; and 2 more",
	} {
		require.EqualError(t, &errors.BatchError{Failed: items[:n]}, expected)
	}
	require.EqualError(t, failed("1", errors.ErrDenied), "1: denied: C.1 (not applied: check the account, its permissions and the site)")
}

func ExampleBatchError() {
	var err error = &errors.BatchError{Failed: []*errors.ItemError{
		{Item: "1000000000000001", Err: &errors.Error{Class: errors.ErrNotFound}},
		{Item: "1000000000000002", Err: &errors.Error{Class: errors.ErrUncertain}},
	}}
	fmt.Println(errors.Class(err), errors.Is(err, errors.ErrNotFound))
	if batch, ok := errors.AsType[*errors.BatchError](err); ok {
		for _, item := range batch.Failed {
			fmt.Println(item.Item, errors.Class(item))
		}
	}
	// Output:
	// uncertain true
	// 1000000000000001 not found
	// 1000000000000002 uncertain
}
