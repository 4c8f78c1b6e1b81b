package phases

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/tsast"
)

// Define makes the Definition of a name whose axes are fixed by it, and says
// which op type's folder it belongs to.
func Define(name string, tp int) (*dataset.Definition, string, error) {
	parsed, err := definition.Parse(name)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	d, err := dataset.Define(parsed, dataset.DefineOptions{TP: tp})
	if err != nil {
		return nil, "", err
	}
	return d, parsed.Family.OpType, nil
}

// MissingDefinitions are the names of a models.ts that the dataset lacks,
// sorted.
func MissingDefinitions(env *Env, modelsTS, datasetDir string) ([]string, error) {
	d, err := env.OpenDataset(datasetDir, filepath.Dir(env.path(modelsTS)))
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, &UsageError{Message: "no dataset to compare with", Hint: "give --dataset DIR, a clone of flashinfer-trace; " + cloneDataset}
	}
	models, err := ReadModels(env.path(modelsTS))
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, e := range tsast.Parse(models.Text).Entries {
		for _, m := range e.Model.Modules {
			for _, name := range m.Definitions.Items {
				if _, has := d.Get(name.Value); !has && name.Kind == tsast.StringLiteral {
					missing = append(missing, name.Value)
				}
			}
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing), nil
}
