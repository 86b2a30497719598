// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"slices"
	"time"
)

// check says what is wrong at the end, when everything has had its time.
func (s *sim) check() {
	for _, i := range s.intents {
		m := s.store.byKey[i.Key]
		switch {
		case m == nil:
			s.wrong("%s is gone", i.Key)
		case m.state.open():
			s.wrong("%s is lost: still %s", i.Key, m.state)
		case m.lane == "" && i.lane == "":
			s.checkKeyed(i, m)
		default:
			s.checkAbsolute(i, m)
		}
	}
	for lane, changes := range s.cloud.order {
		if lane != "" {
			s.checkLane(changes)
		}
	}
}

// checkKeyed: an adjustment is made once if it is Applied, otherwise never, whatever arrived when.
func (s *sim) checkKeyed(i *simIntent, m *memRow) {
	if n := len(i.applied); n != bit(m.state == Applied) {
		s.wrong("%s is %s, and was made %d times", i.Key, m.state, n)
	}
}

// checkAbsolute: an absolute change is made if it is Applied, maybe more than once, which changes nothing; otherwise never.
func (s *sim) checkAbsolute(i *simIntent, m *memRow) {
	if made := len(i.applied) > 0; made != (m.state == Applied) {
		s.wrong("%s is %s, and was made %d times", i.Key, m.state, len(i.applied))
	}
	if m.state == Superseded && !slices.ContainsFunc(s.intents, func(o *simIntent) bool { return o.lane == i.lane && o.group == i.group && o.id > i.id }) {
		s.wrong("%s is superseded by nothing", i.Key)
	}
	if m.kind == kindTopUp {
		s.checkTopUp(i, m)
	}
}

// checkTopUp: a top-up through a budget adds its amount once. What cannot be promised: a change that somebody else makes
// after the budget was read and before it is set is overwritten, for the cloud has no compare-and-set; and a request that
// the network delivers after the client gave up sets the budget back.
func (s *sim) checkTopUp(i *simIntent, m *memRow) {
	want := m.Change.payload().money().Amount
	effective := 0
	for _, c := range s.cloud.order[i.lane] {
		switch {
		case c.late:
			effective = 0 // it may have set the budget back to what it was before
		case c.intent != i, c.before.Equal(c.after):
		default:
			effective++
			if !c.after.Amount.Sub(c.before.Amount).Equal(want) && !s.raced(i, c) {
				s.wrong("%s added %s, and should %s", i.Key, c.after.Amount.Sub(c.before.Amount), want)
			}
			if effective > 1 {
				s.wrong("%s was added %d times", i.Key, effective)
			}
		}
	}
}

// raced: the budget was changed while this change was under way, by somebody else or by a late delivery.
func (s *sim) raced(i *simIntent, c simChange) bool {
	during := func(t time.Time) bool { return t.After(c.at.Add(-simLease)) && !t.After(c.at) }
	return slices.ContainsFunc(s.cloud.byHand, during) ||
		slices.ContainsFunc(s.cloud.order[i.lane], func(o simChange) bool { return o.late && during(o.at) })
}

// checkLane: what is newer is never undone by what is older, so that the newest stands at the end. Nobody can promise that
// of a request that is delivered after the client gave up; nothing else may break it. A transaction that commits after a
// newer one's intent was taken comes after it.
func (s *sim) checkLane(changes []simChange) {
	var newest *simIntent
	for _, c := range changes {
		switch {
		case c.intent.overtaken, c.late:
		case newest != nil && c.intent.id < newest.id:
			s.wrong("%s is made after %s", c.intent.Key, newest.Key)
		default:
			newest = c.intent
		}
	}
	last := changes[len(changes)-1]
	for _, i := range s.intents {
		m := s.store.byKey[i.Key]
		if i.lane == last.intent.lane && m != nil && m.state == Applied && i.id > last.intent.id && !last.late && !last.intent.overtaken {
			s.wrong("%s stands at the end, and %s is newer", last.intent.Key, i.Key)
		}
	}
}
