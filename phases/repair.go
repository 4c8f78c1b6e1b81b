package phases

import (
	"fmt"
	"slices"

	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// handwritten reports whether an entry that is to be refreshed is a person's,
// whose keys, order and words are kept: it has no source comment, and the
// request asks for nothing in particular that would have it made anew.
func (r *Result) handwritten(m *tsast.Model) bool {
	q := &r.Request
	asked := q.TP > 0 || q.EP > 0 || q.Quantization != "auto" || q.Gemm != "auto" || q.Definitions == DefinitionsDataset ||
		q.DisplayName != "" || q.Description != "" || !slices.Equal(q.PageSizes, []int{1, 64})
	return !asked && validate.SourceRepo(m) == "" && len(m.Modules) > 0 && len(m.OpaqueModules) == 0
}

// repairRounds bounds the rounds of repairs: one may show what another mends.
const repairRounds = 16

// repair changes in a person's entry what is wrong by the model's config, and
// nothing else. It fills the result with the entry as it is then.
func (r *Result) repair(f *tsast.File, i int) ([]tsast.TextEdit, error) {
	expected := r.ExpectedEntry()
	opts := validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expected }}
	after := f
	for range repairRounds {
		wrong := slices.DeleteFunc(validate.CheckEntry(after, i, opts), func(p validate.Problem) bool {
			return p.Severity != validate.Error && p.Severity != validate.Warning
		})
		edits := validate.FixAll(wrong, validate.AllFixes)
		if len(edits) == 0 {
			break
		}
		text, err := tsast.Apply(after.Src(), edits...)
		if err != nil {
			return nil, fmt.Errorf("repairing the entry: %w", err)
		}
		if after = tsast.Parse(text); modelsfile.Find(after, r.Model.ID) != i {
			return nil, errUnparsable
		}
	}
	entry := after.Entries[i]
	r.adoptEntry(entry.Model)
	r.EntryText = after.Text(entry.Model.Span.Shift(entry.Offset))
	return tsast.Difference(string(f.Src()), string(after.Src())), nil
}

// ExpectedEntry is what the rules compare an entry with: what was generated.
func (r *Result) ExpectedEntry() *validate.ExpectedEntry {
	return &validate.ExpectedEntry{
		Label: "config.json of " + r.Architecture.Source.RepoID, Architecture: r.Architecture, Modules: ExpectedModules(r.Generated.Entry),
	}
}

// ExpectedModules are the modules of a generated entry as the rules compare with
// them.
func ExpectedModules(e generate.Entry) []validate.ExpectedModule {
	var modules []validate.ExpectedModule
	for _, m := range e.Modules {
		modules = append(modules, validate.ExpectedModule{
			Name: m.Name, Count: m.Count, Parent: m.Parent, Type: m.Type, Definitions: m.Definitions, Paths: m.Paths(),
		})
	}
	return modules
}

// adoptEntry takes an entry of the file for the result's.
func (r *Result) adoptEntry(m *tsast.Model) {
	generated := map[string]generate.Module{}
	for _, g := range r.Model.Modules {
		generated[g.Name] = g
	}
	r.Model.Name, r.Model.Description = m.Name.Value, m.Description.Value
	r.Model.Modules = nil
	for _, module := range m.Modules {
		g := generated[module.Name]
		r.Model.Modules = append(r.Model.Modules, generate.Module{
			Name: module.Name, Count: int(module.Count.Int), Parent: module.Parent.Value, Type: module.Type.Value, Definitions: definitionsOf(module),
			Group: g.Group, Rows: g.Rows,
		})
	}
}
