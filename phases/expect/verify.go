package expect

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/tsast"
)

// Verify compares an entry of a file with its model's config, SGLang's source and
// the headers of its checkpoint, under the parallelism that the entry's own
// names show. The request says where to look: a source comment in the entry
// names the repository unless it does.
func Verify(ctx context.Context, env *phases.Env, f *tsast.File, i int, req phases.Request) (*phases.Verification, error) {
	m := f.Entries[i].Model
	if f.Entries[i].Broken {
		return nil, &fault.Usage{Message: cmp.Or(m.ID.Value, "the entry") + " has a syntax error", Hint: "fix it first"}
	}
	if req.HFRepoID == "" {
		repo, err := RepoOf(m)
		if err != nil {
			return nil, err
		}
		req.HFRepoID = repo
	}
	req.ModelName = phases.SuggestModelName(m.ID.Value)
	r, err := phases.Prepare(ctx, env, req)
	if err != nil {
		return nil, err
	}
	r.Divide(shownParallelism(m, r.Architecture))
	return r.Judge(f, i), nil
}

// RepoOf returns the repository of an entry's model: that of its source comment,
// else the one that its id or name stands for.
func RepoOf(m *tsast.Model) (string, error) {
	repos, _ := reposOf(m)
	const mend = "write a comment // source: https://huggingface.co/ORG/NAME into the entry"
	switch len(repos) {
	case 1:
		return repos[0], nil
	case 0:
		return "", &fault.Usage{Message: fmt.Sprintf("it is not known which repository %q is made from", m.ID.Value), Hint: mend}
	}
	return "", &fault.Usage{Message: fmt.Sprintf("%q may stand for %s", m.ID.Value, strings.Join(repos, " or ")), Hint: mend}
}
