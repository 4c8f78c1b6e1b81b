package phases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// maxSourceLayers bounds the layers that SGLang's constructors are followed
// through; each costs some hundred kilobytes. The deepest real model has 126.
const maxSourceLayers = 1000

const skippedNote = "SGLang was skipped (--skip-sglang): the entry rests on the config alone"

// BaselineStep is phase 2: it finds the SGLang class that serves the model
// and reads its source. Not finding one is no error: the entry then rests on
// the config alone, and the answer says why.
func BaselineStep(ctx context.Context, env *Env, req *Request, a *extract.Architecture) (*baseline.Implementation, Baseline, error) {
	none := func(why string) (*baseline.Implementation, Baseline, error) {
		env.progress(2, 1, why)
		return nil, Baseline{Source: baseline.KindNone, Note: why}, ctx.Err()
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
		return nil, Baseline{}, err
	}
	env.progress(2, 0.5, "reading "+a.ArchitectureType)
	impl, err := tree.reader.Analyse(ctx, a.ArchitectureType, a.Config, a.TextConfig, baseline.Options{TP: 1})
	var unregistered *baseline.UnregisteredError
	switch {
	case errors.As(err, &unregistered):
		return none(err.Error() + "; the entry rests on the config alone")
	case err != nil:
		return nil, Baseline{}, fmt.Errorf("reading %s in SGLang's source: %w", a.ArchitectureType, err)
	}
	b := baselineOf(impl, tree.notes)
	env.progress(2, 1, fmt.Sprintf("%s in %s", impl.Class, impl.File))
	return impl, b, nil
}

// baselineOf says where an implementation is from. Notes about the tree join
// those of the implementation, which its file keeps.
func baselineOf(impl *baseline.Implementation, tree []string) Baseline {
	impl.Notes = appendNew(slices.Clone(tree), impl.Notes)
	notes := impl.Notes
	if !impl.Decided {
		notes = append(slices.Clone(notes), undecidedReason(impl)+", so the entry rests on the config alone")
	}
	return Baseline{Source: impl.Source, Class: impl.Class, File: impl.File, Commit: impl.Commit, Date: impl.Date, Note: joinNotes(notes)}
}

// undecidedReason says what kept SGLang's source from deciding a model.
func undecidedReason(impl *baseline.Implementation) string {
	if len(impl.Undecided) == 0 {
		return "the source does not decide every size"
	}
	u := impl.Undecided[0]
	text := fmt.Sprintf("%s is not decided by the source (%s", orText(u.Path, "the model"), u.Reason)
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
