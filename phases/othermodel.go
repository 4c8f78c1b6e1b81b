package phases

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// refuseOther refuses to refresh an entry that is known to be another model's: by
// the repository that its comment names, else by its id and name. Checkpoints of
// one model, and others of its class and size, may refresh each other's.
func (r *Result) refuseOther(f *tsast.File) error {
	i := modelsfile.Find(f, r.Request.ModelName)
	if i < 0 || !r.Request.Update || r.Architecture == nil {
		return nil
	}
	theirs, repo, how := modelOfEntry(f.Entries[i].Model)
	mine := r.Architecture
	if theirs == nil || sameRepo(repo, r.Request.HFRepoID) {
		return nil
	}
	if theirs.ArchitectureType == mine.ArchitectureType && theirs.NumLayers == mine.NumLayers && theirs.HiddenSize == mine.HiddenSize {
		return nil
	}
	of := func(a *extract.Architecture) string {
		return fmt.Sprintf("%s, %d layers, hidden size %d", a.ArchitectureType, a.NumLayers, a.HiddenSize)
	}
	name := r.Request.HFRepoID
	if name == "" {
		name = "this config"
	}
	return &fault.Usage{
		Message: fmt.Sprintf("the entry %q is of %s (%s, %s), and %s is another model (%s)", r.Request.ModelName, repo, how, of(theirs), name, of(mine)),
		Hint:    "choose another --model-name, or remove the entry first",
	}
}

// modelOfEntry is the model that an entry is of, as far as the catalogue knows
// it, and how that was seen.
func modelOfEntry(m *tsast.Model) (a *extract.Architecture, repo, how string) {
	repos, how := []string{validate.SourceRepo(m)}, "by its comment"
	if repos[0] == "" {
		repos, how = append(catalog.Named(m.ID.Value), catalog.Named(m.Name.Value)...), "by its name"
	}
	for _, repo := range repos {
		if entry, ok := catalog.Lookup(repo); ok {
			if a, err := extract.Read(entry.Config, extract.Options{RepoID: entry.RepoID}); err == nil {
				return a, entry.RepoID, how
			}
		}
	}
	return nil, "", ""
}

func sameRepo(a, b string) bool {
	a, _ = catalog.Resolve(a)
	b, _ = catalog.Resolve(b)
	return strings.EqualFold(a, b)
}
