// SPDX-License-Identifier: Apache-2.0

// Package errors says what went wrong with a call to a cloud, and whether the change may have been made.
//
// # What
//
// Eleven classes ([ErrInvalid] to [ErrUncertain]), one struct ([Error]) that carries the provider's
// own code beside the class, and everything of the standard package errors, so that this package can be
// imported in its place.
//
// # When
//
// Ask for the class, never for a code or an HTTP status: both clouds misuse statuses, and codes differ
// from operation to operation.
//
//	switch errors.Class(err) {
//	case nil: // applied, or not an error of this library
//	case errors.ErrUncertain: // may have been applied: repeat the same call with the same key
//	case errors.ErrThrottled, errors.ErrUnavailable: // not applied: the same call may succeed later
//	default: // not applied: repeating it unchanged will not help
//	}
//
// # Errors
//
// A call that changes something ends in nil (applied), in [ErrUncertain] (may have been applied), or in any
// other class (not applied). A call that only reads never ends in ErrUncertain.
//
// # Concurrency
//
// Errors are values: do not change one after it was returned; then any number of goroutines may read it.
//
// # Secrets
//
// Texts are one line, bounded, and free of credentials; [Error.LogValue] gives the same as attributes.
package errors
