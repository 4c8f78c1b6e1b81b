package phases

import (
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// Generate is phase 3 on its own: the tree that SGLang's source gives where
// it was decided, else the tree of the config alone; both are compared, and
// where the source ignores what the config states, the config counts.
func Generate(a *extract.Architecture, impl *baseline.Implementation, req Request, underscored bool) (*generate.Result, error) {
	opts := generate.Options{
		ID: req.ModelName, Name: req.DisplayName, Description: req.Description,
		TP: req.TP, EP: req.EP, PageSizes: req.PageSizes, Quantization: req.Quantization,
		GemmUnderscored: underscored || req.Gemm == "underscored",
	}
	fromConfig := generate.FromArchitecture(a)
	rows := fromConfig
	var disagreements []generate.Disagreement
	if impl != nil && impl.Decided && len(impl.Modules) > 0 {
		rows, opts.Calls = impl.Modules, impl.Calls
		disagreements = generate.Compare(fromConfig, impl.Modules, a)
	}
	follows := impl != nil && generate.Believe(disagreements, impl)
	if follows {
		rows, opts.Calls = fromConfig, nil
	}
	result, err := generate.Build(rows, a, opts)
	if err != nil {
		return nil, err
	}
	result.Disagreements, result.FollowsConfig = disagreements, follows
	return result, nil
}
