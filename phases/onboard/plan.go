// Package onboard goes from a model to what onboarding it to FlashInfer-Bench
// takes: the inventory of its kernels, the run manifest, and the files that
// follow. It reads and writes files; nothing is sent anywhere.
package onboard

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/onboard/kernelsource"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/regular"
)

// The statuses of upstream's run manifest.
const (
	Existing      = "existing"
	New           = "new"
	FISupported   = "fi_supported"
	FIMissing     = "fi_missing"
	SGLIntegrated = "sgl_integrated"
	SGLMissing    = "sgl_missing"
	NotApplicable = "n/a"
)

// Options are what plan takes beside the model.
type Options struct {
	Request phases.Request
	// FlashInfer is an unpacked flashinfer-python or a clone, "" for the
	// embedded facts; with it, SGLang's calls are read out of Request.SGLangPath.
	FlashInfer string
	// TP and EP are the layouts to plan for; none means the recommended ones.
	TP, EP []int
}

// Layout is one way of spreading a model over devices.
type Layout = generate.Layout

// Kernel is one Definition of the inventory.
type Kernel struct {
	Name     string   `json:"definition_name"`
	OpType   string   `json:"op_type"`
	Layouts  []Layout `json:"layouts"`
	Modules  []string `json:"modules"`
	Phase1   string   `json:"phase1_status"`
	FI       string   `json:"fi_status"`
	Template bool     `json:"fi_trace_template"`
	SGL      string   `json:"sgl_status"`
	APIs     []string `json:"fi_apis"`
	Dumps    []string `json:"trace_names"`
	Files    []string `json:"sgl_files"`
}

// Plan is the kernel inventory of a model.
type Plan struct {
	Slug     string   `json:"model_slug"`
	Repo     string   `json:"hf_repo_id"`
	Class    string   `json:"class"`
	Layouts  []Layout `json:"layouts"`
	Kernels  []Kernel `json:"kernels"`
	Remarks  []string `json:"remarks"`
	Versions Versions `json:"versions"`
	// Result is the run of phases 1 to 3 for the first layout.
	Result *phases.Result `json:"-"`
	set    *dataset.Dataset
	// commits are the states of the repositories that the plan rests on.
	commits map[string]string
	root    string // of the clone of FlashInfer-Bench, "" without one
}

// Versions say by which facts a plan was made.
type Versions struct {
	FlashInfer string `json:"flashinfer"`
	SGLang     string `json:"sglang"`      // whose calls of FlashInfer are known
	SGLangTree string `json:"sglang_tree"` // of the layers: a commit
	Dataset    string `json:"dataset"`
	Cookbook   string `json:"sgl_cookbook"` // of the layouts: a date
}

// commits are the states of the four repositories as a run manifest has them:
// short hashes where they are known, FlashInfer's version where its facts came
// from a package.
func commits(env *phases.Env, o Options, set *dataset.Dataset, sglang string, table *definition.Table) map[string]string {
	trace, flashinfer := set.Commit, table.FlashInfer
	if set.Dir != "" {
		trace = repo.Head(set.Dir)
	}
	if o.FlashInfer != "" {
		if head := repo.Head(env.Path(o.FlashInfer)); head != "" {
			flashinfer = head
		}
	}
	short := func(commit string) string {
		if hub.IsCommit(commit) {
			return commit[:7]
		}
		return commit
	}
	return map[string]string{
		"sglang": short(cmp.Or(sglang, table.SGLang)), "flashinfer": short(flashinfer), "sgl_cookbook": generate.CookbookCommit, "flashinfer_trace": short(trace),
	}
}

// Make plans the onboarding of one model.
func Make(ctx context.Context, env *phases.Env, o Options) (*Plan, error) {
	table, err := tableOf(env, o)
	if err != nil {
		return nil, err
	}
	first, err := phases.Prepare(ctx, env, o.Request)
	if err != nil {
		return nil, err
	}
	return planFor(env, o, first, table)
}

