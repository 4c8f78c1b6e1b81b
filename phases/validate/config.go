package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/tsast"
)

// ExpectedEntry is what a model's own config says of its entry: the facts,
// and the entry that would be generated from them.
type ExpectedEntry struct {
	// Label says which config this is, for messages: "config.json of
	// Qwen/Qwen3-30B-A3B".
	Label string
	// ByName says that the config was found by the entry's id or name, not by
	// a source comment: messages say so.
	ByName bool
	// Architecture are the facts; never nil.
	Architecture *extract.Architecture
	// Modules is the entry that would be generated. A module that is like it
	// is never a finding.
	Modules []ExpectedModule
	// FromSource gives the same with the entry that is generated from the model's
	// source, too, which takes longer to make: it is asked for only when there
	// would be a finding. It may be nil, and give nil.
	FromSource func() *ExpectedEntry
	// ConfidenceLine says in one line how sure the generated entry is, and what it rests
	// on; "" where that is not known.
	ConfidenceLine string
	// Alternatives are other checkpoints that the same name may mean. What is
	// not wrong by all of them is not reported, but named.
	Alternatives []*ExpectedEntry
	// CompareWithCheckpoint compares the entry with the model's checkpoint, with the sizes that the
	// entry states otherwise than Modules. Nil: checkpoints are not looked at.
	CompareWithCheckpoint func(stated map[weights.Row]weights.Size) *weights.Comparison
}

// ExpectedModule is one module of the generated entry.
type ExpectedModule struct {
	Name        string
	Count       int
	Parent      string
	Type        string
	Definitions []string
	// Paths are its places in SGLang's tree of modules.
	Paths []string
}

// SourceRepo returns the repository that an entry's source comment names
// ("// source: https://huggingface.co/ORG/NAME"), "" when it has none.
func SourceRepo(m *tsast.Model) string {
	const mark = "source: https://huggingface.co/"
	for _, c := range m.Comments {
		_, rest, found := strings.Cut(c.Text, mark)
		if !found {
			continue
		}
		rest = rest[:len(rest)-len(strings.TrimLeftFunc(rest, repoRune))]
		parts := strings.Split(strings.TrimRight(rest, "/."), "/")
		if len(parts) >= 2 && parts[0] != "" && parts[1] != "" && parts[0][0] != '.' && parts[1][0] != '.' {
			return parts[0] + "/" + parts[1]
		}
	}
	return ""
}

// repoRune reports whether a character may stand in a repository's id.
func repoRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./", r)
}

const foundBy = "The model's config is that of the entry's comment `// source: https://huggingface.co/ORG/NAME`; without the comment, that of the model its id or name stands for. The message says which."

// configRules are the rules about what the model itself has: numbers, then
// modules. One function finds them all.
func configRules() []Rule {
	list := []Rule{
		configRule("config-layer-count", Warning, "The number of decoder layers, or of one kind of them, is not the model's.",
			"Decoder layers of all kinds add up to num_hidden_layers; which layers are of which kind follows from fields such as layer_types or hybrid_override_pattern."),
		configRule("config-mlp-split", Warning, "The numbers of dense and sparse MLPs are not the model's.",
			"Which layers have a mixture of experts follows from fields such as first_k_dense_replace, decoder_sparse_step or interleave_moe_layer_step."),
		configRule("config-gemm", Warning, "A GEMM's size is that of no layer of the model.",
			"GEMM names hold output and input features of the whole layer, not of its share under tensor parallelism."),
		configRule("config-norm", Warning, "A norm's width is that of no norm of the model.",
			"Layer norms have the width hidden_size; norms of queries, keys and latents have their own."),
		configRule("config-attention", Warning, "An attention kernel's sizes are not the model's under any parallelism.",
			"Heads are divided by some TP, head sizes never. A head size is head_dim where the config states one, not hidden_size / num_attention_heads."),
		configRule("config-moe", Warning, "A MoE kernel's sizes are not the model's under any parallelism.",
			"Experts are divided by some EP; the experts chosen, the router's groups and the widths never."),
		configRule("config-vocab", Warning, "A sampling kernel's vocabulary is not the model's.",
			"It is vocab_size, never divided."),
		configRule("config-rope", Warning, "A rotary embedding's sizes are not the model's.",
			"d is the head size, rd the part of it that is rotated."),
		configRule("config-extra-module", Warning, "The entry has a module that the model does not have.",
			"For example an MLP in a layer that has only attention."),
		configRule("config-missing-module", Warning, "The entry lacks a kind of layer that the model has.",
			"Reported for kinds of decoder layers, dense and sparse MLPs, and shared experts: what changes which kernels run."),
		configRule("config-missing-layer", Info, "The entry lacks a layer that the model runs.",
			"Reported for the embedding, the final norm and the head where the entry shows one of them, and for the linear layers of a token mixer where it shows the mixer."),
		configRule("config-root-class", Info, "The root of the entry is not the model's class.",
			"The outermost block has the name of the class that config.json names in architectures."),
		configRule("config-stale-text", Info, "The description or a comment states a number that is not the model's.",
			"Numbers of layers, of experts and of experts chosen are compared; a number that is true of any kind of layer is left alone."),
		configRule("config-missing-definition", Info, "A module lacks a Definition that stands for it.",
			"It has none, or a router has not its own GEMM, or a norm not the way with the residual's addition. The name follows from the model's config. The quick fix writes it."),
		{
			ID: "config-ambiguous", Severity: Info, Area: AreaConfig,
			Doc:  "The entry's name stands for checkpoints whose configs differ.",
			Long: "What differs between them is not judged. A comment `// source: https://huggingface.co/ORG/NAME` in the entry says which one it is.",
		},
	}
	list[0].entry = checkConfig
	return list
}

