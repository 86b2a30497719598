// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
)

// controlsOfUnits are clients with one thing wrong, for the suites of Lister, Manager and Remover.
var controlsOfUnits = []struct {
	name    string
	bug     unitBug
	noticed []string
}{
	{
		"does nothing, and says that it is done",
		unitBug{write: func(context.Context, *brokenUnits, string, int, sender) error { return nil }},
		[]string{
			"(CreateUnits|RenameUnits|DeleteUnit)/(one$|repeated|throttled|refused|no re|cancelled|at once|unclear|bad input)",
			"Units/(several|101|250|half-way)", "CreateUnits/(any name|name is|below|parent)", "RenameUnits/(only|unknown|name is|there and)",
			"DeleteUnit/(unknown|holds|has units|emptied)",
		},
	},
	{
		"swallows errors",
		onWriteError(func(error) error { return nil }),
		[]string{
			"(CreateUnits|RenameUnits|DeleteUnit)/(refused|no request|cancelled|unclear/(lost request|reset before|503|HTML|302)|bad input)",
			"(CreateUnits|RenameUnits)/(throttled|half-way|name is taken)", "missing", "(RenameUnits|DeleteUnit)/unknown", "holds", "has units",
		},
	},
	{
		"says that an uncertain change was not made",
		onWriteError(eachItem(func(err error) error {
			if errors.Is(err, errors.ErrUncertain) {
				return &errors.Error{Class: errors.ErrUnavailable}
			}
			return err
		})),
		[]string{"(CreateUnits|RenameUnits|DeleteUnit)/(unclear/[^g]|no reply|cancelled in flight)", "half-way/(lost|503)"},
	},
	{
		"is in doubt about everything",
		onWriteError(eachItem(func(error) error { return &errors.Error{Class: errors.ErrUncertain} })),
		[]string{
			"(CreateUnits|RenameUnits|DeleteUnit)/(refused|throttled|cancelled|bad input)", "CreateUnits/(repeated|at once/one)",
			"name is taken", "missing", "unknown", "holds", "has units", "DeleteUnit/(repeated|at once/one)",
		},
	},
	{
		"hides the class and the cause",
		onWriteError(eachItem(func(error) error { return errors.New("something went wrong") })),
		[]string{
			"(CreateUnits|RenameUnits|DeleteUnit)/(refused|throttled|no re|cancelled|bad input|unclear/[^g])", "half-way",
			"name is taken", "missing", "unknown", "holds", "has units",
		},
	},
	{
		"hides which item failed",
		onWriteError(func(err error) error {
			if batch, several := errors.AsType[*errors.BatchError](err); several {
				return batch.Failed[0].Err
			}
			return err
		}),
		[]string{"name is taken", "CreateUnits/parent is missing", "RenameUnits/unknown"},
	},
	{
		"blames another item",
		onWriteError(func(err error) error {
			if batch, several := errors.AsType[*errors.BatchError](err); several {
				for _, item := range batch.Failed {
					item.Item = "another"
				}
			}
			return err
		}),
		[]string{"name is taken", "missing", "RenameUnits/unknown", "half-way", "(CreateUnits|RenameUnits)/(throttled|refused|unclear/[^g]|cancelled in)"},
	},
	{
		"takes a taken name for its own",
		onWriteError(unless(errors.ErrExists)),
		[]string{"name is taken"},
	},
	{
		"takes a missing unit for deleted",
		onWriteError(unless(errors.ErrNotFound)),
		[]string{"DeleteUnit/unknown", "RenameUnits/unknown", "parent is missing"},
	},
	{
		"gives all up for one",
		unitBug{define: func(b *brokenUnits, all []costunit.Definition) {
			for _, d := range all {
				if b.named(d.Owner, d.Parent, d.Name) != nil {
					all[0].Parent = "nowhere"
				}
			}
		}},
		[]string{"CreateUnits/name is taken"},
	},
	{
		"ignores the context",
		unitBug{write: func(ctx context.Context, _ *brokenUnits, _ string, n int, send sender) error {
			ctx, cancel := deaf(ctx)
			defer cancel()
			return send(ctx, 0, n)
		}, list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				ctx, cancel := deaf(ctx)
				defer cancel()
				ask(ctx)(yield)
			}
		}},
		[]string{"(Units|Unit|Resources)/cancelled"},
	},
	{
		"is slow to give up",
		unitBug{write: func(ctx context.Context, _ *brokenUnits, _ string, n int, send sender) error {
			defer lingers(ctx)
			return send(ctx, 0, n)
		}, list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				defer lingers(ctx)
				ask(ctx)(yield)
			}
		}},
		[]string{"cancelled in flight"},
	},
	{
		"sends before it looks",
		unitBug{write: func(ctx context.Context, b *brokenUnits, op string, n int, send sender) error {
			b.pretend(op)
			return send(ctx, 0, n)
		}, list: func(ctx context.Context, b *brokenUnits, op string, ask asker) rows {
			return func(yield func(any, error) bool) {
				b.pretend(op)
				ask(ctx)(yield)
			}
		}},
		[]string{"(Units|Unit|Resources)/(bad input|cancelled before)", "none at all"},
	},
	{
		"sends the first hundred only",
		unitBug{write: func(ctx context.Context, _ *brokenUnits, _ string, n int, send sender) error {
			return send(ctx, 0, min(n, batch))
		}},
		[]string{"Units/(101|250|half-way)"},
	},
	{
		"sends the first only",
		unitBug{write: func(ctx context.Context, _ *brokenUnits, _ string, n int, send sender) error {
			return send(ctx, 0, min(n, 1))
		}},
		[]string{"(CreateUnits|RenameUnits)/(several|101|repeated|there and back|any name)"},
	},
	{
		"makes one unit more than was asked for",
		unitBug{define: func(b *brokenUnits, all []costunit.Definition) {
			if len(all) > 0 {
				_, _ = b.Create(costunit.Definition{Owner: all[0].Owner, Name: fmt.Sprint("more-", len(b.List(all[0].Owner)))})
			}
		}},
		[]string{"CreateUnits/(one|several|101|250|repeated|throttled|refused|no re|cancelled|at once|unclear|half-way|bad input/(no name|the same))"},
	},
	{
		"makes sure by a second unit with a name of its own",
		unitBug{write: func(ctx context.Context, b *brokenUnits, _ string, n int, send sender) error {
			err := send(ctx, 0, n)
			if errors.Is(err, errors.ErrUncertain) {
				_, _ = b.Create(costunit.Definition{Owner: "1000000000000001", Name: "shop-1 (2)"})
			}
			return err
		}},
		[]string{"CreateUnits/(unclear/[^g]|no re|cancelled in flight|half-way/(lost|503))"},
	},
	{
		"knows no parents",
		unitBug{define: func(_ *brokenUnits, all []costunit.Definition) {
			for i := range all {
				all[i].Parent = ""
			}
		}},
		[]string{"below a parent", "parent is missing", "CreateUnits/bad input/parent"},
	},
	{
		"corrects names",
		unitBug{define: func(_ *brokenUnits, all []costunit.Definition) {
			for i := range all {
				all[i].Name = corrected(all[i].Name)
			}
		}, rename: func(_ *brokenUnits, all []costunit.Renaming) {
			for i := range all {
				all[i].Name = corrected(all[i].Name)
			}
		}},
		[]string{"any name", "only the name", "Units/bad input/(no name|name)"},
	},
	{
		"lets the last of two contradicting items win",
		unitBug{write: func(ctx context.Context, _ *brokenUnits, _ string, n int, send sender) error {
			var rest []*errors.ItemError
			for i := range n {
				if err := send(ctx, i, i+1); err != nil {
					rest = append(rest, &errors.ItemError{Item: "?", Err: err})
				}
			}
			if rest != nil {
				return &errors.BatchError{Failed: rest}
			}
			return nil
		}},
		[]string{"Units/bad input/(the same|no name|name of)", "(CreateUnits|RenameUnits)/several"},
	},
	{
		"answers in another order",
		unitBug{told: func(got []costunit.Details) []costunit.Details {
			got = slices.Clone(got)
			slices.Reverse(got)
			return got
		}},
		[]string{"CreateUnits/(several|101|250|any name|below)"},
	},
	{
		"tells another parent",
		unitBug{told: func(got []costunit.Details) []costunit.Details {
			got = slices.Clone(got)
			for i := range got {
				got[i].Parent = "-1"
			}
			return got
		}},
		[]string{"CreateUnits/(one|several|below|at once)"},
	},
	{
		"cannot be asked again",
		unitBug{write: func(ctx context.Context, b *brokenUnits, op string, n int, send sender) error {
			if _, before := b.memory.LoadOrStore(op, true); before {
				return &errors.Error{Class: errors.ErrConflict}
			}
			return send(ctx, 0, n)
		}},
		[]string{
			"(CreateUnits|RenameUnits|DeleteUnit)/(repeated|throttled|unclear|at once|cancelled in flight)",
			"half-way", "there and back",
		},
	},
	{
		"mixes up calls",
		unitBug{define: func(b *brokenUnits, all []costunit.Definition) {
			b.memory.Store("d", all[0])
			time.Sleep(time.Millisecond)
			last, _ := b.memory.Load("d")
			all[0] = last.(costunit.Definition)
		}, rename: func(b *brokenUnits, all []costunit.Renaming) {
			b.memory.Store("r", all[0])
			time.Sleep(time.Millisecond)
			last, _ := b.memory.Load("r")
			all[0] = last.(costunit.Renaming)
		}, remove: func(b *brokenUnits, u *costunit.Unit) {
			b.memory.Store("u", *u)
			time.Sleep(time.Millisecond)
			last, _ := b.memory.Load("u")
			*u = last.(costunit.Unit)
		}},
		[]string{"(CreateUnits|RenameUnits|DeleteUnit)/at once/many"},
	},
	{
		"makes a new unit of a new name",
		unitBug{rename: func(b *brokenUnits, all []costunit.Renaming) {
			for _, r := range all {
				_ = b.Delete(r.Unit)
				_, _ = b.Create(costunit.Definition{Owner: r.Unit.Owner, Name: r.Name})
			}
		}},
		[]string{"RenameUnits/(one|several|repeated|only|there)"},
	},
	{
		"renames the sibling as well",
		unitBug{rename: func(b *brokenUnits, all []costunit.Renaming) {
			for _, d := range b.List("1000000000000001") {
				if strings.HasPrefix(d.Name, "bystander") || d.Name == "taken" {
					_ = b.Rename(costunit.Renaming{Unit: d.Unit, Name: "moved-away-" + d.ID})
				}
			}
		}},
		[]string{"RenameUnits/(one|several|repeated|name is taken|refused|no request|bad input)"},
	},
	{
		"empties what it renames and what it deletes",
		unitBug{rename: func(b *brokenUnits, all []costunit.Renaming) {
			for _, r := range all {
				b.Put(costunit.Unit{Owner: r.Unit.Owner}, b.Holds(r.Unit)...)
			}
		}, remove: func(b *brokenUnits, u *costunit.Unit) {
			b.Put(costunit.Unit{Owner: u.Owner}, b.Holds(*u)...)
		}},
		[]string{"only the name", "holds resources"},
	},
	{
		"deletes more than was asked for",
		unitBug{remove: func(b *brokenUnits, u *costunit.Unit) {
			for _, d := range b.List(u.Owner) {
				if d.Parent == u.ID || strings.HasPrefix(d.Name, "bystander") || d.Name == "other" {
					_ = b.Delete(d.Unit)
				}
			}
		}},
		[]string{"DeleteUnit/(one|repeated|throttled|refused|no re|cancelled|at once|unclear|unknown|has units)"},
	},
	{
		"deletes a unit when it is told to delete nothing",
		unitBug{remove: func(b *brokenUnits, u *costunit.Unit) {
			if all := b.List(strings.TrimSpace(u.Owner)); len(all) > 0 && u.Validate() != nil {
				*u = all[0].Unit
			}
		}},
		[]string{"DeleteUnit/bad input"},
	},
	{
		"never deletes",
		unitBug{write: func(context.Context, *brokenUnits, string, int, sender) error {
			return &errors.Error{Class: errors.ErrConflict}
		}},
		[]string{"DeleteUnit/(one|emptied|repeated|unknown|no re)"},
	},

	{
		"lists nothing",
		unitBug{list: func(context.Context, *brokenUnits, string, asker) rows { return func(func(any, error) bool) {} }},
		[]string{
			"^(Units|Resources)/(each|one$|again|page by|breaking|added|removed|throttled|lost|refused|later|cancelled|many at|unclear|bad input)",
			"another owner", "only of", "without a product", "Resources/unallocated",
		},
	},
	{
		"reads the first page only",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				i := 0
				for v, err := range ask(ctx) {
					if i++; i > batch || !yield(v, err) {
						return
					}
				}
			}
		}},
		[]string{"^(Units|Resources)/(each once|again|added|removed|throttled|lost|many at|cancelled between|later page)"},
	},
	{
		"lists the last of a page again",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				i := 0
				for v, err := range ask(ctx) {
					if i++; !yield(v, err) || i%batch == 0 && !yield(v, err) {
						return
					}
				}
			}
		}},
		[]string{"^(Units|Resources)/(each once|again|added|removed|many at)"},
	},
	{
		"lists the newest first, and counts its pages by rows",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				for offset := 0; ; offset += batch {
					list := verdict.Drain(ask(ctx), nil)
					all, end := list.Rows, list.End
					slices.Reverse(all)
					for _, v := range all[min(offset, len(all)):min(offset+batch, len(all))] {
						if !yield(v, nil) {
							return
						}
					}
					if end != nil {
						yield(nil, end)
					}
					if end != nil || offset+batch >= len(all) {
						return
					}
				}
			}
		}},
		[]string{"added between"},
	},
	{
		"invents one at the end",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				for v, err := range ask(ctx) {
					if !yield(v, err) || err != nil {
						return
					}
				}
				yield(nil, nil)
			}
		}},
		[]string{"^(Units|Resources)/(none|one$|each|again|added|removed|many)", "another owner", "only of", "Resources/unallocated"},
	},
	{
		"takes an error for the end",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				for v, err := range ask(ctx) {
					if err != nil || !yield(v, nil) {
						return
					}
				}
			}
		}},
		[]string{"^(Units|Resources)/(refused|lost reply later|later page|cancelled|unclear/[^g]|bad input)"},
	},
	{
		"goes on after an error",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				for v, err := range ask(ctx) {
					if !yield(v, err) || err != nil && !yield(v, err) {
						return
					}
				}
			}
		}},
		[]string{"^(Units|Resources)/(refused|throttled|lost|later|cancelled|unclear/[^g]|bad input)"},
	},
	{
		"hides why a list could not be read",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				for v, err := range ask(ctx) {
					if err != nil {
						err = errors.New("something went wrong")
					}
					if !yield(v, err) {
						return
					}
				}
			}
		}},
		[]string{"^(Units|Resources)/(refused|throttled|lost|later|cancelled|unclear/[^g]|bad input)"},
	},
	{
		"starts again from the first page",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				for {
					again := false
					for v, err := range ask(ctx) {
						again = errors.Is(err, errors.ErrUnavailable) && ctx.Err() == nil
						if again {
							break
						}
						if !yield(v, err) {
							return
						}
					}
					if !again {
						return
					}
				}
			}
		}},
		[]string{"lost reply later"},
	},
	{
		"reads all pages first",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				list := verdict.Drain(ask(ctx), nil)
				for _, v := range list.Rows {
					if !yield(v, nil) {
						return
					}
				}
				if list.End != nil {
					yield(nil, list.End)
				}
			}
		}},
		[]string{"page by page", "cancelled between"},
	},
	{
		"reads on after the caller has left",
		unitBug{list: func(ctx context.Context, _ *brokenUnits, _ string, ask asker) rows {
			return func(yield func(any, error) bool) {
				left := false
				for v, err := range ask(ctx) {
					left = left || !yield(v, err)
				}
			}
		}},
		[]string{"breaking off"},
	},
	{
		"remembers its first list",
		unitBug{list: func(ctx context.Context, b *brokenUnits, op string, ask asker) rows {
			return func(yield func(any, error) bool) {
				all, known := b.memory.Load(op)
				if !known {
					all = verdict.Drain(ask(ctx), nil).Rows
					b.memory.Store(op, all)
				}
				for _, v := range all.([]any) {
					if !yield(v, nil) {
						return
					}
				}
			}
		}},
		[]string{"^(Units|Resources)/(again|throttled|lost reply)", "of that product"},
	},
	{
		"forgets names and products",
		unitBug{row: func(v any) any {
			switch row := v.(type) {
			case costunit.Details:
				row.Name = strings.ToLower(row.Name)
				return row
			case costunit.Resource:
				row.Product = ""
				return row
			}
			return v
		}},
		[]string{"^(Units|Resources)/(each|one$|again|added|removed|many)"},
	},
	{
		"forgets parents and owners",
		unitBug{row: func(v any) any {
			switch row := v.(type) {
			case costunit.Details:
				row.Parent = ""
				return row
			case costunit.Resource:
				row.Owner = ""
				return row
			}
			return v
		}},
		[]string{"^(Units|Resources)/(each|again|added|removed|many)", "another owner", "only of that unit", "Resources/unallocated"},
	},
	{
		"lists the units of everybody",
		unitBug{list: func(ctx context.Context, b *brokenUnits, op string, ask asker) rows {
			return func(yield func(any, error) bool) {
				ask(ctx)(yield)
				for _, d := range b.List("1000000000000007") {
					if op == opUnits && !yield(d, nil) {
						return
					}
				}
			}
		}},
		[]string{"another owner"},
	},
	{
		"knows one product",
		unitBug{query: func(q *costunit.Query) { q.Products = []string{"ecs"} }},
		[]string{"only of that product", "without a product", "bad input/.*product"},
	},
	{
		"knows no products",
		unitBug{query: func(q *costunit.Query) { q.Products, q.Projects = nil, nil }},
		[]string{"only of that product", "bad input/.*(product|project)"},
	},
	{
		"knows only one unit",
		unitBug{query: func(q *costunit.Query) { q.Unit.ID = "2000000000000001" }},
		[]string{"Resources/unallocated", "Resources/bad input/unit"},
	},
	{
		"takes what is in no unit for what is in this one",
		unitBug{query: func(q *costunit.Query) { q.Unit.ID = "" }},
		[]string{"only of that unit"},
	},
}

