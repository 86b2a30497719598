// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// shelfSize is more than any provider gives with one page, and no multiple of one.
const shelfSize = 353

func listerChecks() []check[costunit.Lister] {
	checks := []check[costunit.Lister]{
		{"Units/another owner's", othersUnits},
		{"Resources/only of that unit", onlyOfThatUnit},
		{"Resources/only of that product", onlyOfThatProduct},
		{"Resources/without a product", withoutProduct},
		{"Resources/unallocated", unallocatedResources(costunit.Unallocated)},
		{"Resources/unallocated, no id", unallocatedResources("")},
	}
	for _, b := range badQueries {
		checks = append(checks, check[costunit.Lister]{"Resources/bad input/" + b.name, refusesQuery(b.spoil)})
	}
	for _, b := range badOwners {
		checks = append(checks, check[costunit.Lister]{"Units/bad input/" + b.name, refusesOwner(b.owner)})
	}
	return slices.Concat(
		listing[costunit.Details]{opUnits, unitShelf}.checks(),
		listing[costunit.Resource]{opResources, resourceShelf}.checks(),
		checks)
}

// listing is a method that lists, and what there is to list.
type listing[V comparable] struct {
	method  string
	prepare func(f Fixture[costunit.Lister], n int) *shelf[V]
}

// shelf is what a call should list.
type shelf[V comparable] struct {
	expected []V
	ever     map[V]bool // what was there at any time
	list     func(context.Context) iter.Seq2[V, error]
	make     func() V
	drop     func(V)
}

// add puts another one there.
func (s *shelf[V]) add() {
	v := s.make()
	s.expected = append(s.expected, v)
	s.ever[v] = true
}

// remove takes one away.
func (s *shelf[V]) remove(v V) {
	s.drop(v)
	s.expected = slices.DeleteFunc(s.expected, func(other V) bool { return other == v })
}

func newShelf[V comparable](n int, s *shelf[V]) *shelf[V] {
	s.ever = make(map[V]bool)
	for range n {
		s.add()
	}
	return s
}

// unitShelf holds units with names that are odd, but may be read; where there are parents, every third is below one.
func unitShelf(f Fixture[costunit.Lister], n int) *shelf[costunit.Details] {
	owner, parent, made := f.owner(), "", 0
	return newShelf(n, &shelf[costunit.Details]{
		list: func(ctx context.Context) iter.Seq2[costunit.Details, error] { return f.Subject.Units(ctx, owner) },
		make: func() costunit.Details {
			made++
			above := ""
			if f.Tree && made%3 == 0 {
				above = parent
			}
			d := f.create(owner, above, fmt.Sprintf("客户 & Söhne <%d>", made))
			if parent == "" {
				parent = d.ID
			}
			return d
		},
		drop: func(d costunit.Details) {
			if err := f.State.Delete(d.Unit); err != nil {
				panic(err)
			}
		},
	})
}

func resourceShelf(f Fixture[costunit.Lister], n int) *shelf[costunit.Resource] {
	unit, other := f.NewUnit(), f.NewUnit()
	f.State.Put(unit)
	query := queryFor(unit, f.NewResource(unit))
	return newShelf(n, &shelf[costunit.Resource]{
		list: func(ctx context.Context) iter.Seq2[costunit.Resource, error] { return f.Subject.Resources(ctx, query) },
		make: func() costunit.Resource {
			r := f.NewResource(unit)
			f.State.Put(unit, r)
			return r
		},
		drop: func(r costunit.Resource) { f.State.Put(other, r) },
	})
}

// queryFor asks for what is like the resource, as every cloud can be asked.
func queryFor(u costunit.Unit, like costunit.Resource) costunit.Query {
	q := costunit.Query{Unit: u, Products: []string{like.Product}}
	if like.Project != "" {
		q.Projects = []string{like.Project}
	}
	return q
}

