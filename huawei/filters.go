// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wire"
)

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
