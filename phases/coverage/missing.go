package coverage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/expect"
)

// Define makes the Definition of a name, also of one in another spelling.
func Define(name string, opts dataset.DefineOptions) (*dataset.Definition, error) {
	parsed, _, err := definition.Meant(name)
	if err != nil {
		return nil, err // it names the text
	}
	return dataset.Define(parsed, opts)
}

// Missing is a required name that the dataset lacks, with what the models that
// need it say beyond the name: their ids, the tensor parallelism under which
// they do (0: whatever it is) and the epsilon of their norms.
type Missing struct {
	Name string
	dataset.DefineOptions
}

// MissingDefinitions are the names that the models of a models.ts require, as
// Of counts them, and that the dataset lacks; sorted by name.
func MissingDefinitions(env *phases.Env, modelsTS, datasetDir string) ([]Missing, error) {
	report, err := Of(env, modelsTS, datasetDir)
	if err != nil {
		return nil, err
	}
	var missing []Missing
	seen := map[string]int{}
	for _, model := range report.Models {
		for _, row := range model.Rows {
			if row.Status != dataset.Missing {
				continue
			}
			if at, there := seen[row.Definition]; there {
				missing[at].Models = append(missing[at].Models, model.ID)
				continue
			}
			seen[row.Definition] = len(missing)
			tp := 0
			if text, divided := strings.CutPrefix(row.Note, expect.TPNote); divided {
				tp, _ = strconv.Atoi(text)
			}
			missing = append(missing, Missing{row.Definition, dataset.DefineOptions{Models: []string{model.ID}, TP: tp, Epsilon: model.epsilon}})
		}
	}
	slices.SortFunc(missing, func(a, b Missing) int { return strings.Compare(a.Name, b.Name) })
	return missing, nil
}