func (l listing[V]) checks() []check[costunit.Lister] {
	checks := []check[costunit.Lister]{
		{"each once", l.eachOnce},
		{"one", l.one},
		{"none", l.none},
		{"again", l.again},
		{"page by page", l.pageByPage},
		{"breaking off", l.breaksOff},
		{"added between pages", l.addedBetween},
		{"removed between pages", l.removedBetween},
		{"throttled", l.struck(fault.Throttled, errors.ErrThrottled)},
		{"lost reply", l.struck(fault.LostReply, errors.ErrUnavailable)},
		{"lost reply later", l.struckLater},
		{"refused", l.refused},
		{"later page", l.laterPage},
		{"cancelled before", l.cancelledBefore},
		{"cancelled between", l.cancelledBetween},
		{"cancelled in flight", l.cancelledInFlight},
		{"many at once", l.manyAtOnce},
	}
	for _, f := range unclearFaults {
		checks = append(checks, check[costunit.Lister]{"unclear/" + f.Name, l.unclear(f)})
	}
	return named(l.method, checks)
}

// complete goes through the list and says how it differs from what there is.
func (s *shelf[V]) complete(ctx context.Context) error {
	return verdict.Drain(s.list(ctx), nil).Exactly(s.expected)
}

func (l listing[V]) eachOnce(ctx context.Context, f Fixture[costunit.Lister]) error {
	return l.prepare(f, shelfSize).complete(ctx)
}

func (l listing[V]) one(ctx context.Context, f Fixture[costunit.Lister]) error {
	return l.prepare(f, 1).complete(ctx)
}

func (l listing[V]) none(ctx context.Context, f Fixture[costunit.Lister]) error {
	return l.prepare(f, 0).complete(ctx)
}

// again: ranged over twice, it is read twice.
func (l listing[V]) again(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	all := s.list(ctx)
	for range 2 {
		if err := verdict.Drain(all, nil).Exactly(s.expected); err != nil {
			return err
		}
		s.add()
	}
	return nil
}

func (l listing[V]) pageByPage(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	met := f.counted(l.method)
	return verdict.PageByPage(s.list(ctx), met)
}

func (l listing[V]) breaksOff(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	met := f.counted(l.method)
	return verdict.BreaksOff(s.list(ctx), met)
}

// addedBetween: who was there before still comes, once, and the list ends.
func (l listing[V]) addedBetween(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	stay := slices.Clone(s.expected)
	list := verdict.Drain(s.list(ctx), func(i int, _ V) {
		if i%60 == 0 {
			s.add()
		}
	})
	return verdict.First(
		func() error { return list.Ended(nil) },
		func() error { return list.Missing(stay) },
		func() error { return s.known(list.Rows) },
	)
}

// removedBetween: nobody comes twice, nobody is invented, and the list ends. That a page shrinks while it is turned may
// hide one from a cloud's cursor; that is the cloud's.
func (l listing[V]) removedBetween(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	list := verdict.Drain(s.list(ctx), func(i int, _ V) {
		if i%60 == 1 {
			s.remove(s.expected[len(s.expected)/2])
			s.remove(s.expected[1]) // not the first, which may have others below it
		}
	})
	return verdict.First(
		func() error { return list.Ended(nil) },
		func() error { return s.known(list.Rows) },
		func() error {
			if n := len(list.Rows); n < len(s.expected)-2*len(s.ever)/60 {
				return fmt.Errorf("%d came; %d were there all the time", n, len(s.expected))
			}
			return nil
		},
	)
}

// known says that something came which was never there.
func (s *shelf[V]) known(got []V) error {
	for _, v := range got {
		if !s.ever[v] {
			return fmt.Errorf("%+v came, which was never there", v)
		}
	}
	return nil
}

