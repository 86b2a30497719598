// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"strconv"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
)

// What every list of the partner API takes.
const (
	pageSize  = 100
	maxOffset = 40000000
	// overlap is how many rows a page has in common with the one before. Where that many rows or fewer were removed from
	// what was read already, nothing slips through between the two pages.
	overlap = 10
	// maxStale is how many pages in a row may have nothing new before a list is given up that says that there is more.
	maxStale = 3
)

// page is one page of a list. Its rows are the iteration's own.
type page[T any] struct {
	rows  []T
	total int // of the whole list; unknown: -1

	broken error // what the page tells of rows that could not be read: the iteration ends with it
}

// list is one of the API's, read page by page.
type list[T any] struct {
	op     *operation
	fetch  func(ctx context.Context, offset int) (page[T], error)
	id     func(T) string // nil: the rows have none
	offset int            // the largest that is allowed
}

// each iterates over the rows of a list, each id once. It holds one page, and the ids that it has seen.
func each[T any](ctx context.Context, c *Client, l list[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		seen, stale := make(map[string]struct{}), 0
		for offset := 0; ; {
			var p page[T]
			err := c.call.Watch(ctx, l.op.name, func(ctx context.Context) (err error) {
				p, err = l.fetch(ctx, offset)
				return err
			})
			if err != nil {
				yield(none, err)
				return
			}
			news := 0
			for _, row := range p.rows {
				if l.id != nil {
					id := l.id(row)
					if _, known := seen[id]; known {
						continue
					}
					seen[id] = struct{}{}
				}
				if ctx.Err() != nil {
					yield(none, call.Ended(ctx, provider, l.op.name))
					return
				}
				news++
				if !yield(row, nil) {
					return
				}
			}
			if p.broken != nil {
				yield(none, p.broken)
				return
			}
			if news > 0 {
				stale = 0
			} else {
				stale++
			}
			end := offset + len(p.rows)
			switch {
			case len(p.rows) == 0, end == p.total, news == 0 && end > p.total:
				return
			case stale == maxStale:
				yield(none, l.broken("pages bring nothing new, but the list says that it has "+strconv.Itoa(p.total)+" rows"))
				return
			}
			offset = end
			if l.id != nil && len(p.rows) > overlap {
				offset -= overlap
			}
			if offset > l.offset {
				yield(none, l.broken("the list is longer than Huawei Cloud pages through; ask for parts of it"))
				return
			}
		}
	}
}

func (l list[T]) broken(message string) error {
	return &errors.Error{Provider: provider, Op: l.op.name, Class: errors.ErrUnavailable, Message: message}
}
