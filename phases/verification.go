package phases

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// Verification says how an entry of a models.ts stands to the witnesses of its
// model: the config, SGLang's source, the checkpoint.
type Verification struct {
	ModelID string `json:"modelId"`
	RepoID  string `json:"repoId"`
	// Level is verified, agreed, one witness or disputed; Line says in one line
	// what it rests on.
	Level generate.Level `json:"level"`
	Line  string         `json:"line"`
	// Confidence is that of the entry which the witnesses give.
	Confidence generate.Confidence `json:"confidence"`
	// Problems are where the entry differs from that, and where the witnesses
	// differ, each with all values. Module is a module of the entry, or "".
	Problems []validate.Problem `json:"problems"`
}

// Divide makes the entry again under another parallelism. It stays as it is
// where the model cannot be divided so.
func (r *Result) Divide(tp, ep int) {
	if tp == r.Parallelism.TP && ep == r.Parallelism.EP {
		return
	}
	req := r.Request
	req.TP, req.EP = tp, ep
	g, err := Generate(r.Architecture, r.Implementation, r.Witness.Sorted(r.Architecture), req, false)
	if err != nil {
		return
	}
	r.Request = req
	r.adopt(g)
}

// Judge compares an entry of a file with what was prepared.
func (r *Result) Judge(f *tsast.File, i int) *Verification {
	m := f.Entries[i].Model
	expected := r.ExpectedEntry()
	if ck := r.Witness.Sorted(r.Architecture); ck != nil {
		expected.CompareWithCheckpoint = func(stated map[weights.Row]weights.Size) *weights.Comparison {
			return generate.CompareWithCheckpoint(r.Implementation, ck, r.Architecture, stated)
		}
	}
	opts := validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expected }}
	v := r.Assess(m)
	doubts := v.Problems
	v.Problems = differences(f, i, opts)
	told := map[string]bool{} // modules of which the checkpoint's own finding says it all
	for _, p := range v.Problems {
		told[p.Module] = told[p.Module] || p.Rule == "checkpoint"
	}
	for _, d := range doubts {
		if !told[d.Module] {
			v.Problems = append(v.Problems, d)
		}
	}
	serious := func(list []validate.Problem) (n int) {
		for _, p := range list {
			if p.Severity == validate.Error || p.Severity == validate.Warning {
				n++
			}
		}
		return n
	}
	// What a comment silences is not shown, but counts.
	if n := serious(differences(unsilenced(f.Src()), i, opts)); n > 0 {
		v.Level = generate.Disputed
		v.Line = fmt.Sprintf("%s: the entry differs from its model in %s (the model itself is %s)", v.Level, prose.Count(n, "place"), v.Line)
	}
	return v
}

// differences are the findings about an entry by its model's own files.
func differences(f *tsast.File, i int, opts validate.Options) []validate.Problem {
	out := []validate.Problem{}
	if i >= len(f.Entries) {
		return out
	}
	for _, p := range validate.CheckEntry(f, i, opts) {
		if validate.AreaOf(p.Rule) == validate.AreaConfig {
			out = append(out, p)
		}
	}
	return out
}

// Assess says how sure the entry that was prepared is, with a finding for each
// doubt that is open, at the module of m that it is about.
func (r *Result) Assess(m *tsast.Model) *Verification {
	c := &r.Confidence
	v := &Verification{
		ModelID: m.ID.Value, RepoID: r.Architecture.Source.RepoID, Level: c.Level, Confidence: *c,
		Line: report.ConfidenceLine(c, r.Witness.note()), Problems: []validate.Problem{},
	}
	modules := map[string]string{} // by their places in SGLang's tree
	for _, g := range r.Generated.Entry.Modules {
		for _, path := range g.Paths() {
			modules[path] = g.Name
		}
	}
	contradicted := r.Generated.Contradicted
	for _, d := range c.Doubts {
		if d.Settled || d.What == "family" || d.What == "witness" {
			continue
		}
		p := validate.Problem{Rule: report.RuleDisagreement, Severity: validate.Warning, Model: m.ID.Value, Message: contradictionText(d)}
		if slices.Contains(contradicted, d) {
			p.Rule, p.Severity = report.RuleContradiction, validate.Error
		}
		if name := modules[d.Module]; slices.ContainsFunc(m.Modules, func(x *tsast.Module) bool { return x.Name == name }) {
			p.Module = name
		}
		v.Problems = append(v.Problems, p)
	}
	return v
}

// Markdown is a verification as an editor shows it.
func (v *Verification) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s against %s\n\n%s\n", prose.Markdown(v.ModelID), prose.Markdown(v.RepoID), prose.Markdown(v.Line))
	if len(v.Problems) > 0 {
		b.WriteString("\n## Findings\n\n")
		for _, p := range v.Problems {
			fmt.Fprintf(&b, "- %s: %s (%s)\n", p.Severity, prose.Markdown(p.Message), p.Rule)
		}
	}
	if rows := report.DoubtsTable(&v.Confidence); rows != nil {
		b.WriteString("\n## What each witness says\n\n" + strings.Join(rows, "\n") + "\n")
	}
	return b.String()
}
