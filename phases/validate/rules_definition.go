package validate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/tsast"
)

func definitionRules() []Rule {
	return []Rule{
		{
			ID: "bad-definition", Severity: Warning, Area: AreaNaming,
			Doc: "The text is not a Definition name.",
			Long: "A name that is not in the dataset's spelling links to nothing. docs/definitions.md lists every family with its fields; " +
				"`fib-ls explain NAME` decodes one name.",
			entry: checkDefinitions,
		},
		{
			ID: "legacy-definition", Severity: Warning, Area: AreaNaming,
			Doc: "The Definition name is in an older or foreign spelling.",
			Long: "The dataset renamed its Definitions over time, and FlashInfer's trace templates spell some names differently. The quick fix writes the dataset's name " +
				"of the same kernel. Where the two are not the same kernel (gemma_rmsnorm is not rmsnorm) there is no finding and no fix.",
		},
		{
			ID: "definition-note", Severity: Info, Area: AreaNaming,
			Doc: "The Definition name is well spelled but stands for something that does not exist or cannot be meant.",
			Long: "For example a state layout of which no Definition was ever written, a ckv that counts the rotary part in, or a name of FlashInfer's trace templates " +
				"of which the dataset has a counterpart that says more or differs.",
		},
		{
			ID: "duplicate-definition", Severity: Warning, Area: AreaNaming,
			Doc:   "A Definition is listed twice in one module.",
			Long:  "The second mention has no effect.",
			entry: checkDuplicateDefinitions,
		},
		{
			ID: "block-definition", Severity: Warning, Area: AreaNaming,
			Doc:   "A module of type block lists Definitions.",
			Long:  "Kernels run in layers; the web app shows Definitions of layers only.",
			entry: checkBlockDefinitions,
		},
		{
			ID: "dimension-conflict", Severity: Warning, Area: AreaNaming,
			Doc: "Definitions of one entry contradict each other.",
			Long: "A model has one hidden size, so all its fused_add_rmsnorm names have the same h; and the decode and the prefill kernels of one attention module " +
				"have the same heads and head sizes.",
			entry: checkDimensions,
		},
		{
			ID: "unknown-definition", Severity: Info, Area: AreaDataset,
			Doc:   "The dataset has no such Definition.",
			Long:  "Reported when a flashinfer-trace clone is configured or found. Without one the dataset is known by a list (the Hub's, else a built-in one), which may be older than the entry: `check` then counts such names in a note, and reports them only where this rule has been given a severity. `fib-ls define NAME` writes a first version of it for the families whose axes are fixed by their name.",
			entry: checkDataset,
		},
	}
}

// eachName visits every definition that is in the current spelling.
func (p *entryPass) eachName(visit func(m *tsast.Module, d tsast.String, n definition.Name)) {
	for j, m := range p.model.Modules {
		for i, s := range p.definitions[j] {
			if s.current {
				visit(m, m.Definitions.Items[i], s.name)
			}
		}
	}
}

func checkDefinitions(p *entryPass) {
	for j, m := range p.model.Modules {
		odd := false
		for i, s := range p.definitions[j] {
			d := m.Definitions.Items[i]
			if !s.current {
				odd = odd || d.Kind == tsast.StringLiteral
				continue
			}
			for _, note := range s.name.Remarks() {
				problem := Problem{Rule: "definition-note", Span: d.Span, Message: fmt.Sprintf("%s: %s", d.Value, note.Text)}
				if !note.Instead.IsZero() {
					problem.Expected = note.Instead.String()
					problem.Fixes = p.instead(m, i, note.Instead.String())
				}
				p.in(m, problem)
			}
		}
		if odd {
			p.misspellings(m, p.definitions[j])
		}
	}
}

// instead offers another name for the one at a place: never by itself, for the
// remark may be wrong about this model, and not at all where the model's own
// config does not have it.
func (p *entryPass) instead(m *tsast.Module, i int, name string) []Fix {
	d := m.Definitions.Items[i]
	if e := p.expected(); e != nil && !slices.ContainsFunc(e.Modules, func(x ExpectedModule) bool { return slices.Contains(x.Definitions, name) }) {
		return nil
	}
	if slices.ContainsFunc(m.Definitions.Items, func(other tsast.String) bool { return other.Value == name }) {
		return []Fix{{Title: "Remove: " + name + " is listed already", Edits: []tsast.TextEdit{p.file().DeleteElement(d.Span)}}}
	}
	return []Fix{p.restate("Change to "+name, d.Span, name, false)}
}

// expected is what the model's own config says of the entry; nil where that is
// not known.
func (p *entryPass) expected() *ExpectedEntry {
	if p.opts.Expected == nil {
		return nil
	}
	return p.opts.Expected(p.model)
}

