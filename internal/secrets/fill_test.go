// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/house/listing"
)

// filler makes values of a type and plants a secret in every field whose name speaks of one, so that a field that comes
// tomorrow is in the search.
type filler struct{ planted int }

// names of fields that hold a secret, the closest first.
var names = []struct {
	pattern *regexp.Regexp
	value   string
}{
	{regexp.MustCompile(`(?i)secret|password|signature|private`), secret},
	{regexp.MustCompile(`(?i)token|credential|authorization`), token},
	{regexp.MustCompile(`(?i)accesskey|keyid`), keyID},
}

// fill makes a value for a field of that name.
func (f *filler) fill(t reflect.Type, name string, depth int) reflect.Value {
	v := reflect.New(t).Elem()
	if depth > 6 {
		return v
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(0, 0)))
		return v
	case reflect.TypeFor[decimal.Decimal]():
		v.Set(reflect.ValueOf(decimal.New(100, -2)))
		return v
	case reflect.TypeFor[error]():
		v.Set(reflect.ValueOf(errors.New("harmless")))
		return v
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString(f.text(name))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			v.Set(reflect.ValueOf(f.text(name)))
		}
	case reflect.Pointer:
		if ours(t.Elem()) {
			v.Set(reflect.New(t.Elem()))
			v.Elem().Set(f.fill(t.Elem(), name, depth+1))
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(f.text(name)))
			return v
		}
		v.Set(reflect.Append(v, f.fill(t.Elem(), name, depth+1)))
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(f.fill(t.Key(), "key", depth+1), f.fill(t.Elem(), name, depth+1))
	case reflect.Func:
		results := make([]reflect.Value, 0, t.NumOut())
		for i := range t.NumOut() {
			results = append(results, f.fill(t.Out(i), name, depth+1))
		}
		v.Set(reflect.MakeFunc(t, func([]reflect.Value) []reflect.Value { return results }))
	case reflect.Struct:
		for i := range t.NumField() {
			if field := t.Field(i); field.IsExported() && (ours(t) || t.Name() == "") {
				v.Field(i).Set(f.fill(field.Type, field.Name, depth+1))
			}
		}
	}
	return v
}

// text is a secret where the name speaks of one.
func (f *filler) text(name string) string {
	for _, n := range names {
		if n.pattern.MatchString(name) {
			f.planted++
			return n.value
		}
	}
	return "harmless"
}

// ours reports whether a type is this module's, or none that has a name.
func ours(t reflect.Type) bool {
	return t.PkgPath() == "" || strings.HasPrefix(t.PkgPath(), listing.Module)
}

func TestFill(t *testing.T) {
	type inner struct{ SecurityToken string }
	type sample struct {
		AccessKeyID string
		SecretKey   []byte
		Name        string
		Inner       []*inner
		TokenFunc   func() (string, error)
		Any         map[string]any
		when        time.Time
	}
	var f filler
	s, ok := f.fill(reflect.TypeFor[sample](), "", 0).Interface().(sample)
	require.True(t, ok)
	require.Equal(t, []string{keyID, secret, "harmless", token}, []string{s.AccessKeyID, string(s.SecretKey), s.Name, s.Inner[0].SecurityToken})
	made, err := s.TokenFunc()
	require.Error(t, err)
	require.Equal(t, token, made)
	require.Equal(t, map[string]any{"harmless": "harmless"}, s.Any)
	require.True(t, s.when.IsZero())
	require.Equal(t, 4, f.planted)
}
