// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest"
)

// row is one operation of the matrix: a method of a client that sends something. One more row is one more operation.
type row struct {
	name     string // the method
	op       string // the operation whose requests meet the faults
	settling settling
	back     string // the operation that a doubt is settled with, if any
	before   int    // requests of other operations that the method sends first
	after    int    // requests of other operations that it sends after a success
	batches  int    // parts that are sent for themselves; 0 is 1
	stops    bool   // after a part that fails nothing more is sent

	bodiless  bool // the documented success has no body
	forgiving bool // the method does without these requests where they fail

	prepare func(*world)
	// call makes the call, always with the same arguments, and blames the world for a wrong result.
	call func(context.Context, *world) error
	// already is what the same call comes to where so many parts were made before; nil: no matter how many were.
	already func(made int) outcome
	// made reads from the books of the fake how many parts of the change are in effect; two where it was made twice. nil
	// of a read.
	made func(*world) int
}

func (r row) parts() int { return max(1, r.batches) }

// blame notes what is wrong with a result, or with the books.
func (w *world) blame(format string, values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, values...))
}

// booked counts the changes, which must all be the one that was asked for.
func booked(books func(*world) *quotatest.Provider, asked quotatest.Change) func(*world) int {
	return func(w *world) int {
		changes := books(w).Changes("")
		for _, c := range changes {
			if c.String() != asked.String() {
				w.blame("the books have %v, which nobody asked for", c)
			}
		}
		return len(changes)
	}
}

// absolute is booked for a change that may be made again, because it makes the state what it is already.
func absolute(books func(*world) *quotatest.Provider, asked quotatest.Change, holds func(quotatest.State) bool) func(*world) int {
	all := booked(books, asked)
	return func(w *world) int {
		n := all(w)
		state, _ := books(w).Customer(asked.Customer)
		if holds(state) != (n > 0) {
			w.blame("changes in the books: %d, but the state is %+v", n, state)
		}
		return min(n, 1)
	}
}

// comes is what a call comes to, however many parts were made before.
func comes(class error, requests int) func(int) outcome {
	return func(int) outcome { return outcome{class, requests} }
}

// inParts counts the parts, of so many items, all of whose items are in effect, each once.
func inParts[T any](w *world, items []T, size int, times func(T) int) (parts int) {
	for part := range slices.Chunk(items, size) {
		n := 0
		for _, item := range part {
			switch times(item) {
			case 0:
			case 1:
				n++
			default:
				w.blame("%v was changed twice", item)
			}
		}
		switch n {
		case len(part):
			parts++
		case 0:
		default:
			w.blame("%d of a part of %d were changed", n, len(part))
		}
	}
	return parts
}

// honest compares what a batch tells of each item with the books: now says which items are as they are to be.
func honest(w *world, items []string, now func() map[string]bool) (judge func(done []string, err error) error) {
	before := now()
	return func(done []string, err error) error {
		after := now()
		for _, item := range done {
			if !after[item] {
				w.blame("%s is told to be done, and is not", item)
			}
		}
		batch, _ := errors.AsType[*errors.BatchError](err)
		if batch == nil {
			if err == nil && !slices.Equal(done, items) {
				w.blame("no error, but done are only %v", done)
			}
			return err
		}
		for _, failed := range batch.Failed {
			switch class := errors.Class(failed); {
			case class == errors.ErrUncertain:
			case class == errors.ErrExists && !before[failed.Item]:
				w.blame("%s is told to be there before the call, and was not: %v", failed.Item, failed)
			case after[failed.Item] && !before[failed.Item]:
				w.blame("%s is told not to be done by the call, and is: %v", failed.Item, failed)
			}
		}
		if len(done)+len(batch.Failed) != len(items) {
			w.blame("%d done and %d failed are not %d", len(done), len(batch.Failed), len(items))
		}
		return err
	}
}

// first is the first error of an iteration, and how much came before it.
func first[T any](all func(func(T, error) bool)) (n int, err error) {
	for _, err := range all {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// right blames the world for a read that succeeded with something else than what is there.
func (w *world) right(err error, as bool, got any) error {
	if err == nil && !as {
		w.blame("read without an error, but wrongly: %v", got)
	}
	return err
}

// method is the client's method that a row calls.
func (r row) method() string {
	name, _, _ := strings.Cut(r.name, " ")
	return name
}

// methods are the exported ones of a cloud's client that send something.
func (c *cloud) methods() (names []string) {
	for i := range c.subject.NumMethod() {
		if name := c.subject.Method(i).Name; name != "CheckCustomer" {
			names = append(names, name)
		}
	}
	return names
}
