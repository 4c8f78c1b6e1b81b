package kernelsource

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// positional are the parameters of the descriptor classes that are given by
// position, in their order.
var positional = map[string][]string{
	"TraceTemplate": {"op_type", "axes", "inputs", "outputs"},
	"Var":           {"description"},
	"Const":         {"description", "abbrev", "value"},
	"Tensor":        {"dim_names"},
	"Scalar":        {"dtype"},
}

func (r *reader) callExpr(e *pysrc.Call, s *scope) any {
	args, keywords := r.arguments(e, s)
	if method, ok := e.Fn.(*pysrc.Attribute); ok {
		x := r.eval(method.X, s)
		if v, ok := callMethod(x, method.Name, args, keywords); ok {
			return v
		}
	}
	switch f := r.eval(e.Fn, s).(type) {
	case *class:
		return r.build(f, args, keywords)
	case *function:
		return r.call(f, args, keywords)
	}
	if name, ok := e.Fn.(*pysrc.Name); ok {
		if _, shadowed := s.lookup(name.ID); !shadowed {
			return builtin(name.ID, args, keywords)
		}
	}
	return unknown{}
}

func (r *reader) arguments(e *pysrc.Call, s *scope) (args []any, keywords *dict) {
	keywords = newDict()
	for _, a := range e.Args {
		if star, ok := a.(*pysrc.Starred); ok {
			more, _ := items(r.eval(star.X, s))
			args = append(args, more...)
			continue
		}
		args = append(args, r.eval(a, s))
	}
	for _, k := range e.Keywords {
		v := r.eval(k.Value, s)
		if k.Name != "" {
			keywords.set(k.Name, v)
		} else if more, ok := v.(*dict); ok {
			keywords.update(more)
		}
	}
	return args, keywords
}

// build makes an instance of a class.
func (r *reader) build(c *class, args []any, keywords *dict) any {
	if c.def != nil {
		self := &record{class: c.name, fields: map[string]any{}}
		for _, stmt := range c.def.Body {
			if init, ok := stmt.(*pysrc.FuncDef); ok && init.Name == "__init__" {
				r.call(&function{def: init, around: c.around}, append([]any{self}, args...), keywords)
			}
		}
		return self
	}
	made := &record{class: c.name, fields: map[string]any{}}
	for _, k := range keywords.keys {
		if name, ok := k.(string); ok {
			made.fields[name], _ = keywords.get(k)
		}
	}
	for i, name := range positional[c.name] {
		if i < len(args) {
			made.fields[name] = args[i]
		}
	}
	if c.name == "TraceTemplate" {
		r.made = append(r.made, made)
	}
	return made
}

// builtin are Python's own functions that template files use on their tables.
func builtin(name string, args []any, keywords *dict) any {
	var first any = unknown{}
	if len(args) > 0 {
		first = args[0]
	}
	switch name {
	case "dict":
		d := newDict()
		if from, ok := first.(*dict); ok {
			d.update(from)
		}
		d.update(keywords)
		return d
	case "list", "tuple", "set", "frozenset":
		l, _ := items(first)
		return &list{slices.Clone(l)}
	case "len":
		if l, ok := items(first); ok {
			return int64(len(l))
		}
	case "str":
		if t, ok := text(first); ok {
			return t
		}
	case "bool":
		if is, known := truth(first); known {
			return is
		}
	case "int":
		switch n := first.(type) {
		case int64:
			return n
		case bool:
			return map[bool]int64{true: 1}[n]
		}
	case "isinstance":
		if len(args) == 2 && first != (unknown{}) {
			if c, ok := args[1].(*class); ok {
				x, is := first.(*record)
				return is && x.class == c.name
			}
		}
	case "range":
		return ranged(args)
	case "enumerate":
		l, _ := items(first)
		numbered := &list{}
		for i, item := range l {
			numbered.items = append(numbered.items, &list{[]any{int64(i), item}})
		}
		return numbered
	}
	return unknown{}
}

// ranged is range(stop) or range(start, stop), of a table's size.
func ranged(args []any) any {
	const most = 1000
	bounds := []int64{0}
	for _, a := range args {
		n, ok := a.(int64)
		if !ok {
			return unknown{}
		}
		bounds = append(bounds, n)
	}
	if len(args) == 2 {
		bounds = bounds[1:]
	}
	if len(bounds) != 2 || bounds[1]-bounds[0] > most {
		return unknown{}
	}
	l := &list{}
	for n := bounds[0]; n < bounds[1]; n++ {
		l.items = append(l.items, n)
	}
	return l
}

// callMethod calls a method of a dict, a list or a string; ok is false for
// what is none of them.
func callMethod(x any, name string, args []any, keywords *dict) (v any, ok bool) {
	switch x := x.(type) {
	case *dict:
		return dictMethod(x, name, args, keywords), true
	case *list:
		return listMethod(x, name, args), true
	case string:
		return stringMethod(x, name, args), true
	}
	return nil, false
}

func dictMethod(d *dict, name string, args []any, keywords *dict) any {
	switch name {
	case "items":
		pairs := &list{}
		for _, k := range d.keys {
			v, _ := d.get(k)
			pairs.items = append(pairs.items, &list{[]any{k, v}})
		}
		return pairs
	case "keys":
		return &list{slices.Clone(d.keys)}
	case "values":
		return &list{d.list()}
	case "copy":
		c := newDict()
		c.update(d)
		return c
	case "update":
		if len(args) == 1 {
			if more, ok := args[0].(*dict); ok {
				d.update(more)
			}
		}
		d.update(keywords)
		return nil
	case "get", "pop":
		if len(args) == 0 {
			return unknown{}
		}
		v, there := d.get(args[0])
		if name == "pop" {
			d.remove(args[0])
		}
		switch {
		case there:
			return v
		case len(args) > 1:
			return args[1]
		}
		return nil
	}
	return unknown{}
}

func listMethod(l *list, name string, args []any) any {
	if len(args) == 1 {
		switch name {
		case "append":
			l.items = append(l.items, args[0])
			return nil
		case "extend":
			more, _ := items(args[0])
			l.items = append(l.items, more...)
			return nil
		}
	}
	if name == "copy" {
		return &list{slices.Clone(l.items)}
	}
	return unknown{}
}

func stringMethod(s, name string, args []any) any {
	strs := make([]string, 0, len(args))
	for _, a := range args {
		if t, ok := a.(string); ok {
			strs = append(strs, t)
		}
	}
	switch {
	case name == "join" && len(args) == 1:
		parts, _ := items(args[0])
		words := make([]string, 0, len(parts))
		for _, p := range parts {
			t, ok := text(p)
			if !ok {
				return unknown{}
			}
			words = append(words, t)
		}
		return strings.Join(words, s)
	case name == "replace" && len(strs) == 2:
		return strings.ReplaceAll(s, strs[0], strs[1])
	case name == "removesuffix" && len(strs) == 1:
		return strings.TrimSuffix(s, strs[0])
	case name == "removeprefix" && len(strs) == 1:
		return strings.TrimPrefix(s, strs[0])
	case name == "upper":
		return strings.ToUpper(s)
	case name == "lower":
		return strings.ToLower(s)
	case name == "startswith" && len(strs) == 1:
		return strings.HasPrefix(s, strs[0])
	}
	return unknown{}
}
