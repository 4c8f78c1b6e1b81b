package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// noFiles is a tree without files.
type noFiles struct{}

func (noFiles) Paths(module string) []string         { return ModulePaths(module) }
func (noFiles) Syntax(string) (*pysrc.Module, error) { return nil, nil }
func (noFiles) Files(string) []string                { return nil }

// TestConfigsThatNest: whatever a configuration says, and whatever the table
// of class defaults nests in what, making it ends, and within few steps.
func TestConfigsThatNest(t *testing.T) {
	// One level of a configuration that names its own type in every field
	// that may hold another.
	within := func(modelType string, inner extract.Value) *extract.Object {
		o := &extract.Object{Keys: []string{"model_type"}, Values: map[string]extract.Value{"model_type": modelType}}
		for _, k := range []string{"text_config", "vision_config"} {
			o.Keys, o.Values[k] = append(o.Keys, k), inner
		}
		return o
	}
	for _, modelType := range classdefaults.ModelTypes() {
		in := New(context.Background(), noFiles{}, &pyeval.Facts{}, pyeval.Limits{Steps: 60_000})
		in.newConfig(nil, "config", modelType)
		in.newConfig(within(modelType, &extract.Object{}), "config", modelType)
		if in.Stopped != nil || in.Depth != 0 || len(in.making) != 0 {
			t.Errorf("%s: %v at depth %d", modelType, in.Stopped, in.Depth)
		}
	}
	deep := within("pp_formulanet", int64(1))
	for range 400 {
		deep = within("pp_formulanet", deep)
	}
	in := New(context.Background(), noFiles{}, &pyeval.Facts{}, pyeval.Limits{})
	in.newConfig(deep, "config", "")
	if !errors.Is(in.Stopped, pyeval.ErrDepth) {
		t.Errorf("400 levels: %v, not %v", in.Stopped, pyeval.ErrDepth)
	}
}
