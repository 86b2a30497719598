// SPDX-License-Identifier: Apache-2.0

package proof

import "github.com/resellkit/resell/errors"

// settling is how a doubt about an operation can be ended: it follows from what the operation means, and is what the
// README promises. Nothing here is read from the code under test.
type settling string

const (
	asking   settling = "asking"    // a read: repeating it changes nothing
	repeated settling = "repeated"  // a change with a key, or an absolute one: made once, however often it is sent
	created  settling = "created"   // a second one is refused as existing: then what is there is read
	moved    settling = "moved"     // before anything is sent again both units are read
	opened   settling = "opened"    // lifts a freeze: before it is sent again the budget is read
	readBack settling = "read back" // an absolute change: repeated, and what is in doubt after that is read
	found    settling = "found"     // a second one is refused, as existing or as gone: repeated, and then what is there is read
	sought   settling = "sought"    // nothing keeps a second one from being one too many: sent once, and then what is there is read, a few times
	awaited  settling = "awaited"   // absolute, and carried out later: repeated, and then looked for until the caller goes away
	handsOff settling = "hands off" // nobody knows whether a second one would be one too many: never repeated in doubt
)

// outcome is the class of the error, and how many requests the server saw.
type outcome struct {
	class    error
	requests int
}

// rule is what becomes of a call that meets a fault: once, and then the cloud works; or each time.
type rule struct{ once, always outcome }

// rules for whatever settles the same way for all.
var rules = map[kind]rule{
	good:      {outcome{nil, 1}, outcome{nil, 1}},
	unsent:    {outcome{nil, 1}, outcome{errors.ErrUnavailable, 0}},
	throttled: {outcome{nil, 2}, outcome{errors.ErrThrottled, attempts}},
	postponed: {outcome{errors.ErrThrottled, 1}, outcome{errors.ErrThrottled, 1}},
	left:      {outcome{errors.ErrUncertain, 1}, outcome{errors.ErrUncertain, 1}},
}

// doubts are the rules after silence: where the operation was not carried out, and where it was.
var doubts = map[settling]struct{ lost, applied rule }{
	asking:   either(rule{outcome{nil, 2}, outcome{errors.ErrUnavailable, attempts}}),
	repeated: either(rule{outcome{nil, 2}, outcome{errors.ErrUncertain, attempts}}),
	handsOff: either(rule{outcome{errors.ErrUncertain, 1}, outcome{errors.ErrUncertain, 1}}),
	created: {
		lost:    rule{outcome{nil, 2}, outcome{errors.ErrUncertain, attempts}},
		applied: rule{outcome{nil, 3}, outcome{errors.ErrUncertain, attempts}}, // sent, sent again ("exists"), read
	},
	moved: {
		lost:    rule{outcome{nil, 4}, outcome{errors.ErrUncertain, 3 * attempts}}, // sent, both units read, sent again
		applied: rule{outcome{nil, 2}, outcome{nil, 2}},                            // sent, the target read
	},
	opened: {
		lost:    rule{outcome{nil, 3}, outcome{errors.ErrUncertain, 2*attempts - 1}},    // sent, read, sent again
		applied: rule{outcome{errors.ErrUncertain, 2}, outcome{errors.ErrUncertain, 2}}, // sent, read: who set it cannot be told
	},
	readBack: {
		lost:    rule{outcome{nil, 2}, outcome{errors.ErrUncertain, attempts + 1}},
		applied: rule{outcome{nil, 2}, outcome{nil, attempts + 1}},
	},
	found: {
		lost:    rule{outcome{nil, 2}, outcome{errors.ErrUncertain, attempts + 1}},
		applied: rule{outcome{nil, 3}, outcome{nil, attempts + 1}}, // sent, sent again (refused), read
	},
	sought: {
		lost:    rule{outcome{errors.ErrUncertain, 1 + attempts}, outcome{errors.ErrUncertain, 1 + attempts}}, // sent, read as often
		applied: rule{outcome{nil, 2}, outcome{nil, 2}},
	},
	awaited: {
		lost:    rule{outcome{nil, 2}, outcome{errors.ErrUncertain, attempts + looks}},
		applied: rule{outcome{nil, 2}, outcome{nil, attempts}},
	},
}