// configRule is a rule that rests on the model's config.
func configRule(id string, severity Severity, doc, long string) Rule {
	return Rule{ID: id, Severity: severity, Area: AreaConfig, Doc: doc, Long: long + " " + foundBy}
}

// checkConfig compares an entry with the model's own config.
func checkConfig(p *entryPass) {
	if p.opts.Expected == nil || !p.whole() || !p.judgeable() {
		return
	}
	expected := p.opts.Expected(p.model)
	if expected == nil || expected.Architecture == nil {
		return
	}
	findings := p.against(expected)
	ambiguous := []string{}
	for _, other := range expected.Alternatives {
		if len(findings) == 0 && len(ambiguous) == 0 {
			return // it is one of them
		}
		if other == nil || other.Architecture == nil {
			continue
		}
		theirs := p.against(other)
		if len(theirs) == 0 {
			return
		}
		if !sameFindings(findings, theirs) {
			ambiguous = append(ambiguous, other.Label)
		}
		findings = common(findings, theirs)
	}
	if len(ambiguous) > 0 {
		p.in(nil, Problem{
			Rule: "config-ambiguous", Span: p.place(),
			Message: fmt.Sprintf("this entry's name stands for several checkpoints that differ in what it says: %s; a comment // source: https://huggingface.co/ORG/NAME tells which one it is",
				strings.Join(append([]string{expected.Label}, ambiguous...), ", ")),
		})
	}
	findings = p.compareWithCheckpoint(expected, findings)
	joinCounts(findings)
	for _, f := range findings {
		p.report(f)
	}
}

// against returns the findings by one config.
func (p *entryPass) against(expected *ExpectedEntry) []Problem {
	findings := p.compared(expected)
	if len(findings) == 0 || expected.FromSource == nil {
		return findings
	}
	if closer := expected.FromSource(); closer != nil {
		return p.compared(closer)
	}
	return findings
}

func (p *entryPass) compared(expected *ExpectedEntry) []Problem {
	c := newComparison(p, expected)
	c.counts()
	c.innerCounts()
	c.modules()
	c.definitions()
	c.completeness()
	c.staleText()
	return c.findings
}

func common(a, b []Problem) []Problem {
	return slices.DeleteFunc(a, func(x Problem) bool {
		return !slices.ContainsFunc(b, func(y Problem) bool {
			return x.Rule == y.Rule && x.Span == y.Span && x.Expected == y.Expected
		})
	})
}

func sameFindings(a, b []Problem) bool {
	return len(a) == len(b) && len(common(slices.Clone(a), b)) == len(a)
}

// comparison is one entry beside one config.
type comparison struct {
	p        *entryPass
	expected *ExpectedEntry
	arch     *extract.Architecture
	facts    *facts
	tree     *entryTree
	findings []Problem
	// like has the count of each expected module, known every Definition
	// name of the expected entry.
	like  map[string]int
	known map[string]bool
	// numbers are the model's numbers of layers, once layerNumbers was asked.
	numbers map[int]bool
	// renamed is the root, where another finding renames it.
	renamed *tsast.Module
}

func newComparison(p *entryPass, expected *ExpectedEntry) *comparison {
	c := &comparison{
		p: p, expected: expected, arch: expected.Architecture,
		like: make(map[string]int, len(expected.Modules)), known: map[string]bool{},
	}
	for _, m := range expected.Modules {
		c.like[m.Name] = m.Count
		for _, d := range m.Definitions {
			c.known[d] = true
		}
	}
	c.facts = newFacts(c.arch)
	c.tree = newEntryTree(p, c.facts)
	return c
}

// find adds a finding of a module. what is the sentence; where the config
// comes from is added to it.
func (c *comparison) find(m *tsast.Module, problem Problem, evidence ...string) {
	problem = c.p.of(m, problem)
	problem.Evidence = c.facts.evidence(evidence...)
	if problem.Evidence == nil { // it follows from the class alone
		problem.Evidence = c.facts.evidence("architectures", "model_type")
	}
	problem.Message += " (" + c.source(problem.Evidence) + ")"
	for i := range problem.Fixes {
		problem.Fixes[i].Safe = false // it rests on what the config says
	}
	c.findings = append(c.findings, problem)
}

// source tells in words what a finding rests on.
func (c *comparison) source(evidence map[string]string) string {
	words := c.expected.Label
	if c.expected.ByName {
		words += ", found by the entry's name"
	}
	for i, k := range slices.Sorted(maps.Keys(evidence)) {
		if i == 4 {
			words += ", …"
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		words += fmt.Sprintf("%s%s = %s", sep, k, clip(evidence[k]))
	}
	return words
}

// agreed reports whether the generated entry has a module of this name and count:
// the other reader of the model's source says so, and it knows more.
func (c *comparison) agreed(m *tsast.Module) bool {
	n, ok := c.like[m.Name]
	return ok && m.Count.IsInt && int64(n) == m.Count.Int
}
