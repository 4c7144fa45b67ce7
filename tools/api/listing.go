package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// listing describes the API of a package: constants, variables and functions by name, then each
// type with its fields and methods.
func listing(p *types.Package) string {
	within := func(other *types.Package) string {
		if other == p {
			return ""
		}
		return other.Name()
	}
	var values, functions, declared []string
	for _, name := range p.Scope().Names() {
		object := p.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Const:
			values = append(values, fmt.Sprintf("%s = %s", types.ObjectString(object, within), object.Val().ExactString()))
		case *types.Var:
			values = append(values, types.ObjectString(object, within))
		case *types.Func:
			functions = append(functions, types.ObjectString(object, within))
		case *types.TypeName:
			declared = append(declared, typeLines(object, within)...)
		}
	}
	slices.Sort(values)
	lines := slices.Concat([]string{"package " + p.Name() + " // import " + `"` + p.Path() + `"`}, values, functions, declared)
	return strings.Join(lines, "\n") + "\n"
}

// typeLines describes a type.
func typeLines(object *types.TypeName, within types.Qualifier) []string {
	head := "type " + object.Name()
	if object.IsAlias() {
		right := object.Type()
		if alias, ok := right.(*types.Alias); ok {
			right = alias.Rhs()
		}
		return []string{head + " = " + types.TypeString(right, within)}
	}
	named, ok := object.Type().(*types.Named)
	if !ok {
		return []string{head + " " + types.TypeString(object.Type(), within)}
	}
	var parameters []string
	for parameter := range named.TypeParams().TypeParams() {
		parameters = append(parameters, parameter.Obj().Name()+" "+types.TypeString(parameter.Constraint(), within))
	}
	if len(parameters) > 0 {
		head += "[" + strings.Join(parameters, ", ") + "]"
	}
	var lines []string
	switch under := named.Underlying().(type) {
	case *types.Struct:
		lines = structLines(head+" struct", under, within)
	case *types.Interface:
		lines = interfaceLines(head+" interface", under, within)
	default:
		lines = []string{head + " " + types.TypeString(under, within)}
	}
	return append(lines, methodLines(named, within)...)
}

func structLines(head string, s *types.Struct, within types.Qualifier) []string {
	lines := []string{head}
	unexported := false
	for i := range s.NumFields() {
		field := s.Field(i)
		if !field.Exported() && !field.Embedded() {
			unexported = true
			continue
		}
		line := head + ", " + field.Name() + " "
		if field.Embedded() {
			line = head + ", embedded "
		}
		line += types.TypeString(field.Type(), within)
		if tag := s.Tag(i); tag != "" {
			line += " `" + tag + "`"
		}
		lines = append(lines, line)
	}
	if unexported {
		lines = append(lines, head+", unexported fields")
	}
	return lines
}

func interfaceLines(head string, i *types.Interface, within types.Qualifier) []string {
	lines := []string{head}
	unexported := false
	for method := range i.Methods() {
		if !method.Exported() {
			unexported = true
			continue
		}
		lines = append(lines, head+", "+method.Name()+strings.TrimPrefix(types.TypeString(method.Type(), within), "func"))
	}
	if !i.IsMethodSet() {
		lines = append(lines, head+", constraint "+types.TypeString(i, within))
	}
	if unexported {
		lines = append(lines, head+", unexported methods")
	}
	return lines
}

// methodLines lists the methods of a type, promoted ones included.
func methodLines(named *types.Named, within types.Qualifier) (lines []string) {
	if types.IsInterface(named) {
		return nil
	}
	byValue := types.NewMethodSet(named)
	set := types.NewMethodSet(types.NewPointer(named))
	for selection := range set.Methods() {
		method := selection.Obj()
		if !method.Exported() {
			continue
		}
		receiver := named.Obj().Name()
		if byValue.Lookup(method.Pkg(), method.Name()) == nil {
			receiver = "*" + receiver
		}
		lines = append(lines, fmt.Sprintf("func (%s) %s%s", receiver, method.Name(), strings.TrimPrefix(types.TypeString(selection.Type(), within), "func")))
	}
	return lines
}
