package onboard

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/coverage"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// Where a candidate comes from.
const (
	FromSGLang   = "sglang"
	FromCookbook = "sgl-cookbook"
	FromTrending = "trending"
)

// Candidate is a model, or several with the same layers, that could be
// onboarded.
type Candidate struct {
	Source  string   `json:"source"`
	Class   string   `json:"class"`
	Repos   []string `json:"repo_ids"`
	Why     string   `json:"why"`
	Present int      `json:"present"` // of its Definitions, in the dataset
	Total   int      `json:"total"`

	required []string
}

// Found are the candidates, and what was not looked at.
type Found struct {
	Candidates []Candidate `json:"candidates"`
	Dataset    string      `json:"dataset"`
	Notes      []string    `json:"notes"`
}

// DiscoverOptions say where candidates are looked for.
type DiscoverOptions struct {
	// ModelsTS tracks models, "" for that of the clone; Dataset is a clone of it.
	ModelsTS, Dataset string
	// ModelsText is the text of models.ts where an editor has it open, which may
	// not be saved; nil for what is on disk.
	ModelsText []byte
	// SGLang is a tree, "" for ./sglang or the clone's tmp/sglang.
	SGLang string
	// Since: of a clone of SGLang, the model files that came in this long.
	Since time.Duration
	// Trending is how many of the Hub's trending models are looked at, 0 for
	// none; it is asked only where the environment's Hub is not offline.
	Trending int
}

// search is one run of Discover.
type search struct {
	env     *phases.Env
	opts    DiscoverOptions
	set     *dataset.Dataset
	tracked *tracked
	found   *Found
}

// Discover lists the models that are new in a tree of SGLang, that sgl-cookbook
// serves, or that trend on the Hub, and that neither models.ts nor the coverage
// document has.
func Discover(ctx context.Context, env *phases.Env, o DiscoverOptions) (*Found, error) {
	have, err := readTracked(env, o)
	if err != nil {
		return nil, err
	}
	env.RefreshDataset(ctx, o.Dataset, env.WorkDir)
	set, err := env.KnownDataset(o.Dataset, env.WorkDir)
	if err != nil {
		return nil, err
	}
	s := &search{env: env, opts: o, set: set, tracked: have, found: &Found{Candidates: []Candidate{}, Dataset: datasetWords(set), Notes: []string{}}}
	if err := s.sglang(ctx); err != nil {
		return nil, err
	}
	s.cookbook(ctx)
	return s.found, s.trending(ctx)
}

// note says once what was not looked at.
func (s *search) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.found.Notes, text) {
		s.found.Notes = append(s.found.Notes, text)
	}
}

// add takes a model up, beside the one that has the same layers for the same
// reason.
func (s *search) add(c Candidate) {
	for _, name := range c.required {
		if _, there := s.set.Get(name); there {
			c.Present++
		}
	}
	c.Total = len(c.required)
	for i := range s.found.Candidates {
		known := &s.found.Candidates[i]
		if known.Source == c.Source && c.Total > 0 && known.Class == c.Class && known.Why == c.Why && slices.Equal(known.required, c.required) {
			known.Repos = append(known.Repos, c.Repos...)
			return
		}
		if known.Source == c.Source && (c.Total == 0 || known.Total == 0) && sameModel(known.Repos, c.Repos) {
			if known.Total == 0 && c.Total > 0 {
				c.Repos = append(c.Repos, known.Repos...)
				*known = c
				return
			}
			known.Repos = append(known.Repos, c.Repos...)
			return
		}
	}
	s.found.Candidates = append(s.found.Candidates, c)
}

// quantized ends the names of a model's quantised checkpoints.
var quantized = regexp.MustCompile(`(?i)-(?:fp8|nvfp4|fp4|bf16|int4|awq)(?:-v\d)?$`)

// sameModel reports whether some repositories are variants of one model by their
// names: where the config of one is not known, it is taken for the other's.
func sameModel(a, b []string) bool {
	return len(a) > 0 && len(b) > 0 && coverage.SameModel(bareName(quantized.ReplaceAllString(a[0], "")), bareName(quantized.ReplaceAllString(b[0], "")))
}

