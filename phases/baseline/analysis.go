package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/calls"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/tree"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// analysis is one run of the interpreter over one class.
type analysis struct {
	e      *engine.Engine
	reader *Reader
	entry  ClassInfo
	cfg    *extract.Object
	text   *extract.Object // the language model's part
	conf   pyeval.Value    // the configuration
}

// maxUndecided bounds the reasons that a result gives.
const maxUndecided = 1000

func (a *analysis) implementation() *Implementation {
	src := a.reader.Source()
	commit, date := src.Commit()
	impl := &Implementation{Source: src.Kind(), EntryClass: a.entry.Name, Class: a.entry.Name, File: a.entry.File,
		Commit: commit, Date: date, Modules: []Module{}, Undecided: []Undecided{}, Calls: []KernelCall{},
		Notes: append([]string{}, src.Notes()...)}
	if a.entry.Remapped != "" {
		impl.EntryClass = a.entry.Remapped
		impl.Notes = append(impl.Notes, fmt.Sprintf("SGLang serves %s with %s", a.entry.Remapped, a.entry.Name))
	}
	if a.entry.Category == classes.Draft {
		impl.Draft = true
		impl.Notes = append(impl.Notes, a.entry.Name+" is a draft for speculative decoding: it runs beside the model whose tokens it guesses")
	}
	root := tree.HeldModel(a.e, a.e.Build(a.entry.File, a.entry.Name, a.cfg, a.conf))
	if text := a.text; text != nil {
		impl.IgnoredFields = a.e.IgnoredFields(text)
	}
	nodes := tree.Flatten(a.e, root)
	rows := tree.Rows(a.e, nodes)
	towers := tree.TowerPaths(rows)
	tree.MarkSingleLayer(rows)
	tree.ReportLost(a.e, nodes, towers)
	for _, r := range rows {
		open := tree.UndecidedOf(a.e, r)
		if len(impl.Undecided) < maxUndecided && !tree.IsBelow(r.Path, towers) {
			impl.Undecided = append(impl.Undecided, open...)
		}
	}
	a.finish(impl, root, rows)
	a.followForward(impl, root, nodes, rows)
	for _, r := range rows {
		if tree.IsBelow(r.Path, towers) {
			r.Uncalled = false
			impl.Towers = append(impl.Towers, r.Module)
			continue
		}
		impl.Modules = append(impl.Modules, r.Module)
	}
	impl.Forward = calls.Order(impl.Modules, impl.Calls)
	return impl
}

// followForward walks forward(), and marks the rows of modules that it does not
// run. A model too large to walk keeps them all.
func (a *analysis) followForward(impl *Implementation, root pyeval.Value, nodes []tree.Node, rows []*tree.Row) {
	const manyRows = 10_000
	if a.e.Stopped != nil || len(rows) >= manyRows {
		return
	}
	walk := calls.Follow(a.e, root, nodes)
	if a.e.Stopped != nil {
		impl.Calls = walk.KernelCalls(rows)
		return
	}
	uncalled := walk.Uncalled()
	packed := walk.PackedExperts(uncalled)
	for _, r := range rows {
		if e := packed[r.Path]; e != nil && r.Type == TypeBlock {
			e.Describe(r)
			continue
		}
		r.Uncalled = r.Tied == "" && tree.IsBelow(r.Path, uncalled) // a second name says nothing about the module
	}
	keepOnlyHead(rows)
	noteUncalled(impl, rows, uncalled)
	impl.Calls = walk.KernelCalls(rows)
}

// keepOnlyHead keeps a model's only head in its entry where SGLang multiplies by
// the embedding whatever the configuration says of tying (Gemma 3): the head's
// size is the same.
func keepOnlyHead(rows []*tree.Row) {
	var heads []*tree.Row
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

// noteUncalled says which modules are not part of an entry because forward()
// does not run them; towers are listed elsewhere.
func noteUncalled(impl *Implementation, rows []*tree.Row, uncalled map[string]bool) {
	towers := tree.TowerPaths(rows)
	var paths []string
	for _, r := range rows {
		root := r.Path
		for !uncalled[root] && root != "" {
			root = tree.ParentPath(root)
		}
		if r.Uncalled && !tree.IsBelow(r.Path, towers) && !slices.Contains(paths, root) {
			paths = append(paths, root)
		}
	}
	if len(paths) > 0 {
		impl.Notes = append(impl.Notes, "SGLang constructs these and does not run them to generate text: "+strings.Join(paths, ", "))
	}
}

// lacksLayers says why the tree of a model is none: it has no modules, or a
// language model none of whose layers could be made. "" where it has both.
func (a *analysis) lacksLayers(root pyeval.Value, rows []*tree.Row) string {
	if !slices.ContainsFunc(rows, func(r *tree.Row) bool { return r.Path != "" }) {
		return "the constructor makes no modules that could be read"
	}
	generates := a.entry.Category == classes.TextCausalLM || a.entry.Category == classes.Multimodal
	towers := tree.TowerPaths(rows)
	if !generates || slices.ContainsFunc(rows, func(r *tree.Row) bool {
		return (r.Layers != "" || r.Type == TypeAttention || r.Type == TypeLinearAttention) && !tree.IsBelow(r.Path, towers)
	}) {
		return ""
	}
	why := "the constructor makes no decoder layers that could be read"
	o, ok := root.(*pyeval.Instance)
	if !ok {
		return why
	}
	for name, v := range o.Attrs.All() {
		if u, ok := v.(*pyeval.Unknown); ok && !tree.IsTowerName(name) {
			return fmt.Sprintf("%s: self.%s is not known: %s", why, name, u.Why)
		}
	}
	return why
}

// finish adds what the run as a whole could not decide.
func (a *analysis) finish(impl *Implementation, root pyeval.Value, rows []*tree.Row) {
	e := a.e
	impl.Undecided = append(impl.Undecided, e.Undecided...)
	if u, ok := root.(*pyeval.Unknown); ok {
		location, found := pyeval.RaisedAt(u.Why)
		if !found {
			location = a.entry.File
		}
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name + "()", Missing: u.Keys,
			Location: location, Reason: "the constructor gave nothing: it " + strings.TrimSuffix(u.Why, " at "+location)})
	}
	if e.Stopped != nil {
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name, Location: a.entry.File, Reason: e.Stopped.Error()})
	}
	for _, why := range e.Unreadable {
		// What layers such a file has is not known, whoever uses them.
		if strings.Contains(why, "/srt/layers/") || strings.Contains(why, "/srt/models/") || strings.Contains(why, "/srt/configs/") {
			impl.Undecided = append(impl.Undecided, Undecided{Expression: "import", Location: a.entry.File, Reason: why})
			break
		}
	}
	if why := a.lacksLayers(root, rows); why != "" && len(impl.Undecided) == 0 {
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name + "()", Location: a.entry.File, Reason: why})
	}
	for i := range impl.Undecided {
		if impl.Undecided[i].Missing == nil {
			impl.Undecided[i].Missing = []string{}
		}
	}
	impl.Decided = len(impl.Undecided) == 0
	impl.Notes = append(impl.Notes, e.Notes...)
	switch n := len(e.Unreadable); {
	case n == 1:
		impl.Notes = append(impl.Notes, "a file of the tree cannot be read: "+e.Unreadable[0])
	case n > 1:
		impl.Notes = append(impl.Notes, fmt.Sprintf("%d files of the tree cannot be read, the first: %s", n, e.Unreadable[0]))
	}
}
