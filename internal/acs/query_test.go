// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEscape(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"AZaz09-._~", "AZaz09-._~"},
		{" ", "%20"},
		{"+", "%2B"},
		{"*", "%2A"},
		{"%7E", "%257E"},
		{"a;b/c", "a%3Bb%2Fc"},
		{"云", "%E4%BA%91"},
		{"\x00\x7f\xff", "%00%7F%FF"},
		{`!"#$&'(),:<=>?@[\]^{|}` + "`", "%21%22%23%24%26%27%28%29%2C%3A%3C%3D%3E%3F%40%5B%5C%5D%5E%7B%7C%7D%60"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, Escape(tt.in), tt.in)
	}
}

func TestEncodeQuery(t *testing.T) {
	tests := []struct {
		name   string
		params []Param
		want   string
	}{
		{"none", nil, ""},
		{"one", []Param{{"A", "b"}}, "A=b"},
		{"empty value", []Param{{"A", ""}}, "A="},
		{"byte order of the names", nasty["sort"], "A=4&A-1=6&A.1=5&A.10=3&A.2=2&A%2F1=7&a=1"},
		{"names unescaped when sorted", []Param{{"é", "2"}, {"~", "1"}}, "~=1&%C3%A9=2"},
		{"ties by value", nasty["ties"], "A=&A=10&A=2&A=2&a=0"},
		{"reserved", []Param{{"a b", "*;~+"}}, "a%20b=%2A%3B~%2B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.params)
			require.Equal(t, tt.want, EncodeQuery(tt.params))
			require.Equal(t, before, tt.params, "params were changed")
		})
	}
}

// What is encoded decodes, by the parser servers use, to what it was.
func TestEncodeQueryDecodes(t *testing.T) {
	for name, params := range nasty {
		t.Run(name, func(t *testing.T) {
			values, err := url.ParseQuery(EncodeQuery(params))
			require.NoError(t, err)
			require.ElementsMatch(t, params, flatten(values))
		})
	}
}
