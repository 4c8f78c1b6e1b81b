package phases

import (
	"fmt"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// CloneDataset says how to get a dataset.
const CloneDataset = "clone it first: git clone https://huggingface.co/datasets/flashinfer-ai/flashinfer-trace"

// OpenDataset opens the dataset that was named, else the one that the
// environment names or that lies above start; nil without an error when there
// is none.
func (e *Env) OpenDataset(named, start string) (*dataset.Dataset, error) {
	if named != "" {
		d, err := dataset.Open(e.Path(named))
		if dataset.IsMissing(err) {
			return nil, &fault.Missing{Err: fmt.Errorf("--dataset: %w\n%s", err, CloneDataset)}
		}
		return d, err
	}
	found, ok, err := dataset.Find(start, e.Getenv)
	if err != nil || !ok {
		return nil, err
	}
	return dataset.Open(found.Dir)
}

// MarkDataset tells for each required Definition whether the dataset has it.
// A dataset that cannot be read is a warning: the entry does not rest on it.
func MarkDataset(env *Env, r *Result) {
	d, err := env.OpenDataset(r.Request.Dataset, filepath.Dir(env.Path(r.Request.ModelsTS)))
	if err != nil {
		r.Warnings = append(r.Warnings, "the dataset could not be used: "+prose.FirstLine(err))
		return
	}
	if d == nil {
		return
	}
	for i := range r.Definitions {
		_, has := d.Get(r.Definitions[i].Name)
		r.Definitions[i].InDataset = &has
	}
}
