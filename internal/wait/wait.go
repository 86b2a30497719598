// SPDX-License-Identifier: Apache-2.0

// Package wait is time.Sleep that a context ends.
package wait

import (
	"context"
	"time"
)

// For waits, and reports whether the context is still alive then.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
