// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"slices"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
)

// change is one of several changes that go out together.
type change[T any] struct {
	asked T
	done  bool
	id    string // of the unit that was made
	err   error  // why it is not done
}

func changesOf[T any](asked []T) []*change[T] {
	all := make([]*change[T], len(asked))
	for i, a := range asked {
		all[i] = &change[T]{asked: a}
	}
	return all
}

// open are those of which nothing is settled yet.
func open[T any](all []*change[T]) []*change[T] {
	return slices.DeleteFunc(slices.Clone(all), func(ch *change[T]) bool { return ch.done || ch.err != nil })
}

// fail settles all that are open with err.
func fail[T any](all []*change[T], err error) {
	for _, ch := range open(all) {
		ch.err = err
	}
}

// inBatches sends what is open, as many as one request takes at once. After a refusal that says nothing of the units the
// rest fails in the same way, unsent.
func inBatches[T any](all []*change[T], send func([]*change[T]) error) {
	var unsent error
	for batch := range slices.Chunk(open(all), unitBatch) {
		if unsent != nil {
			fail(batch, unsent)
		} else if err := send(batch); call.OwnFault(err) {
			unsent = call.NotSent(err)
		}
	}
}

// outcome is what was done, in the order in which it was asked for, and why the rest was not.
func outcome[T, R any](all []*change[T], result func(*change[T]) R, item func(T) string) (done []R, err error) {
	var failed []*errors.ItemError
	for _, ch := range all {
		if ch.done {
			done = append(done, result(ch))
		} else {
			failed = append(failed, &errors.ItemError{Item: item(ch.asked), Err: ch.err})
		}
	}
	if failed == nil {
		return done, nil
	}
	return done, &errors.BatchError{Failed: failed}
}