// struck: what struck two requests is over, and the same call succeeds, if not the client itself has repeated it.
func (l listing[V]) struck(ft fault.Fault, class error) func(context.Context, Fixture[costunit.Lister]) error {
	return func(ctx context.Context, f Fixture[costunit.Lister]) error {
		s := l.prepare(f, shelfSize)
		met := f.script(l.method, ft, ft)
		for range 2 {
			if err := verdict.Drain(s.list(ctx), nil).Ended(nil, class); err != nil {
				return err
			}
		}
		return verdict.First(
			func() error { return verdict.Met(met) },
			func() error { return s.complete(ctx) },
		)
	}
}

// struckLater: the reply to a later page is lost. Repeated or not, nothing comes twice, and nothing is left out unsaid.
func (l listing[V]) struckLater(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	f.script(l.method, fault.Fault{}, fault.LostReply)
	list := verdict.Drain(s.list(ctx), nil)
	return verdict.First(
		func() error { return list.Ended(nil, errors.ErrUnavailable) },
		func() error {
			if list.End == nil {
				return list.Missing(s.expected)
			}
			return nil
		},
	)
}

func (l listing[V]) refused(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, few)
	met := f.script(l.method, fault.Times(forGood, fault.Unauthorized)...)
	list := verdict.Drain(s.list(ctx), nil)
	return verdict.First(
		func() error { return list.Ended(errors.ErrUnauthenticated) },
		func() error { return verdict.Met(met) },
	)
}

func (l listing[V]) unclear(ft fault.Fault) func(context.Context, Fixture[costunit.Lister]) error {
	return func(ctx context.Context, f Fixture[costunit.Lister]) error {
		s := l.prepare(f, few)
		met := f.script(l.method, fault.Times(forGood, ft)...)
		return verdict.Unclear(s.list(ctx), met, ft, s.expected)
	}
}

func (l listing[V]) laterPage(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	met := f.script(l.method, append([]fault.Fault{{}}, fault.Times(forGood, fault.Unavailable)...)...)
	return verdict.LaterPage(s.list(ctx), met, s.expected)
}

func (l listing[V]) cancelledBefore(ctx context.Context, f Fixture[costunit.Lister]) error {
	return verdict.CancelledBefore(ctx, l.prepare(f, few).list, f.counted(l.method))
}

func (l listing[V]) cancelledBetween(ctx context.Context, f Fixture[costunit.Lister]) error {
	return verdict.CancelledBetween(ctx, l.prepare(f, shelfSize).list, f.counted(l.method))
}

func (l listing[V]) cancelledInFlight(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, few)
	return verdict.CancelledWhileReading(ctx, s.list, func(hang fault.Fault) { f.Fail(l.method, hang) }, s.expected)
}

func (l listing[V]) manyAtOnce(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := l.prepare(f, shelfSize)
	return verdict.Together(func(int) error { return s.complete(ctx) })
}

// othersUnits: nobody sees what belongs to another, where owners exist.
func othersUnits(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := unitShelf(f, few)
	owner := f.owner()
	if owner == "" {
		return s.complete(ctx)
	}
	last := "7"
	if strings.HasSuffix(owner, last) {
		last = "8"
	}
	f.create(owner[:len(owner)-1]+last, "", "another's")
	return s.complete(ctx)
}

func onlyOfThatUnit(ctx context.Context, f Fixture[costunit.Lister]) error {
	s := resourceShelf(f, few)
	other := f.NewUnit()
	f.State.Put(other, f.NewResource(other))
	none := costunit.Unit{ID: costunit.Unallocated, Owner: other.Owner}
	f.State.Put(none, f.NewResource(none))
	return s.complete(ctx)
}

// onlyOfThatProduct: one of two products, the other one, and both.
func onlyOfThatProduct(ctx context.Context, f Fixture[costunit.Lister]) error {
	unit := f.NewUnit()
	one, other := f.NewResource(unit), f.NewResource(unit)
	other.Product = "disk"
	if one.Product == other.Product {
		other.Product = "ecs"
	}
	f.State.Put(unit, one, other)
	both := queryFor(unit, one)
	both.Products = append(both.Products, other.Product)
	for _, ask := range []struct {
		query    costunit.Query
		expected []costunit.Resource
	}{
		{queryFor(unit, one), []costunit.Resource{one}},
		{queryFor(unit, other), []costunit.Resource{other}},
		{both, []costunit.Resource{one, other}},
	} {
		if err := verdict.Drain(f.Subject.Resources(ctx, ask.query), nil).Exactly(ask.expected); err != nil {
			return fmt.Errorf("asked for %q: %w", ask.query.Products, err)
		}
	}
	return nil
}

