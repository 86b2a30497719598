// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/require"
)

const sample = `
package sample

import "context"

// Grouped speaks for both.
const (
	One = 1
	two = 2
)

const Bare Kind = "x"

// Kind is one.
type Kind string

type Alias = Kind

// Pair has fields, some of them hidden.
type Pair[A any, B comparable] struct {
	First  A ` + "`json:\"first\"`" + `
	Second B
	third  int
	Kind
}

// Open has no hidden fields.
type Open struct{ Do func(context.Context) error }

func (Pair[A, B]) Value() {}

// Pointer says something.
func (*Pair[A, B]) Pointer(n int, rest ...string) (err error) { return nil }

type hidden struct{}

// Promoted comes from a hidden type.
func (hidden) Promoted() {}

// Outer embeds.
type Outer struct{ hidden }

// Doer does.
type Doer interface {
	Do(context.Context) error
	private()
}

var Loose error

func Function() {}

func function() {}
`

func checked(t *testing.T, source string) *Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "sample.go", source, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	p, err := (&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}).Check("sample", fset, []*ast.File{file}, nil)
	require.NoError(t, err)
	return &Package{Path: "sample", Types: p, Files: []*ast.File{file}, Fset: fset}
}

func TestLines(t *testing.T) {
	require.Equal(t, []string{
		`const Bare Kind = "x"`,
		`const One untyped int = 1`,
		`func Function()`,
		`method (*Pair[A any, B comparable]) Pointer(n int, rest ...string) (err error)`,
		`method (Outer) Promoted()`,
		`method (Pair[A any, B comparable]) Value()`,
		`type Alias = Kind`,
		`type Doer interface`,
		`type Doer interface, Do(context.Context) error`,
		`type Doer interface, unexported methods`,
		`type Kind string`,
		`type Open struct`,
		`type Open struct, Do func(context.Context) error`,
		`type Outer struct`,
		`type Outer struct, unexported fields`,
		`type Pair[A any, B comparable] struct`,
		"type Pair[A any, B comparable] struct, First A `json:\"first\"`",
		`type Pair[A any, B comparable] struct, Second B`,
		`type Pair[A any, B comparable] struct, embedded Kind`,
		`type Pair[A any, B comparable] struct, unexported fields`,
		`var Loose error`,
	}, checked(t, sample).Lines())
}

func TestTypeNames(t *testing.T) {
	require.Equal(t, []string{"sample.Alias", "sample.Kind", "sample.Open", "sample.Outer", "sample.Pair"}, checked(t, sample).TypeNames())
}

func TestUndocumented(t *testing.T) {
	require.Equal(t, []string{"Bare", "Alias", "Pair.Value", "Loose", "Function", "package sample"}, checked(t, sample).Undocumented())
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	_, err := Load(t.Context(), "no/such/package")
	require.ErrorContains(t, err, "no/such/package")
}
