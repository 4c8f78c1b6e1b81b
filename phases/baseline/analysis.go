package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// analysis is one run of the interpreter over one class.
type analysis struct {
	e      *engine
	reader *Reader
	entry  ClassInfo
	cfg    *extract.Object
	text   *extract.Object // the language model's part
	conf   value           // the configuration
}

// maxUndecided bounds the reasons that a result gives.
const maxUndecided = 1000

func (a *analysis) implementation() *Implementation {
	src := a.reader.source()
	commit, date := src.Commit()
	impl := &Implementation{Source: src.Kind(), EntryClass: a.entry.Name, Class: a.entry.Name, File: a.entry.File,
		Commit: commit, Date: date, Modules: []Module{}, Undecided: []Undecided{}, Calls: []KernelCall{},
		Notes: append([]string{}, src.Notes()...)}
	if a.entry.Remapped != "" {
		impl.EntryClass = a.entry.Remapped
		impl.Notes = append(impl.Notes, fmt.Sprintf("SGLang serves %s with %s", a.entry.Remapped, a.entry.Name))
	}
	if a.entry.Category == Draft {
		impl.Notes = append(impl.Notes, a.entry.Name+" is a draft for speculative decoding: it runs beside the model whose tokens it guesses")
	}
	root := heldModel(a.e, a.e.build(a.entry.File, a.entry.Name, a.cfg, a.conf))
	if text := a.text; text != nil {
		impl.IgnoredFields = a.e.ignoredFields(text)
	}
	nodes := flatten(a.e, root)
	rows := rowsOf(a.e, nodes)
	towers := towerPaths(rows)
	markSingleLayer(rows)
	reportLost(a.e, nodes, towers)
	for _, r := range rows {
		open := undecidedOf(a.e, r)
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
	impl.Forward = forwardPass(impl.Modules, impl.Calls)
	return impl
}

// followForward walks forward(), and marks the rows of modules that it does not
// run. A model too large to walk keeps them all.
func (a *analysis) followForward(impl *Implementation, root value, nodes []treeNode, rows []*rowBuilder) {
	const manyRows = 10_000
	if a.e.stopped != nil || len(rows) >= manyRows {
		return
	}
	walk := walkForward(a.e, root, nodes)
	if a.e.stopped != nil {
		impl.Calls = walk.kernelCalls(rows)
		return
	}
	uncalled := walk.uncalledPaths()
	packed := walk.packedExperts(uncalled)
	for _, r := range rows {
		if e := packed[r.Path]; e != nil && r.Type == TypeBlock {
			e.describe(r)
			continue
		}
		r.Uncalled = r.Tied == "" && isBelow(r.Path, uncalled) // a second name says nothing about the module
	}
	keepOnlyHead(rows)
	noteUncalled(impl, rows, uncalled)
	impl.Calls = walk.kernelCalls(rows)
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
	e := a.e
	impl.Undecided = append(impl.Undecided, e.undecided...)
	if u, ok := root.(*unknown); ok {
		location, found := raisedAt(u.why)
		if !found {
			location = a.entry.File
		}
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name + "()", Missing: u.keys,
			Location: location, Reason: "the constructor gave nothing: it " + strings.TrimSuffix(u.why, " at "+location)})
	}
	if e.stopped != nil {
		impl.Undecided = append(impl.Undecided, Undecided{Expression: a.entry.Name, Location: a.entry.File, Reason: e.stopped.Error()})
	}
	for _, why := range e.unreadable {
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
	impl.Notes = append(impl.Notes, e.notes...)
	switch n := len(e.unreadable); {
	case n == 1:
		impl.Notes = append(impl.Notes, "a file of the tree cannot be read: "+e.unreadable[0])
	case n > 1:
		impl.Notes = append(impl.Notes, fmt.Sprintf("%d files of the tree cannot be read, the first: %s", n, e.unreadable[0]))
	}
}