func bareName(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// listed reports whether a repository is a candidate already.
func (s *search) listed(id string) bool {
	return slices.ContainsFunc(s.found.Candidates, func(c Candidate) bool { return slices.Contains(c.Repos, id) })
}

const modelsFolder = "python/sglang/srt/models"

// sglang takes up the classes that are new in a tree of SGLang.
func (s *search) sglang(ctx context.Context) error {
	dir := s.opts.SGLang
	if dir == "" {
		for _, near := range []string{"sglang", modelsfile.DefaultDir(s.env.WorkDir, filepath.Join("tmp", "sglang"))} {
			if info, err := os.Stat(s.env.Path(near)); err == nil && info.IsDir() {
				dir = near
				break
			}
		}
	}
	if dir == "" {
		s.note("no tree of SGLang was looked at: --sglang-path DIR names one")
		return nil
	}
	path := s.env.Path(dir)
	src, err := repo.Open(ctx, repo.Options{Path: path, Offline: true, MaxAge: -1})
	if err != nil {
		return fmt.Errorf("--sglang-path: %w", err)
	}
	defer func() { _ = src.Close() }() // only read from
	registered, err := baseline.NewReader(src, nil).Classes()
	if err != nil {
		return fmt.Errorf("--sglang-path %s: %w", dir, err)
	}
	fresh, err := s.fresh(ctx, path, dir)
	if err != nil {
		return err
	}
	repos := catalogClasses()
	for _, c := range registered {
		why := fresh(c)
		if why == "" || c.Remapped != "" || c.Category != classes.TextCausalLM && c.Category != classes.Multimodal {
			continue
		}
		ids := slices.DeleteFunc(slices.Clone(repos[c.Name]), s.tracked.has)
		if len(repos[c.Name]) > 0 && len(ids) == 0 {
			continue // all that are known of it are tracked
		}
		candidate := Candidate{Source: FromSGLang, Class: c.Name, Repos: ids, Why: why}
		if len(ids) > 0 {
			candidate.required, _ = s.required(ctx, ids[0])
		}
		s.add(candidate)
	}
	return nil
}

// fresh gives, for a tree, a function that says why a class is new: by the
// history of a clone, else by the difference to the embedded index.
func (s *search) fresh(ctx context.Context, path, dir string) (func(classes.ClassInfo) string, error) {
	now := time.Now
	if s.env.Now != nil {
		now = s.env.Now
	}
	since := now().Add(-s.opts.Since)
	added, complete, err := repo.AddedSince(ctx, path, modelsFolder, since)
	if err == nil && (complete || len(added) > 0) {
		if !complete {
			s.note("the history of %s ends before %s: what came before it is not listed", dir, since.Format(time.DateOnly))
		}
		on := map[string]time.Time{}
		for _, a := range added {
			on[a.Path] = a.On
		}
		return func(c classes.ClassInfo) string {
			if day, is := on[c.File]; is {
				return "new in SGLang on " + day.Format(time.DateOnly) + ": " + c.File
			}
			return ""
		}, nil
	}
	if err != nil && !errors.Is(err, repo.ErrNone) {
		s.note("%s", prose.FirstLine(err))
	}
	s.note("%s has no history to look at: its classes are compared with the built-in index", dir)
	known, err := phases.Embedded().Classes()
	if err != nil {
		return nil, err
	}
	return func(c classes.ClassInfo) string {
		if slices.ContainsFunc(known, func(k classes.ClassInfo) bool { return k.Name == c.Name }) {
			return ""
		}
		return "new in this SGLang: " + c.File
	}, nil
}

// cookbook takes up the models that sgl-cookbook serves.
func (s *search) cookbook(ctx context.Context) {
	ids := generate.CookbookRepos()
	for _, id := range catalog.IDs() {
		if _, _, ok := phases.RecommendedParallelism(id); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		if s.tracked.has(id) || s.listed(id) {
			continue
		}
		c := Candidate{Source: FromCookbook, Repos: []string{id}, Why: "recommended serving config (" + recommendedWords(id) + ")"}
		c.required, c.Class = s.required(ctx, id)
		s.add(c)
	}
}

// recommendedWords are the layouts that a repository's model is served with.
func recommendedWords(id string) string {
	layouts := generate.CookbookServing(id).All()
	if tp, ep, ok := phases.RecommendedParallelism(id); ok && len(layouts) == 0 {
		layouts = []Layout{{TP: tp, EP: ep}}
	}
	return (&Plan{Layouts: layouts}).layoutWords()
}

// trending takes up what trends on the Hub; one that cannot be asked is a note.
func (s *search) trending(ctx context.Context) error {
	client := s.env.HubClient()
	if client == nil || s.opts.Trending == 0 {
		return nil
	}
	hits, err := client.Trending(ctx, s.opts.Trending)
	var offline *hub.OfflineError
	if errors.As(err, &offline) {
		return nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.note("the Hub's trending models were not looked at: %s", prose.FirstLine(err))
		return nil
	}
	for _, hit := range hits {
		if s.tracked.has(hit.ID) || s.listed(hit.ID) {
			continue
		}
		c := Candidate{Source: FromTrending, Repos: []string{hit.ID}, Why: "trending on the Hub"}
		if c.required, c.Class = s.required(ctx, hit.ID); c.Class == "" {
			fetched, err := s.env.Hub.FetchConfig(ctx, hit.ID, "", false)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				s.note("%s trends, and its config could not be read: %s", hit.ID, prose.FirstLine(err))
				continue
			}
			if c.required, c.Class = requiredBy(hit.ID, fetched.Bytes); c.Class == "" {
				continue // no decoder language model
			}
		}
		s.add(c)
	}
	return nil
}