// planFor plans the onboarding of a model whose phases 1 to 3 have run.
func planFor(env *phases.Env, o Options, first *phases.Result, table *definition.Table) (*Plan, error) {
	set, err := env.KnownDataset(o.Request.Dataset, filepath.Dir(env.Path(first.Request.ModelsTS)))
	if err != nil {
		return nil, err
	}
	p := &Plan{
		Slug: first.Request.ModelName, Repo: first.Architecture.Source.RepoID, Class: first.Baseline.Class, Result: first, set: set,
		Kernels: []Kernel{}, Remarks: append([]string{}, first.Generated.Unmapped...),
		Versions: Versions{
			FlashInfer: table.FlashInfer, SGLang: table.SGLang, SGLangTree: first.Baseline.Commit, Dataset: datasetWords(set),
			Cookbook: generate.CookbookDate,
		},
		commits: commits(env, o, set, first.Baseline.Commit, table),
	}
	if p.Repo == "" {
		p.Repo = first.Request.HFRepoID
	}
	p.root = modelsfile.Root(filepath.Dir(env.Path(first.Request.ModelsTS)))
	p.Layouts = layouts(first, p.Repo, o)
	return p, p.inventory(first, table)
}

// inventory takes the Definitions of each layout into the plan. A layout that
// does not fit the model is dropped, and noted.
func (p *Plan) inventory(first *phases.Result, table *definition.Table) (err error) {
	fitting := []Layout{}
	var last error
	for _, layout := range p.Layouts {
		g := first.Generated
		if layout.TP != first.Parallelism.TP || layout.EP != first.Parallelism.EP {
			again := first.Request
			again.TP, again.EP = layout.TP, layout.EP
			if g, err = phases.Generate(first.Architecture, first.Implementation, first.Witness.Sorted(first.Architecture), again, false); err != nil {
				p.Remarks = append(p.Remarks, prose.FirstLine(err))
				last = err
				continue
			}
		}
		fitting = append(fitting, layout)
		p.add(layout, g, table)
	}
	if p.Layouts = fitting; len(fitting) == 0 {
		return last
	}
	return nil
}

// tableOf are the facts of the trees that were named, else the embedded ones.
func tableOf(env *phases.Env, o Options) (*definition.Table, error) {
	if o.FlashInfer == "" {
		return definition.FlashInfer(), nil
	}
	f, err := kernelsource.ReadFlashInfer(regular.Dir(env.Path(o.FlashInfer)))
	if err != nil {
		return nil, fmt.Errorf("--flashinfer %s: %w", o.FlashInfer, err)
	}
	s := &kernelsource.SGLang{Version: "unread (no --sglang-path)", Calls: map[string][]string{}}
	if o.Request.SGLangPath != "" {
		if s, err = kernelsource.ReadSGLang(regular.Dir(env.Path(o.Request.SGLangPath)), f); err != nil {
			return nil, fmt.Errorf("--sglang-path %s: %w", o.Request.SGLangPath, err)
		}
		if !s.Kernels {
			addKernels(s)
		}
	} else { // the calls of the embedded version, as far as the APIs are still there
		embedded := definition.FlashInfer()
		s.Version = embedded.SGLang
		for _, api := range embedded.APIs() {
			s.Calls[api.Name] = api.SGLang
		}
	}
	data, err := kernelsource.Table(f, s)
	if err != nil {
		return nil, err
	}
	return definition.ReadTable(data)
}

// addKernels adds the calls of SGLang's kernel package as they are embedded, for
// a tree that does not have it: it is a package of its own, which sglang takes
// its norms from.
func addKernels(s *kernelsource.SGLang) {
	for _, api := range definition.FlashInfer().APIs() {
		for _, file := range api.SGLang {
			if strings.HasPrefix(file, "sgl_kernel/") {
				s.Calls[api.Name] = append(s.Calls[api.Name], file)
			}
		}
	}
}

