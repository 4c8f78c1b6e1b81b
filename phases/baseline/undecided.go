package baseline

import "fmt"

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
	in.conditions[cond] = condition{fmt.Sprintf("%s:%d", fr.mod.path, line), u.keys, u.why}
}

// undecide reports something that could not be decided where it matters
// whatever the modules are.
func (in *interp) undecide(fr *frame, line int, expr string, v value, reason string) {
	in.undecideAt(fmt.Sprintf("%s:%d", fr.mod.path, line), expr, v, reason)
}

func (in *interp) undecideAt(location, expr string, v value, reason string) {
	if in.seen[location] || in.stopped != nil {
		return
	}
	in.seen[location] = true
	u := derived(expr, v)
	in.undecided = append(in.undecided, Undecided{Expression: u.expr, Missing: u.keys, Location: location, Reason: reason})
}
