package coverage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/expect"
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

// Missing is a required name that the dataset lacks, and the tensor
// parallelism under which a model needs it (0: whatever it is).
type Missing struct {
	Name string
	TP   int
}

// MissingDefinitions are the names that the models of a models.ts require, as
// Of counts them, and that the dataset lacks; sorted by name.
func MissingDefinitions(env *phases.Env, modelsTS, datasetDir string) ([]Missing, error) {
	report, err := Of(env, modelsTS, datasetDir)
	if err != nil {
		return nil, err
	}
	var missing []Missing
	seen := map[string]bool{}
	for _, model := range report.Models {
		for _, row := range model.Rows {
			if row.Status != dataset.Missing || seen[row.Definition] {
				continue
			}
			seen[row.Definition] = true
			tp := 0
			if text, divided := strings.CutPrefix(row.Note, expect.TPNote); divided {
				tp, _ = strconv.Atoi(text)
			}
			missing = append(missing, Missing{row.Definition, tp})
		}
	}
	slices.SortFunc(missing, func(a, b Missing) int { return strings.Compare(a.Name, b.Name) })
	return missing, nil
}
