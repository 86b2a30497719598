// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"time"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// State is where an intent stands.
type State string

// The states. The last four are final, but for NeedsOperator, which Resolve ends.
const (
	Pending       State = "pending"        // not sent, or known not to have been applied; will be sent
	Sending       State = "sending"        // a worker has it, or had it when it died
	Uncertain     State = "uncertain"      // may have been applied; will be settled
	Applied       State = "applied"        // made
	Refused       State = "refused"        // not made, and will not be
	Superseded    State = "superseded"     // not sent: a newer intent took its place
	NeedsOperator State = "needs_operator" // may have been applied, and only a person can find out: Resolve
)

// The state machine: two pure functions, begin before an attempt and settle after it. What happens in between, and at
// the same time, is the store's to exclude.
//
//	pending ──► sending ──► applied, refused, superseded
//	   ▲         │   ▲
//	   └─────────┤   │        not applied: back to pending
//	             ▼   │
//	          uncertain ──►  needs_operator (the window has passed, or a refusal leaves it open)

// record is what the state machine knows of an intent.
type record struct {
	Intent
	kind  Kind
	state State
	// doubt: an attempt may have been applied. Only success ends it.
	doubt     bool
	attempts  int       // taken up so often, this time included
	firstSent time.Time // when it was taken up first since it was last known not to be applied, by the database's clock
	plan      *plan     // of a top-up through a budget
	// superseded: while it was never sent, a newer intent came that takes its place.
	superseded bool
}

// plan is a top-up through a budget: what the budget was, and what it is made.
type plan struct {
	Base   quota.Money  `json:"base"`
	Target quota.Money  `json:"target"`
	Period quota.Period `json:"period,omitempty"`
}

// outcome is how one attempt ended.
type outcome struct {
	receipt quota.Receipt
	err     error // nil: applied
	// partly: a part of it was applied, although err says of the rest that it was not.
	partly bool
	// conflict: the state that was read back is neither what was found first nor what was asked for.
	conflict bool
}

// verdict is what becomes of an intent.
type verdict struct {
	state State
	doubt bool
	wait  time.Duration // until it is to be taken up again, in the states that are not final
	note  string        // why a person is needed
}

// begin decides, before an intent that was taken up at now is sent. ok: send it.
func begin(r record, now time.Time, window time.Duration) (v verdict, ok bool) {
	switch {
	case r.superseded && !r.doubt:
		return verdict{state: Superseded}, false
	case r.doubt && now.Sub(r.firstSent) > window:
		return verdict{state: NeedsOperator, doubt: true, note: "still uncertain " + window.String() + " after it was first sent, when the provider may have forgotten the key"}, false
	}
	return verdict{}, true
}

// settle decides after an attempt.
func settle(r record, o outcome) verdict {
	if o.err == nil {
		return verdict{state: Applied}
	}
	rule, known := afterClass[errors.Class(o.err)]
	if !known {
		rule = afterClass[errors.ErrUncertain] // what cannot be read is not taken for a refusal
	}
	doubt := r.doubt || rule.doubt
	switch {
	case o.conflict:
		return verdict{state: NeedsOperator, doubt: true, note: "what was read back is neither what was found first nor what was asked for: somebody else changed it"}
	case rule.again && doubt:
		return verdict{state: Uncertain, doubt: true, wait: backoff(r.attempts, rule.wait, o.err)}
	case rule.again:
		return verdict{state: Pending, wait: backoff(r.attempts, rule.wait, o.err)}
	case doubt:
		return verdict{state: NeedsOperator, doubt: true, note: "refused, after an attempt that may have been applied"}
	case o.partly:
		return verdict{state: NeedsOperator, doubt: true, note: "a part was applied, the rest was refused"}
	}
	return verdict{state: Refused}
}

// afterClass says what each class means for an intent: whether it is taken up again, after what time at least, and
// whether it may have been applied. The classes that are not here say that it was not, and never will be.
var afterClass = map[error]struct {
	again, doubt bool
	wait         time.Duration
}{
	errors.ErrUncertain:       {again: true, doubt: true, wait: time.Second},
	errors.ErrThrottled:       {again: true, wait: time.Second},
	errors.ErrUnavailable:     {again: true, wait: time.Second},
	errors.ErrUnauthenticated: {again: true, wait: time.Minute}, // the credentials are at fault, not the change; five failures in a row lock a Huawei key
	errors.ErrInvalid:         {},
	errors.ErrDenied:          {},
	errors.ErrNotFound:        {},
	errors.ErrExists:          {},
	errors.ErrConflict:        {},
	errors.ErrInsufficient:    {},
	errors.ErrKeyReused:       {},
}

// maxBackoff is the longest that an intent waits of its own accord.
const maxBackoff = 5 * time.Minute

// backoff doubles with each attempt, and is no shorter than the provider asked for.
func backoff(attempts int, first time.Duration, err error) time.Duration {
	wait := first << min(max(attempts-1, 0), 10)
	wait = max(first, min(wait, maxBackoff))
	if e, ok := errors.AsType[*errors.Error](err); ok {
		wait = max(wait, e.After)
	}
	return wait
}
