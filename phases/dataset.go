package phases

import (
	"fmt"
	"path/filepath"
	"slices"

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
	dir, err := dataset.Find(start, e.Getenv)
	if err != nil || dir == "" {
		return nil, err
	}
	return dataset.Open(dir)
}

// KnownDataset is the dataset as far as it is known: a clone, else the list of
// its files that the Hub gave (RefreshDataset), else the list in the binary. It
// is never nil, so that "in the dataset" is never unknown; a clone that was
// named and cannot be read is an error. Whoever asks whether the dataset has a
// Definition asks this one. It does not use the network.
func (e *Env) KnownDataset(named, start string) (*dataset.Dataset, error) {
	d, err := e.OpenDataset(named, start)
	if d == nil && err == nil {
		return e.listedDataset(), nil
	}
	return d, err
}

// chooseDefinitions opens the dataset, or its list in the binary, that the
// entry's Definitions are to be taken from, where the request asks for that.
func (r *Result) chooseDefinitions(env *Env) error {
	if r.Request.Definitions != DefinitionsDataset {
		return nil
	}
	d, err := env.KnownDataset(r.Request.Dataset, filepath.Dir(env.Path(r.Request.ModelsTS)))
	if err != nil {
		return err
	}
	r.has = func(name string) bool {
		_, has := d.Get(name)
		return has
	}
	return nil
}

// keepDefinitions takes those out of the entry that were not asked for, and
// notes them.
func (r *Result) keepDefinitions() {
	r.LeftOut = nil
	if r.has == nil {
		return
	}
	modules := slices.Clone(r.Model.Modules)
	for i := range modules {
		kept := []string{}
		for _, name := range modules[i].Definitions {
			switch {
			case r.has(name):
				kept = append(kept, name)
			case !slices.Contains(r.LeftOut, name):
				r.LeftOut = append(r.LeftOut, name)
			}
		}
		modules[i].Definitions = kept
	}
	r.Model.Modules = modules
}

// MarkDataset notes for each required Definition whether the dataset has it.
// A dataset that cannot be read is a warning: the entry does not rest on it.
func MarkDataset(env *Env, r *Result) {
	d, err := env.KnownDataset(r.Request.Dataset, filepath.Dir(env.Path(r.Request.ModelsTS)))
	if err != nil {
		r.Warnings = append(r.Warnings, "the dataset could not be used: "+prose.FirstLine(err))
		d = env.listedDataset()
	}
	r.DatasetList = d.Listed
	for i := range r.Definitions {
		_, has := d.Get(r.Definitions[i].Name)
		r.Definitions[i].InDataset = &has
	}
}
