// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Lines lists what the package exports, sorted, one line for each constant, variable, function, type, method and field.
// Types of other packages are written with the package's name. Whether there are fields that are not exported is a line
// too: the first of them, or the last that goes, changes what users can write.
func (p *Package) Lines() []string {
	l := &lines{of: p.Types}
	scope := p.Types.Scope()
	for _, name := range scope.Names() {
		if object := scope.Lookup(name); object.Exported() {
			l.object(object)
		}
	}
	slices.Sort(l.lines)
	return l.lines
}

type lines struct {
	of    *types.Package
	lines []string
}

func (l *lines) add(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// name writes packages other than the listed one by their names.
func (l *lines) name(p *types.Package) string {
	if p == l.of {
		return ""
	}
	return p.Name()
}

func (l *lines) text(t types.Type) string { return types.TypeString(t, l.name) }

// signature is what follows the name of a function.
func (l *lines) signature(f *types.Func) string { return strings.TrimPrefix(l.text(f.Type()), "func") }

func (l *lines) object(object types.Object) {
	switch object := object.(type) {
	case *types.Const:
		l.add("const %s %s = %s", object.Name(), l.text(object.Type()), object.Val().ExactString())
	case *types.Var:
		l.add("var %s %s", object.Name(), l.text(object.Type()))
	case *types.Func:
		l.add("func %s%s", object.Name(), l.signature(object))
	case *types.TypeName:
		l.typeName(object)
	}
}

func (l *lines) typeName(object *types.TypeName) {
	if object.IsAlias() {
		l.add("type %s = %s", object.Name(), l.text(types.Unalias(object.Type())))
		return
	}
	named, ok := object.Type().(*types.Named)
	if !ok {
		return
	}
	head := "type " + l.text(named)
	switch under := named.Underlying().(type) {
	case *types.Struct:
		l.add("%s struct", head)
		l.fields(head, under)
	case *types.Interface:
		l.add("%s interface", head)
		l.interfaceOf(head, under)
	default:
		l.add("%s %s", head, l.text(under))
	}
	if !types.IsInterface(named) {
		l.methods(named)
	}
}

func (l *lines) fields(head string, s *types.Struct) {
	hidden := false
	for i := range s.NumFields() {
		field := s.Field(i)
		if !field.Exported() {
			hidden = true
			continue
		}
		line := fmt.Sprintf("%s struct, %s %s", head, field.Name(), l.text(field.Type()))
		if field.Embedded() {
			line = fmt.Sprintf("%s struct, embedded %s", head, l.text(field.Type()))
		}
		if tag := s.Tag(i); tag != "" {
			line += " `" + tag + "`"
		}
		l.add("%s", line)
	}
	if hidden {
		l.add("%s struct, unexported fields", head)
	}
}

func (l *lines) interfaceOf(head string, i *types.Interface) {
	for method := range i.Methods() { // those of embedded interfaces among them
		if method.Exported() {
			l.add("%s interface, %s%s", head, method.Name(), l.signature(method))
		} else {
			l.add("%s interface, unexported methods", head)
		}
	}
}

// methods are those of the pointer's method set, promoted ones among them; which of them the value has is said too.
func (l *lines) methods(named *types.Named) {
	value := types.NewMethodSet(named)
	for selection := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		method, ok := selection.Obj().(*types.Func)
		if !ok || !token.IsExported(method.Name()) {
			continue
		}
		receiver := "*" + l.text(named)
		if value.Lookup(l.of, method.Name()) != nil {
			receiver = l.text(named)
		}
		l.add("method (%s) %s%s", receiver, method.Name(), l.signature(method))
	}
}
