package batch

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// owner is whose an id is: a repository, or a config file.
type owner struct{ repo, config string }

func (o owner) String() string {
	if o.repo == "" {
		return o.config
	}
	return o.repo
}

// same reports whether two mean the same model.
func (o owner) same(other owner) bool {
	if o.repo == "" || other.repo == "" {
		return o == other
	}
	a, _ := catalog.Resolve(o.repo)
	b, _ := catalog.Resolve(other.repo)
	return strings.EqualFold(a, b)
}

// admitAll completes the requests and settles every id, before anything is
// fetched or written: no model gets an id that is another one's.
func admitAll(env *phases.Env, items []*Item, files map[string]*openFile) error {
	taken := map[string]owner{} // by models.ts and id: of the items so far
	var clashes []string
	for _, item := range items {
		clash, err := admit(env, item, files, taken)
		item.Err = err
		if clash != "" {
			clashes = append(clashes, clash)
		}
	}
	if len(clashes) == 0 {
		return nil
	}
	return &fault.Usage{
		Message: "nothing was done, as ids are taken:\n  " + strings.Join(clashes, "\n  "),
		Hint:    "give each model an id of its own: NAME:ORG/REPO",
	}
}

// admit completes one request and settles its id. clash says whose the id is
// already.
func admit(env *phases.Env, item *Item, files map[string]*openFile, taken map[string]owner) (clash string, err error) {
	req := &item.Request
	named := req.ModelName != ""
	if err := req.Complete(env); err != nil {
		return "", err
	}
	f, err := openModels(env, req.ModelsTS, files)
	if err != nil {
		return "", err
	}
	mine := owner{req.HFRepoID, req.Config}
	key := func() string { return f.models.Path + "\x00" + req.ModelName }
	other, is := holder(f.doc.File(), req, taken[key()])
	switch {
	case !is:
	case other.same(mine), other == owner{}:
		item.Skipped = "already there"
		if other == (owner{}) && mine.repo != "" {
			item.Skipped = "already there; the entry does not say of which repository"
		}
		f.models.Tidy()
		report.Tidy(env.Path(req.OutputDir))
	case !named && rename(item):
		if _, is := holder(f.doc.File(), req, taken[key()]); is {
			return fmt.Sprintf("%s, for %s, which has no name of its own in the batch", req.ModelName, mine), nil
		}
		item.Renamed = fmt.Sprintf("%s is the id of %s; this one is %s", item.Renamed, other, req.ModelName)
	default:
		return fmt.Sprintf("%s, for %s, is the id of %s", req.ModelName, mine, other), nil
	}
	taken[key()] = mine
	return "", nil
}

// holder returns whose the id of a request is: an item's before it, or an
// entry's of the file, which is nobody's where it names no repository. An
// update is of the entry that is there.
func holder(f *tsast.File, req *phases.Request, before owner) (owner, bool) {
	if before != (owner{}) {
		return before, true
	}
	i := modelsfile.Find(f, req.ModelName)
	if i < 0 || req.Update {
		return owner{}, false
	}
	return owner{repo: validate.SourceRepo(f.Entries[i].Model)}, true
}

// rename returns a model that the user did not name the id ORG-NAME, and keeps
// its former one in Renamed.
func rename(item *Item) bool {
	req := &item.Request
	org, _, ok := strings.Cut(req.HFRepoID, "/")
	if !ok {
		return false
	}
	former := req.ModelName
	req.ModelName = phases.SuggestModelName(org) + "-" + former
	if filepath.Base(req.OutputDir) == report.DirPrefix+former {
		req.OutputDir = filepath.Join(filepath.Dir(req.OutputDir), report.DirPrefix+req.ModelName)
	}
	item.Renamed = former
	return true
}
