package baseline

import (
	"fmt"
	"slices"
)

// unknown is a value that could not be worked out.
type unknown struct {
	why string
	// expr is the source expression as far as it is known; keys are the
	// configuration keys that were looked for and not found.
	expr string
	keys []string
}

// choice is a value that depends on a condition that could not be decided.
type choice struct {
	cond string
	a, b value // when the condition holds, when it does not
}

func newChoice(cond string, a, b value) *choice { return &choice{cond, a, b} }

// repeated stands for an unknown number of equal values.
type repeated struct {
	item  value
	count value
}

// Show writes its expression.
func (u *unknown) Show(int) string {
	if u.expr != "" {
		return u.expr
	}
	return "?"
}

// Show writes a conditional expression.
func (c *choice) Show(depth int) string {
	return "(" + showDeep(c.a, depth+1) + " if " + c.cond + " else " + showDeep(c.b, depth+1) + ")"
}

// Show writes a repetition.
func (r *repeated) Show(int) string { return "[" + show(r.item) + "] * " + show(r.count) }

// Truth is not known.
func (*unknown) Truth() (t, known bool) { return false, false }

// Truth is not known.
func (*repeated) Truth() (t, known bool) { return false, false }

// Truth is known where it is the same either way.
func (c *choice) Truth() (t, known bool) {
	a, ka := truth(c.a)
	b, kb := truth(c.b)
	return a, ka && kb && a == b
}

// Attr is not known.
func (u *unknown) Attr(_ *interp, name string) value { return derived(show(u)+"."+name, u) }

// Attr is not known.
func (r *repeated) Attr(_ *interp, name string) value { return derived(show(r)+"."+name, r) }

// Attr is the choice between the attributes.
func (c *choice) Attr(in *interp, name string) value {
	return in.distribute(c, func(x value) value { return in.attribute(x, name) })
}

// SetAttr sets the attribute of both.
func (c *choice) SetAttr(in *interp, name string, v value) {
	in.setAttr(c.a, name, v)
	in.setAttr(c.b, name, v)
}

// Call is the choice between the calls.
func (c *choice) Call(in *interp, args []value, kw *namespace) value {
	return in.distribute(c, func(f value) value { return in.call(f, args, kw) })
}

// Item is not known.
func (u *unknown) Item(_ *interp, key value) value { return derived(show(u)+"["+show(key)+"]", u, key) }

// Item is any of them.
func (r *repeated) Item(*interp, value) value { return r.item }

// Equal is not known.
func (*repeated) Equal(value, *int) (result, known bool) { return false, false }

// IsA is not known: what is repeated may be in any container.
func (*repeated) IsA(*interp, value) (is, known bool) { return false, false }

// Parts gives both alternatives.
func (c *choice) Parts() []value { return []value{c.a, c.b} }

// Parts gives the value and the number.
func (r *repeated) Parts() []value { return []value{r.item, r.count} }

// maxExpression bounds the text of an unknown's expression.
const maxExpression = 200

func unknownf(format string, args ...any) *unknown {
	return &unknown{why: clip(fmt.Sprintf(format, args...), maxExpression)}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 { // not in the middle of a character
		n--
	}
	return s[:n] + "…"
}

// derived is the unknown that an operation on values gives, some of which are
// unknown: it keeps their reason and keys.
func derived(expr string, from ...value) *unknown {
	u := &unknown{expr: clip(expr, maxExpression)}
	for _, v := range from {
		mergeUnknown(u, v, 0)
	}
	if u.why == "" {
		u.why = "cannot evaluate " + u.expr
	}
	return u
}

func mergeUnknown(u *unknown, v value, depth int) {
	const deep, wide = 3, 50
	if depth > deep {
		return
	}
	switch v := v.(type) {
	case *unknown:
		if u.why == "" {
			u.why = v.why
		}
		for _, k := range v.keys {
			if !slices.Contains(u.keys, k) {
				u.keys = append(u.keys, k)
			}
		}
	case composed:
		parts := v.Parts()
		for _, x := range parts[:min(len(parts), wide)] {
			mergeUnknown(u, x, depth+1)
		}
	}
}

// maxVisited bounds how much of a nested value is looked at: values may hold
// themselves, or each other many times.
const maxVisited = 20_000

// contains says whether a value, or a part of it, satisfies the test; true
// when there is too much of it to tell.
func contains(v value, test func(value) bool) bool {
	fuel := maxVisited
	return containsIn(v, test, &fuel)
}

func containsIn(v value, test func(value) bool, fuel *int) bool {
	*fuel--
	if *fuel < 0 || test(v) {
		return true
	}
	c, ok := v.(composed)
	return ok && slices.ContainsFunc(c.Parts(), func(x value) bool { return containsIn(x, test, fuel) })
}

func isUnknown(v value) bool { _, ok := v.(*unknown); return ok }

// hasUnknown says whether a value is not wholly known (lists in lists count,
// objects do not).
func hasUnknown(v value) bool {
	return contains(v, func(x value) bool {
		switch x.(type) {
		case *unknown, *repeated:
			return true
		}
		return false
	})
}

// maxAlternatives bounds how many values one choice may have.
const maxAlternatives = 24

// join gives the value that is a when cond holds and b when not.
func (in *interp) join(cond string, a, b value) value {
	if same(a, b) {
		if x, ok := a.(*unknown); ok {
			return derived(x.expr, a, b)
		}
		return a
	}
	if alternatives(a)+alternatives(b) > maxAlternatives {
		return derived("too many alternatives", a, b)
	}
	return &choice{cond, a, b}
}

func alternatives(v value) int {
	if c, ok := v.(*choice); ok {
		return alternatives(c.a) + alternatives(c.b)
	}
	return 1
}

// distribute applies f to every alternative of v and joins the results.
func (in *interp) distribute(v value, f func(value) value) value {
	if c, ok := v.(*choice); ok {
		return in.join(c.cond, in.distribute(c.a, f), in.distribute(c.b, f))
	}
	return f(v)
}

// distribute2 does so for two operands.
func (in *interp) distribute2(a, b value, f func(a, b value) value) value {
	return in.distribute(a, func(x value) value {
		return in.distribute(b, func(y value) value { return f(x, y) })
	})
}

// condition is an if statement whose condition could not be decided.
type condition struct {
	location string
	keys     []string
	why      string
}

// noteCondition remembers where an undecided condition stands, for the
// modules that turn out to depend on it.
func (in *interp) noteCondition(fr *frame, line int, cond string, v value) {
	if in.conditions == nil {
		in.conditions = map[string]condition{}
	}
	if _, ok := in.conditions[cond]; ok {
		return
	}
	u := derived(cond, v)
	in.conditions[cond] = condition{site{fr.mod.path, line}.String(), u.keys, u.why}
}

// undecide reports something that could not be decided where it matters
// whatever the modules are.
func (in *interp) undecide(fr *frame, line int, expr string, v value, reason string) {
	in.undecideAt("", site{fr.mod.path, line}, expr, v, reason)
}

// undecideAt reports something that could not be decided at a place in the
// source, about the part at a path.
func (in *interp) undecideAt(path string, at site, expr string, v value, reason string) {
	location := at.String()
	if in.seen[location] || in.stopped != nil {
		return
	}
	in.seen[location] = true
	u := derived(expr, v)
	in.undecided = append(in.undecided, Undecided{Path: path, Expression: u.expr, Missing: u.keys, Location: location, Reason: reason})
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
