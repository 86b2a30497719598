// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for raw, want := range map[string]Text{
		`"200\n"`: "200", `" x "`: "x", `200`: "200", `-304`: "-304", `9007199254740993`: "9007199254740993", `1.10`: "1.10",
		`true`: "true", `null`: "", `""`: "", `{"a":1}`: `{"a":1}`, `[1]`: "[1]", `"é"`: "é", `"\u00e9"`: "é", "\"\xff\"": "\ufffd",
	} {
		got := Text("old")
		require.NoError(t, json.Unmarshal([]byte(raw), &got), raw)
		if raw != "null" { // encoding/json does not ask for a null at the top
			require.Equal(t, want, got, raw)
		}
		field := struct{ F Text }{"old"}
		require.NoError(t, json.Unmarshal([]byte(`{"F":`+raw+`}`), &field))
		require.Equal(t, want, field.F, raw)
	}
	require.True(t, Text("SUCCESS").Is("200", "success"))
	require.False(t, Text("").Is("200", "success"))
}

func TestVisible(t *testing.T) {
	for s, want := range map[string]bool{"a": true, "~!": true, "": false, "a b": false, "a\n": false, "é": false, "\x7f": false, strings.Repeat("a", 8): true, strings.Repeat("a", 9): false} {
		require.Equal(t, want, Visible(s, 8), "%q", s)
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[Text]int{"0": 0, "12": 12, "": -1, "-1": -1, "1.5": -1, "1,000": -1, "many": -1} {
		require.Equal(t, want, text.Count(), "%q", text)
	}
}
