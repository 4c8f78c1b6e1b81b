package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// analysis is one run of the interpreter over one class.
type analysis struct {
	in     *interp
	reader *Reader
	entry  ClassInfo
	cfg    *extract.Object
	text   *extract.Object // the language model's part
	conf   value           // the configuration
}

// maxUndecided bounds the reasons that a result gives.
const maxUndecided = 1000

func (a *analysis) implementation() *Implementation {
	src := a.reader.src
	commit, date := src.Commit()
	impl := &Implementation{Source: src.Kind(), EntryClass: a.entry.Name, Class: a.entry.Name, File: a.entry.File,
		Commit: commit, Date: date, Modules: []Module{}, Undecided: []Undecided{}, Calls: []KernelCall{},
		Notes: append([]string{}, src.Notes()...)}
	if a.entry.Remapped != "" {
		impl.EntryClass = a.entry.Remapped
		impl.Notes = append(impl.Notes, fmt.Sprintf("SGLang serves %s with %s", a.entry.Remapped, a.entry.Name))
	}
	a.in.reads = map[string]bool{}
	if a.entry.Category == Draft {
		impl.Notes = append(impl.Notes, a.entry.Name+" is a draft for speculative decoding: it runs beside the model whose tokens it guesses")
	}
	root := a.build()
	if text := a.text; text != nil {
		impl.IgnoredFields = a.in.ignoredFields(text)
	}
	nodes := a.in.flatten(root)
	rows := a.in.rowsOf(nodes)
	towers := towerPaths(rows)
	markSingleLayer(rows)
	a.in.reportLost(nodes, towers)
	for _, r := range rows {
		open := a.in.undecidedOf(r)
		if len(impl.Undecided) < maxUndecided && !isBelow(r.Path, towers) {
			impl.Undecided = append(impl.Undecided, open...)
		}
	}
	a.finish(impl, root, rows)
	a.followForward(impl, root, nodes, rows)
	for _, r := range rows {
		if isBelow(r.Path, towers) {
			r.Uncalled = false
			impl.Towers = append(impl.Towers, r.Module)
			continue
		}
		impl.Modules = append(impl.Modules, r.Module)
	}
	impl.Forward = forwardPass(impl)
	return impl
}

// followForward walks forward(), and marks the rows of modules that it does not
// run. A model too large to walk keeps them all.
func (a *analysis) followForward(impl *Implementation, root value, nodes []treeNode, rows []*rowBuilder) {
	const manyRows = 10_000
	if a.in.stopped != nil || len(rows) >= manyRows {
		return
	}
	recorded := a.in.walkForward(root, nodes)
	if a.in.stopped != nil {
		impl.Calls = a.in.kernelCalls(recorded, rows)
		return
	}
	uncalled := a.in.uncalledPaths(nodes, recorded)
	packed := a.in.packedExperts(nodes, uncalled)
	for _, r := range rows {
		if e := packed[r.Path]; e != nil && r.Type == TypeBlock {
			e.describe(r)
			continue
		}
		r.Uncalled = r.Tied == "" && isBelow(r.Path, uncalled) // a second name says nothing about the module
	}
	keepOnlyHead(rows)
	noteUncalled(impl, rows, uncalled)
	impl.Calls = a.in.kernelCalls(recorded, rows)
}

// keepOnlyHead keeps a model's only head in its entry where SGLang multiplies by
// the embedding whatever the configuration says of tying (Gemma 3): the head's
// size is the same.
func keepOnlyHead(rows []*rowBuilder) {
	var heads []*rowBuilder
	for _, r := range rows {
		switch {
		case r.Type != TypeLMHead:
		case r.Uncalled:
			heads = append(heads, r)
		default:
			return
		}
	}
	for _, r := range heads {
		r.Uncalled = false
	}
}

// noteUncalled says which modules are no part of an entry because forward()
// does not run them; towers are told elsewhere.
func noteUncalled(impl *Implementation, rows []*rowBuilder, uncalled map[string]bool) {
	towers := towerPaths(rows)
	var paths []string
	for _, r := range rows {
		root := r.Path
		for !uncalled[root] && root != "" {
			root = parentPath(root)
		}
		if r.Uncalled && !isBelow(r.Path, towers) && !slices.Contains(paths, root) {
			paths = append(paths, root)
		}
	}
	if len(paths) > 0 {
		impl.Notes = append(impl.Notes, "SGLang constructs these and does not run them to generate text: "+strings.Join(paths, ", "))
	}
}

