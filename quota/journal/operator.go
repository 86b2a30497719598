// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// Entry returns what is recorded under a key; errors.ErrNotFound where nothing is.
func (j *Journal) Entry(ctx context.Context, key quota.Key) (Entry, error) {
	if err := j.ready(ctx, j.db); err != nil {
		return Entry{}, err
	}
	e, err := j.store.entry(ctx, j.db, key)
	switch {
	case err != nil:
		return Entry{}, err
	case e == nil:
		return Entry{}, unknownKey(key)
	}
	return *e, nil
}

// Entries iterates over what is recorded, the oldest first, page by page. It ends after the first error, which it yields.
func (j *Journal) Entries(ctx context.Context, f Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := j.ready(ctx, j.db); err != nil {
			yield(Entry{}, err)
			return
		}
		j.store.entries(ctx, f)(yield)
	}
}

// Attempts lists every time that an intent was taken up, in order.
func (j *Journal) Attempts(ctx context.Context, key quota.Key) ([]Attempt, error) {
	if err := j.ready(ctx, j.db); err != nil {
		return nil, err
	}
	return j.store.attempts(ctx, key)
}

// Resolution is what an operator found out about an intent that needs one.
type Resolution string

// Resolutions.
const (
	ItWasApplied    Resolution = "applied"     // the provider's books have it: it is Applied
	ItWasNotApplied Resolution = "not applied" // they have it not, and never will: it is Refused
	SendAgain       Resolution = "send again"  // sending it again with its key is safe: its window begins anew
)

var resolved = map[Resolution]State{ItWasApplied: Applied, ItWasNotApplied: Refused, SendAgain: Uncertain}

// Resolve ends an intent in NeedsOperator with what the operator found out, or has it sent again. The note says who and
// how, for those who read the journal later; it is required. errors.ErrConflict where the intent does not need an
// operator (any more), errors.ErrNotFound where there is none.
func (j *Journal) Resolve(ctx context.Context, key quota.Key, r Resolution, note string) error {
	to, known := resolved[r]
	if !known {
		return errors.Invalid("Resolution", string(r), "must be one of ItWasApplied, ItWasNotApplied and SendAgain")
	}
	if strings.TrimSpace(note) == "" || utf8.RuneCountInString(note) > maxNote || !utf8.ValidString(note) {
		return errors.Invalid("note", note, "must say who found out what, in at most 1000 characters of UTF-8")
	}
	if err := j.ready(ctx, j.db); err != nil {
		return err
	}
	ok, err := j.store.resolve(ctx, key, to, note)
	if err != nil {
		return err
	}
	if !ok {
		e, err := j.Entry(ctx, key)
		if err != nil {
			return err
		}
		return &errors.Error{Op: "journal", Class: errors.ErrConflict, Message: "the intent is " + string(e.State) + "; only one that needs an operator can be resolved"}
	}
	j.poke()
	return nil
}

const maxNote = 1000

func unknownKey(key quota.Key) error {
	return &errors.Error{Op: "journal", Class: errors.ErrNotFound, Message: "nothing is recorded under the key " + string(key)}
}

// Prune deletes intents that were finished longer ago than age, with their attempts, and returns how many. What is not
// finished stays. A key whose intent was deleted is free: that it is used again is noticed no more. So age must be at
// least Config.Window; keep intents for as long as an order may come again.
func (j *Journal) Prune(ctx context.Context, age time.Duration) (deleted int, err error) {
	if age < j.window {
		return 0, errors.Invalid("age", age.String(), "must be at least Config.Window, "+j.window.String())
	}
	if err := j.ready(ctx, j.db); err != nil {
		return 0, err
	}
	for {
		n, err := j.store.prune(ctx, age, pruneBatch)
		deleted += n
		if err != nil || n < pruneBatch {
			return deleted, err
		}
	}
}

const pruneBatch = 1000 // in one transaction

// Stats counts what the journal holds, for gauges and alerts: page somebody when ByState[NeedsOperator] is not zero, or
// OldestUncertain grows.
func (j *Journal) Stats(ctx context.Context) (Stats, error) {
	if err := j.ready(ctx, j.db); err != nil {
		return Stats{}, err
	}
	return j.store.stats(ctx)
}
