// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// change is a method that changes units, and what the checks have to know of it.
type change[T any] struct {
	method string
	batch  bool  // it takes several units
	again  error // what a repeat answers for a unit that is changed already, beside success; nil: success only
	// prepare makes what is needed for n changes that can be made.
	prepare func(f Fixture[T], n int) job
}

// job is n changes of units that are ready to be made.
type job struct {
	items  []string // what a failed one is called
	send   func(ctx context.Context, from, to int) answer
	made   func(i int) bool
	intact func() error // says what was changed that should not have been
}

// answer is what a call returned.
type answer struct {
	done []string // the items that succeeded, in the order in which they were returned
	lie  error    // how what was returned with them differs from what there is
	err  error
}

func (c change[T]) checks() []check[T] {
	checks := []check[T]{
		{"one", c.asAsked(1)},
		{"repeated", c.repeated},
		{"throttled", c.throttled},
		{"refused", c.refused},
		{"no request arrives", c.noRequestArrives},
		{"no reply arrives", c.noReplyArrives},
		{"cancelled before", c.cancelledBefore},
		{"at once/many units", c.manyAtOnce},
		{"at once/one unit many times", c.oneAtOnce},
	}
	for _, f := range unclearFaults {
		checks = append(checks, check[T]{"unclear/" + f.Name, c.unclear(f)})
	}
	for _, f := range []fault.Fault{fault.Hang, fault.HangApplied} {
		checks = append(checks, check[T]{"cancelled in flight/" + f.Name, c.cancelled(f)})
	}
	if c.batch {
		checks = append(checks,
			check[T]{"several", c.asAsked(few)}, check[T]{"101", c.asAsked(101)}, check[T]{"250", c.asAsked(many)},
			check[T]{"none at all", c.noneAtAll})
		for _, f := range []fault.Fault{fault.LostReply, fault.LostRequest, fault.Unavailable, fault.Throttled, fault.Unauthorized} {
			checks = append(checks, check[T]{"half-way/" + f.Name, c.halfWay(f)})
		}
	}
	return named(c.method, checks)
}

// few is a batch that every provider takes with one request.
const few = 3

// size is how many units a check changes where one is not the point.
func (c change[T]) size() int {
	if c.batch {
		return few
	}
	return 1
}

func named[T any](method string, checks []check[T]) []check[T] {
	for i := range checks {
		checks[i].name = method + "/" + checks[i].name
	}
	return checks
}

// standing is which of the changes are made at this moment.
func (j job) standing() []bool {
	made := make([]bool, len(j.items))
	for i := range made {
		made[i] = j.made(i)
	}
	return made
}

// complete says that a change is not made.
func (j job) complete() error {
	for i, made := range j.standing() {
		if !made {
			return fmt.Errorf("the change of %q, number %d of %d, is not made", j.items[i], i+1, len(j.items))
		}
	}
	return j.intact()
}

// untouched says that a change is made although none should be.
func (j job) untouched() error {
	for i, made := range j.standing() {
		if made {
			return fmt.Errorf("the change of %q was made; want nothing changed", j.items[i])
		}
	}
	return j.intact()
}

// honest says where an answer contradicts itself, or what there is; before is what was made before the call.
func (j job) honest(before []bool, a answer) error {
	if a.lie != nil {
		return a.lie
	}
	failed, err := j.failures(a)
	if err != nil {
		return err
	}
	next := 0 // where in done the next success stands
	for i, item := range j.items {
		done := next < len(a.done) && a.done[next] == item
		if done {
			next++
		}
		why, refused := failed[item]
		switch made := j.made(i); {
		case done && refused:
			return fmt.Errorf("%q is returned among those that succeeded and among those that failed: %w", item, why)
		case !done && !refused:
			return fmt.Errorf("%q is returned neither among those that succeeded, in its place, nor among those that failed", item)
		case done && !made:
			return fmt.Errorf("%q is said to be changed, and is not", item)
		case refused && errors.Class(why) == nil:
			return fmt.Errorf("%q failed with an error that has no class: %w", item, why)
		case refused && errors.Class(why) != errors.ErrUncertain && made && !before[i]:
			return fmt.Errorf("%q is said not to be changed by this call, and is: %w", item, why)
		}
	}
	if next < len(a.done) {
		return fmt.Errorf("%q is returned, which nobody asked for, or not in the order that was asked for", a.done[next])
	}
	return j.intact()
}

