package phases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
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

// MissingDefinition is a required name that the dataset lacks, and the tensor
// parallelism under which a model needs it (0: whatever it is).
type MissingDefinition struct {
	Name string
	TP   int
}

// MissingDefinitions are the names that the models of a models.ts require, as
// Coverage counts them, and that the dataset lacks; sorted by name.
func MissingDefinitions(env *Env, modelsTS, datasetDir string) ([]MissingDefinition, error) {
	report, err := Coverage(env, modelsTS, datasetDir)
	if err != nil {
		return nil, err
	}
	var missing []MissingDefinition
	seen := map[string]bool{}
	for _, model := range report.Models {
		for _, row := range model.Rows {
			if row.Status != dataset.Missing || seen[row.Definition] {
				continue
			}
			seen[row.Definition] = true
			tp := 0
			if text, divided := strings.CutPrefix(row.Note, tpNote); divided {
				tp, _ = strconv.Atoi(text)
			}
			missing = append(missing, MissingDefinition{row.Definition, tp})
		}
	}
	slices.SortFunc(missing, func(a, b MissingDefinition) int { return strings.Compare(a.Name, b.Name) })
	return missing, nil
}
