package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Candidate is a model that could be onboarded.
type Candidate struct {
	Class   string   `json:"class"`
	Repos   []string `json:"repo_ids"`
	Why     string   `json:"why"`
	Present int      `json:"present"` // of its Definitions, in the dataset
	Total   int      `json:"total"`
}

// Discover lists the models that a serving config recommends and models.ts does
// not have, then the classes that a tree of SGLang has and the embedded index
// does not.
func Discover(ctx context.Context, env *phases.Env, modelsTS, sglang, datasetDir string) ([]Candidate, error) {
	tracked, err := tracked(env, modelsTS)
	if err != nil {
		return nil, err
	}
	set, err := env.KnownDataset(datasetDir, env.WorkDir)
	if err != nil {
		return nil, err
	}
	list := []Candidate{}
	for _, id := range catalog.IDs() {
		tp, ep, ok := phases.RecommendedParallelism(id)
		if !ok || tracked[normal(id)] {
			continue
		}
		c := Candidate{Repos: []string{id}, Why: fmt.Sprintf("recommended serving config (TP=%d EP=%d)", tp, ep)}
		if names, class := required(id); names != nil {
			c.Class, c.Total = class, len(names)
			for _, name := range names {
				if _, there := set.Get(name); there {
					c.Present++
				}
			}
		}
		list = append(list, c)
	}
	if sglang == "" {
		return list, nil
	}
	fresh, err := newClasses(ctx, env, sglang)
	if err != nil {
		return nil, err
	}
	return append(list, fresh...), nil
}

// tracked are the models that models.ts has, by id, name and source; a
// models.ts that is not there has none.
func tracked(env *phases.Env, modelsTS string) (map[string]bool, error) {
	known := map[string]bool{}
	models, err := modelsfile.Read(env.Path(env.ModelsTS(modelsTS)))
	if err != nil && modelsTS == "" {
		return known, nil // no clone here: nothing is tracked
	}
	if err != nil {
		return nil, err
	}
	if models.Text == nil {
		return known, nil
	}
	for _, e := range tsast.Parse(models.Text).Entries {
		for _, text := range []string{e.Model.ID.Value, e.Model.Name.Value, validate.SourceRepo(e.Model)} {
			if text == "" {
				continue
			}
			known[normal(text)] = true
			for _, id := range catalog.Named(text) {
				known[normal(id)] = true
			}
		}
	}
	return known, nil
}

// normal is a repository's or model's name as it is compared.
func normal(name string) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(name)), "-")
}

// required are the Definitions that a model of the catalogue needs by its
// config alone; nil when it cannot be read.
func required(id string) (names []string, class string) {
	entry, ok := catalog.Lookup(id)
	if !ok {
		return nil, ""
	}
	a, err := extract.Read(entry.Config, extract.Options{RepoID: id, Source: extract.Source{RepoID: id}})
	if err != nil {
		return nil, ""
	}
	req := phases.Request{ModelName: "candidate", HFRepoID: id, PageSizes: []int{1, 64}}
	g, err := phases.Generate(a, nil, nil, req, false)
	if err != nil {
		return nil, a.ArchitectureType
	}
	for _, d := range g.Definitions {
		names = append(names, d.Name)
	}
	return names, a.ArchitectureType
}

// newClasses are the classes that a tree registers and the embedded index does
// not.
func newClasses(ctx context.Context, env *phases.Env, sglang string) ([]Candidate, error) {
	src, err := repo.Open(ctx, repo.Options{Path: env.Path(sglang), Offline: true, MaxAge: -1})
	if err != nil {
		return nil, fmt.Errorf("--sglang-path: %w", err)
	}
	defer func() { _ = src.Close() }()
	now, err := baseline.NewReader(src, nil).Classes()
	if err != nil {
		return nil, fmt.Errorf("--sglang-path %s: %w", sglang, err)
	}
	before, err := phases.Embedded().Classes()
	if err != nil {
		return nil, err
	}
	var list []Candidate
	for _, c := range now {
		if !slices.ContainsFunc(before, func(b baseline.ClassInfo) bool { return b.Name == c.Name }) {
			list = append(list, Candidate{Class: c.Name, Repos: []string{}, Why: "new in this SGLang: " + c.File})
		}
	}
	return list, nil
}

// Text is the list for people, a line each.
func Text(list []Candidate) string {
	var b strings.Builder
	for _, c := range list {
		covered := "config not known"
		if c.Total > 0 {
			covered = fmt.Sprintf("%d of %d Definitions in the dataset", c.Present, c.Total)
		}
		fmt.Fprintf(&b, "%-32s %-44s %s; %s\n", c.Class, strings.Join(c.Repos, " "), c.Why, covered)
	}
	if len(list) == 0 {
		b.WriteString("nothing new: every recommended model is tracked\n")
	}
	return b.String()
}
