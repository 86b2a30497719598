// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"strings"

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

	bodiless  bool // the documented success has no body
	forgiving bool // the method does without these requests where they fail

	prepare func(*world)
	// call makes the call, always with the same arguments, and blames the world for a wrong result.
	call func(context.Context, *world) error
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
	if err == nil && !as && !w.hollow {
		w.blame("read without an error, but wrongly: %v", got)
	}
	return err
}

// method is the client's method that a row calls.
func (r row) method() string {
	name, _, _ := strings.Cut(r.name, " ")
	return name
}

// methods are the exported ones of a cloud's client.
func (c *cloud) methods() (names []string) {
	for i := range c.subject.NumMethod() {
		names = append(names, c.subject.Method(i).Name)
	}
	return names
}