func either(r rule) struct{ lost, applied rule } { return struct{ lost, applied rule }{r, r} }

// exception is where an operation differs from the rules, and why.
type exception struct {
	cloud, row, fault string
	kind              kind // that the fault is here
	why               string
}

const noBody = "the documented success is a 200 without a body"

var exceptions = []exception{
	{"huawei", "Freeze", "empty 200", good, noBody},
	{"huawei", "Unfreeze", "empty 200", good, noBody},
	{"huawei", "FreezeAll", "empty 200", good, noBody},
	{"huawei", "UnfreezeAll", "empty 200", good, noBody},
	{"huawei", "Do (change)", "empty 200", good, "the vendor's models do not say what success is; of changes that is often a 2xx without a body"},
}

// kindOf is what a fault is for a row.
func kindOf(c *cloud, r row, s script) kind {
	for _, e := range exceptions {
		if e.cloud == c.name && e.row == r.name && e.fault == s.Name {
			return e.kind
		}
	}
	if s.inBody && r.bodiless {
		return good
	}
	return s.kind
}

// expectation is everything that a cell must show. Effects are how many parts of a change are in effect afterwards.
type expectation struct {
	once, always, again                 outcome
	onceEffect, alwaysEffect, endEffect int
	onceUnsent, alwaysUnsent            int // attempts that the server did not see
	alwaysWaits                         int // how often a hint is to be honoured
}

// expected applies the rules to a row and a fault.
func expected(c *cloud, r row, s script) expectation {
	k := kindOf(c, r, s)
	one := ruleOf(r, s, k)
	through := (s.Applied || k == good) && r.settling != asking // the change was made, whatever the reply says
	made := func(o outcome) int {
		if o.class == nil || through {
			return 1
		}
		return 0
	}
	others := func(after outcome) int { // the parts that are sent, besides the first
		if k == refused || k == left || r.stops && after.class != nil {
			return 0
		}
		return r.parts() - 1
	}
	each := one.always.requests
	if r.settling == awaited && k == silent && s.Applied {
		each++ // before the next part is sent, the one in doubt is looked for
	}
	e := expectation{
		once:         r.whole(one.once, others(one.once), 1),
		onceEffect:   made(one.once) + others(one.once),
		always:       r.whole(one.always, others(one.always), each),
		alwaysEffect: made(one.always) * (1 + others(one.always)),
		alwaysWaits:  (attempts - 1) * (1 + others(one.always)),
		again:        r.whole(outcome{nil, 1}, r.parts()-1, 1),
		endEffect:    r.parts(),
	}
	if k == unsent {
		e.onceUnsent, e.alwaysUnsent = 1, attempts*(1+others(one.always))
	}
	if r.already != nil && e.alwaysEffect > 0 {
		e.again = r.already(e.alwaysEffect) // by the call before
	}
	if r.forgiving && k != left {
		e.once.class, e.always.class = nil, nil
	}
	if r.made == nil {
		e.onceEffect, e.alwaysEffect, e.endEffect = 0, 0, 0
	}
	return e
}

// ruleOf is what becomes of the requests that meet the fault, and of what they lead to.
func ruleOf(r row, s script, k kind) rule {
	switch {
	case k == refused:
		return rule{outcome{s.class, 1}, outcome{s.class, 1}}
	case k == silent && s.Applied:
		return doubts[r.settling].applied
	case k == silent:
		return doubts[r.settling].lost
	case k == left && r.settling == asking:
		return rule{outcome{errors.ErrUnavailable, 1}, outcome{errors.ErrUnavailable, 1}}
	}
	return rules[k]
}

// whole adds what else the call sends: requests before those that meet the fault, requests after their success, and
// those for the other parts.
func (r row) whole(o outcome, others, each int) outcome {
	o.requests += r.before + others*each
	if o.class == nil {
		o.requests += r.after
	}
	return o
}
