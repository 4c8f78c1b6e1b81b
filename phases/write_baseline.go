package phases

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline"
)

// readBaseline runs phase 2 and cuts the snippets that its files cite.
func (r *Result) readBaseline(ctx context.Context, env *Env) (err error) {
	r.Implementation, r.Baseline, err = BaselineStep(ctx, env, &r.Request, r.Architecture)
	if err != nil {
		return err
	}
	return r.cutSnippets(ctx, env)
}

// cutSnippets reads the cited spans from the source. The built-in index has
// no source text, so it has no snippets; a file that cannot be read costs its
// snippets only.
func (r *Result) cutSnippets(ctx context.Context, env *Env) error {
	if r.Request.DryRun || r.Implementation == nil || r.Implementation.Source != baseline.KindClone {
		return nil
	}
	tree, err := env.reader(ctx, &r.Request)
	if err != nil {
		return err
	}
	r.Snippets, err = baseline.Snippets(tree.source, r.Implementation)
	if err != nil {
		note := "code snippets could not be cut: " + firstLine(err)
		r.Implementation.Notes = append(r.Implementation.Notes, note) // its file says so too
		r.Baseline.Note = joinNotes([]string{r.Baseline.Note, note})
	}
	return ctx.Err()
}

// writeBaseline writes phase 2's files. Those of an earlier run go first, so
// that nothing stale stands beside the entry.
func writeBaseline(r *Result, dir *OutputDir) ([]string, error) {
	for _, name := range []string{FileImplementation, FileKernelCalls, DirSnippets} {
		if err := dir.Remove(name); err != nil {
			return nil, err
		}
	}
	impl := r.Implementation
	if impl == nil {
		return nil, nil
	}
	impl.ModelName = r.Request.ModelName
	if err := dir.WriteJSON(FileImplementation, impl); err != nil {
		return nil, err
	}
	if err := dir.WriteJSON(FileKernelCalls, impl.KernelCallRows(r.definitionsByPath())); err != nil {
		return nil, err
	}
	names := []string{FileImplementation, FileKernelCalls}
	if len(r.Snippets) == 0 {
		return names, nil
	}
	if err := dir.Mkdir(DirSnippets); err != nil {
		return nil, err
	}
	for i := range r.Snippets {
		s := &r.Snippets[i]
		if err := dir.Write(filepath.Join(DirSnippets, s.FileName()), s.Content(impl.Commit)); err != nil {
			return nil, err
		}
	}
	return append(names, DirSnippets), nil
}

// definitionsByPath tells which Definitions stand for a module of SGLang's
// tree. Without an architecture (a class was read alone) none do.
func (r *Result) definitionsByPath() func(path string) []string {
	byPath := map[string][]string{}
	if r.Architecture != nil {
		g := r.Generated
		if g == nil || r.respelled { // the names are the dataset's own
			var err error
			if g, err = Generate(r.Architecture, r.Implementation, r.Request, false); err != nil {
				return func(string) []string { return nil }
			}
		}
		for _, m := range g.Entry.Modules {
			for _, row := range m.Rows {
				byPath[row.Path] = appendNew(byPath[row.Path], m.Definitions)
			}
		}
	}
	return func(path string) []string { return byPath[path] }
}

func appendNew(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
