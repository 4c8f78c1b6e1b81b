package phases

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// ModelCoverage says which Definitions one entry of models.ts needs and how
// far the dataset has them.
type ModelCoverage struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Architecture is short ("MLA + Dense/MoE"); Layout is a sentence ("61
	// decoder layers, …"). Both are "" when the model's config is not known.
	Architecture string `json:"architecture"`
	Layout       string `json:"layout"`
	// Config says which config was asked, "" for none.
	Config string `json:"config,omitempty"`
	dataset.Coverage
}

// CoverageReport is the coverage of a whole models.ts.
type CoverageReport struct {
	ModelsTS string          `json:"models_ts"`
	Dataset  string          `json:"dataset"`
	Models   []ModelCoverage `json:"models"`
}

// Coverage holds each entry of a models.ts to a dataset: the Definitions that
// its modules name, then those that its model's own config asks for (where
// the config is known) and the entry does not name.
func Coverage(env *Env, modelsTS, datasetDir string) (*CoverageReport, error) {
	path := env.path(modelsTS)
	models, err := ReadModels(path)
	if err != nil {
		return nil, err
	}
	if models.Text == nil {
		return nil, &MissingInputError{Err: fmt.Errorf("reading %s: there is no such file; give it with --models-ts", modelsTS)}
	}
	d, err := env.OpenDataset(datasetDir, filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, &UsageError{Message: "no dataset to compare with", Hint: "give --dataset DIR, a clone of flashinfer-trace; " + cloneDataset}
	}
	report := &CoverageReport{ModelsTS: modelsTS, Dataset: orText(datasetDir, d.Dir), Models: []ModelCoverage{}}
	x := NewExpectations(env)
	for _, e := range tsast.Parse(models.Text).Entries {
		report.Models = append(report.Models, coverModel(x, e.Model, d))
	}
	return report, nil
}

func coverModel(x *Expectations, m *tsast.Model, d *dataset.Dataset) ModelCoverage {
	c := ModelCoverage{ID: m.ID.Value, Name: m.Name.Value}
	if c.Name == "" {
		c.Name = c.ID
	}
	known := x.requirements(m)
	note := func(*definition.Name) string { return "" }
	if known != nil {
		c.Architecture, c.Layout, c.Config = known.architecture, known.layout, known.label
		note = known.note
	}
	var required []dataset.Required
	seen := map[string]bool{}
	add := func(text string) {
		r := requiredOf(text, note)
		if !seen[r.Name] {
			seen[r.Name] = true
			required = append(required, r)
		}
	}
	for _, module := range m.Modules {
		for _, item := range module.Definitions.Items {
			if item.Kind == tsast.StringLiteral {
				add(item.Value)
			}
		}
	}
	if known != nil {
		for _, name := range known.names {
			add(name)
		}
	}
	required = append(required, unmappedModules(m, known)...)
	c.Coverage = dataset.Cover(required, d.Lookup)
	return c
}

// requiredOf reads a Definition name as an entry writes it: an older spelling
// stands for the current one, a name of no family for itself.
func requiredOf(text string, note func(*definition.Name) string) dataset.Required {
	name, err := definition.Parse(text)
	if err != nil {
		modern, _, ok := definition.ParseLegacy(text)
		if !ok {
			return dataset.Required{Name: text, OpType: "unknown"}
		}
		name = modern
	}
	return dataset.Required{Name: name.String(), OpType: name.OpType(), Note: note(&name)}
}

// requirements are what a model's own config asks for.
type requirements struct {
	names                       []string
	mapped                      map[string]bool // modules with Definitions
	architecture, layout, label string
	tp, ep                      int
}

// tpNote begins the note of a name that tensor parallelism divided.
const tpNote = "TP="

// note marks a name whose numbers parallelism divided: "TP=8".
func (r *requirements) note(n *definition.Name) string {
	for _, f := range n.Family.Fields {
		switch {
		case r.tp > 1 && (f.Divisor == definition.ByTP || f.Divisor == definition.ByTPFloor1):
			return tpNote + strconv.Itoa(r.tp)
		case r.ep > 1 && f.Divisor == definition.ByEP:
			return fmt.Sprintf("EP=%d", r.ep)
		}
	}
	return ""
}

// requirements finds what an entry's config asks for; nil when the config is
// not known. Of several checkpoints of one name, what all of them need counts.
func (x *Expectations) requirements(m *tsast.Model) *requirements {
	x.mu.Lock()
	defer x.mu.Unlock()
	var repos []string
	if repo := validate.SourceRepo(m); repo != "" {
		repos = []string{repo}
	} else if repos = catalog.Named(m.ID.Value); len(repos) == 0 {
		repos = catalog.Named(m.Name.Value)
	}
	var all *requirements
	for _, repo := range repos {
		r := x.requirementsOf(repo, m)
		switch {
		case r == nil:
		case all == nil:
			all = r
		default:
			all.names = slices.DeleteFunc(all.names, func(name string) bool { return !slices.Contains(r.names, name) })
		}
	}
	return all
}