// failures is why each item failed. What is no BatchError befell every item that did not succeed.
func (j job) failures(a answer) (map[string]error, error) {
	failed := make(map[string]error)
	batch, several := errors.AsType[*errors.BatchError](a.err)
	switch {
	case several && len(batch.Failed) == 0:
		return nil, errors.New("a BatchError without items; want nil, or who failed")
	case several:
		for _, item := range batch.Failed {
			if !slices.Contains(j.items, item.Item) || failed[item.Item] != nil {
				return nil, fmt.Errorf("the BatchError names %q, which nobody asked for, or more than once", item.Item)
			}
			failed[item.Item] = item.Err
		}
	case a.err != nil:
		for _, item := range j.items {
			if !slices.Contains(a.done, item) {
				failed[item] = a.err
			}
		}
	}
	return failed, nil
}

// sent sends all of it, and says what is wrong with the answer.
func (j job) sent(ctx context.Context, classes ...error) error {
	before := j.standing()
	a := j.send(ctx, 0, len(j.items))
	return verdict.First(
		func() error { return verdict.Want(a.err, classes...) },
		func() error { return j.honest(before, a) },
	)
}

// repeat sends what may be changed already. Whatever the cloud says to that, all of it is changed afterwards.
func (c change[T]) repeat(ctx context.Context, j job) error {
	before := j.standing()
	a := j.send(ctx, 0, len(j.items))
	failed, err := j.failures(a)
	if err != nil {
		return err
	}
	for item, why := range failed {
		if errors.Class(why) == nil || errors.Class(why) != c.again {
			return fmt.Errorf("repeated with the same arguments, %q: %w", item, why)
		}
	}
	return verdict.First(
		func() error { return j.honest(before, a) },
		j.complete,
	)
}

func (c change[T]) asAsked(n int) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		j := c.prepare(f, n)
		return verdict.First(
			func() error { return j.sent(ctx, nil) },
			j.complete,
		)
	}
}

// noneAtAll: nothing is asked for, so nothing is sent.
func (c change[T]) noneAtAll(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, 0)
	met := f.counted(c.method)
	return verdict.First(
		func() error { return j.sent(ctx, nil) },
		func() error { return verdict.Unmet(met) },
	)
}

func (c change[T]) repeated(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, c.size())
	return verdict.First(
		func() error { return j.sent(ctx, nil) },
		func() error { return c.repeat(ctx, j) },
		func() error { return c.repeat(ctx, j) },
	)
}

// throttled: what was throttled was not changed, and the same call succeeds later.
func (c change[T]) throttled(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, c.size())
	met := f.script(c.method, fault.Times(2, fault.Throttled)...)
	for range 2 {
		if err := j.sent(ctx, nil, errors.ErrThrottled, c.again); err != nil {
			return err
		}
	}
	return verdict.First(
		func() error { return verdict.Met(met) },
		func() error { return c.repeat(ctx, j) },
	)
}

func (c change[T]) refused(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, c.size())
	met := f.script(c.method, fault.Times(forGood, fault.Unauthorized)...)
	return verdict.First(
		func() error { return j.sent(ctx, errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
		j.untouched,
	)
}

// noRequestArrives: however often it is tried, nothing is changed, and nothing must be claimed.
func (c change[T]) noRequestArrives(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, c.size())
	met := f.script(c.method, fault.Times(forGood, fault.LostRequest)...)
	return verdict.First(
		func() error { return j.sent(ctx, errors.ErrUncertain, errors.ErrUnavailable) },
		func() error { return verdict.Met(met) },
		j.untouched,
	)
}

// noReplyArrives: however often it is tried, it is changed once.
func (c change[T]) noReplyArrives(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, 1)
	met := f.script(c.method, fault.Times(forGood, fault.LostReply)...)
	return verdict.First(
		func() error { return j.sent(ctx, nil, errors.ErrUncertain) },
		func() error { return verdict.Met(met) },
		j.complete,
	)
}

func (c change[T]) unclear(ft fault.Fault) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		j := c.prepare(f, c.size())
		met := f.script(c.method, ft)
		return verdict.First(
			func() error { return j.sent(ctx, nil, errors.ErrUncertain) },
			func() error { return verdict.Met(met) },
			func() error { return c.repeat(ctx, j) },
		)
	}
}