// misspellings reports the names of a module that are not Definition names. Two
// spellings of one Definition become one mention of it.
func (p *entryPass) misspellings(m *tsast.Module, spelled []spelling) {
	var odd []int
	listed := map[string]bool{} // the names that stand there once all are mended
	for i, d := range m.Definitions.Items {
		switch {
		case d.Kind != tsast.StringLiteral:
		case spelled[i].current || p.written(d.Value): // a family may be one that the grammar does not know yet
			listed[d.Value] = true
		default:
			odd = append(odd, i)
		}
	}
	for _, i := range odd {
		d := m.Definitions.Items[i]
		problem := misspelling(d)
		if name := problem.Expected; name != "" {
			fix := p.restate("Change to "+name, d.Span, name, spells(problem, d.Value))
			if listed[name] {
				fix = Fix{Title: "Remove: " + name + " is listed already", Preferred: fix.Preferred, Safe: fix.Safe, Edits: []tsast.TextEdit{p.file().DeleteElement(d.Span)}}
			}
			listed[name] = true
			problem.Fixes = []Fix{fix}
		}
		p.in(m, problem)
	}
}

// spells reports whether the expected name only spells the text otherwise: an
// older spelling, or a slip of two letters with all numbers as they are. A
// word more or less is another function (gemma_rmsnorm multiplies with 1 +
// weight).
func spells(p Problem, text string) bool {
	switch {
	case p.Rule != "bad-definition":
		return p.Rule == "legacy-definition"
	case sortedWords(text) == sortedWords(p.Expected):
		return true // the same fields in another order
	}
	return digits(text) == digits(p.Expected) && levenshtein.ComputeDistance(strings.ToLower(text), p.Expected) <= 2
}

func sortedWords(name string) string {
	words := strings.Split(name, "_")
	slices.Sort(words)
	return strings.Join(words, "_")
}

// digits are the numbers of a name.
func digits(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r < '0' || r > '9' }), " ")
}

// misspelling says what is wrong with a text that is not a Definition name.
func misspelling(d tsast.String) Problem {
	if r, ok := definition.Respell(d.Value); ok {
		problem := Problem{
			Rule: "legacy-definition", Span: d.Span, Deprecated: true, Expected: r.Name.String(),
			Message: fmt.Sprintf("%s is %s; today it is %s", q(d.Value), r.Words(), r.Name),
		}
		if !r.Older {
			problem.Message = fmt.Sprintf("%s is %s; the dataset's is %s", q(d.Value), r.Words(), r.Name)
		}
		if !r.Sure {
			problem.Rule, problem.Deprecated = "definition-note", false
			problem.Message = fmt.Sprintf("%s is %s; the nearest name of the dataset is %s: %s", q(d.Value), r.Words(), r.Name, r.Note)
		}
		return problem
	}
	if why, ok := definition.Retired(d.Value); ok {
		return Problem{Rule: "legacy-definition", Span: d.Span, Deprecated: true, Message: fmt.Sprintf("%s is no longer a Definition: %s", q(d.Value), why)}
	}
	_, err := definition.Parse(d.Value)
	problem := Problem{Rule: "bad-definition", Span: d.Span, Message: err.Error()}
	var parse *definition.ParseError
	if errors.As(err, &parse) {
		problem.Expected = parse.Suggestion
	}
	return problem
}

// written reports whether the dataset has a name as it is written.
func (p *entryPass) written(name string) bool {
	return p.opts.Written != nil && p.opts.Written(name)
}

func (p *entryPass) inDataset(name string) bool {
	if p.opts.Dataset == nil {
		return false
	}
	present, _ := p.opts.Dataset(name)
	return present
}

func checkDuplicateDefinitions(p *entryPass) {
	for _, m := range p.model.Modules {
		items := m.Definitions.Items
		if len(items) < 2 {
			continue
		}
		first := firsts(len(items), func(i int) (string, bool) { return items[i].Value, items[i].Kind == tsast.StringLiteral })
		for i, d := range items {
			at := first(i)
			if at < 0 || at == i {
				continue
			}
			p.in(m, Problem{
				Rule: "duplicate-definition", Span: d.Span, Unnecessary: true,
				Message: fmt.Sprintf("%s is listed twice in %s", q(d.Value), q(m.Name)),
				Related: []Related{{m.Definitions.Items[at].Span, "first listed here"}},
				Fixes:   []Fix{{Title: "Remove the duplicate", Preferred: true, Safe: true, Edits: []tsast.TextEdit{p.file().DeleteElement(d.Span)}}},
			})
		}
	}
}

func checkBlockDefinitions(p *entryPass) {
	for _, m := range p.model.Modules {
		if m.Type.Value != "block" || len(m.Definitions.Items) == 0 {
			continue
		}
		problem := Problem{
			Rule: "block-definition", Span: m.Definitions.Span,
			Message: fmt.Sprintf("%s is a block, but lists Definitions, which only layers have", q(m.Name)),
		}
		if len(p.children[m.Name]) == 0 {
			problem.Fixes = []Fix{p.restate(`Change the type to "layer"`, m.Type.Span, "layer", false)}
		}
		p.in(m, problem)
	}
}

