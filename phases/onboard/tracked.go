package onboard

import (
	"path/filepath"
	"slices"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/coverage"
	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// tracked are the models that models.ts and the coverage document have.
type tracked struct {
	names    []string
	document string
}

// has reports whether the model of a repository is tracked, under whatever
// spelling.
func (t *tracked) has(id string) bool {
	bare := bareName(quantized.ReplaceAllString(id, ""))
	return slices.ContainsFunc(t.names, func(name string) bool { return coverage.SameModel(name, bare) }) || coverage.Mentions(t.document, bare)
}

// readTracked reads what is tracked; where there is no clone nothing is, but a
// models.ts that was named has to be there.
func readTracked(env *phases.Env, o DiscoverOptions) (*tracked, error) {
	t := &tracked{}
	path := env.Path(env.ModelsTS(o.ModelsTS))
	text := o.ModelsText
	if text == nil {
		models, err := modelsfile.Read(path)
		if err != nil && o.ModelsTS == "" {
			return t, nil // no clone here
		}
		if err != nil {
			return nil, err
		}
		text = models.Text
	}
	for _, e := range tsast.Parse(text).Entries {
		for _, text := range append([]string{e.Model.ID.Value, e.Model.Name.Value, validate.SourceRepo(e.Model)}, catalog.Named(e.Model.ID.Value)...) {
			if text != "" {
				t.names = append(t.names, quantized.ReplaceAllString(bareName(text), ""))
			}
		}
	}
	if root := modelsfile.Root(filepath.Dir(path)); root != "" {
		if data, err := disk.ReadRegular(filepath.Join(root, filepath.FromSlash(CoveragePath)), maxCoverage); err == nil {
			t.document = string(data)
		}
	}
	return t, nil
}
