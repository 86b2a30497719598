// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/resellkit/resell/errors"
)

var anyRecord = rapid.Custom(func(t *rapid.T) record {
	return record{
		doubt: rapid.Bool().Draw(t, "doubt"), superseded: rapid.Bool().Draw(t, "superseded"), attempts: rapid.IntRange(0, 1<<40).Draw(t, "attempts"),
		firstSent: time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "first sent"), 0),
	}
})

var anyOutcome = rapid.Custom(func(t *rapid.T) outcome {
	o := outcome{partly: rapid.Bool().Draw(t, "partly"), conflict: rapid.Bool().Draw(t, "conflict")}
	switch rapid.IntRange(0, 3).Draw(t, "error") {
	case 0: // none
	case 1:
		o.err = &errors.Error{
			Class: rapid.SampledFrom(classes).Draw(t, "class"),
			After: time.Duration(rapid.Int64Range(-int64(time.Hour), int64(48*time.Hour)).Draw(t, "after")),
		}
	case 2:
		o.err = errors.Join(classed(rapid.SampledFrom(classes).Draw(t, "one")), classed(rapid.SampledFrom(classes).Draw(t, "other")))
	default:
		o.err = errors.New("not of this library")
	}
	return o
})

// What holds of every verdict, whatever came before and whatever the answer was.
func TestRapidSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, o := anyRecord.Draw(t, "record"), anyOutcome.Draw(t, "outcome")
		v := settle(r, o)
		class := errors.Class(o.err)
		doubtful := r.doubt || o.err != nil && (class == nil || class == errors.ErrUncertain)
		for _, rule := range []struct {
			says   string
			broken bool
		}{
			{"only success is Applied", (v.state == Applied) != (o.err == nil)},
			{"doubt never ends in Refused", v.state == Refused && (doubtful || o.partly || o.conflict)},
			{"doubt never goes back to Pending", v.state == Pending && doubtful},
			{"doubt is kept", doubtful && o.err != nil && !v.doubt},
			{"Uncertain and NeedsOperator are doubt, nothing else is", v.doubt != (v.state == Uncertain || v.state == NeedsOperator)},
			{"nothing else comes out", v.state == Sending || v.state == Superseded || v.state == ""},
			{"what goes on waits, what is over does not", v.state.open() != (v.wait > 0)},
			{"a person is told why", (v.state == NeedsOperator) != (v.note != "")},
			{"no wait is shorter than a second", v.state.open() && v.wait < time.Second},
		} {
			if rule.broken {
				t.Fatalf("%s: %+v after %+v gives %+v", rule.says, r, o, v)
			}
		}
		if e, ok := errors.AsType[*errors.Error](o.err); ok && v.state.open() {
			if v.wait < e.After {
				t.Fatalf("waits %v, and was asked to wait %v", v.wait, e.After)
			}
			if v.wait > max(maxBackoff, e.After) {
				t.Fatalf("waits %v", v.wait)
			}
		}
	})
}

func TestRapidBegin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		window := time.Duration(rapid.Int64Range(int64(time.Second), int64(30*24*time.Hour)).Draw(t, "window"))
		age := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(60*24*time.Hour)).Draw(t, "age"))
		v, send := begin(r, r.firstSent.Add(age), window)
		switch {
		case send != (v.state == ""):
			t.Fatalf("sent %v, and is %q", send, v.state)
		case (v.state == Superseded) != (r.superseded && !r.doubt):
			t.Fatal("superseded is what is so and was never sent")
		case (v.state == NeedsOperator) != (r.doubt && age > window):
			t.Fatal("the window is for what is in doubt")
		case v.doubt != (v.state == NeedsOperator):
			t.Fatal("doubt is kept")
		}
	})
}

// A longer wait never follows from fewer attempts.
func TestRapidBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 100).Draw(t, "attempts")
		first := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(maxBackoff)).Draw(t, "first"))
		wait, next := backoff(n, first, nil), backoff(n+1, first, nil)
		if wait < first || wait > maxBackoff || next < wait || next > 2*wait {
			t.Fatalf("%v after %d attempts, then %v", wait, n, next)
		}
	})
}

// The rules are worth something only if they catch a machine that breaks them.
func TestRapidFindsForgottenDoubt(t *testing.T) {
	found := false
	for seed := range 200 {
		r, o := anyRecord.Example(seed), anyOutcome.Example(seed)
		forgetful := r
		forgetful.doubt = false
		v := settle(forgetful, o)
		found = found || r.doubt && (v.state == Refused || v.state == Pending)
	}
	if !found {
		t.Fatal("no example shows it")
	}
}
