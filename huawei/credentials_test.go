// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var planted = Credentials{AccessKey: "PLANTED-AK", SecretKey: "PLANTED-SK", SecurityToken: "PLANTED-TOKEN"}

// requireClean fails if a planted value is in text, as it is or in hexadecimal.
func requireClean(t testing.TB, text string) {
	t.Helper()
	for _, form := range []string{"PLANTED", fmt.Sprintf("%x", "PLANTED"), fmt.Sprintf("%X", "PLANTED"), "80 76 65 78 84 69 68"} {
		require.NotContains(t, text, form)
	}
}

func TestCredentialsAreRedacted(t *testing.T) {
	config := Config{Credentials: planted, Site: International}
	values := map[string]any{
		"value": planted, "pointer": &planted, "config": config, "config pointer": &config,
		"slice": []Credentials{planted}, "map": map[string]Credentials{"k": planted},
		"struct": struct{ C *Credentials }{&planted},
	}
	for name, value := range values {
		// Every verb but %p, which fmt calls a mistake for a struct, and then prints without asking its methods; vet finds it.
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%e", "%o", "%U", "%c", "%b", "%z", "%10.2v", "%T"} {
			requireClean(t, fmt.Sprintf(verb, value))
		}
		requireClean(t, fmt.Sprint(value))
		out, _ := json.Marshal(value)
		requireClean(t, string(out))
		out, _ = xml.Marshal(value)
		requireClean(t, string(out))

		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(h).Info("m", "k", value, slog.Group("g", "k", value))
		}
		requireClean(t, log.String())
		require.NotEmpty(t, log.String(), name)
	}
	require.Equal(t, "[redacted]", fmt.Sprintf("%+v", planted))
	require.Equal(t, "[redacted]", fmt.Sprintf("%x", &planted))
	out, err := json.Marshal(planted)
	require.NoError(t, err)
	require.Equal(t, `"[redacted]"`, string(out))
	// The control: what the test looks for would be there without the redaction.
	type bare Credentials
	require.Contains(t, fmt.Sprintf("%v", bare(planted)), "PLANTED")
}

func TestClientHoldsNoCredentialsInSight(t *testing.T) {
	client, err := New(Config{Credentials: planted, Site: International})
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		requireClean(t, fmt.Sprintf(verb, client))
		requireClean(t, fmt.Sprintf(verb, *client))
	}
	var texts []string
	collect(reflect.ValueOf(client), map[uintptr]bool{}, &texts)
	require.Contains(t, texts, "bss-intl.myhuaweicloud.com") // the walk reaches unexported fields
	requireClean(t, strings.Join(texts, "\n"))
}

// collect walks a value, unexported fields too, and gathers its strings.
func collect(v reflect.Value, seen map[uintptr]bool, texts *[]string) {
	switch v.Kind() {
	case reflect.String:
		*texts = append(*texts, v.String())
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		collect(v.Elem(), seen, texts)
	case reflect.Interface:
		collect(v.Elem(), seen, texts)
	case reflect.Struct:
		for i := range v.NumField() {
			collect(v.Field(i), seen, texts)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			collect(v.Index(i), seen, texts)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			collect(it.Key(), seen, texts)
			collect(it.Value(), seen, texts)
		}
	}
}
