package phases

import (
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// Generate is phase 3 on its own: the tree that the witnesses bear out, which
// are the config, SGLang's source where it was decided, and the checkpoint where
// one was seen (nil: none).
func Generate(a *extract.Architecture, impl *baseline.Implementation, ck *weights.Checkpoint, req Request, underscored bool) (*generate.Result, error) {
	opts := generate.Options{
		ID: req.ModelName, Name: req.DisplayName, Description: req.Description,
		TP: req.TP, EP: req.EP, PageSizes: req.PageSizes, Quantization: req.Quantization,
		GemmUnderscored: underscored || req.Gemm == "underscored",
	}
	return generate.Decide(impl, ck, a, opts)
}

// RecommendedParallelism returns the TP and EP that an entry for a repository
// gets when none are asked for and they divide the model; ok is false when
// nothing is recommended, which is TP=1, EP=1.
func RecommendedParallelism(repo string) (tp, ep int, ok bool) { return generate.Recommended(repo) }