// finish adds what the run as a whole could not decide.
func (a *analysis) finish(impl *Implementation, root value, rows []*rowBuilder) {
	in := a.in
	impl.Undecided = append(impl.Undecided, in.undecided...)
	if u, ok := root.(*unknown); ok {
		location, found := raisedAt(u.why)
		if !found {
			location = a.entry.File
		}
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name + "()", Missing: u.keys,
			Location: location, Reason: "the constructor gave nothing: it " + strings.TrimSuffix(u.why, " at "+location)})
	}
	if in.stopped != nil {
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name, Location: a.entry.File, Reason: in.stopped.Error()})
	}
	for _, why := range in.unreadable {
		// What layers such a file has is not known, whoever uses them.
		if strings.Contains(why, "/srt/layers/") || strings.Contains(why, "/srt/models/") || strings.Contains(why, "/srt/configs/") {
			impl.Undecided = append(impl.Undecided, Undecided{Expression: "import", Location: a.entry.File, Reason: why})
			break
		}
	}
	if !slices.ContainsFunc(rows, func(r *rowBuilder) bool { return r.Path != "" }) && len(impl.Undecided) == 0 {
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name + "()", Location: a.entry.File, Reason: "the constructor makes no modules that could be read"})
	}
	for i := range impl.Undecided {
		if impl.Undecided[i].Missing == nil {
			impl.Undecided[i].Missing = []string{}
		}
	}
	impl.Decided = len(impl.Undecided) == 0
	impl.Notes = append(impl.Notes, in.notes...)
	switch n := len(in.unreadable); {
	case n == 1:
		impl.Notes = append(impl.Notes, "a file of the tree cannot be read: "+in.unreadable[0])
	case n > 1:
		impl.Notes = append(impl.Notes, fmt.Sprintf("%d files of the tree cannot be read, the first: %s", n, in.unreadable[0]))
	}
}

// build runs the constructor of the entry class.
func (a *analysis) build() value {
	in := a.in
	cls, ok := in.moduleAttribute(moduleName(a.entry.File), a.entry.Name).(*class)
	if !ok {
		return in.unknownf("%s has no class %s", a.entry.File, a.entry.Name)
	}
	kw := newNamespace()
	kw.set("config", a.conf)
	kw.set("quant_config", a.quantization())
	in.at = site{cls.mod.path, cls.def.First}
	root := in.instantiate(cls, nil, kw)
	if in.raised != nil {
		text := in.raised.text
		in.raised = nil
		return in.unknownf("raises %s", text)
	}
	return in.heldModel(root)
}

// heldModel is the model of an entry class that is no module itself and hands
// everything on to the one module that it holds (MiniCPMV, by version).
func (in *interp) heldModel(root value) value {
	o, ok := root.(*object)
	if !ok || in.isModule(o) {
		return root
	}
	var held []*object
	for _, v := range o.attrs.vals {
		if m, ok := v.(*object); ok && in.isModule(m) {
			held = append(held, m)
		}
	}
	if len(held) != 1 {
		return root
	}
	return held[0]
}

// moduleName is the dotted name of a file of the tree.
func moduleName(file string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(file, treeRoot), ".py")
	return strings.ReplaceAll(strings.TrimSuffix(name, "/__init__"), "/", ".")
}

// config makes the configuration as the engine hands it to the model.
func (a *analysis) config() value {
	conf := a.in.makeConfig(a.cfg, "config", "")
	a.in.adjustConfig(conf)
	return conf
}

// architectures are the class names that a configuration gives.
func (in *interp) architectures(conf value) []string {
	items, _ := iterate(in.attribute(conf, "architectures"))
	var out []string
	for _, x := range items {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// quantization is the quant_config that the engine passes: an object of which
// only the name is known. Sizes do not depend on it.
func (a *analysis) quantization() value {
	v, ok := a.cfg.Get("quantization_config")
	o, isObject := v.(*extract.Object)
	if !ok || !isObject {
		return nil
	}
	method := value("unknown")
	if m, ok := o.Get("quant_method"); ok {
		method = a.in.fromJSON(m)
	}
	q := a.in.newObject(&external{"quant_config"}, plainObject)
	q.leaf, q.args = "quant_config", newNamespace()
	q.args.set("get_name", constant(method))
	return q
}

// undecidedOf reports what of a row is not known, and writes it into the row.
func (in *interp) undecidedOf(r *rowBuilder) []Undecided {
	location := fmt.Sprintf("%s:%d", r.File, r.Line)
	var out []Undecided
	if r.Conditional != "" {
		u := Undecided{Path: r.Path, Expression: r.Conditional, Location: location, Reason: "whether the module is there is not known"}
		for _, cond := range r.conds {
			if c, ok := in.conditions[strings.TrimPrefix(cond, "not ")]; ok {
				u.Location, u.Reason = c.location, c.why
				u.Missing = append(u.Missing, c.keys...)
			}
		}
		slices.Sort(u.Missing)
		u.Missing = slices.Compact(u.Missing)
		r.Missing = u.Missing
		out = append(out, u)
	}
	for _, v := range r.open {
		u := derived(show(v), v)
		if r.Expression == "" {
			r.Expression = u.expr
		}
		r.Missing = append(r.Missing, u.keys...)
		alternatives := alternativesOf(v)
		r.Alternatives = append(r.Alternatives, alternatives...)
		out = append(out, Undecided{Path: r.Path, Expression: u.expr, Missing: u.keys, Alternatives: alternatives, Location: location, Reason: u.why})
	}
	return out
}

// alternativesOf lists the values that a choice may have.
func alternativesOf(v value) []string {
	c, ok := v.(*choice)
	if !ok {
		return nil
	}
	var out []string
	for _, x := range []value{c.a, c.b} {
		if inner := alternativesOf(x); inner != nil {
			out = append(out, inner...)
		} else if !isUnknown(x) {
			out = append(out, show(x))
		}
	}
	return out
}