// withoutProduct: all products, or, where the cloud cannot list so, refused; not something in between.
func withoutProduct(ctx context.Context, f Fixture[costunit.Lister]) error {
	unit := f.NewUnit()
	one, other := f.NewResource(unit), f.NewResource(unit)
	other.Product = "another"
	f.State.Put(unit, one, other)
	query := queryFor(unit, one)
	query.Products = nil
	list := verdict.Drain(f.Subject.Resources(ctx, query), nil)
	return verdict.First(
		func() error { return list.Ended(nil, errors.ErrInvalid) },
		func() error {
			if list.End == nil {
				return list.Missing([]costunit.Resource{one, other})
			}
			return nil
		},
	)
}

func unallocatedResources(id string) func(context.Context, Fixture[costunit.Lister]) error {
	return func(ctx context.Context, f Fixture[costunit.Lister]) error {
		unit := costunit.Unit{ID: id, Owner: f.owner()}
		expected := []costunit.Resource{f.NewResource(unit), f.NewResource(unit)}
		f.State.Put(unit, expected...)
		return verdict.Drain(f.Subject.Resources(ctx, queryFor(unit, expected[0])), nil).Exactly(expected)
	}
}

var badQueries = []struct {
	name  string
	spoil func(*costunit.Query)
}{
	{"unit with a line break", func(q *costunit.Query) { q.Unit.ID += "\n" }},
	{"unit not UTF-8", func(q *costunit.Query) { q.Unit.ID = "\xff" }},
	{"unit of 257 characters", func(q *costunit.Query) { q.Unit.ID = strings.Repeat("1", 257) }},
	{"owner with a line break", func(q *costunit.Query) { q.Unit.Owner += "\n" }},
	{"empty product", func(q *costunit.Query) { q.Products = append(q.Products, "") }},
	{"product with a line break", func(q *costunit.Query) { q.Products = append(q.Products, "e\ncs") }},
	{"empty project", func(q *costunit.Query) { q.Projects = append(q.Projects, "") }},
	{"project with a line break", func(q *costunit.Query) { q.Projects = append(q.Projects, "1\n2") }},
}

func refusesQuery(spoil func(*costunit.Query)) func(context.Context, Fixture[costunit.Lister]) error {
	return func(ctx context.Context, f Fixture[costunit.Lister]) error {
		unit := f.NewUnit()
		resource := f.NewResource(unit)
		f.State.Put(unit, resource)
		query := queryFor(unit, resource)
		spoil(&query)
		return refusesToList(f, opResources, f.Subject.Resources(ctx, query))
	}
}

var badOwners = []struct{ name, owner string }{
	{"owner with a line break", "1000000000000001\n"},
	{"owner not UTF-8", "\xff"},
	{"owner of 257 characters", strings.Repeat("1", 257)},
}

func refusesOwner(owner string) func(context.Context, Fixture[costunit.Lister]) error {
	return func(ctx context.Context, f Fixture[costunit.Lister]) error {
		return refusesToList(f, opUnits, f.Subject.Units(ctx, owner))
	}
}

// refusesToList: one error, and nothing was sent for it.
func refusesToList[V comparable](f Fixture[costunit.Lister], method string, all iter.Seq2[V, error]) error {
	met := f.counted(method)
	list := verdict.Drain(all, nil)
	return verdict.First(
		func() error { return list.Ended(errors.ErrInvalid) },
		func() error { return verdict.Unmet(met) },
		func() error { return list.NoMoreThan(0) },
	)
}
