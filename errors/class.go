// SPDX-License-Identifier: Apache-2.0

package errors

// class is one kind of failure. Its text is short and stable, so that it serves as a metric label.
type class struct{ name, advice string }

func (c *class) Error() string { return c.name }

// Not applied: repeating the call unchanged will not help.
var (
	// ErrInvalid: the request itself is wrong; most often refused before any byte was sent.
	ErrInvalid error = &class{"invalid", "not applied: correct the request"}
	// ErrUnauthenticated: credentials, signature or clock were not accepted.
	ErrUnauthenticated error = &class{"unauthenticated", "not applied: check the credentials and the clock"}
	// ErrDenied: this account may not do this, or not on this site.
	ErrDenied error = &class{"denied", "not applied: check the account, its permissions and the site"}
	// ErrNotFound: the customer, ledger or resource does not exist.
	ErrNotFound error = &class{"not found", "not applied: check the id, or create it first"}
	// ErrExists: it is there already, and not by this call.
	ErrExists error = &class{"exists", "not applied: it exists already; set it instead of creating it"}
	// ErrConflict: the state of the customer or resource does not allow this.
	ErrConflict error = &class{"conflict", "not applied: read the present state and decide again"}
	// ErrInsufficient: the reseller's own quota or balance does not cover this.
	ErrInsufficient error = &class{"insufficient", "not applied: the reseller's own funds do not cover it"}
	// ErrKeyReused: the key already names another change.
	ErrKeyReused error = &class{"key reused", "not applied: this key names another change; use a key of its own for each"}
)

// Not applied: the same call may succeed later.
var (
	// ErrThrottled: the provider refused for the rate of calls.
	ErrThrottled error = &class{"throttled", "not applied: repeat the same call later"}
	// ErrUnavailable: nothing reached the provider, or a read failed on the way.
	ErrUnavailable error = &class{"unavailable", "not applied: repeat the same call later"}
)

// ErrUncertain says that the change may have been applied. Repeat the same call, with the same key where it has one:
// it is made at most once, or converges to the same state.
var ErrUncertain error = &class{"uncertain", "may have been applied: repeat the same call, with the same key"}

// Class returns the class of err, for a switch or as a metric label ([error.Error] of a class is a short stable
// word), and nil where err is nil or not of this library. Among several (errors.Join) ErrUncertain wins, else the first.
func Class(err error) error {
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case nil:
		return nil
	case *Error:
		return e.Class
	case *class:
		return e
	case interface{ Unwrap() []error }:
		var first error
		for _, sub := range e.Unwrap() {
			c := Class(sub)
			if c == ErrUncertain { //nolint:errorlint // identity is meant
				return c
			}
			if first == nil {
				first = c
			}
		}
		return first
	default:
		return Class(Unwrap(err))
	}
}
