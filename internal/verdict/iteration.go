// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// endless is more rows than any check has there to be listed.
const endless = 2500

// Drained is an iteration that was gone through to its end.
type Drained[V comparable] struct {
	Rows    []V   // what came before the error
	End     error // what it ended with; nil: it ended well
	problem error // a row came twice, the error was not the last pair, or there is no end
}

// Drain goes through an iteration, and calls meanwhile, where it is not nil, for each row.
func Drain[V comparable](all iter.Seq2[V, error], meanwhile func(i int, v V)) (d Drained[V]) {
	seen := make(map[V]bool)
	for v, err := range all {
		switch {
		case d.End != nil:
			d.problem = fmt.Errorf("another pair came after the error: %w", d.End)
			return d
		case err != nil:
			d.End = err
			continue
		case seen[v]:
			d.problem = fmt.Errorf("%+v came twice", v)
			return d
		case len(d.Rows) > endless:
			d.problem = errors.New("the iteration does not end")
			return d
		}
		seen[v] = true
		d.Rows = append(d.Rows, v)
		if meanwhile != nil {
			meanwhile(len(d.Rows)-1, v)
		}
	}
	return d
}

// Ended says that the iteration went wrong on its way, or did not end with one of the classes; the class nil is a good end.
func (d Drained[V]) Ended(classes ...error) error {
	return First(
		func() error { return d.problem },
		func() error { return Want(d.End, classes...) },
	)
}

// Missing says which of the expected rows did not come.
func (d Drained[V]) Missing(expected []V) error {
	seen := make(map[V]bool, len(d.Rows))
	for _, v := range d.Rows {
		seen[v] = true
	}
	for i, v := range expected {
		if !seen[v] {
			return fmt.Errorf("%+v, number %d of %d, did not come; %d others did", v, i, len(expected), len(d.Rows))
		}
	}
	return nil
}

// NoMoreThan says that more rows came.
func (d Drained[V]) NoMoreThan(n int) error {
	if len(d.Rows) > n {
		return fmt.Errorf("%d rows came; want %d", len(d.Rows), n)
	}
	return nil
}

// Exactly says how an iteration that should end well differs from the expected rows, in whatever order.
func (d Drained[V]) Exactly(expected []V) error {
	return First(
		func() error { return d.Ended(nil) },
		func() error { return d.Missing(expected) },
		func() error { return d.NoMoreThan(len(expected)) },
	)
}

// cancelled says that the iteration went wrong on its way, or did not end with the end of its context.
func (d Drained[V]) cancelled() error {
	return First(
		func() error { return d.problem },
		func() error { return Cancelled(d.End, errors.ErrUnavailable) },
	)
}

// PageByPage says that the first row came only after the last request was sent, where more than one was needed.
func PageByPage[V comparable](all iter.Seq2[V, error], met *atomic.Int64) error {
	first := int64(0)
	list := Drain(all, func(i int, _ V) {
		if i == 0 {
			first = met.Load()
		}
	})
	return First(
		func() error { return list.Ended(nil) },
		func() error { return Met(met) },
		func() error {
			if total := met.Load(); first == 0 || total > 1 && first == total {
				return fmt.Errorf("the first row came after %d of %d requests", first, total)
			}
			return nil
		},
	)
}

// BreaksOff says that a request was sent after the caller had left with the first row.
func BreaksOff[V any](all iter.Seq2[V, error], met *atomic.Int64) error {
	sent := int64(0)
	for _, err := range all {
		if err != nil {
			return Want(err, nil)
		}
		sent = met.Load()
		break
	}
	return NothingMore(met, sent)
}

// NothingMore says that requests were sent after there were so many.
func NothingMore(met *atomic.Int64, sent int64) error {
	if more := met.Load() - sent; sent == 0 || more > 0 {
		return fmt.Errorf("%d requests were sent after the iteration was over, and %d before", more, sent)
	}
	return nil
}

// LaterPage says what is wrong where only the first page can be read: its rows come, then the error of the next, if there is one.
func LaterPage[V comparable](all iter.Seq2[V, error], met *atomic.Int64, expected []V) error {
	list := Drain(all, nil)
	switch {
	case met.Load() == 0:
		return list.Exactly(expected)
	case len(list.Rows) == 0:
		return errors.New("the rows that were read before the error did not come")
	}
	return list.Ended(errors.ErrUnavailable)
}

// Unclear says that a list that could not be read was not an error. What is only compressed, a client may understand.
func Unclear[V comparable](all iter.Seq2[V, error], met *atomic.Int64, ft fault.Fault, expected []V) error {
	list := Drain(all, nil)
	return First(
		func() error { return Met(met) },
		func() error {
			if list.End == nil && ft.Gzip {
				return list.Exactly(expected)
			}
			return list.Ended(errors.ErrUnavailable)
		},
	)
}

// CancelledBefore says what is wrong where the context ended before: one error comes, and nothing is sent for it.
func CancelledBefore[V comparable](ctx context.Context, list func(context.Context) iter.Seq2[V, error], met *atomic.Int64) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	got := Drain(list(ctx), nil)
	return First(
		got.cancelled,
		func() error { return Unmet(met) },
		func() error { return got.NoMoreThan(0) },
	)
}

// CancelledBetween says what is wrong where the context ends at the first row: whatever has been read already may still come;
// the error is last, and no request is sent.
func CancelledBetween[V comparable](ctx context.Context, list func(context.Context) iter.Seq2[V, error], met *atomic.Int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := int64(0)
	got := Drain(list(ctx), func(i int, _ V) {
		if i == 0 {
			cancel()
			sent = met.Load()
		}
	})
	return First(
		got.cancelled,
		func() error { return NothingMore(met, sent) },
	)
}

// CancelledWhileReading says what is wrong where the context ends in a request: the list ends soon, with that error, and can
// be read afterwards.
func CancelledWhileReading[V comparable](ctx context.Context, list func(context.Context) iter.Seq2[V, error],
	script func(fault.Fault), expected []V,
) error {
	return CancelledInFlight(ctx, fault.Hang, errors.ErrUnavailable, script, func() (func(context.Context) error, func() error) {
		var got Drained[V]
		call := func(ctx context.Context) error {
			got = Drain(list(ctx), nil)
			return got.End
		}
		return call, func() error {
			return First(
				func() error { return got.problem },
				func() error { return Drain(list(ctx), nil).Exactly(expected) },
			)
		}
	})
}
