// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// Entry is an intent with what became of it.
type Entry struct {
	Intent
	State State
	// Doubt: an attempt may have been applied, whatever came after it.
	Doubt     bool
	Attempts  int           // how often it was taken up
	Created   time.Time     // all times are the database's
	FirstSent time.Time     // when it was taken up first, since it was last known not to be applied; zero: not at all
	Due       time.Time     // when it will be taken up next; zero: not by itself
	Finished  time.Time     // zero: not final
	Receipt   quota.Receipt // of the attempt that applied it
	// Err is how the last attempt ended; nil: it was applied, or there was none. Texts are free of credentials.
	Err *errors.Error
	// Note says why an operator is needed, and then what the operator wrote.
	Note string
	// Base and Target are what the budget was and was to become, of a TopUp through a budget; nil: not read yet, or none.
	Base, Target *quota.Money

	fingerprint string
}

// Attempt is one time that an intent was taken up.
type Attempt struct {
	Started, Ended time.Time     // by the database's clock
	Worker         string        // host, process and a random part
	Fence          int64         // 1 for the first time that the intent was taken up, then rising
	Receipt        quota.Receipt // where it was applied
	Err            *errors.Error // nil: applied
	Lost           bool          // the worker did not report before its lease ended; whether it sent anything is not known
	Stale          bool          // the worker reported after its lease had ended and somebody else had the intent: evidence only
}

// Filter says which entries to list; the zero value means all.
type Filter struct {
	States   []State // one of these
	Account  string
	Customer string
	// Since and Until bound the time of creation: from Since on, before Until; zero is open.
	Since, Until time.Time
}

// Stats counts what the journal holds.
type Stats struct {
	ByState         map[State]int64
	OldestPending   time.Duration // how long ago the oldest pending intent was made; 0: none
	OldestUncertain time.Duration // how long ago the oldest one in doubt was first sent; 0: none
	FenceRefusals   int64         // attempts that were reported too late
}
