// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// byReflection is the form that reads the fields itself and asks no method. What the caller's own exported fields hold
// cannot be hidden from it.
const byReflection = "a failed comparison of testify"

// forms are the ways in which a value becomes a text.
var forms = map[string]func(value any) string{
	"%v":       verb("%v"),
	"%+v":      verb("%+v"),
	"%#v":      verb("%#v"),
	"%s":       verb("%s"),
	"%q":       verb("%q"),
	"%x":       verb("%x, % x, %X"),
	"%d":       verb("%d, %o, %c"),
	"Sprint":   func(v any) string { return fmt.Sprint(v) + fmt.Sprintln("x", v) },
	"Errorf":   func(v any) string { return fmt.Errorf("x: %v, %w", v, errors.New("y")).Error() },
	"JSON":     encoded(func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }),
	"XML":      encoded(func(w io.Writer, v any) error { return xml.NewEncoder(w).Encode(v) }),
	"log text": logged(func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }),
	"log JSON": logged(func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }),
	"panic":    panicked,
	"gob":      encoded(func(w io.Writer, v any) error { return gob.NewEncoder(w).Encode(v) }),

	byReflection: compared,
}

// errorForms are those that only errors have.
var errorForms = map[string]func(err error) string{
	"Error":     error.Error,
	"wrapped":   func(err error) string { return fmt.Errorf("x: %w", err).Error() },
	"joined":    func(err error) string { return errors.Join(errors.New("x"), err).Error() },
	"url.Error": func(err error) string { return (&url.Error{Op: "Post", URL: "https://host.test", Err: err}).Error() },
	"LogValue": func(err error) string {
		valuer, ok := err.(slog.LogValuer)
		if !ok {
			return ""
		}
		return fmt.Sprintf("%v %+v %#v", valuer.LogValue(), valuer.LogValue(), valuer.LogValue())
	},
}

func verb(format string) func(any) string {
	count := strings.Count(format, "%")
	return func(v any) string {
		args := make([]any, count)
		for i := range args {
			args[i] = v
		}
		return fmt.Sprintf(format, args...)
	}
}

// encoded is also what was written before an encoder failed, and why it did.
func encoded(encode func(io.Writer, any) error) func(any) string {
	return func(v any) string {
		var b bytes.Buffer
		err := encode(&b, v)
		return fmt.Sprint(b.String(), err)
	}
}

func logged(handler func(io.Writer) slog.Handler) func(any) string {
	return func(v any) string {
		var b bytes.Buffer
		slog.New(handler(&b)).With("with", v).WithGroup("group").Error("failed", "value", v, slog.Group("inner", "value", v))
		return b.String()
	}
}

// panicked is the text of a recovered panic, and the stack.
func panicked(v any) (text string) {
	defer func() { text = fmt.Sprintf("panic: %v\n%s", recover(), debug.Stack()) }()
	panic(v)
}

// compared is what testify prints where v is not what it should be.
func compared(v any) string {
	var r recorder
	require.Equal(&r, nil, v)
	require.Contains(&r, v, "x")
	require.Equal(&r, struct{ V any }{}, struct{ V any }{v})
	return r.String()
}

// recorder is a test that fails in silence.
type recorder struct{ strings.Builder }

func (r *recorder) Errorf(format string, args ...any) { _, _ = fmt.Fprintf(r, format, args...) }
func (r *recorder) FailNow()                          {}

// leaks lists the forms in which a secret shows, and how.
func leaks(value any) map[string]string {
	shown := map[string]string{}
	for name, form := range forms {
		if how := found(form(value)); how != "" {
			shown[name] = how
		}
	}
	return shown
}

// errorLeaks is leaks for an error and all that lies beneath it.
func errorLeaks(err error) map[string]string {
	shown := map[string]string{}
	walk(err, func(err error) {
		for name, how := range leaks(err) {
			shown[name] = how
		}
		for name, form := range errorForms {
			if how := found(form(err)); how != "" {
				shown[name] = how
			}
		}
	})
	return shown
}

// walk visits err and every error beneath it.
func walk(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch e := err.(type) { //nolint:errorlint // this walks the tree itself
	case interface{ Unwrap() error }:
		walk(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, sub := range e.Unwrap() {
			walk(sub, visit)
		}
	}
}

// The control: what redacts nothing is found in every form.
func TestEveryFormIsSearched(t *testing.T) {
	type Bare struct{ Secret string }
	shown := leaks(Bare{secret})
	for name := range forms {
		require.Contains(t, shown, name)
	}
	shown = errorLeaks(fmt.Errorf("outer: %w", &bareError{secret}))
	for name := range errorForms {
		require.Contains(t, shown, name)
	}
	require.Empty(t, errorLeaks(&bareError{"harmless"}))
	require.NotEmpty(t, errorLeaks(fmt.Errorf("x: %.2w", errors.Join(errors.New("x"), &bareError{token}))))
}

type bareError struct{ Secret string }

func (e *bareError) Error() string        { return e.Secret }
func (e *bareError) LogValue() slog.Value { return slog.StringValue(e.Secret) }