// onWriteError reports another error than the one that came.
func onWriteError(report func(error) error) unitBug {
	return unitBug{write: func(ctx context.Context, _ *brokenUnits, _ string, n int, send sender) error {
		err := send(ctx, 0, n)
		if err != nil {
			err = report(err)
		}
		return err
	}}
}

// eachItem changes the error of every item of a batch.
func eachItem(report func(error) error) func(error) error {
	return func(err error) error {
		batch, several := errors.AsType[*errors.BatchError](err)
		if !several {
			return report(err)
		}
		for _, item := range batch.Failed {
			item.Err = report(item.Err)
		}
		return batch
	}
}

// unless keeps errors of one class to itself.
func unless(class error) func(error) error {
	return func(err error) error {
		if errors.Class(err) == class {
			return nil
		}
		return err
	}
}

// deaf does not hear that ctx was cancelled, and has a time limit of its own.
func deaf(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 4*verdict.Promptly)
}

func lingers(ctx context.Context) {
	if ctx.Err() != nil {
		time.Sleep(4 * verdict.Promptly)
	}
}

// pretend looks to the script as a request does.
func (b *brokenUnits) pretend(op string) {
	if f, _ := b.Faults.Next(op); f.Seen != nil {
		f.Seen()
	}
}

// corrected makes something of every name.
func corrected(name string) string {
	name = regexp.MustCompile(`[^a-zA-Z0-9-]+`).ReplaceAllString(name, "")
	return "x" + name[:min(len(name), 60)]
}
