// Package doctor looks at what a run rests on and says what to correct.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/tsast"
)

// Finding is one line of doctor: what was found, what will be used, and what
// to do when something is amiss.
type Finding struct {
	Name  string `json:"name"`
	Found string `json:"found"`
	Used  string `json:"used,omitempty"`
	Fix   string `json:"fix,omitempty"`
	OK    bool   `json:"ok"`
}

// Run looks at everything that a run may rest on. It changes nothing, and
// asks the network only whether the Hub and SGLang's repository answer.
func Run(ctx context.Context, env *phases.Env, offline bool) []Finding {
	var out []Finding
	if client := env.HubClient(); client != nil {
		d := client.Describe()
		offline = offline || d.Offline // GitHub is not asked either then
		out = append(out, lookHub(d)...)
		out = append(out, lookReach(ctx, client, offline))
	}
	out = append(out, Finding{Name: "catalogue", Found: fmt.Sprintf("%d models built in", len(catalog.IDs())), OK: true})
	out = append(out, lookSGLang(ctx, env)...)
	out = append(out, lookGitHub(ctx, env, offline))
	out = append(out, lookCache(env), lookSettings(env), lookDataset(env), lookModels(env))
	return append(out, lookTools(ctx, env)...)
}

func lookHub(d hub.Description) []Finding {
	endpoint := Finding{Name: "Hub endpoint", Found: d.Endpoint + " (" + d.EndpointFrom + ")", OK: len(d.Problems) == 0, Fix: strings.Join(d.Problems, "; ")}
	if len(d.Proxies) > 0 {
		endpoint.Used = "proxies: " + strings.Join(d.Proxies, ", ")
	}
	token := Finding{Name: "token", Found: "from " + d.TokenSource, Used: d.TokenNote, OK: true}
	if d.TokenSource == "" {
		token.Found, token.Used = "none: requests are anonymous", cmp.Or(d.TokenNote, "gated models need one: set HF_TOKEN or run hf auth login")
	}
	cache := Finding{Name: "Hub cache", Found: fmt.Sprintf("%s (%s), %d repositories", d.CacheRoot, d.CacheFrom, d.CachedRepos), OK: d.CacheWritable}
	if !d.CacheWritable {
		cache.Fix = "it cannot be written: configs will be fetched anew each time; set HF_HOME to a directory of yours"
	}
	mode := Finding{Name: "network", Found: "online", OK: true}
	if d.Offline {
		mode.Found = "offline, because of " + d.OfflineBecause
	}
	return []Finding{endpoint, token, cache, mode}
}

// lookReach asks whether the Hub answers and accepts the token.
func lookReach(ctx context.Context, client *hub.Client, offline bool) Finding {
	f := Finding{Name: "Hub reachable", OK: true}
	if offline {
		f.Found = "not asked (offline)"
		return f
	}
	reach, err := client.Probe(ctx)
	if err != nil {
		f.OK, f.Found, f.Fix = false, "no: "+prose.FirstLine(err), "the cache and the built-in catalogue will be used"
		var verdict hub.Error
		if errors.As(err, &verdict) {
			f.Fix = verdict.Hint()
		}
		return f
	}
	f.Found = fmt.Sprintf("yes, in %d ms", reach.Latency.Milliseconds())
	if reach.Account != "" {
		f.Found += ", the token is " + reach.Account + "'s"
	}
	return f
}

// lookGitHub asks whether SGLang can be fetched.
func lookGitHub(ctx context.Context, env *phases.Env, offline bool) Finding {
	f := Finding{Name: "GitHub", OK: true}
	if offline {
		f.Found = "not asked (offline)"
		return f
	}
	const patience = 15 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	address := cmp.Or(env.Getenv("FIB_LS_SGLANG_URL"), repo.DefaultURL)
	took, err := repo.Probe(ctx, repo.Options{WorkDir: env.WorkDir, CacheDir: env.CacheDir, URL: address})
	if err != nil {
		f.OK, f.Found, f.Fix = false, "no: "+prose.FirstLine(err), "the copy on disk or the built-in index will be used"
		return f
	}
	f.Found = fmt.Sprintf("%s answers, in %d ms", withoutPassword(address), took.Milliseconds())
	return f
}

