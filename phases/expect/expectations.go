// Package expect generates, from a model's own config.json, the entry that
// models.ts is expected to have (validate.ExpectedEntry): for the rules, for
// coverage, and to explain a Definition's numbers. With the network it reads
// SGLang's source and the checkpoint, too (Verify).
package expect

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Expectations answer what models' own configs say of their entries, from the
// Hub's local cache and the built-in catalogue; the network is asked only
// after Online.
// Answers are kept: an editor asks on every change. It is safe for concurrent
// use.
type Expectations struct {
	env *phases.Env
	// ask is what a fetch from the Hub is bounded by (For is a callback of the
	// rules, without a context of its own); nil: it is not asked.
	ask context.Context

	mu      sync.Mutex
	configs map[string]*knownConfig
	entries map[string]*validate.ExpectedEntry
}

// knownConfig is a config that was looked up; architecture is nil when there
// is none or it could not be read. implementation gives what the built-in
// SGLang index says of it, nil when that is nothing.
type knownConfig struct {
	architecture   *extract.Architecture
	implementation func() *baseline.Implementation
	label          string
	// checkpoint is asked for once, and only after Online.
	checkpoint func() *phases.Witness
}

// New makes Expectations that know nothing yet.
func New(env *phases.Env) *Expectations {
	return &Expectations{env: env, configs: map[string]*knownConfig{}, entries: map[string]*validate.ExpectedEntry{}}
}

// Online lets the Hub be asked for configs and for the headers of checkpoints,
// with which entries are then compared, until ctx ends.
func (x *Expectations) Online(ctx context.Context) *Expectations {
	x.ask = ctx
	return x
}

// Forget drops what is known of a repository, or of all for "": its config
// may be another one by now, or have come to be there.
func (x *Expectations) Forget(repo string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if repo == "" {
		clear(x.configs)
		clear(x.entries)
		return
	}
	delete(x.configs, repo)
	for key := range x.entries {
		if strings.HasPrefix(key, repo+" ") {
			delete(x.entries, key)
		}
	}
}

// For returns what is expected of an entry, of the first model that it may be of
// with the others as alternatives. Nil: not known.
func (x *Expectations) For(m *tsast.Model) *validate.ExpectedEntry {
	x.mu.Lock()
	defer x.mu.Unlock()
	repos, byName := reposOf(m)
	var first *validate.ExpectedEntry
	for _, repo := range repos {
		e := x.expected(repo, m, byName)
		switch {
		case e == nil:
		case first == nil:
			copied := *e
			first = &copied
		default:
			first.Alternatives = append(first.Alternatives, e)
		}
	}
	return first
}

// reposOf are the repositories whose model an entry may be: the one that its
// source comment names, else the catalogue's of its id or name.
func reposOf(m *tsast.Model) (repos []string, byName bool) {
	if repo := validate.SourceRepo(m); repo != "" {
		return []string{repo}, false
	}
	if repos = catalog.Named(m.ID.Value); len(repos) == 0 {
		repos = catalog.Named(m.Name.Value)
	}
	return repos, true
}

// expected generates the entry that a repository's config gives, under the
// parallelism that the entry's own names show.
func (x *Expectations) expected(repo string, m *tsast.Model, byName bool) *validate.ExpectedEntry {
	known := x.config(repo)
	if known.architecture == nil {
		return nil
	}
	tp, ep := shownParallelism(m, known.architecture)
	key := fmt.Sprintf("%s %d %d %t", repo, tp, ep, byName)
	if e, ok := x.entries[key]; ok {
		return e
	}
	e := entry(known, tp, ep, byName)
	x.entries[key] = e
	return e
}

// Entry returns the entry that a config gives under some parallelism, nil where
// it gives none. label says which config that is.
func Entry(a *extract.Architecture, label string, tp, ep int) *validate.ExpectedEntry {
	return entry(&knownConfig{
		architecture: a, label: label, implementation: sync.OnceValue(func() *baseline.Implementation { return implementationOf(a) }),
	}, tp, ep, false)
}

// entry generates from the config alone first: SGLang's source is read only
// where the two do not agree.
func entry(known *knownConfig, tp, ep int, byName bool) *validate.ExpectedEntry {
	e := generateEntry(known, nil, nil, tp, ep, byName)
	if e == nil {
		return nil
	}
	e.FromSource = sync.OnceValue(func() *validate.ExpectedEntry {
		impl := known.implementation()
		if impl == nil {
			return nil
		}
		return generateEntry(known, impl, nil, tp, ep, byName)
	})
	if known.checkpoint != nil {
		return withCheckpoint(known, e, tp, ep, byName)
	}
	return e
}

