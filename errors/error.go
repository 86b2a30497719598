// SPDX-License-Identifier: Apache-2.0

package errors

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Error is one failed call. All texts in it are free of credentials.
type Error struct {
	Provider  string        // "alibaba", "huawei"; empty where no provider is involved
	Op        string        // the provider's operation, such as "SetResellerUserQuota"
	Class     error         // one of this package's Err variables
	Code      string        // the provider's code, such as "CreditInnerError"; may be empty
	Message   string        // the provider's words, or ours where a request was refused before it was sent
	RequestID string        // the provider's id of the request; give it to their support
	Status    int           // HTTP status; 0 where there was no reply
	Attempts  int           // requests sent or tried; 0 where none was
	After     time.Duration // > 0: the provider asked to wait this long
	Err       error         // what lies beneath; context errors stay visible
}

// textLimit bounds what is taken over from a provider into one line.
const textLimit = 300

// Invalid returns an ErrInvalid error that names the field, its value and the rule it breaks.
func Invalid(field, value, rule string) *Error {
	return &Error{Class: ErrInvalid, Message: fmt.Sprintf("%s = %s: %s", field, strconv.Quote(clip(value, 80)), rule)}
}

// Error returns one line: where, what class, the provider's code and words, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	for _, s := range []string{e.Provider, e.Op} {
		if s != "" {
			b.WriteString(oneLine(s))
			b.WriteString(": ")
		}
	}
	advice := ""
	if c, ok := e.Class.(*class); ok { //nolint:errorlint // a class is never wrapped here
		b.WriteString(c.name)
		advice = c.advice
	} else {
		b.WriteString("failed")
	}
	for _, s := range []string{e.Code, e.Message, causeText(e.Err)} {
		if s != "" {
			b.WriteString(": ")
			b.WriteString(oneLine(s))
		}
	}
	var notes []string
	if advice != "" {
		notes = append(notes, advice)
	}
	if e.After > 0 {
		notes = append(notes, "wait "+e.After.String())
	}
	if e.Status != 0 {
		notes = append(notes, "HTTP "+strconv.Itoa(e.Status))
	}
	if e.RequestID != "" {
		notes = append(notes, "request "+oneLine(e.RequestID))
	}
	if e.Attempts > 1 {
		notes = append(notes, strconv.Itoa(e.Attempts)+" attempts")
	}
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, "; ") + ")")
	}
	return b.String()
}

// Is reports whether target is the class of e.
func (e *Error) Is(target error) bool { return target != nil && target == e.Class }

// Unwrap returns what lies beneath, for example context.Canceled.
func (e *Error) Unwrap() error { return e.Err }

// LogValue gives the fields that are set as attributes.
func (e *Error) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 9)
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, oneLine(value)))
		}
	}
	add("provider", e.Provider)
	add("op", e.Op)
	if e.Class != nil {
		add("class", e.Class.Error())
	}
	add("code", e.Code)
	add("message", e.Message)
	add("request_id", e.RequestID)
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	attrs = append(attrs, slog.Int("attempts", e.Attempts))
	if e.After > 0 {
		attrs = append(attrs, slog.Duration("after", e.After))
	}
	add("cause", causeText(e.Err))
	return slog.GroupValue(attrs...)
}

func causeText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// oneLine makes foreign text safe for one line of a log: no control characters, no invalid bytes, bounded.
func oneLine(s string) string {
	s = clip(s, textLimit)
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
}

// clip cuts s at a rune boundary so that at most limit bytes and an ellipsis remain.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