// layouts are those that were asked for, else that of the entry and all that
// the cookbook serves the model with.
func layouts(r *phases.Result, repo string, o Options) []Layout {
	if len(o.TP)+len(o.EP) == 0 {
		list := []Layout{{TP: r.Parallelism.TP, EP: r.Parallelism.EP}}
		for _, l := range generate.CookbookServing(repo).All() {
			if !slices.Contains(list, l) {
				list = append(list, l)
			}
		}
		return list
	}
	tps, eps := o.TP, o.EP
	if len(tps) == 0 {
		tps = []int{r.Parallelism.TP}
	}
	if len(eps) == 0 {
		eps = []int{r.Parallelism.EP}
	}
	var list []Layout
	for _, tp := range tps {
		for _, ep := range eps {
			list = append(list, Layout{TP: tp, EP: ep})
		}
	}
	return list
}

// add takes the Definitions of one layout into the inventory.
func (p *Plan) add(layout Layout, g *generate.Result, table *definition.Table) {
	for _, d := range g.Definitions {
		i := slices.IndexFunc(p.Kernels, func(k Kernel) bool { return k.Name == d.Name })
		if i < 0 {
			i = len(p.Kernels)
			p.Kernels = append(p.Kernels, classify(d.Name, p.set, table))
		}
		k := &p.Kernels[i]
		k.Layouts = append(k.Layouts, layout)
		for _, m := range d.Modules {
			if !slices.Contains(k.Modules, m) {
				k.Modules = append(k.Modules, m)
			}
		}
	}
	for _, text := range g.Unmapped {
		if !slices.Contains(p.Remarks, text) {
			p.Remarks = append(p.Remarks, text)
		}
	}
}

// classify says how far one kernel is.
func classify(name string, set *dataset.Dataset, table *definition.Table) Kernel {
	k := Kernel{Name: name, Phase1: New, FI: FIMissing, SGL: SGLMissing, Modules: []string{}, APIs: []string{}, Dumps: []string{}, Files: []string{}}
	if _, ok := set.Get(name); ok {
		k.Phase1 = Existing
	}
	n, err := definition.Parse(name)
	if err != nil {
		k.OpType, k.FI, k.SGL = "unknown", NotApplicable, NotApplicable
		return k
	}
	k.OpType = n.OpType()
	kernel := table.Kernel(n)
	for _, api := range kernel.APIs {
		k.APIs = append(k.APIs, api.Name)
	}
	k.Dumps = append(k.Dumps, kernel.Templates...)
	k.Files = append(k.Files, kernel.Served()...)
	k.Template = kernel.Traced
	if len(k.APIs) > 0 {
		k.FI = FISupported
	}
	switch {
	case len(k.Files) > 0:
		k.SGL = SGLIntegrated
	case kernel.Plain, k.FI == FIMissing: // there is nothing that it could call
		k.SGL = NotApplicable
	}
	return k
}

// Group is the row of upstream's table that a kernel belongs to.
func (k Kernel) Group() string {
	switch {
	case k.Phase1 == Existing:
		return "EXISTING"
	case k.FI == FIMissing:
		return "NEW, FlashInfer missing"
	case k.SGL == SGLMissing:
		return "NEW, SGLang missing"
	}
	return "NEW, ready"
}

// groups are the rows of the table, in its order.
var groups = []string{"EXISTING", "NEW, ready", "NEW, SGLang missing", "NEW, FlashInfer missing"}

func datasetWords(d *dataset.Dataset) string {
	if d.Listed != "" {
		return d.Listed
	}
	return "a clone"
}

// words are the layouts of a kernel whose numbers depend on them: "TP=2 4".
func (k Kernel) words() string {
	n, err := definition.Parse(k.Name)
	if err != nil {
		return ""
	}
	text := ""
	for _, f := range n.Family.Fields {
		switch f.Divisor {
		case definition.ByTP, definition.ByTPFloor1:
			text = "TP="
		case definition.ByEP:
			text = "EP="
		case definition.Undivided, definition.AsCalled:
		}
	}
	if text == "" {
		return ""
	}
	var values []int
	for _, l := range k.Layouts {
		v := l.TP
		if text == "EP=" {
			v = l.EP
		}
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	for i, v := range values {
		if i > 0 {
			text += ","
		}
		text += strconv.Itoa(v)
	}
	return text
}
