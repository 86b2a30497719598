// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"iter"
	"slices"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
)

// controlsOfCustomers are those of what is done with customers beside setting what they may spend.
var controlsOfCustomers = []control{
	{
		"freezes everybody",
		bug{freeze: func(b *broken, method string, f *quota.Freeze) {
			for _, id := range b.CustomerIDs("", many) {
				if id != f.Customer {
					b.Update(id, func(s *State) { s.Frozen = method == "Freeze" })
				}
			}
		}},
		[]string{"only that customer"},
	},
	{
		"knows only one kind of freeze",
		bug{freeze: func(_ *broken, _ string, f *quota.Freeze) { f.Resources = false }},
		[]string{"resources too", "back and forth"},
	},
	{
		"takes a conflict for success",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			receipt, err := send(ctx, method, in)
			if errors.Is(err, errors.ErrConflict) {
				err = nil
			}
			return receipt, err
		}},
		[]string{"Unfreeze/other kind"},
	},
	{
		"corrects bad freezes",
		bug{freeze: func(_ *broken, _ string, f *quota.Freeze) { f.Reseller, f.Reason = "", "" }},
		[]string{"reeze/bad input/rea", "reeze/bad input/reseller"},
	},
	{
		"invents customers",
		bug{freeze: func(b *broken, _ string, f *quota.Freeze) { b.Update(f.Customer, func(*State) {}) }},
		[]string{"reeze/unknown customer"},
	},
	{
		"knows only amounts",
		bug{alarms: func(_ *broken, a *quota.Alarms) {
			a.Thresholds = slices.DeleteFunc(a.Thresholds, quota.Threshold.IsRatio)
		}},
		[]string{"SetAlarms/exactly these", "what was set"},
	},
	{
		"adds alarms to those that are there",
		bug{alarms: func(b *broken, a *quota.Alarms) {
			s, _ := b.Customer(a.Customer)
			a.Thresholds = slices.Concat(s.Alarms, a.Thresholds)
			a.Thresholds = a.Thresholds[:min(10, len(a.Thresholds))]
		}},
		[]string{"SetAlarms/(replaces|repeated)"},
	},
	{
		"never clears",
		bug{alarms: func(_ *broken, a *quota.Alarms) {
			if a.Clear {
				a.Clear, a.Thresholds = false, []quota.Threshold{{Numerator: 1, Denominator: 2}}
			}
		}},
		[]string{"clears"},
	},
	{
		"clears where nothing is given, and corrects what is bad",
		bug{alarms: func(_ *broken, a *quota.Alarms) {
			if a.Validate() != nil {
				a.Thresholds, a.Clear = nil, true
			}
		}},
		[]string{"SetAlarms/bad input/(nothing|clear and set|eleven|neither|amount and ratio|ratio|the second)"},
	},
	{
		"reads one alarm, whatever there is",
		bug{warns: func(got []quota.Threshold) []quota.Threshold {
			return append(got, quota.Threshold{Numerator: 1, Denominator: 2})[:1]
		}},
		[]string{"^Alarms/(exactly|none|what)"},
	},
	{
		"reads only the first page",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				i := 0
				for c, err := range ask(ctx) {
					if i++; i > pageSize || !yield(c, err) {
						return
					}
				}
			}
		}},
		[]string{"each once", "between pages"},
	},
	{
		"pages by offset and does not look back",
		bug{list: func(_ context.Context, b *broken, _ lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				for offset := 0; ; offset += pageSize {
					ids, _ := b.CustomerIDsAt(offset, pageSize)
					for _, id := range ids {
						if !yield(quota.Customer{ID: id}, nil) {
							return
						}
					}
					if len(ids) < pageSize {
						return
					}
				}
			}
		}},
		[]string{"between pages"},
	},
	{
		"takes an empty list for itself",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				none := true
				for c, err := range ask(ctx) {
					none = false
					if !yield(c, err) {
						return
					}
				}
				if none {
					yield(quota.Customer{ID: "1000000000000000"}, nil)
				}
			}
		}},
		[]string{"Customers/none"},
	},
	{
		"tells what it does not know",
		bug{
			list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
				return func(yield func(quota.Customer, error) bool) {
					for c, err := range ask(ctx) {
						c.Frozen = new(bool)
						if !yield(c, err) {
							return
						}
					}
				}
			},
			stand: func(ctx context.Context, _ *broken, ask stander, ids []string) iter.Seq2[quota.Standing, error] {
				return func(yield func(quota.Standing, error) bool) {
					for s, err := range ask(ctx, ids...) {
						s.Frozen, s.Used = new(bool), &quota.Money{Currency: quota.CNY}
						if !yield(s, err) {
							return
						}
					}
				}
			},
		},
		[]string{"what is told is true", "unknown customers", "in the middle", "bad input among"},
	},
	{
		"lists for ever",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				for c, err := range ask(ctx) {
					if !yield(c, err) {
						return
					}
				}
				for i := range 10_000 { // as good as for ever, and the test itself ends
					if !yield(quota.Customer{ID: strconv.Itoa(i)}, nil) {
						return
					}
				}
			}
		}},
		[]string{"page by page", "between pages"},
	},
	{
		"lists a customer once in its life",
		bug{list: func(ctx context.Context, b *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				for c, err := range ask(ctx) {
					if _, before := b.memory.LoadOrStore(c.ID, true); !before && !yield(c, err) {
						return
					}
				}
			}
		}},
		[]string{"Customers/(again|many at once)"},
	},
	{
		"reads all pages first",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				all := verdict.Drain(ask(ctx), nil)
				for _, c := range all.Rows {
					if !yield(c, nil) {
						return
					}
				}
				if all.End != nil {
					yield(quota.Customer{}, all.End)
				}
			}
		}},
		[]string{"page by page"},
	},
	{
		"reads on after the caller has left",
		bug{
			list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
				return drained(ask(ctx))
			},
			stand: func(ctx context.Context, _ *broken, ask stander, ids []string) iter.Seq2[quota.Standing, error] {
				return drained(ask(ctx, ids...))
			},
		},
		[]string{"breaking off"},
	},
	{
		"takes an error for the end",
		bug{
			list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
				return untilError(ask(ctx))
			},
			stand: func(ctx context.Context, _ *broken, ask stander, ids []string) iter.Seq2[quota.Standing, error] {
				return untilError(ask(ctx, ids...))
			},
		},
		[]string{"later page", "unknown customers", "among others", "in the middle", "cancelled between"},
	},
	{
		"goes on after an error",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				for c, err := range ask(ctx) {
					if !yield(c, err) || err != nil && !yield(c, nil) {
						return
					}
				}
			}
		}},
		[]string{"Customers/(later page|refused|cancelled before|unclear/[^g])"},
	},
	{
		"takes the end for an error",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				for c, err := range ask(ctx) {
					if !yield(c, err) || err != nil {
						return
					}
				}
				yield(quota.Customer{}, &errors.Error{Class: errors.ErrNotFound})
			}
		}},
		[]string{"Customers/(each|none|again|many at once)"},
	},
	{
		"reads everything, and says that it could not",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				verdict.Drain(ask(ctx), nil)
				yield(quota.Customer{}, &errors.Error{Class: errors.ErrUnavailable})
			}
		}},
		[]string{"Customers/(breaking off|later page)"},
	},
	{
		"says that it could not read, and did not try",
		bug{list: func(context.Context, *broken, lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				yield(quota.Customer{}, &errors.Error{Class: errors.ErrUnavailable})
			}
		}},
		[]string{"Customers/unclear"},
	},
	{
		"takes the first row for a heading",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				heading := true
				for c, err := range ask(ctx) {
					if (err != nil || !heading) && !yield(c, err) {
						return
					}
					heading = false
				}
			}
		}},
		[]string{"Customers/(each|again|unclear/gzip)"},
	},
	{
		"begins with a heading",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				if yield(quota.Customer{}, nil) {
					ask(ctx)(yield)
				}
			}
		}},
		[]string{"Customers/(each|none|again|cancelled before)"},
	},
	{
		"looks at the context when all is read",
		bug{list: func(ctx context.Context, _ *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				for c, err := range ask(context.WithoutCancel(ctx)) {
					if !yield(c, err) {
						return
					}
				}
				if err := ctx.Err(); err != nil {
					yield(quota.Customer{}, &errors.Error{Class: errors.ErrUnavailable, Err: err})
				}
			}
		}},
		[]string{"Customers/cancelled (before|between)"},
	},
	{
		"lists nobody once a list was cancelled",
		bug{list: func(ctx context.Context, b *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				if _, cancelled := b.memory.Load("cancelled"); cancelled {
					return
				}
				ask(ctx)(yield)
				if ctx.Err() != nil {
					b.memory.Store("cancelled", true)
				}
			}
		}},
		[]string{"Customers/cancelled in flight"},
	},
	{
		"cancels its first list itself",
		bug{list: func(ctx context.Context, b *broken, ask lister) iter.Seq2[quota.Customer, error] {
			return func(yield func(quota.Customer, error) bool) {
				if _, before := b.memory.LoadOrStore("cancelled", true); before {
					ask(ctx)(yield)
					return
				}
				_, _ = b.Faults.Next("Customers") // its request is on the way, and does not arrive
				yield(quota.Customer{}, &errors.Error{Class: errors.ErrUnavailable, Err: context.Canceled})
			}
		}},
		[]string{"Customers/cancelled in flight"},
	},
	{
		"answers in its own order",
		bug{stand: func(ctx context.Context, _ *broken, ask stander, ids []string) iter.Seq2[quota.Standing, error] {
			return ask(ctx, slices.Sorted(slices.Values(ids))...)
		}},
		[]string{"in order"},
	},
	{
		"answers each customer once, and all where none is named",
		bug{stand: func(ctx context.Context, b *broken, ask stander, ids []string) iter.Seq2[quota.Standing, error] {
			if len(ids) == 0 {
				ids = b.CustomerIDs("", many)
			}
			return ask(ctx, slices.Compact(slices.Sorted(slices.Values(ids)))...)
		}},
		[]string{"asked twice", "nobody asked"},
	},
}

func drained[V any](all iter.Seq2[V, error]) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		left := false
		for v, err := range all {
			left = left || !yield(v, err)
		}
	}
}

func untilError[V any](all iter.Seq2[V, error]) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for v, err := range all {
			if err != nil || !yield(v, nil) {
				return
			}
		}
	}
}