// withCheckpoint returns the entry that the checkpoint bears out, too, with what
// compares others with it; e as it is, with the reason, where no checkpoint was seen.
func withCheckpoint(known *knownConfig, e *validate.ExpectedEntry, tp, ep int, byName bool) *validate.ExpectedEntry {
	witness, impl := known.checkpoint(), known.implementation()
	ck := witness.Sorted(known.architecture)
	if ck == nil {
		e.CompareWithCheckpoint = func(map[weights.Row]weights.Size) *weights.Comparison {
			return &weights.Comparison{Unseen: witness.Note}
		}
		return e
	}
	if seen := generateEntry(known, impl, ck, tp, ep, byName); seen != nil {
		e = seen
	}
	e.CompareWithCheckpoint = func(stated map[weights.Row]weights.Size) *weights.Comparison {
		return generate.CompareWithCheckpoint(impl, ck, known.architecture, stated)
	}
	return e
}

func generateEntry(known *knownConfig, impl *baseline.Implementation, ck *weights.Checkpoint, tp, ep int, byName bool) *validate.ExpectedEntry {
	g := known.generate(impl, ck, tp, ep)
	if g == nil {
		return nil
	}
	return &validate.ExpectedEntry{
		Label: known.label, ByName: byName, Architecture: g.Architecture, Modules: phases.ExpectedModules(g.Entry),
		ConfidenceLine: report.ConfidenceLine(&g.Confidence, ""),
	}
}

// generate makes an entry of the config under some parallelism (0: the
// recommended one); nil where the model cannot be divided so.
func (k *knownConfig) generate(impl *baseline.Implementation, ck *weights.Checkpoint, tp, ep int) *generate.Result {
	req := phases.Request{ModelName: "expected", HFRepoID: k.architecture.Source.RepoID, TP: tp, EP: ep}
	if req.Complete(&phases.Env{}) != nil {
		return nil
	}
	g, err := phases.Generate(k.architecture, impl, ck, req, false)
	if err != nil {
		return nil
	}
	return g
}

// config finds a repository's config.
func (x *Expectations) config(repo string) *knownConfig {
	if k, ok := x.configs[repo]; ok {
		return k
	}
	k := &knownConfig{}
	x.configs[repo] = k
	ctx, req := x.ask, phases.Request{HFRepoID: repo, Offline: x.ask == nil}
	if ctx == nil {
		ctx = context.Background()
	}
	quiet := *x.env
	quiet.Progress, quiet.Ask = nil, nil
	fetched, source, err := quiet.RepoConfig(ctx, &req, extract.Source{RepoID: repo})
	if err != nil {
		return k
	}
	a, err := extract.Read(fetched.Bytes, extract.Options{RepoID: source.RepoID, Source: source})
	if err != nil {
		return k
	}
	k.architecture, k.label = a, "config.json of "+source.RepoID
	k.implementation = sync.OnceValue(func() *baseline.Implementation { return implementationOf(a) })
	if x.ask != nil {
		k.checkpoint = sync.OnceValue(func() *phases.Witness { return phases.WeightsStep(ctx, &quiet, &req, a) })
	}
	if source.Note != "" {
		k.label += " (" + source.Note + ")"
	}
	return k
}

// implementationOf reads a model's class in the built-in SGLang index: add
// makes entries from it, and what add makes is never to be found fault with.
func implementationOf(a *extract.Architecture) *baseline.Implementation {
	impl, err := phases.Embedded().Analyse(context.Background(), a.ArchitectureType, a.Config, a.TextConfig, baseline.Options{})
	if err != nil {
		return phases.TransformersBackend(err, a)
	}
	return impl
}

// shownParallelism works out the TP and EP of an entry from its names: heads
// of the model over heads of an attention name, experts over the experts of a
// MoE name. 1 where it does not divide evenly.
func shownParallelism(m *tsast.Model, a *extract.Architecture) (tp, ep int) {
	tp, ep = 1, 1
	for _, module := range m.Modules {
		for _, d := range module.Definitions.Items {
			name, err := definition.Parse(d.Value)
			if err != nil {
				continue
			}
			switch name.Family.OpType {
			case "gqa_paged", "gqa_ragged", "mla_paged", "mla_ragged", "dsa_paged":
				if name.Family.ID == "dsa_topk_indexer_fp8" {
					continue // its heads are the same on every device
				}
				tp = share(a.Attention.NumHeads, name, "h", tp)
			case "moe":
				if a.MoE != nil {
					ep = share(a.MoE.NumExperts, name, "e", ep)
				}
			}
		}
	}
	return tp, ep
}

func share(whole int, name definition.Name, field string, otherwise int) int {
	part, ok := name.Value(field)
	if !ok || part < 1 || int64(whole)%part != 0 || int64(whole) < part {
		return otherwise
	}
	return whole / int(part)
}
