// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEncodeQuery(t *testing.T) {
	tests := []struct {
		params []Param
		want   string
	}{
		{nil, ""},
		{[]Param{{"b", "2"}, {"a", "1"}}, "a=1&b=2"},
		{[]Param{{"a", "2"}, {"a", "1"}, {"a", ""}}, "a=&a=1&a=2"},
		{[]Param{{"offset", ""}}, "offset="},
		{[]Param{{"", ""}}, "="},
		{[]Param{{"q", "a b+/*~é%&=;"}}, "q=a%20b%2B%2F%2A~%C3%A9%25%26%3D%3B"},
		// By the bytes as they are: escaped, "é" (%C3) would come before "a".
		{[]Param{{"é", "1"}, {"a", "1"}}, "a=1&%C3%A9=1"},
		{[]Param{{"k", "z"}, {"k", "é"}}, "k=z&k=%C3%A9"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			before := slices.Clone(tt.params)
			require.Equal(t, tt.want, EncodeQuery(tt.params))
			require.Equal(t, before, tt.params)
		})
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"AZaz09-_.~":                    "AZaz09-_.~",
		" +/*é%\x00\xff":                "%20%2B%2F%2A%C3%A9%25%00%FF",
		strings.Repeat("long ", 100):    strings.Repeat("long%20", 100),
		"06ffbcd46880d3f30f62c001a49be": "06ffbcd46880d3f30f62c001a49be",
	} {
		require.Equal(t, want, Escape(in))
	}
}

func TestCanonicalQuery(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"", ""},
		{"a", "a="},
		{"a=", "a="},
		{"b=2&&a&", "a=&b=2"},
		{"a=b=c", "a=b%3Dc"},
		{"a=%2b+%7e*", "a=%2B%20~%2A"},
		{"=v", "=v"},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			got, err := canonicalQuery(tt.raw)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	for _, raw := range []string{"a=%zz", "%=1", "a=%2"} {
		_, err := canonicalQuery(raw)
		require.Error(t, err, raw)
	}
}

func BenchmarkEncodeQuery(b *testing.B) {
	params := []Param{{"indirect_partner_id", "a b+/*~é"}, {"customer_id", "06ffbcd46880d3f30f62c001a49be460"}}
	b.ReportAllocs()
	for b.Loop() {
		EncodeQuery(params)
	}
}