// halfWay: one request of several has met something, where the client makes several of so many.
func (c change[T]) halfWay(ft fault.Fault) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		j := c.prepare(f, many)
		met := f.script(c.method, fault.Fault{}, ft)
		return verdict.First(
			func() error {
				return j.sent(ctx, nil, errors.ErrUncertain, errors.ErrThrottled, errors.ErrUnauthenticated)
			},
			func() error {
				if met.Load() == 0 { // one request was enough: the fault waits for the next
					return j.complete()
				}
				return c.repeat(ctx, j)
			},
		)
	}
}

func (c change[T]) cancelledBefore(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, c.size())
	met := f.counted(c.method)
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	a := j.send(ctx, 0, len(j.items))
	return verdict.First(
		func() error { return verdict.Cancelled(a.err, errors.ErrUnavailable) },
		func() error { return verdict.Unmet(met) },
		j.untouched,
	)
}

func (c change[T]) cancelled(hang fault.Fault) func(context.Context, Fixture[T]) error {
	return func(ctx context.Context, f Fixture[T]) error {
		script := func(h fault.Fault) { f.Fail(c.method, h) }
		return verdict.CancelledInFlight(ctx, hang, errors.ErrUncertain, script, func() (func(context.Context) error, func() error) {
			j := c.prepare(f, c.size())
			before := j.standing()
			var a answer
			call := func(ctx context.Context) error {
				a = j.send(ctx, 0, len(j.items))
				return a.err
			}
			return call, func() error {
				return verdict.First(
					func() error { return j.honest(before, a) },
					func() error { return c.repeat(ctx, j) },
				)
			}
		})
	}
}

func (c change[T]) manyAtOnce(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, verdict.Crowd)
	return verdict.First(
		func() error {
			return verdict.Together(func(i int) error {
				a := j.send(ctx, i, i+1)
				if !slices.Equal(a.done, j.items[i:i+1]) && a.err == nil {
					return fmt.Errorf("%q is returned; want %q", a.done, j.items[i])
				}
				return verdict.First(
					func() error { return verdict.Want(a.err, nil) },
					func() error { return a.lie },
				)
			})
		},
		j.complete,
	)
}

// oneAtOnce: whoever was told that it is done can rely on it, and somebody is told.
func (c change[T]) oneAtOnce(ctx context.Context, f Fixture[T]) error {
	j := c.prepare(f, 1)
	var told atomic.Int64
	return verdict.First(
		func() error {
			return verdict.Together(func(int) error {
				a := j.send(ctx, 0, 1)
				if a.err == nil {
					told.Add(1)
				}
				return verdict.First(
					func() error { return verdict.Want(a.err, nil, c.again) },
					func() error { return a.lie },
				)
			})
		},
		func() error {
			if told.Load() == 0 {
				return errors.New("every call failed; want one that succeeds")
			}
			return j.complete()
		},
	)
}

// counted lets requests of the method pass, and counts them.
func (f Fixture[T]) counted(method string) (met *atomic.Int64) {
	met = new(atomic.Int64)
	f.Fail(method, fault.Times(4*shelfSize, fault.Fault{Seen: func() { met.Add(1) }})...)
	return met
}

// owner is whom the fixture's units belong to.
func (f Fixture[T]) owner() string { return f.NewUnit().Owner }

// create makes a unit behind the client's back.
func (f Fixture[T]) create(owner, parent, name string) costunit.Details {
	d, err := f.State.Create(costunit.Definition{Owner: owner, Parent: parent, Name: name})
	if err != nil {
		panic(err) // a check that cannot be made
	}
	return d
}

// there is a unit as it stands now; false: it does not.
func (f Fixture[T]) there(u costunit.Unit) (costunit.Details, bool) {
	all := f.State.List(u.Owner)
	i := slices.IndexFunc(all, func(d costunit.Details) bool { return d.Unit == u })
	if i < 0 {
		return costunit.Details{}, false
	}
	return all[i], true
}

// unchanged says that one of the units is not as it was.
func (f Fixture[T]) unchanged(units ...costunit.Details) error {
	for _, d := range units {
		if now, there := f.there(d.Unit); !there || now != d {
			return fmt.Errorf("unit %+v was not to be touched; it is now %+v", d, now)
		}
	}
	return nil
}
