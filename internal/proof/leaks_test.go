// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Cells run beside each other, so that counting all goroutines would tell nothing of one cell. Goroutines inherit the
// labels of the one that starts them: each cell has a label of its own, and whoever still bears it was left behind.

var cells atomic.Int64

// labelled runs f under a label that no other cell has.
func labelled(ctx context.Context, f func(ctx context.Context, label string)) {
	label := fmt.Sprintf("cell-%d.", cells.Add(1))
	pprof.Do(ctx, pprof.Labels("cell", label), func(ctx context.Context) { f(ctx, label) })
}

// profile is the last list of all goroutines. Making one stops them all, so that there are only so many in a second, and
// cells which ask meanwhile share the next.
var profile struct {
	sync.Mutex
	begun time.Time
	text  string
}

// goroutines lists them all, no earlier than now.
func goroutines() string {
	asked := time.Now()
	profile.Lock()
	defer profile.Unlock()
	if !profile.begun.After(asked) {
		time.Sleep(time.Until(profile.begun.Add(30 * time.Millisecond)))
		var b bytes.Buffer
		profile.begun = time.Now()
		_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
		_, profile.text, _ = strings.Cut(b.String(), "\n") // the first line counts all of them
	}
	return profile.text
}

// bearing lists the goroutines with a label, where there are more than so many that may have it.
func bearing(label string, except int) (stacks []string) {
	for stack := range strings.SplitSeq(goroutines(), "\n\n") {
		if !strings.Contains(stack, label) {
			continue
		}
		n := 0
		_, _ = fmt.Sscanf(stack, "%d @", &n)
		for range n {
			stacks = append(stacks, stack)
		}
	}
	if len(stacks) <= except {
		return nil
	}
	return stacks
}

// eventually waits until done, and reports whether it came to that within patience.
func eventually(patience time.Duration, done func() bool) bool {
	for wait, end := 2*time.Millisecond, time.Now().Add(patience); ; wait *= 2 {
		if done() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(min(wait, 100*time.Millisecond))
	}
}

// close ends a world, and says what its client left behind: connections first, while the server still runs, and then
// goroutines. label is that of the cell, whose own goroutine remains.
func (w *world) close(label string) (problems []string) {
	w.wire.closeIdle()
	if !eventually(w.patience, func() bool { return w.wire.open.Load() == 0 && w.served() == 0 }) {
		problems = append(problems, fmt.Sprintf("left %d connections open (the server has %d)", w.wire.open.Load(), w.served()))
		w.server.CloseClientConnections()
	}
	w.server.Close()
	var left []string
	if !eventually(w.patience, func() bool { left = bearing(label, 1); return left == nil }) {
		problems = append(problems, fmt.Sprintf("left %d goroutines, among them:\n%s", len(left)-1, left[0]))
	}
	return problems
}
