package baseline

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