func (x *Expectations) requirementsOf(repo string, m *tsast.Model) *requirements {
	known := x.config(repo)
	a := known.architecture
	if a == nil {
		return nil
	}
	tp, ep := shownParallelism(m, a)
	req := Request{ModelName: "required", HFRepoID: a.Source.RepoID, TP: tp, EP: ep}
	if req.complete() != nil {
		return nil
	}
	g, err := Generate(a, known.implementation(), req, false)
	if err != nil {
		return nil
	}
	r := &requirements{
		architecture: ArchitectureWords(a), layout: layoutWords(a), label: known.label, tp: tp, ep: ep, mapped: map[string]bool{},
	}
	for _, d := range g.Definitions {
		r.names = append(r.names, d.Name)
	}
	for _, module := range g.Entry.Modules {
		r.mapped[module.Name] = len(module.Definitions) > 0
	}
	return r
}

// elementwise are layers that run no kernel of the dataset's op types: tables
// that are looked up, activations, the head (sampling is listed by itself).
var elementwise = regexp.MustCompile(`(?i)embed|embd|^wte$|^wpe$|lm_head|^output$|rotary|rope|^act|_act_|act_fn|activation|logits|dropout`)

// unmappedModules are the layers without a Definition for which the config
// has none either, one row per parent block: "moe: gate / topk / experts".
func unmappedModules(m *tsast.Model, known *requirements) []dataset.Required {
	var order []string
	below := map[string][]string{}
	for _, module := range m.Modules {
		name := module.Name
		if module.Type.Value != "layer" || len(module.Definitions.Items) > 0 || elementwise.MatchString(name) || known != nil && known.mapped[name] {
			continue
		}
		parent := module.Parent.Value
		if below[parent] == nil {
			order = append(order, parent)
		}
		below[parent] = append(below[parent], name)
	}
	var rows []dataset.Required
	for _, parent := range order {
		text := strings.Join(below[parent], " / ")
		if parent != "" {
			text = parent + ": " + text
		}
		rows = append(rows, dataset.Required{Text: text, OpType: opTypeWord(text)})
	}
	return rows
}

// opTypeWord guesses the op type of modules that have no name.
func opTypeWord(text string) string {
	text = strings.ToLower(text)
	for _, w := range []struct{ part, opType string }{
		{"expert", "moe"}, {"moe", "moe"}, {"topk", "moe"}, {"mamba", "mamba_ssu"}, {"mixer", "mamba_ssu"}, {"norm", "rmsnorm"}, {"attn", "attention"}, {"attention", "attention"}, {"proj", "gemm"},
	} {
		if strings.Contains(text, w.part) {
			return w.opType
		}
	}
	return "unknown"
}

// familyWords name the mixers as people say them, in the order of a table.
var familyWords = []struct {
	family extract.AttentionFamily
	word   string
}{
	{extract.DSA, "DSA"}, {extract.MLA, "MLA"}, {extract.GDN, "GDN"}, {extract.KDA, "KDA"}, {extract.Lightning, "Lightning Attn"},
	{extract.GQA, "GQA"}, {extract.ParallelAttnMamba, "GQA + Mamba2"}, {extract.Mamba1, "Mamba"}, {extract.Mamba2, "Mamba2"},
	{extract.ShortConv, "Short conv"}, {extract.RWKV, "RWKV"}, {extract.OtherMixer, "other mixer"},
	{extract.LinearMixer, "linear layer"},
}

// ArchitectureWords is an architecture in a table's cell: "MLA + Dense/MoE".
func ArchitectureWords(a *extract.Architecture) string {
	var words []string
	for _, f := range familyWords {
		if slices.ContainsFunc(a.AttentionKinds, func(k extract.AttentionKind) bool { return k.Family == f.family }) {
			words = append(words, f.word)
		}
	}
	dense, moe := mlpLayers(a)
	switch {
	case dense > 0 && moe > 0:
		words = append(words, "Dense/MoE")
	case moe > 0:
		words = append(words, "MoE")
	case dense > 0:
		words = append(words, "Dense")
	}
	return strings.Join(words, " + ")
}

func mlpLayers(a *extract.Architecture) (dense, moe int) {
	for _, k := range a.MLPKinds {
		switch k.Family {
		case extract.DenseMLP:
			dense += k.Layers
		case extract.SparseMoE:
			moe += k.Layers
		case extract.NoMLP:
		}
	}
	return dense, moe
}

// layoutWords is an architecture in a sentence: "61 decoder layers, MLA in
// 61, dense MLP in 3 and MoE in 58".
func layoutWords(a *extract.Architecture) string {
	var mixers []string
	for _, f := range familyWords {
		layers := 0
		for _, k := range a.AttentionKinds {
			if k.Family == f.family {
				layers += k.Layers
			}
		}
		switch {
		case layers == a.NumLayers:
			mixers = append(mixers, f.word)
		case layers > 0:
			mixers = append(mixers, fmt.Sprintf("%s in %d", f.word, layers))
		}
	}
	var mlp []string
	switch dense, moe := mlpLayers(a); {
	case dense > 0 && moe > 0:
		mlp = []string{fmt.Sprintf("dense MLP in %d and MoE in %d", dense, moe)}
	case moe > 0:
		mlp = []string{"MoE"}
	case dense > 0:
		mlp = []string{"dense MLP"}
	}
	return strings.Join(slices.Concat([]string{fmt.Sprintf("%d decoder layers", a.NumLayers)}, mixers, mlp), ", ")
}
