package validate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

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
			Doc:  "The Definition name is in an older or foreign spelling.",
			Long: "The dataset renamed its Definitions over time, and FlashInfer's own dumper spells some names differently. The quick fix writes the name that the dataset uses today.",
		},
		{
			ID: "definition-note", Severity: Info, Area: AreaNaming,
			Doc:  "The Definition name is well spelled but stands for something that does not exist or cannot be meant.",
			Long: "For example a state layout of which no Definition was ever written, or a ckv that counts the rotary part in.",
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
			Long:  "Reported only when a flashinfer-trace clone is configured or found. `fib-ls define NAME` writes a first version of it for the families whose axes are fixed by their name.",
			entry: checkDataset,
		},
	}
}

// eachDefinition visits every definition that is a string literal.
func (p *entryPass) eachDefinition(visit func(m *tsast.Module, i int, d tsast.String)) {
	for _, m := range p.model.Modules {
		for i, d := range m.Definitions.Items {
			if d.Kind == tsast.StringLiteral {
				visit(m, i, d)
			}
		}
	}
}

func checkDefinitions(p *entryPass) {
	for _, m := range p.model.Modules {
		for _, d := range m.Definitions.Items {
			if d.Kind != tsast.StringLiteral {
				continue
			}
			if n, ok := p.parsed[d.Value]; ok {
				for _, note := range n.Notes() {
					p.in(m, Problem{Rule: "definition-note", Span: d.Span, Message: fmt.Sprintf("%s: %s", d.Value, note)})
				}
			}
		}
		p.spellings(m)
	}
}

// spellings reports the names of a module that are no Definition names. Two
// spellings of one Definition become one mention of it.
func (p *entryPass) spellings(m *tsast.Module) {
	var odd []int
	listed := map[string]bool{} // the names that stand there once all are mended
	for i, d := range m.Definitions.Items {
		_, known := p.parsed[d.Value]
		switch {
		case d.Kind != tsast.StringLiteral:
		case known || p.inDataset(d.Value): // a family may be one that the grammar does not know yet
			listed[d.Value] = true
		default:
			odd = append(odd, i)
		}
	}
	for _, i := range odd {
		d := m.Definitions.Items[i]
		problem := misspelling(d)
		if name := problem.Expected; name != "" {
			fix := replace("Change to "+name, d.Span, p.literal(d.Span, name), true)
			if listed[name] {
				fix = Fix{Title: "Remove: " + name + " is listed already", Preferred: true, Edits: []tsast.TextEdit{p.removeItem(m.Definitions.Items, i)}}
			}
			listed[name] = true
			problem.Fixes = []Fix{fix}
		}
		p.in(m, problem)
	}
}