func lookSGLang(ctx context.Context, env *phases.Env) []Finding {
	f := Finding{Name: "SGLang source", OK: true}
	index := Finding{Name: "SGLang index", OK: true}
	commit, date := baseline.NewEmbedded().Commit()
	index.Found = strings.TrimSpace("built in" + report.AtCommit(commit) + report.OfDate(date))
	named := env.Getenv("FIB_LS_SGLANG_PATH")
	src, err := repo.Open(ctx, repo.Options{WorkDir: env.WorkDir, CacheDir: env.CacheDir, Offline: true, Path: env.Path(named)})
	switch {
	case err != nil && named != "":
		f.OK, f.Found = false, "FIB_LS_SGLANG_PATH="+named+" is not an SGLang source: "+prose.FirstLine(err)
		f.Fix = "set it to a clone of SGLang or an installed sglang package, or unset it"
	case err != nil:
		f.Found, f.Used = "none on disk", "fetched when it is needed and the network allows, else the built-in index is used"
	default:
		defer func() { _ = src.Close() }()
		commit, date := src.Commit()
		f.Found = strings.TrimSpace(src.Dir() + report.AtCommit(commit) + report.OfDate(date))
		f.Used = "read by add before the built-in index"
	}
	return []Finding{f, index}
}

// withoutPassword hides what stands before the host of an URL.
func withoutPassword(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return value
	}
	return u.Redacted()
}

// lookCache looks whether fib-ls's own cache can be written, without writing
// anything into it.
func lookCache(env *phases.Env) Finding {
	f := Finding{Name: "fib-ls cache", Found: env.CacheDir, OK: true}
	if env.CacheDir == "" {
		f.OK, f.Found, f.Fix = false, "none: there is no home directory", "set FIB_LS_CACHE_DIR to a directory of yours; until then SGLang's source is not kept"
		return f
	}
	dir := env.CacheDir
	info, err := os.Stat(dir)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		f.OK, f.Found = false, env.CacheDir+": "+err.Error()
	case !info.IsDir():
		f.OK, f.Found = false, dir+" is not a directory"
	case info.Mode().Perm()&0o200 == 0:
		f.OK, f.Found = false, dir+" cannot be written"
	case dir != env.CacheDir:
		f.Found += " (made when it is needed)"
	}
	if !f.OK {
		f.Fix = "set FIB_LS_CACHE_DIR to a directory of yours"
	}
	return f
}

func lookDataset(env *phases.Env) Finding {
	f := Finding{Name: "dataset", OK: true}
	d, err := env.KnownDataset("", env.WorkDir)
	switch {
	case err != nil:
		f.OK, f.Found, f.Fix = false, prose.FirstLine(err), "set FIB_DATASET_PATH to a clone of flashinfer-trace, or unset it"
	case d.Listed != "":
		f.Found, f.Used = fmt.Sprintf("no clone; %s, %d Definitions", d.Listed, len(d.Names())), "give --dataset DIR (a clone of flashinfer-trace) to see how many workloads there are"
	default:
		f.Found = fmt.Sprintf("%s, %d Definitions", d.Dir, len(d.Names()))
	}
	return f
}

func lookModels(env *phases.Env) Finding {
	f := Finding{Name: "models.ts", OK: true}
	path := env.Path(env.ModelsTS(""))
	m, err := modelsfile.Read(path)
	if err != nil || m.Text == nil {
		f.OK, f.Found, f.Fix = false, "no "+modelsfile.DefaultPath+" here", "run fib-ls in a flashinfer-bench clone, or give --models-ts"
		return f
	}
	f.Found = m.Path
	parsed := tsast.Parse(m.Text)
	f.Used = fmt.Sprintf("%d models", len(parsed.Entries))
	if len(parsed.Problems) > 0 {
		f.OK = false
		f.Fix = fmt.Sprintf("it has a syntax error in line %d: fib-ls check shows it", modelsfile.LineOf(parsed.Src(), parsed.Problems[0].Span.Start))
	}
	return f
}
