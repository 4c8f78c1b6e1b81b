package baseline

import "errors"

// A model's layers are made by one expression, evaluated for every index:
// dozens of times, though most layers are alike. Here an index is handed to
// the constructor as an *indexed value, which notes what the constructor asks
// of it ("is it below 3?", "what stands at it in this list?"). Another index
// that would give the same answers would run through the same statements, so
// the layer made first stands for both: a template, which the list of layers
// then holds several times.
//
// That is exact because
//   - an *indexed value only lives in variables, attributes and arguments:
//     whatever else reads it goes through interp.force, which counts as asking
//     for the value itself, and no other index gives that answer;
//   - a constructor that writes to anything older than itself makes no
//     template (interp.wrote);
//   - whatever could tell the layers of one template apart afterwards abandons
//     the analysis, which is then done again without templates.

// indexed is a scalar that depends on the index of the layer being made.
type indexed struct {
	trace *layerTrace
	now   value             // at the index being evaluated
	at    func(i int) value // at another one
}

// keptDict is a dict of which elements are *indexed: one of arguments that are
// to be handed on. Whatever else is done with it makes it a plain dict.
type keptDict struct{ *dict }

// isKept says whether a value depends on the index of a layer.
func isKept(v value) bool {
	switch v.(type) {
	case *indexed, *keptDict:
		return true
	}
	return false
}

// layerTrace is what one evaluation asked of its index.
type layerTrace struct {
	open  bool // the constructor is running
	asked []observation
	// exact says that the index itself was asked for, so that no other one
	// can give the same answers.
	exact bool
	// spoiled says that the constructor wrote to something older than itself.
	spoiled bool
	born    int // what is older was there before
	// foreign are spans of births that happened meanwhile elsewhere.
	foreign [][2]int
	layer   *layerTemplate
}

// observation is one question and its answer, which is comparable with ==.
type observation struct {
	at     func(i int) value
	answer value
}

// layerTemplate is a layer that stands for all indices of equal answers.
type layerTemplate struct {
	in     *interp
	trace  *layerTrace
	object *object
	first  int // its index
	last   int // the last birth of its parts
	shared bool
	// frozen says that something looked at the layer while it stood for
	// itself alone: it cannot stand for others any more.
	frozen bool
	cost   layerCost
	// misplaced says that forward() may reach another of the layers first;
	// walked and inside, that it reached this one, and is in it for the
	// first time.
	misplaced, walked, inside bool
	// at is the index at which forward() last reached one of the layers, -1
	// when that is not known; reached, that it has not run it since.
	at      int
	reached bool
	depth   int          // how often forward() is inside of it
	undo    []change     // what forward() wrote to it
	written map[int]bool // the indices at which it did
}

// layerCost is what an evaluation used and left behind.
type layerCost struct {
	steps, cells, line int
	notes              []string
}

// layerMemo holds the templates of one list of layers.
type layerMemo struct {
	off       bool
	templates []*layerTemplate
	unlike    int // evaluations that made no template
}

// Bounds of one memo: lists of layers that are all different gain nothing.
const (
	maxTemplates = 16
	maxUnlike    = 3
)

// errAbandoned says that something told layers of one template apart.
var errAbandoned = errors.New("layers of one template were told apart")

// abandon ends an analysis that is to be done again without templates.
func (in *interp) abandon() {
	if in.stopped == nil {
		in.abandoned = true
		in.stopped = errAbandoned
	}
}

// layer gives the layer of an index: that of a template with the same answers,
// else what build makes of the index.
func (in *interp) layer(m *layerMemo, i int, build func(idx value) value) value {
	if m.off || in.plain || in.tentative > 0 || in.walk != nil {
		return build(i)
	}
	for _, t := range m.templates {
		if !t.frozen && t.answers(i) {
			return in.again(t)
		}
	}
	t := &layerTemplate{in: in, first: i, trace: &layerTrace{open: true, born: in.births}}
	t.trace.layer = t
	before := layerCost{steps: in.steps, cells: in.cells}
	notes := len(in.notes)
	in.traces = append(in.traces, t.trace)
	v := in.force(build(&indexed{t.trace, i, func(j int) value { return j }}))
	in.traces = in.traces[:len(in.traces)-1]
	t.trace.open = false
	if in.halted() {
		return v
	}
	o, isObject := v.(*object)
	switch {
	case t.trace.spoiled: // what it wrote may change what the others would be told
		m.templates = nil
		m.miss()
	case t.trace.exact || !isObject || o.attrs.born <= t.trace.born || o.template != nil || len(m.templates) >= maxTemplates:
		m.miss()
	default:
		t.object, t.last = o, in.births
		t.cost = layerCost{in.steps - before.steps, in.cells - before.cells, in.line, in.notes[notes:len(in.notes):len(in.notes)]}
		o.template = t
		in.templates = append(in.templates, t)
		m.templates = append(m.templates, t)
	}
	return v
}