func checkDataset(p *entryPass) {
	if _, asked := p.opts.Severity["unknown-definition"]; p.opts.Dataset == nil || p.opts.Listed != "" && !asked {
		return
	}
	p.eachName(func(m *tsast.Module, d tsast.String, n definition.Name) {
		if p.inDataset(d.Value) {
			return
		}
		message := fmt.Sprintf("%s is not in the dataset", d.Value)
		if n.Family.Vocabulary == definition.FlashInferNames {
			message += ", which has no such family: it is a name of FlashInfer " + definition.FlashInfer().FlashInfer
		}
		if p.opts.Listed != "" {
			message += ", by " + p.opts.Listed
		}
		p.in(m, Problem{Rule: "unknown-definition", Span: d.Span, Message: message})
	})
}

func checkDimensions(p *entryPass) {
	p.hiddenSizes()
	for j, m := range p.model.Modules {
		p.stages(m, p.definitions[j])
	}
}

// hiddenSizes compares the widths of the fused norms: the residual that they
// add has one width throughout a model.
func (p *entryPass) hiddenSizes() {
	type use struct {
		m *tsast.Module
		d tsast.String
		h int64
	}
	var all []use
	p.eachName(func(m *tsast.Module, d tsast.String, n definition.Name) {
		if n.Family.ID == "fused_add_rmsnorm" {
			all = append(all, use{m, d, n.Values[0]})
		}
	})
	if !slices.ContainsFunc(all, func(u use) bool { return u.h != all[0].h }) {
		return
	}
	uses := map[int64][]use{}
	var sizes []int64
	for _, u := range all {
		if uses[u.h] == nil {
			sizes = append(sizes, u.h)
		}
		uses[u.h] = append(uses[u.h], u)
	}
	// The most frequent size is taken as the model's; the first of equals.
	usual := slices.MaxFunc(sizes, func(a, b int64) int { return len(uses[a]) - len(uses[b]) })
	for _, h := range sizes {
		if h == usual {
			continue
		}
		for _, u := range uses[h] {
			p.in(u.m, Problem{
				Rule: "dimension-conflict", Span: u.d.Span,
				Message: fmt.Sprintf("%s has the hidden size %d, but %s of this entry has %d", u.d.Value, h, q(uses[usual][0].m.Name), usual),
				Related: []Related{{uses[usual][0].d.Span, fmt.Sprintf("hidden size %d", usual)}},
			})
		}
	}
}

// shape is one kernel of a module, by its stage.
type shape struct {
	name definition.Name
	item tsast.String
}

func (s shape) stage() string { return s.name.Family.ID }

// stages compares the shapes of one module's kernels by stage: families of
// one kind of attention must agree in the fields they share, page sizes and
// state layouts apart.
func (p *entryPass) stages(m *tsast.Module, spelled []spelling) {
	if len(spelled) < 2 {
		return
	}
	for _, group := range stageGroups {
		var shapes []shape
		for i, s := range spelled {
			if s.current && slices.Contains(group.opTypes, s.name.Family.OpType) {
				shapes = append(shapes, shape{s.name, m.Definitions.Items[i]})
			}
		}
		if len(shapes) > 1 {
			p.compareStages(m, group, shapes)
		}
	}
}

// compareStages reports shapes that another stage has, but not the module's
// first one: against that is enough to be told once.
func (p *entryPass) compareStages(m *tsast.Module, group stageGroup, shapes []shape) {
	first := shapes[0]
	seen := map[[3]int64]bool{}
	for _, s := range shapes {
		if s.stage() == first.stage() {
			seen[group.values(s.name)] = true
		}
	}
	for _, s := range shapes {
		if s.stage() == first.stage() || seen[group.values(s.name)] {
			continue
		}
		p.in(m, Problem{
			Rule: "dimension-conflict", Span: s.item.Span,
			Message: fmt.Sprintf("%s (%s) does not fit %s (%s) of the same module", s.item.Value, group.text(s.name), first.item.Value, group.text(first.name)),
			Related: []Related{{first.item.Span, group.text(first.name)}},
		})
	}
}

// stageGroup is a kind of kernel whose stages must agree, and the fields in
// which they must.
type stageGroup struct {
	opTypes []string
	fields  [3]string
}

var stageGroups = []stageGroup{
	{[]string{"gqa_paged", "gqa_ragged"}, [3]string{"h", "kv", "d"}},
	{[]string{"mla_paged"}, [3]string{"h", "ckv", "kpe"}},
	{[]string{"gdn"}, [3]string{"qk", "v", "d"}},
	{[]string{"moe"}, [3]string{"topk", "h", "i"}},
}

// values are the name's values in the fields of the group.
func (g stageGroup) values(n definition.Name) (v [3]int64) {
	for i, f := range g.fields {
		v[i], _ = n.Value(f)
	}
	return v
}

// text writes the fields of the group.
func (g stageGroup) text(n definition.Name) string {
	words := make([]string, len(g.fields))
	for i, v := range g.values(n) {
		words[i] = fmt.Sprintf("%s%d", g.fields[i], v)
	}
	return strings.Join(words, " ")
}