// misspelling says what is wrong with a text that is no Definition name.
func misspelling(d tsast.String) Problem {
	if n, from, ok := definition.ParseLegacy(d.Value); ok {
		return Problem{
			Rule: "legacy-definition", Span: d.Span, Deprecated: true, Expected: n.String(),
			Message: fmt.Sprintf("%s is an older spelling (%s); today it is %s", q(d.Value), from, n),
		}
	}
	if why, ok := definition.Retired(d.Value); ok {
		return Problem{Rule: "legacy-definition", Span: d.Span, Deprecated: true, Message: fmt.Sprintf("%s is no Definition any more: %s", q(d.Value), why)}
	}
	_, err := definition.Parse(d.Value)
	problem := Problem{Rule: "bad-definition", Span: d.Span, Message: err.Error()}
	var parse *definition.ParseError
	if errors.As(err, &parse) {
		problem.Expected = parse.Suggestion
	}
	return problem
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
		first := map[string]int{}
		for i, d := range m.Definitions.Items {
			if d.Kind != tsast.StringLiteral {
				continue
			}
			at, twice := first[d.Value]
			if !twice {
				first[d.Value] = i
				continue
			}
			p.in(m, Problem{
				Rule: "duplicate-definition", Span: d.Span, Unnecessary: true,
				Message: fmt.Sprintf("%s is listed twice in %s", q(d.Value), q(m.Name)),
				Related: []Related{{m.Definitions.Items[at].Span, "first listed here"}},
				Fixes:   []Fix{{Title: "Remove the duplicate", Preferred: true, Edits: []tsast.TextEdit{p.removeItem(m.Definitions.Items, i)}}},
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
			problem.Fixes = []Fix{replace(`Change the type to "layer"`, m.Type.Span, p.literal(m.Type.Span, "layer"), false)}
		}
		p.in(m, problem)
	}
}

func checkDataset(p *entryPass) {
	if p.opts.Dataset == nil {
		return
	}
	p.eachDefinition(func(m *tsast.Module, _ int, d tsast.String) {
		if _, ok := p.parsed[d.Value]; ok && !p.inDataset(d.Value) {
			p.in(m, Problem{
				Rule: "unknown-definition", Span: d.Span,
				Message: fmt.Sprintf("%s is not in the dataset", d.Value),
			})
		}
	})
}

func checkDimensions(p *entryPass) {
	p.hiddenSizes()
	for _, m := range p.model.Modules {
		p.stages(m)
	}
}

// hiddenSizes compares the widths of the fused norms: the residual that they
// add has one width throughout a model.
func (p *entryPass) hiddenSizes() {
	type use struct {
		m *tsast.Module
		d tsast.String
	}
	uses := map[int64][]use{}
	var sizes []int64
	p.eachDefinition(func(m *tsast.Module, _ int, d tsast.String) {
		n, ok := p.parsed[d.Value]
		if !ok || n.Family.ID != "fused_add_rmsnorm" {
			return
		}
		h := n.Values[0]
		if uses[h] == nil {
			sizes = append(sizes, h)
		}
		uses[h] = append(uses[h], use{m, d})
	})
	if len(sizes) < 2 {
		return
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

// stages compares the shapes of one module's kernels by stage: families of
// one kind of attention must agree in the fields they share, page sizes and
// state layouts apart.
func (p *entryPass) stages(m *tsast.Module) {
	type shape struct {
		stage, text string
		item        tsast.String
	}
	groups := map[string][]shape{}
	var order []string
	for _, d := range m.Definitions.Items {
		n, ok := p.parsed[d.Value]
		if !ok || d.Kind != tsast.StringLiteral {
			continue
		}
		group, fields := stageGroup(n)
		if group == "" {
			continue
		}
		if groups[group] == nil {
			order = append(order, group)
		}
		groups[group] = append(groups[group], shape{n.Family.ID, strings.Join(fields, " "), d})
	}
	for _, group := range order {
		shapes := groups[group]
		seen := map[string]map[string]bool{} // stage -> shapes
		for _, s := range shapes {
			if seen[s.stage] == nil {
				seen[s.stage] = map[string]bool{}
			}
			seen[s.stage][s.text] = true
		}
		first := shapes[0]
		for _, s := range shapes {
			// A shape is wrong when another stage has shapes, but not this
			// one. Against the module's first stage is enough to be told once.
			if s.stage == first.stage || seen[first.stage][s.text] {
				continue
			}
			p.in(m, Problem{
				Rule: "dimension-conflict", Span: s.item.Span,
				Message: fmt.Sprintf("%s (%s) does not fit %s (%s) of the same module", s.item.Value, s.text, first.item.Value, first.text),
				Related: []Related{{first.item.Span, first.text}},
			})
		}
	}
}

// stageGroup gives the kind of kernel whose stages must agree, and the fields
// in which they must.
func stageGroup(n definition.Name) (group string, fields []string) {
	var shared []string
	switch n.Family.OpType {
	case "gqa_paged", "gqa_ragged":
		group, shared = "gqa", []string{"h", "kv", "d"}
	case "mla_paged":
		group, shared = "mla", []string{"h", "ckv", "kpe"}
	case "gdn":
		group, shared = "gdn", []string{"qk", "v", "d"}
	case "moe":
		group, shared = "moe", []string{"topk", "h", "i"}
	}
	for _, f := range shared {
		v, _ := n.Value(f)
		fields = append(fields, fmt.Sprintf("%s%d", f, v))
	}
	return group, fields
}
