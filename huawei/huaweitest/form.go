// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// form reads the fields of a request, and keeps the first problem. A field that is missing is as one that is null.
type form struct {
	in      *incoming
	fields  map[string]json.RawMessage
	asked   map[string]bool // fields that the operation has
	problem string
}

// jsonForm reads a body, which must be declared as what it is.
func jsonForm(in *incoming) (*form, *refusal) {
	if kind, _, err := mime.ParseMediaType(in.http.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, in.invalid("Content-Type must be application/json")
	}
	f := &form{in: in, asked: make(map[string]bool)}
	if err := json.Unmarshal(in.body, &f.fields); err != nil || f.fields == nil {
		return nil, in.invalid("the body must be a JSON object")
	}
	return f, nil
}

// queryForm reads a query. Its parameters are texts, whatever the fields of a body are.
func queryForm(in *incoming, numbers ...string) *form {
	f := &form{in: in, fields: make(map[string]json.RawMessage), asked: make(map[string]bool)}
	for name, values := range in.http.URL.Query() { // the gateway has read it before
		text, _ := json.Marshal(values[0])
		f.fields[name] = text
	}
	for _, name := range numbers {
		if text := string(f.fields[name]); text != "" {
			f.fields[name] = json.RawMessage(strings.Trim(text, `"`))
		}
	}
	return f
}

// done gives the first problem as it is answered. EPS takes no field that it does not have.
func (f *form) done() *refusal {
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		if f.in.op.ofProjects() && !f.asked[name] {
			f.fail(name, "is no field of this operation")
		}
	}
	if f.problem == "" {
		return nil
	}
	return f.in.invalid(f.problem)
}

func (f *form) fail(name, rule string) {
	if f.problem == "" {
		f.problem = name + " " + rule
	}
}

// raw is the JSON of a field; false where it is missing or null.
func (f *form) raw(name string) ([]byte, bool) {
	f.asked[name] = true
	raw := f.fields[name]
	return raw, len(raw) > 0 && string(raw) != "null"
}

// text is a string of at most limit characters; "" where it is missing.
func (f *form) text(name string, limit int) (text string) {
	raw, given := f.raw(name)
	if given && (json.Unmarshal(raw, &text) != nil || utf8.RuneCountInString(text) > limit) {
		f.fail(name, "must be a string of at most "+strconv.Itoa(limit)+" characters")
		return ""
	}
	return text
}

// required is a text that may not be empty.
func (f *form) required(name string, limit int) string {
	text := f.text(name, limit)
	if text == "" {
		f.fail(name, "must be a string of 1 to "+strconv.Itoa(limit)+" characters")
	}
	return text
}

// part is a part of a name to look for.
func (f *form) part(name string, limit int) string {
	text := f.text(name, limit)
	if strings.Contains(text, " ") {
		f.fail(name, "must have no spaces")
	}
	return text
}

// ids are 1 to limit ids.
func (f *form) ids(name string, limit int) (ids []string) {
	raw, given := f.raw(name)
	if !given || json.Unmarshal(raw, &ids) != nil || len(ids) == 0 || len(ids) > limit {
		f.fail(name, "must be a list of 1 to "+strconv.Itoa(limit)+" strings")
		return nil
	}
	for _, id := range ids {
		if id == "" || len(id) > maxID {
			f.fail(name, idRule)
		}
	}
	return ids
}

// integer is a number from least to most.
func (f *form) integer(name string, least, most, unset int) int {
	raw, given := f.raw(name)
	if !given {
		return unset
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < least || n > most {
		f.fail(name, "must be an integer from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return unset
	}
	return n
}

// flag is true or false; false where it is missing.
func (f *form) flag(name string) (value bool) {
	if raw, given := f.raw(name); given && json.Unmarshal(raw, &value) != nil {
		f.fail(name, "must be true or false")
	}
	return value
}

// choice is one of the words; the first where it is missing. Where "" is not among them it is refused.
func (f *form) choice(name string, unset string, words ...string) string {
	raw, given := f.raw(name)
	if !given {
		return unset
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		for _, word := range words {
			if text == word {
				return text
			}
		}
	}
	f.fail(name, "must be one of "+strings.Join(words, ", "))
	return unset
}

const timeForm = "2006-01-02T15:04:05Z"

// time is a time in UTC; zero where it is missing. An empty one is refused.
func (f *form) time(name string) time.Time {
	raw, given := f.raw(name)
	if !given {
		return time.Time{}
	}
	var text string
	t, err := time.Time{}, json.Unmarshal(raw, &text)
	if err == nil {
		t, err = time.Parse(timeForm, text)
	}
	if err != nil {
		f.fail(name, "must look like 2019-05-06T08:05:01Z")
	}
	return t
}

// window is the part of a list that is asked for.
type window struct{ offset, limit int }

func (f *form) window() window {
	return window{f.integer("offset", 0, maxOffset, 0), f.integer("limit", 1, maxPage, defaultPage)}
}

// What the lists take.
const (
	maxOffset   = 40000000
	maxPage     = 100
	defaultPage = 10
)

// cut is the window of a list of n rows: from, and to behind the last.
func (w window) cut(n int) (from, to int) {
	from = min(w.offset, n)
	return from, min(from+w.limit, n)
}

// span is a span of time, open where it is zero.
type span struct{ begin, end time.Time }

func (f *form) span() span {
	return span{f.time("associated_on_begin"), f.time("associated_on_end")}
}

// has reports whether t, to the second, is in the span. Both its ends are.
func (s span) has(t time.Time) bool {
	t = t.Truncate(time.Second)
	return (s.begin.IsZero() || !t.Before(s.begin)) && (s.end.IsZero() || !t.After(s.end))
}
