package phases

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/typecheck"
)

// Env is the world that a run may touch. Everything that is not in it
// (another working directory, another environment) stays out of reach, which
// is what lets the language server resolve paths against the workspace.
type Env struct {
	// Getenv reads an environment variable.
	Getenv func(string) string
	// Environ lists all variables as NAME=VALUE; only doctor asks. It may be nil.
	Environ func() []string
	// WorkDir is what relative paths are resolved against.
	WorkDir string
	// CacheDir is fib-ls's own cache (SGLang sources, indexes); "" means none.
	CacheDir string
	// Stdin is read for --config -.
	Stdin io.Reader
	// Log gets what happens, never a token.
	Log *slog.Logger
	// Progress is called at every step; it may be nil.
	Progress func(Event)
	// Ask asks the user for a missing config field; nil when nobody can be
	// asked. An empty answer means: no.
	Ask func(ctx context.Context, field, question, proposal string) (string, error)
	// NoSGLangFetch keeps phase 2 from fetching SGLang's source: what is on
	// disk and the built-in index are used.
	NoSGLangFetch bool
	// SGLang keeps opened SGLang trees between runs; nil opens them each time.
	SGLang *SGLangTrees
	// Now is the clock.
	Now func() time.Time
	// Following gives the changes of the clone's other files that the addition
	// of a model asks for; nil leaves them out.
	Following func(env *Env, r *Result) ([]report.Following, error)
	// Hub is the HuggingFace Hub and its cache; nil means that it is out of reach.
	Hub *Hub
}

// KnownRepo is a repository that can be offered without asking the network.
type KnownRepo struct {
	ID    string
	From  string // cache|catalogue
	Class string // when it is known
	// Used is when its config was last fetched; zero when never.
	Used time.Time
}

// KnownRepos lists what can be offered: what was used last first, then the
// catalogue, of which the models that sgl-cookbook serves come first.
func KnownRepos(e *Env) []KnownRepo {
	var repos []KnownRepo
	seen := map[string]bool{}
	if e.Hub != nil {
		for _, r := range e.Hub.client.ListCached() {
			repos = append(repos, KnownRepo{ID: r.ID, From: "cache", Used: r.LastUsed})
		}
		sort.SliceStable(repos, func(i, j int) bool { return repos[i].Used.After(repos[j].Used) })
		for _, r := range repos {
			seen[strings.ToLower(r.ID)] = true
		}
	}
	ids := catalog.IDs()
	served := func(id string) int {
		if _, _, ok := RecommendedParallelism(id); ok {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ids, func(a, b string) int { return served(a) - served(b) })
	for _, id := range ids {
		if !seen[strings.ToLower(id)] {
			repos = append(repos, KnownRepo{ID: id, From: "catalogue"})
		}
	}
	return repos
}

// Event is one step of progress. Fraction is of the phase, from 0 to 1.
type Event struct {
	Phase    int // 1 to 4
	Name     string
	Message  string
	Fraction float64
	Done     bool
	// Notice: the message is worth a line even where progress is not drawn, as
	// that a server makes the run wait.
	Notice bool
}

// PhaseNames are the four phases, by number less one.
var PhaseNames = [4]string{"Extract configuration", "Find SGLang baseline", "Generate entry", "Validate and report"}

func (e *Env) progress(phase int, fraction float64, message string) {
	if e.Progress != nil {
		e.Progress(Event{Phase: phase, Name: PhaseNames[phase-1], Message: message, Fraction: fraction, Done: fraction >= 1})
	}
}

// TypeCheckOptions are those of a type check of a models.ts.
func (e *Env) TypeCheckOptions(mode typecheck.Mode, modelsTS string) typecheck.Options {
	return typecheck.Options{Mode: mode, Path: e.Path(modelsTS), Limit: e.seconds("FIB_LS_TYPECHECK_TIMEOUT")}
}

// seconds reads a variable that holds a number of seconds, up to an hour; 0
// when it holds none.
func (e *Env) seconds(name string) time.Duration {
	n, err := strconv.Atoi(e.Getenv(name))
	if err != nil || n < 1 || n > 3600 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// Path resolves a user's path against the working directory.
func (e *Env) Path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(e.WorkDir, p)
}

// ModelsTS is the models.ts that a command means: the named one, else the one
// of the clone in which the working directory stands.
func (e *Env) ModelsTS(named string) string {
	if named == "" || named == filepath.FromSlash(modelsfile.DefaultPath) {
		return modelsfile.Default(e.WorkDir)
	}
	return named
}

func (e *Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func (e *Env) log() *slog.Logger {
	if e.Log != nil {
		return e.Log
	}
	return slog.New(slog.DiscardHandler)
}
