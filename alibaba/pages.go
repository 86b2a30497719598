// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"iter"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
)

// maxStale is how many pages in a row may have nothing new before a list is given up that says that there is more.
const maxStale = 3

// page is one page of a list.
type page[T any] struct {
	rows  []T // nil: there is no list in the reply
	total int // of the whole list; unknown: -1
}

// listing is one of the API's, read page by page.
type listing[T any, K comparable] struct {
	op    *operation
	size  int // rows that are asked for at once
	fetch func(ctx context.Context, number int) (page[T], error)
	key   func(T) K // two rows of one key are the same
}

// each iterates over the rows of a list, each key once. It holds one page, and the keys that it has seen.
func each[T any, K comparable](ctx context.Context, c *Client, l listing[T, K]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r := reading[T, K]{listing: l, client: c, seen: make(map[K]struct{})}
		read, total, stale := 0, -1, 0
		for number := 1; ; number++ {
			p, news, more := r.page(ctx, number, yield)
			if !more {
				return
			}
			if number == 1 && (p.total > 0 && len(p.rows) == 0 || p.total < 0 && p.rows == nil) {
				r.broken(yield, "the first page is empty, but the list does not say that it is")
				return
			}
			if 0 <= p.total && p.total < total { // rows went from the pages before, and others moved up into those
				_, slipped, more := r.page(ctx, number-1, yield)
				if !more {
					return
				}
				news += slipped
			}
			read, total = read+len(p.rows), p.total
			if stale++; news > 0 {
				stale = 0
			}
			switch {
			case len(p.rows) == 0,
				read == total && len(p.rows) < l.size, // a full page may tell its own length as that of the list
				news == 0 && read > total:
				return
			case stale == maxStale:
				r.broken(yield, "pages bring nothing new, but the list says that it has "+strconv.Itoa(total)+" rows")
				return
			}
		}
	}
}

// reading is one iteration under way.
type reading[T any, K comparable] struct {
	listing[T, K]
	client *Client
	seen   map[K]struct{}
}

// page reads one page and yields what is new in it. It ends with more == false: after an error, which it yields, or a
// break.
func (r *reading[T, K]) page(ctx context.Context, number int, yield func(T, error) bool) (p page[T], news int, more bool) {
	var none T
	err := r.client.call.Watch(ctx, r.op.name, func(ctx context.Context) (err error) {
		p, err = r.fetch(ctx, number)
		return err
	})
	if err != nil {
		yield(none, err)
		return p, 0, false
	}
	for _, row := range p.rows {
		key := r.key(row)
		if _, known := r.seen[key]; known {
			continue
		}
		r.seen[key] = struct{}{}
		if ctx.Err() != nil {
			yield(none, call.Ended(ctx, provider, r.op.name))
			return p, news, false
		}
		news++
		if !yield(row, nil) {
			return p, news, false
		}
	}
	return p, news, true
}

// broken ends the iteration over a list that contradicts itself.
func (r *reading[T, K]) broken(yield func(T, error) bool, message string) {
	var none T
	yield(none, &errors.Error{Provider: provider, Op: r.op.name, Class: errors.ErrUnavailable, Message: message})
}

// only leaves out of an iteration what is not wanted.
func only[T any](all iter.Seq2[T, error], wanted func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range all {
			if (err != nil || wanted(row)) && !yield(row, err) {
				return
			}
		}
	}
}