// Text is the list for people, a line each.
func (f *Found) Text() string {
	var b strings.Builder
	for _, c := range f.Candidates {
		covered := "its config is not known here"
		if c.Total > 0 {
			covered = fmt.Sprintf("%d of %d Definitions in the dataset", c.Present, c.Total)
		}
		repos := strings.Join(c.Repos[:min(len(c.Repos), 3)], " ")
		if more := len(c.Repos) - 3; more > 0 {
			repos += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(&b, "%-34s %-40s %s; %s\n", cmp.Or(c.Class, "-"), cmp.Or(repos, "-"), c.Why, covered)
	}
	if len(f.Candidates) == 0 {
		b.WriteString("nothing new\n")
	}
	fmt.Fprintf(&b, "\nthe dataset: %s\n", f.Dataset)
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// catalogClasses are the repositories of the catalogue by their class.
func catalogClasses() map[string][]string {
	repos := map[string][]string{}
	for _, id := range catalog.IDs() {
		if entry, ok := catalog.Lookup(id); ok {
			var config struct {
				Architectures []string `json:"architectures"`
			}
			_ = json.Unmarshal(entry.Config, &config) // the catalogue's configs are read by its own tests
			for _, class := range config.Architectures {
				repos[class] = append(repos[class], id)
			}
		}
	}
	return repos
}

// required are the Definitions that a model needs by its config alone, where
// that is built in or in the Hub's cache; nil when it is not, or cannot be read.
func (s *search) required(ctx context.Context, id string) (names []string, class string) {
	if entry, ok := catalog.Lookup(id); ok {
		return requiredBy(id, entry.Config)
	}
	if s.env.Hub == nil {
		return nil, ""
	}
	fetched, err := s.env.Hub.FetchConfig(ctx, id, "", true)
	if err != nil {
		return nil, ""
	}
	return requiredBy(id, fetched.Bytes)
}

// requiredBy are the Definitions that a model needs by a config.
func requiredBy(id string, config []byte) (names []string, class string) {
	a, err := extract.Read(config, extract.Options{RepoID: id, Source: extract.Source{RepoID: id}})
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
