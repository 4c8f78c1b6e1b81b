package phases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
)

// maxSourceLayers bounds the layers that SGLang's constructors are followed
// through; each costs some hundred kilobytes. The deepest real model has 126.
const maxSourceLayers = 1000

const skippedNote = "SGLang was skipped (--skip-sglang): the entry rests on the config alone"

// BaselineStep is phase 2: it finds the SGLang class that serves the model
// and reads its source. Not finding one is not an error: the entry then rests on
// the config alone, and the answer says why.
func BaselineStep(ctx context.Context, env *Env, req *Request, a *extract.Architecture) (*baseline.Implementation, report.Baseline, error) {
	none := func(why string) (*baseline.Implementation, report.Baseline, error) {
		env.progress(2, 1, why)
		return nil, report.Baseline{Source: baseline.KindNone, Note: why}, ctx.Err()
	}
	if req.SkipSGLang {
		return none(skippedNote)
	}
	if a.NumLayers > maxSourceLayers {
		return none(fmt.Sprintf("SGLang's source is not read for a model of more than %d layers: the entry rests on the config alone", maxSourceLayers))
	}
	env.progress(2, 0, "looking for SGLang's source")
	tree, err := env.reader(ctx, req)
	if err != nil {
		return nil, report.Baseline{}, err
	}
	env.progress(2, 0.5, "reading "+a.ArchitectureType)
	impl, err := tree.reader.Analyse(ctx, a.ArchitectureType, a.Config, a.TextConfig, baseline.Options{})
	var unregistered *baseline.UnregisteredError
	switch {
	case errors.As(err, &unregistered):
		served := TransformersBackend(err, a)
		_, b, err := none(err.Error() + "; the entry rests on the config alone")
		return served, b, err
	case err != nil:
		return nil, report.Baseline{}, fmt.Errorf("reading %s in SGLang's source: %w", a.ArchitectureType, err)
	}
	b := baselineOf(impl, tree.notes)
	env.progress(2, 1, fmt.Sprintf("%s in %s", impl.Class, impl.File))
	return impl, b, nil
}

// TransformersBackend describes what SGLang's Transformers backend builds of a
// class that SGLang does not register and transformers has, by the error of
// looking for the class; nil for any other. It rests on the config, so that it
// is not decided.
func TransformersBackend(err error, a *extract.Architecture) *baseline.Implementation {
	var class *baseline.UnregisteredError
	if !errors.As(err, &class) || !class.Known || !generate.ServedByTransformers(a) {
		return nil
	}
	served := generate.TransformersClass(a)
	return &baseline.Implementation{
		Source: baseline.KindNone, EntryClass: class.Name, Class: served, File: generate.TransformersFile,
		Modules: generate.TransformersTree(a), Calls: []baseline.KernelCall{},
		Undecided: []baseline.Undecided{{Expression: class.Name + "()", Missing: []string{}, Location: generate.TransformersFile,
			Reason: "HuggingFace's class makes the layers at run time; the tree is what the configuration says of them"}},
		Notes: []string{fmt.Sprintf("SGLang serves %s with %s: separate q, k and v projections, as HuggingFace's class has them", class.Name, served)},
	}
}

// baselineOf says where an implementation is from. Notes about the tree join
// those of the implementation, which its file keeps.
func baselineOf(impl *baseline.Implementation, tree []string) report.Baseline {
	impl.Notes = appendNew(slices.Clone(tree), impl.Notes)
	notes := impl.Notes
	if !impl.Decided {
		notes = append(slices.Clone(notes), undecidedReason(impl)+", so the entry rests on the config alone")
	}
	return report.Baseline{Source: impl.Source, Class: impl.Class, File: impl.File, Commit: impl.Commit, Date: impl.Date, Note: joinNotes(notes)}
}

// undecidedReason says what kept SGLang's source from deciding a model.
func undecidedReason(impl *baseline.Implementation) string {
	if len(impl.Undecided) == 0 {
		return "the source does not decide every size"
	}
	u := impl.Undecided[0]
	text := fmt.Sprintf("%s is not decided by the source (%s", cmp.Or(u.Path, "the model"), u.Reason)
	if u.Expression != "" {
		text += ": " + u.Expression
	}
	text += " at " + u.Location
	if len(u.Missing) > 0 {
		text += ", which needs " + strings.Join(u.Missing, ", ")
	}
	text += ")"
	if more := len(impl.Undecided) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

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
		note := "code snippets could not be cut: " + prose.FirstLine(err)
		r.Implementation.Notes = append(r.Implementation.Notes, note) // its file says so too
		r.Baseline.Note = joinNotes([]string{r.Baseline.Note, note})
	}
	return ctx.Err()
}

// definitionsOf returns the function that gives the Definitions of a module of
// SGLang's tree. Without an architecture (a class was read alone) there are
// none.
func (r *Result) definitionsOf() func(path string) []string {
	byPath := sync.OnceValue(r.definitionsByPath)
	return func(path string) []string { return byPath()[path] }
}

func (r *Result) definitionsByPath() map[string][]string {
	if r.Architecture == nil {
		return nil
	}
	g := r.Generated
	if g == nil || r.respelled { // the names are the dataset's own
		var err error
		if g, err = Generate(r.Architecture, r.Implementation, r.Witness.Sorted(r.Architecture), r.Request, false); err != nil {
			return nil
		}
	}
	byPath := map[string][]string{}
	for _, m := range g.Entry.Modules {
		for _, row := range m.Rows {
			byPath[row.Path] = appendNew(byPath[row.Path], m.Definitions)
		}
	}
	return byPath
}

// appendNew adds to a list what is not in it yet, each once.
func appendNew[T comparable](list, more []T) []T {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}
