// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wire"
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
					yield(none, ended(ctx, l.op))
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

// failing is the iteration over what cannot be asked for.
func failing[T any](ctx context.Context, c *Client, op *operation, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, c.call.Watch(ctx, op.name, func(context.Context) error { return refuse(op.name, err) }))
	}
}

// total is the length of a list, as it was told: a number or a string.
func total(count wire.Text) int {
	n, err := strconv.Atoi(string(count))
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// association is when the rows asked for were associated.
type association struct {
	Begin string `json:"associated_on_begin,omitempty"`
	End   string `json:"associated_on_end,omitempty"`
}

const wireTime = "2006-01-02T15:04:05Z"

// associated writes a span of time in UTC, to the second; zero is open.
func associated(from, to time.Time) (a association) {
	if !from.IsZero() {
		a.Begin = from.UTC().Format(wireTime)
	}
	if !to.IsZero() {
		a.End = to.UTC().Format(wireTime)
	}
	return a
}

func checkSpan(field string, from, to time.Time) error {
	for _, t := range []time.Time{from, to} {
		if year := t.UTC().Year(); year < 1 || year > 9999 {
			return errors.Invalid(field, t.String(), "must be in the years 1 to 9999")
		}
	}
	if !from.IsZero() && !to.IsZero() && to.Before(from) {
		return errors.Invalid(field, to.String(), "must not be before its beginning, "+from.String())
	}
	return nil
}

// checkPart checks a part of a name to look for, which may be empty.
func checkPart(field, text string, limit int) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return errors.Invalid(field, text, "must be UTF-8 text without spaces")
	case utf8.RuneCountInString(text) > limit:
		return errors.Invalid(field, text, "must have at most "+strconv.Itoa(limit)+" characters")
	}
	return nil
}

func checkOptionalID(field, id string) error {
	if id != "" && !wire.Visible(id, 64) {
		return errors.Invalid(field, id, "must be at most 64 characters of visible ASCII without spaces")
	}
	return nil
}

// firstOf is the first problem, or nil.
func firstOf(problems ...error) error {
	for _, err := range problems {
		if err != nil {
			return err
		}
	}
	return nil
}

// timeOf reads a time; zero where it is not told, or not readable.
func timeOf(text wire.Text) time.Time {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
