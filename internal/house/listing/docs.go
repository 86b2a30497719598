// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"go/ast"
	"go/token"
	"strings"
)

// Undocumented lists what the package exports without a word about it. A comment on a group of constants or variables
// holds for all in it, that of a type for its fields.
func (p *Package) Undocumented() (names []string) {
	u := &undocumented{}
	documented := false
	for _, file := range p.Files {
		documented = documented || said(file.Doc)
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				u.function(d)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					u.spec(spec, said(d.Doc) && (d.Lparen.IsValid() || len(d.Specs) == 1))
				}
			}
		}
	}
	if !documented {
		u.names = append(u.names, "package "+p.Types.Name())
	}
	return u.names
}

type undocumented struct{ names []string }

func (u *undocumented) check(name, within string, comments ...*ast.CommentGroup) {
	if !token.IsExported(name) {
		return
	}
	for _, c := range comments {
		if said(c) {
			return
		}
	}
	if within != "" {
		name = within + "." + name
	}
	u.names = append(u.names, name)
}

func (u *undocumented) function(d *ast.FuncDecl) {
	within := ""
	if d.Recv != nil {
		if within = receiver(d.Recv.List[0].Type); !token.IsExported(within) {
			return
		}
	}
	u.check(d.Name.Name, within, d.Doc)
}

func (u *undocumented) spec(spec ast.Spec, group bool) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if !group {
				u.check(name.Name, "", s.Doc, s.Comment)
			}
		}
	case *ast.TypeSpec:
		if !group {
			u.check(s.Name.Name, "", s.Doc, s.Comment)
		}
	}
}

func said(c *ast.CommentGroup) bool { return c != nil && strings.TrimSpace(c.Text()) != "" }

// receiver is the name of a method's type.
func receiver(expr ast.Expr) string {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
