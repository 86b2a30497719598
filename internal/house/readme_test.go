// SPDX-License-Identifier: Apache-2.0

// Package house holds the README and the imports to what they promise: it has no code of its own.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/quota"
)

const root = "../.."

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	return string(text)
}

// Each Go snippet stands in an example that is compiled.
func TestSnippetsCompile(t *testing.T) {
	var examples string
	for _, file := range []string{"alibaba/example_test.go", "huawei/example_test.go"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		examples += squeeze(string(text))
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	require.Len(t, snippets, 2)
	for _, s := range snippets {
		require.Contains(t, examples, squeeze(s[1]))
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// The table of who can do what says what the compiler says.
func TestCapabilities(t *testing.T) {
	interfaces := map[string]reflect.Type{
		"quota.Limiter":        reflect.TypeFor[quota.Limiter](),
		"quota.Ledger":         reflect.TypeFor[quota.Ledger](),
		"quota.Adjuster":       reflect.TypeFor[quota.Adjuster](),
		"quota.Budgeter":       reflect.TypeFor[quota.Budgeter](),
		"quota.Freezer":        reflect.TypeFor[quota.Freezer](),
		"quota.Directory":      reflect.TypeFor[quota.Directory](),
		"quota.StandingReader": reflect.TypeFor[quota.StandingReader](),
		"quota.Alarmer":        reflect.TypeFor[quota.Alarmer](),
		"costunit.Transferrer": reflect.TypeFor[costunit.Transferrer](),
		"costunit.Lister":      reflect.TypeFor[costunit.Lister](),
		"costunit.Manager":     reflect.TypeFor[costunit.Manager](),
		"costunit.Remover":     reflect.TypeFor[costunit.Remover](),
	}
	clients := []reflect.Type{reflect.TypeFor[*alibaba.Client](), reflect.TypeFor[*huawei.Client]()}
	rows := regexp.MustCompile("(?m)^\\| `((?:quota|costunit)\\.[A-Za-z]+)` \\|[^|]*\\| ([^|]+) \\| ([^|]+) \\|$").FindAllStringSubmatch(readme(t), -1)
	require.Len(t, rows, len(interfaces))
	for _, row := range rows {
		require.Contains(t, interfaces, row[1])
		for i, client := range clients {
			require.Equal(t, client.Implements(interfaces[row[1]]), strings.HasPrefix(row[2+i], "yes"), "%v and %s", client, row[1])
		}
	}
	require.ElementsMatch(t, declared(t, "quota", "costunit"), keys(interfaces), "every interface has its row")
}

// declared lists the exported interfaces of packages.
func declared(t *testing.T, packages ...string) (names []string) {
	t.Helper()
	for _, name := range packages {
		files, err := filepath.Glob(filepath.Join(root, name, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(parsed, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
					if _, is := spec.Type.(*ast.InterfaceType); is {
						names = append(names, name+"."+spec.Name.Name)
					}
				}
				return true
			})
		}
	}
	return names
}

func keys(m map[string]reflect.Type) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

// Every class has its row in the table of errors.
func TestErrorTable(t *testing.T) {
	text := readme(t)
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "errors/class.go"), nil, 0)
	require.NoError(t, err)
	classes := 0
	for _, decl := range parsed.Decls {
		vars, ok := decl.(*ast.GenDecl)
		if !ok || vars.Tok != token.VAR {
			continue
		}
		for _, spec := range vars.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				classes++
				require.Contains(t, text, "| `"+name.Name+"` |")
			}
		}
	}
	require.Equal(t, 11, classes)
}