// miss notes that an evaluation made no template.
func (m *layerMemo) miss() {
	m.unlike++
	m.off = m.unlike > maxUnlike && len(m.templates) == 0
}

// answers says whether an index gives the answers that the template's gave.
func (t *layerTemplate) answers(i int) bool {
	raised, steps, cells := t.in.raised, t.in.steps, t.in.cells
	defer func() { t.in.raised, t.in.steps, t.in.cells = raised, steps, cells }()
	for _, q := range t.trace.asked {
		if q.at(i) != q.answer {
			return false
		}
	}
	return true
}

// again gives a template's layer for one more index, at the cost of making it.
func (in *interp) again(t *layerTemplate) value {
	if in.steps+t.cost.steps >= in.limits.Steps || in.cells+t.cost.cells > in.limits.Cells {
		in.abandon()
		return in.unknownf("stopped")
	}
	if err := in.ctx.Err(); err != nil {
		in.stop(err)
	}
	in.steps += t.cost.steps
	in.cells += t.cost.cells
	in.line = t.cost.line
	for _, n := range t.cost.notes {
		in.notef("%s", n)
	}
	if !t.shared {
		t.shared = true
		in.shared = append(in.shared, t)
	}
	return t.object
}

// observe notes a question and gives its answer; the answer must be
// comparable, which every value is.
func (t *layerTrace) observe(at func(i int) value, answer value) value {
	if t.open && !t.exact {
		t.asked = append(t.asked, observation{at, answer})
	}
	return answer
}

// force gives the value itself.
func (in *interp) force(v value) value {
	if d, ok := v.(*keptDict); ok {
		for i, x := range d.vals {
			d.vals[i] = in.force(x)
		}
		return d.dict
	}
	x, ok := v.(*indexed)
	if !ok {
		return v
	}
	if x.trace.open {
		x.trace.observe(x.at, x.now)
		x.trace.exact = true
		return x.now
	}
	// The layer is made. In forward() the first one is the template itself.
	switch t := x.trace.layer; {
	case !t.shared:
		t.frozen = true
	case in.walk == nil || !t.inside || t.misplaced:
		in.abandon()
	}
	return x.now
}

// forceAll forces what a function of the interpreter is called with.
func (in *interp) forceAll(args []value, kw *namespace) ([]value, *namespace) {
	for i, v := range args {
		if !isKept(v) {
			continue
		}
		forced := make([]value, len(args))
		copy(forced, args[:i])
		for j := i; j < len(args); j++ {
			forced[j] = in.force(args[j])
		}
		args = forced
		break
	}
	if kw == nil {
		return args, kw
	}
	for _, v := range kw.vals {
		if isKept(v) {
			plain := newNamespace()
			for i, k := range kw.keys {
				plain.add(k, in.force(kw.vals[i]))
			}
			return args, plain
		}
	}
	return args, kw
}

// operand gives an operand's value at an index; false when it depends on the
// index of another list of layers.
func (x *indexed) operand(v value) (at func(i int) value, ok bool) {
	y, isIndexed := v.(*indexed)
	if !isIndexed {
		return func(int) value { return v }, true
	}
	return y.at, y.trace == x.trace && y.trace.open
}

// indexedPair prepares an operation on two values of which one is indexed.
func indexedPair(a, b value) (trace *layerTrace, l, r func(i int) value) {
	x, ok := a.(*indexed)
	if !ok {
		if x, ok = b.(*indexed); !ok {
			return nil, nil, nil
		}
	}
	if !x.trace.open || x.trace.exact {
		return nil, nil, nil
	}
	l, okL := x.operand(a)
	r, okR := x.operand(b)
	if !okL || !okR {
		return nil, nil, nil
	}
	return x.trace, l, r
}

// presently is an operand's value, without asking.
func presently(v value) value {
	if x, ok := v.(*indexed); ok {
		return x.now
	}
	return v
}

// born gives the time of birth of something that is being made.
func (in *interp) born() int {
	in.births++
	return in.births
}

// once evaluates what is kept for the whole analysis (a module's names, a
// class's variables), which therefore does not belong to the constructors that
// happen to be the first to ask for it.
func (in *interp) once(f func() value) value {
	running, from := in.traces, in.births
	in.traces = nil
	v := f()
	in.traces = running
	for _, t := range running {
		t.foreign = append(t.foreign, [2]int{from, in.births})
	}
	return v
}

// owns says whether something was made by the constructor itself.
func (t *layerTrace) owns(born int) bool {
	if born <= t.born {
		return false
	}
	for _, span := range t.foreign {
		if span[0] < born && born <= span[1] {
			return false
		}
	}
	return true
}

// wrote is told of every write: a constructor that writes to something older
// than itself makes no template.
func (in *interp) wrote(born int) {
	for _, t := range in.traces {
		if !t.owns(born) {
			t.spoiled = true
		}
	}
}
