// Package coverage compares the models of a models.ts with a dataset of
// Definitions.
package coverage

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/tsast"
)

// Model says which Definitions one entry of models.ts needs and how
// far the dataset has them.
type Model struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Architecture is short ("MLA + Dense/MoE"); Layout is a sentence ("61
	// decoder layers, …"). Both are "" when the model's config is not known.
	Architecture string `json:"architecture"`
	Layout       string `json:"layout"`
	// Config says which config was asked, "" for none.
	Config string `json:"config,omitempty"`
	// epsilon is of the model's norms, 0 when it is not known.
	epsilon float64
	dataset.Coverage
}

// Report is the coverage of a whole models.ts.
type Report struct {
	ModelsTS string  `json:"models_ts"`
	Dataset  string  `json:"dataset"`
	Models   []Model `json:"models"`
	// Of is the dataset itself.
	Of *dataset.Dataset `json:"-"`
}

// Of compares each entry of a models.ts with a dataset: the Definitions that
// its modules name, then those that its model's own config asks for (where
// the config is known) and the entry does not name.
func Of(env *phases.Env, modelsTS, datasetDir string) (*Report, error) {
	modelsTS = env.ModelsTS(modelsTS)
	path := env.Path(modelsTS)
	models, err := modelsfile.Read(path)
	if err != nil {
		return nil, err
	}
	if models.Text == nil {
		return nil, &fault.Missing{Err: fmt.Errorf("reading %s: there is no such file; give it with --models-ts", modelsTS)}
	}
	d, err := env.KnownDataset(datasetDir, filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	report := &Report{ModelsTS: modelsTS, Dataset: cmp.Or(datasetDir, cmp.Or(d.Dir, listedWords(d))), Models: []Model{}, Of: d}
	x := expect.New(env)
	for _, e := range tsast.Parse(models.Text).Entries {
		report.Models = append(report.Models, coverModel(x, e.Model, d))
	}
	return report, nil
}

// ModelOf is a model whose entry is not in a models.ts yet, with what it
// requires.
func ModelOf(id, name string, a *extract.Architecture, c dataset.Coverage) Model {
	return Model{ID: id, Name: cmp.Or(name, id), Architecture: architectureWords(a), Layout: layoutWords(a), Config: a.ModelID, Coverage: c}
}

// Section is what a document has of a model: its row of the summary, and its
// own section.
func (m Model) Section() string { return m.summaryRow() + "\n" + m.section() }

// listedWords say by which list a report was made, and what it does not tell.
func listedWords(d *dataset.Dataset) string {
	if d.KnowsWorkloads() {
		return d.Listed
	}
	return d.Listed + " (no clone was found: workloads are not known)"
}

func coverModel(x *expect.Expectations, m *tsast.Model, d *dataset.Dataset) Model {
	c := Model{ID: m.ID.Value, Name: m.Name.Value}
	if c.Name == "" {
		c.Name = c.ID
	}
	known := x.Requirements(m)
	note := func(*definition.Name) string { return "" }
	if known != nil {
		c.Architecture, c.Layout, c.Config = architectureWords(known.Architecture), layoutWords(known.Architecture), known.Label
		note = known.Note
		c.epsilon = known.Architecture.Normalization.Epsilon
	}
	var required []dataset.Row
	seen := map[string]bool{}
	add := func(text string) {
		r := requiredOf(text, note, d)
		if !seen[r.Definition] {
			seen[r.Definition] = true
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
		for _, name := range known.Names {
			add(name)
		}
	}
	required = append(required, unmappedModules(m, known)...)
	c.Coverage = dataset.Cover(required, d.Lookup)
	c.WorkloadsUnknown = !d.KnowsWorkloads()
	return c
}

// requiredOf reads a Definition name as an entry writes it: one that the
// dataset has under this name is meant as it is written, else an older spelling
// stands for the current one and a name of no family for itself.
func requiredOf(text string, note func(*definition.Name) string, d *dataset.Dataset) dataset.Row {
	name, _, err := definition.Meant(text)
	if err != nil {
		return dataset.Row{Definition: text, OpType: "unknown"}
	}
	required := dataset.Row{Definition: name.String(), OpType: name.OpType(), Note: note(&name)}
	if d.Written(text) {
		required.Definition = text
	}
	return required
}

// elementwise are layers that run no kernel of the dataset's op types: tables
// that are looked up, activations, the head (sampling is listed by itself).
var elementwise = regexp.MustCompile(`(?i)embed|embd|^wte$|^wpe$|lm_head|^output$|rotary|rope|^act|_act_|act_fn|activation|logits|dropout`)

// unmappedModules are the layers without a Definition for which the config
// has none either, one row per parent block: "moe: gate / topk / experts".
func unmappedModules(m *tsast.Model, known *expect.Requirements) []dataset.Row {
	var order []string
	below := map[string][]string{}
	for _, module := range m.Modules {
		name := module.Name
		if module.Type.Value != "layer" || len(module.Definitions.Items) > 0 || elementwise.MatchString(name) || known != nil && known.Mapped[name] {
			continue
		}
		parent := module.Parent.Value
		if below[parent] == nil {
			order = append(order, parent)
		}
		below[parent] = append(below[parent], name)
	}
	var rows []dataset.Row
	for _, parent := range order {
		text := strings.Join(below[parent], " / ")
		if parent != "" {
			text = parent + ": " + text
		}
		rows = append(rows, dataset.Row{Text: text, OpType: opTypeWord(text)})
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
