package pyeval

import (
	"fmt"
	"slices"
)

// Unknown is a value that could not be worked out.
type Unknown struct {
	Why string
	// Expr is the source expression as far as it is known; keys are the
	// configuration keys that were looked for and not found.
	Expr string
	Keys []string
}

// Choice is a value that depends on a condition that could not be decided.
type Choice struct {
	Cond string
	A, B Value // when the condition holds, when it does not
}

// NewChoice makes the choice of a when cond holds, else of b.
func NewChoice(cond string, a, b Value) *Choice { return &Choice{cond, a, b} }

// Repeated stands for an unknown number of equal values.
type Repeated struct {
	Each  Value
	Count Value
}

// Show writes its expression.
func (u *Unknown) Show(int) string {
	if u.Expr != "" {
		return u.Expr
	}
	return "?"
}

// Show writes a conditional expression.
func (c *Choice) Show(depth int) string {
	return "(" + showDeep(c.A, depth+1) + " if " + c.Cond + " else " + showDeep(c.B, depth+1) + ")"
}

// Show writes a repetition.
func (r *Repeated) Show(int) string { return "[" + Show(r.Each) + "] * " + Show(r.Count) }

// Truth is not known.
func (*Unknown) Truth() (t, known bool) { return false, false }

// Truth is not known.
func (*Repeated) Truth() (t, known bool) { return false, false }

// Truth is known where it is the same either way.
func (c *Choice) Truth() (t, known bool) {
	a, ka := truth(c.A)
	b, kb := truth(c.B)
	return a, ka && kb && a == b
}

// Attr is not known.
func (u *Unknown) Attr(_ *Interp, name string) Value { return Derived(Show(u)+"."+name, u) }

// Attr is not known.
func (r *Repeated) Attr(_ *Interp, name string) Value { return Derived(Show(r)+"."+name, r) }

// Attr is the choice between the attributes.
func (c *Choice) Attr(in *Interp, name string) Value {
	return in.Distribute(c, func(x Value) Value { return in.Attribute(x, name) })
}

// SetAttr sets the attribute of both.
func (c *Choice) SetAttr(in *Interp, name string, v Value) {
	in.SetAttr(c.A, name, v)
	in.SetAttr(c.B, name, v)
}

func (c *Choice) call(in *Interp, args []Value, kw *Namespace) Value {
	return in.Distribute(c, func(f Value) Value { return in.Call(f, args, kw) })
}

// Item is not known.
func (u *Unknown) Item(_ *Interp, key Value) Value { return Derived(Show(u)+"["+Show(key)+"]", u, key) }

// Item is any of them.
func (r *Repeated) Item(*Interp, Value) Value { return r.Each }

// Equal is not known.
func (*Repeated) Equal(Value, *int) (result, known bool) { return false, false }

// IsA is not known: what is repeated may be in any container.
func (*Repeated) IsA(*Interp, Value) (is, known bool) { return false, false }

func (c *Choice) parts() []Value { return []Value{c.A, c.B} }

func (r *Repeated) parts() []Value { return []Value{r.Each, r.Count} }

// maxExpression bounds the text of an unknown's expression.
const maxExpression = 200

// Unknownf makes an unknown with its reason.
func Unknownf(format string, args ...any) *Unknown {
	return &Unknown{Why: Clip(fmt.Sprintf(format, args...), maxExpression)}
}

// Clip shortens a text to n bytes.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 { // not in the middle of a character
		n--
	}
	return s[:n] + "…"
}

// Derived is the unknown that an operation on values gives, some of which are
// unknown: it keeps their reason and keys.
func Derived(expr string, from ...Value) *Unknown {
	u := &Unknown{Expr: Clip(expr, maxExpression)}
	for _, v := range from {
		mergeUnknown(u, v, 0)
	}
	if u.Why == "" {
		u.Why = "cannot evaluate " + u.Expr
	}
	return u
}

func mergeUnknown(u *Unknown, v Value, depth int) {
	const deep, wide = 3, 50
	if depth > deep {
		return
	}
	switch v := v.(type) {
	case *Unknown:
		if u.Why == "" {
			u.Why = v.Why
		}
		for _, k := range v.Keys {
			if !slices.Contains(u.Keys, k) {
				u.Keys = append(u.Keys, k)
			}
		}
	case composed:
		parts := v.parts()
		for _, x := range parts[:min(len(parts), wide)] {
			mergeUnknown(u, x, depth+1)
		}
	}
}

