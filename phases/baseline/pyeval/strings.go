package pyeval

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

func stringMethod(s, name string) Value {
	f := stringFunction(name)
	if f == nil {
		return Missing{}
	}
	return NewBuiltin("str."+name, func(in *Interp, args []Value, _ *Namespace) Value {
		for _, a := range args {
			if hasUnknown(a) {
				return Derived(Show(s)+"."+name+"()", a)
			}
		}
		v, ok := f(s, args)
		if !ok {
			return &Unknown{Why: "str." + name, Expr: Show(s) + "." + name + "()"}
		}
		const cellBytes = 16
		if text, isText := v.(string); isText && !in.Grow(len(text)/cellBytes) {
			return Unknownf("str.%s", name)
		}
		return v
	})
}

func texts(items []string) Value {
	out := &List{}
	for _, s := range items {
		out.Items = append(out.Items, s)
	}
	return out
}

// stringFunction returns a str method by its name; nil when it is none that
// the reader knows.
func stringFunction(name string) func(s string, args []Value) (Value, bool) {
	whole := map[string]func(string) Value{
		"lower": func(s string) Value { return strings.ToLower(s) },
		"upper": func(s string) Value { return strings.ToUpper(s) },
		"title": func(s string) Value { return titleCase(s) },
		"capitalize": func(s string) Value {
			_, first := utf8.DecodeRuneInString(s)
			return strings.ToUpper(s[:first]) + strings.ToLower(s[first:])
		},
		"isdigit":   func(s string) Value { return s != "" && strings.IndexFunc(s, notDigit) < 0 },
		"isdecimal": func(s string) Value { return s != "" && strings.IndexFunc(s, notDigit) < 0 },
	}
	if f, ok := whole[name]; ok {
		return func(s string, _ []Value) (Value, bool) { return f(s), true }
	}
	switch name {
	case "strip", "lstrip", "rstrip":
		return func(s string, args []Value) (Value, bool) { return trim(name, s, args) }
	case "split", "rsplit", "splitlines":
		return func(s string, args []Value) (Value, bool) { return split(name, s, args) }
	case "startswith", "endswith":
		return func(s string, args []Value) (Value, bool) { return affix(name, s, args) }
	case "join":
		return joinText
	case "removeprefix", "removesuffix", "find", "rfind", "index", "count", "replace", "partition", "rpartition":
		return func(s string, args []Value) (Value, bool) { return textSearch(name, s, args) }
	}
	return nil
}

func notDigit(r rune) bool { return !unicode.IsDigit(r) }

func titleCase(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		if start {
			b.WriteRune(unicode.ToUpper(r))
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		start = !unicode.IsLetter(r)
	}
	return b.String()
}

func trim(name, s string, args []Value) (Value, bool) {
	cut, ok := Argument(args, 0, " \t\n\r\v\f").(string)
	if !ok {
		cut = " \t\n\r\v\f"
	}
	if name != "rstrip" {
		s = strings.TrimLeft(s, cut)
	}
	if name != "lstrip" {
		s = strings.TrimRight(s, cut)
	}
	return s, true
}

func split(name, s string, args []Value) (Value, bool) {
	if name == "splitlines" {
		return texts(strings.Split(strings.TrimSuffix(s, "\n"), "\n")), true
	}
	if len(args) == 0 || args[0] == nil {
		return texts(strings.Fields(s)), true
	}
	sep, ok := args[0].(string)
	if !ok || sep == "" {
		return nil, false
	}
	most, ok := AsInt(Argument(args, 1, -1))
	if !ok {
		return nil, false
	}
	if name == "split" || most < 0 {
		if most >= 0 {
			most++
		}
		return texts(strings.SplitN(s, sep, most)), true
	}
	var out []string
	for range most {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		out = append(out, s[i+len(sep):])
		s = s[:i]
	}
	out = append(out, s)
	slices.Reverse(out)
	return texts(out), true
}

func affix(name, s string, args []Value) (Value, bool) {
	test := strings.HasPrefix
	if name == "endswith" {
		test = strings.HasSuffix
	}
	options := []Value{Argument(args, 0, nil)}
	if t, ok := options[0].(*Tuple); ok {
		options = t.Items
	}
	for _, o := range options {
		text, ok := o.(string)
		if !ok {
			return nil, false
		}
		if test(s, text) {
			return true, true
		}
	}
	return false, true
}

func joinText(sep string, args []Value) (Value, bool) {
	items, ok := Iterate(Argument(args, 0, nil))
	if !ok {
		return nil, false
	}
	parts := make([]string, 0, len(items))
	n := 0
	for _, x := range items {
		text, ok := x.(string)
		if n += len(text) + len(sep); !ok || n > maxText {
			return nil, false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, sep), true
}

func textSearch(name, s string, args []Value) (Value, bool) {
	arg, ok := Argument(args, 0, nil).(string)
	if !ok {
		return nil, false
	}
	switch name {
	case "removeprefix":
		return strings.TrimPrefix(s, arg), true
	case "removesuffix":
		return strings.TrimSuffix(s, arg), true
	case "find", "index":
		i := strings.Index(s, arg)
		return i, i >= 0 || name == "find"
	case "rfind":
		return strings.LastIndex(s, arg), true
	case "count":
		return strings.Count(s, arg), arg != ""
	case "replace":
		to, ok := Argument(args, 1, nil).(string)
		if !ok || len(args) > 2 || strings.Count(s, arg)*len(to) > maxText {
			return nil, false
		}
		return strings.ReplaceAll(s, arg, to), true
	case "partition":
		before, after, found := strings.Cut(s, arg)
		if !found {
			arg = ""
		}
		return NewTuple(before, arg, after), true
	case "rpartition":
		i := strings.LastIndex(s, arg)
		if i < 0 {
			return NewTuple("", "", s), true
		}
		return NewTuple(s[:i], arg, s[i+len(arg):]), true
	}
	return nil, false
}

func (in *Interp) fstring(e *pysrc.FString, fr *frame) Value {
	var b strings.Builder
	for _, p := range e.Parts {
		switch v := in.eval(p, fr).(type) {
		case string:
			b.WriteString(v)
		case int, bool, float64, nil:
			b.WriteString(pysrc.Repr(v))
		default:
			b.WriteString("{" + Show(v) + "}")
		}
	}
	const cellBytes = 16
	if !in.Grow(b.Len() / cellBytes) {
		return Unknownf("formatted string")
	}
	return b.String()
}
