// SPDX-License-Identifier: Apache-2.0

package errors

import (
	"fmt"
	"strings"
)

// ItemError is why one item of several failed.
type ItemError struct {
	Item string // what it is called: a customer, a cost unit
	Err  error
}

// Error names the item and why it failed.
func (e *ItemError) Error() string { return e.Item + ": " + e.Err.Error() }

// Unwrap returns why it failed.
func (e *ItemError) Unwrap() error { return e.Err }

// BatchError is what became of the items that did not succeed; those that did are in the result beside it. Its class is
// ErrUncertain if that of any item is, else that of the first; Is finds every item's.
type BatchError struct {
	Failed []*ItemError
}

// Error says how many failed, and why the first few did.
func (e *BatchError) Error() string {
	const shown = 3
	texts := make([]string, 0, shown)
	for _, item := range e.Failed[:min(shown, len(e.Failed))] {
		texts = append(texts, item.Error())
	}
	if more := len(e.Failed) - shown; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d of several failed: %s", len(e.Failed), strings.Join(texts, "; "))
}

// Unwrap returns the items.
func (e *BatchError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, item := range e.Failed {
		errs[i] = item
	}
	return errs
}