// maxVisited bounds how much of a nested value is looked at: values may hold
// themselves, or each other many times.
const maxVisited = 20_000

// contains reports whether a value, or a part of it, satisfies the test; true
// when there is too much of it to tell.
func contains(v Value, test func(Value) bool) bool {
	fuel := maxVisited
	return containsIn(v, test, &fuel)
}

func containsIn(v Value, test func(Value) bool, fuel *int) bool {
	*fuel--
	if *fuel < 0 || test(v) {
		return true
	}
	c, ok := v.(composed)
	return ok && slices.ContainsFunc(c.parts(), func(x Value) bool { return containsIn(x, test, fuel) })
}

// IsUnknown reports whether a value is unknown as a whole.
func IsUnknown(v Value) bool { _, ok := v.(*Unknown); return ok }

// hasUnknown reports whether a value is not wholly known (lists in lists count,
// objects do not).
func hasUnknown(v Value) bool {
	return contains(v, func(x Value) bool {
		switch x.(type) {
		case *Unknown, *Repeated:
			return true
		}
		return false
	})
}

// MaxAlternatives bounds how many values one choice may have.
const MaxAlternatives = 24

// join returns the value that is a when cond holds and b when not.
func (in *Interp) join(cond string, a, b Value) Value {
	if same(a, b) {
		if x, ok := a.(*Unknown); ok {
			return Derived(x.Expr, a, b)
		}
		return a
	}
	if alternatives(a)+alternatives(b) > MaxAlternatives {
		return Derived("too many alternatives", a, b)
	}
	return &Choice{cond, a, b}
}

func alternatives(v Value) int {
	if c, ok := v.(*Choice); ok {
		return alternatives(c.A) + alternatives(c.B)
	}
	return 1
}

// Distribute applies f to every alternative of v and joins the results.
func (in *Interp) Distribute(v Value, f func(Value) Value) Value {
	if c, ok := v.(*Choice); ok {
		return in.join(c.Cond, in.Distribute(c.A, f), in.Distribute(c.B, f))
	}
	return f(v)
}

// distribute2 does so for two operands.
func (in *Interp) distribute2(a, b Value, f func(a, b Value) Value) Value {
	return in.Distribute(a, func(x Value) Value {
		return in.Distribute(b, func(y Value) Value { return f(x, y) })
	})
}

// condition is an if statement whose condition could not be decided.
type condition struct {
	Location string
	Keys     []string
	Why      string
}

// noteCondition remembers where an undecided condition stands, for the
// modules that turn out to depend on it.
func (in *Interp) noteCondition(fr *frame, line int, cond string, v Value) {
	if in.Conditions == nil {
		in.Conditions = map[string]condition{}
	}
	if _, ok := in.Conditions[cond]; ok {
		return
	}
	u := Derived(cond, v)
	in.Conditions[cond] = condition{Site{fr.mod.Path, line}.String(), u.Keys, u.Why}
}

// undecide reports something that could not be decided where it matters
// whatever the modules are.
func (in *Interp) undecide(fr *frame, line int, expr string, v Value, reason string) {
	in.UndecideAt("", Site{fr.mod.Path, line}, expr, v, reason)
}

// UndecideAt reports something that could not be decided at a place in the
// source, about the part at a path.
func (in *Interp) UndecideAt(path string, at Site, expr string, v Value, reason string) {
	location := at.String()
	if in.seen[location] || in.Stopped != nil {
		return
	}
	in.seen[location] = true
	u := Derived(expr, v)
	in.Undecided = append(in.Undecided, Undecided{Path: path, Expression: u.Expr, Missing: u.Keys, Location: location, Reason: reason})
}

// Undecided is one expression that could not be decided.
type Undecided struct {
	Path         string   `json:"path"`
	Expression   string   `json:"expression"`
	Missing      []string `json:"missing"`
	Alternatives []string `json:"alternatives,omitempty"`
	Location     string   `json:"location"`
	Reason       string   `json:"reason"`
}
