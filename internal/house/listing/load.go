// SPDX-License-Identifier: Apache-2.0

// Package listing reads what the module's packages export. It is for tests alone, needs the go command, and no network.
package listing

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the module's path.
const Module = "github.com/resellkit/resell"

// Package is one package, checked and with its comments.
type Package struct {
	Path  string // below Module
	Types *types.Package
	Files []*ast.File
	Fset  *token.FileSet
}

// Public lists the packages that users of the module can import, by their path below Module: neither internal ones nor
// programs.
func Public(ctx context.Context) ([]string, error) {
	out, err := goList(ctx, "{{if ne .Name \"main\"}}{{.ImportPath}}{{end}}", Module+"/...")
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, path := range strings.Fields(out) {
		path = strings.TrimPrefix(path, Module+"/")
		if !slices.Contains(strings.Split(path, "/"), "internal") {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// Load reads packages by their paths below Module. What they import comes from the go command's build cache.
func Load(ctx context.Context, paths ...string) ([]*Package, error) {
	full := make([]string, 0, len(paths))
	for _, path := range paths {
		full = append(full, Module+"/"+path)
	}
	out, err := goList(ctx, "{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{join .GoFiles \" \"}}", append([]string{"-export", "-deps"}, full...)...)
	if err != nil {
		return nil, err
	}
	compiled, sources := map[string]string{}, map[string][]string{}
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		path, export, dir := fields[0], fields[1], fields[2]
		compiled[path] = export
		for _, file := range strings.Fields(fields[3]) {
			sources[path] = append(sources[path], filepath.Join(dir, file))
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) })
	packages := make([]*Package, 0, len(paths))
	for _, path := range paths {
		p := &Package{Path: path, Fset: fset}
		for _, file := range sources[Module+"/"+path] {
			parsed, err := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			p.Files = append(p.Files, parsed)
		}
		p.Types, err = (&types.Config{Importer: imports}).Check(Module+"/"+path, fset, p.Files, nil)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// TypeNames lists the package's exported types, as in quota.Money, but not its interfaces.
func (p *Package) TypeNames() (names []string) {
	for _, name := range p.Types.Scope().Names() {
		object, ok := p.Types.Scope().Lookup(name).(*types.TypeName)
		if ok && object.Exported() && !types.IsInterface(object.Type()) {
			names = append(names, p.Types.Name()+"."+name)
		}
	}
	return names
}

func goList(ctx context.Context, format string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-f", format}, args...)...) //nolint:gosec // of tests
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go list: %w: %s", err, cmp.Or(complaint.String(), "(no more words)"))
	}
	return out.String(), nil
}
