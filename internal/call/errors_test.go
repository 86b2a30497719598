// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

func TestEnded(t *testing.T) {
	cause := errors.New("the process stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	err := Ended(ctx, "test", "Op")
	for _, is := range []error{errors.ErrUnavailable, context.Canceled, cause} {
		require.ErrorIs(t, err, is)
	}
	require.ErrorContains(t, err, "nothing more was sent: context canceled: the process stops")
}

func TestNotSent(t *testing.T) {
	for class, own := range map[error]bool{errors.ErrUnauthenticated: true, errors.ErrDenied: true, errors.ErrInvalid: false, errors.ErrUncertain: false} {
		err := &errors.Error{Provider: "test", Op: "Op", Class: class, Code: "C", Message: "no", RequestID: "of another", Status: 403, Attempts: 1}
		require.Equal(t, own, OwnFault(err))
		unsent, ok := errors.AsType[*errors.Error](NotSent(err))
		require.True(t, ok)
		require.Equal(t, &errors.Error{
			Provider: "test", Op: "Op", Class: class, Code: "C", Message: "not sent, for an earlier request of this call was refused: no",
		}, unsent)
	}
	require.False(t, OwnFault(nil))
}

func TestFailing(t *testing.T) {
	client, err := New(Config{Provider: "test"})
	require.NoError(t, err)
	count := 0
	for v, err := range Failing[int](t.Context(), client, "Op", errors.Invalid("Field", "x", "must not")) {
		count++
		require.Zero(t, v)
		known, ok := errors.AsType[*errors.Error](err)
		require.True(t, ok)
		require.Equal(t, "test Op", known.Provider+" "+known.Op)
		require.ErrorIs(t, err, errors.ErrInvalid)
	}
	require.Equal(t, 1, count)
}
