package expect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// degrees are the degrees of parallelism under which a name is looked for;
// 0 is the recommended one.
var degrees = []int{0, 1, 2, 4, 8, 16, 32, 64}

// Explain tells how a Definition name comes about in a model: the modules
// that need it, under which parallelism, and its fields' formulas with the
// model's numbers. model is an id in models.ts (which need not exist), a
// repository, or a name of the catalogue; the network is not asked.
func Explain(env *phases.Env, name definition.Name, model, modelsTS string) (string, error) {
	known, err := explained(env, model, modelsTS)
	if err != nil {
		return "", err
	}
	var relatives []string
	for _, tp := range degrees {
		for _, ep := range degrees {
			if tp == 0 && ep > 0 {
				continue
			}
			g := known.generate(known.implementation(), nil, tp, ep)
			if g == nil {
				continue // the model cannot be divided so
			}
			for _, d := range g.Definitions {
				if d.Name == name.String() {
					return explainUse(known, name, g, d, tp == 0), nil
				}
				if parsed, err := definition.Parse(d.Name); err == nil && parsed.Family.ID == name.Family.ID && !slices.Contains(relatives, d.Name) {
					relatives = append(relatives, d.Name)
				}
			}
		}
	}
	text := fmt.Sprintf("By the %s, the model does not need %s under any parallelism.\n", prose.Line(known.label), name)
	if len(relatives) > 0 {
		text += "Of this family it needs " + strings.Join(relatives[:min(len(relatives), 12)], ", ") + "\n"
	}
	return text, nil
}

// explained finds the config of the model that is meant.
func explained(env *phases.Env, model, modelsTS string) (*knownConfig, error) {
	var repos []string
	if m := entryOf(env, model, modelsTS); m != nil {
		if repo := validate.SourceRepo(m); repo != "" {
			repos = append(repos, repo)
		}
		repos = append(repos, catalog.Named(m.Name.Value)...)
	}
	if strings.Contains(model, "/") {
		resolved, _ := catalog.Resolve(model)
		repos = append(repos, resolved)
	}
	repos = append(repos, catalog.Named(model)...)
	x := New(env)
	for _, repo := range repos {
		if known := x.config(repo); known.architecture != nil {
			return known, nil
		}
	}
	hint := "fib-ls add --dry-run --hf-repo-id ORG/NAME fetches it into the cache"
	if near := catalog.Suggest(model); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, ", ") + "? " + hint
	}
	return nil, &fault.Missing{Err: fmt.Errorf("the config of %q is not known: it is not an entry of models.ts with a known source, not in the HuggingFace cache and not in the built-in catalogue\n%s", model, hint)}
}

func entryOf(env *phases.Env, id, modelsTS string) *tsast.Model {
	models, err := modelsfile.Read(env.Path(env.ModelsTS(modelsTS)))
	if err != nil {
		return nil
	}
	f := tsast.Parse(models.Text)
	if i := modelsfile.Find(f, id); i >= 0 {
		return f.Entries[i].Model
	}
	return nil
}

// explainUse is the text for a name that the model needs.
func explainUse(known *knownConfig, name definition.Name, g *generate.Result, d generate.Required, recommended bool) string {
	a := known.architecture
	from := "which gives this name"
	if recommended {
		from = report.ParallelismFrom(g.Parallelism)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "In %s, TP=%d EP=%d (%s):\n", prose.Line(known.label), g.Parallelism.TP, g.Parallelism.EP, from)
	if len(d.Modules) == 0 {
		b.WriteString("  needed for sampling\n")
	}
	for _, m := range g.Entry.Modules {
		if slices.Contains(d.Modules, m.Name) {
			fmt.Fprintf(&b, "  %s ×%d\n", m.Name, m.Count)
		}
	}
	shown := map[string]bool{}
	// The sizes of linear layers and norms follow below, by layer.
	for i, f := range name.Family.Fields {
		values := valuesIn(a, f.Config)
		switch f.Divisor {
		case definition.ByTP, definition.ByTPFloor1:
			values = append(values, fmt.Sprintf("TP = %d", g.Parallelism.TP))
		case definition.ByEP:
			values = append(values, fmt.Sprintf("EP = %d", g.Parallelism.EP))
		case definition.Undivided:
		}
		if own := name.OpType() == "gemm" || name.OpType() == "rmsnorm"; !own && len(values) > 0 {
			fmt.Fprintf(&b, "  %s = %d: %s, where %s\n", f.Abbrev, name.Values[i], f.Config, strings.Join(values, ", "))
		}
	}
	for _, dim := range a.LayerSizes() {
		size := fmt.Sprintf("n = %d, k = %d", dim.N, dim.K)
		if dim.K == 0 {
			size = fmt.Sprintf("width %d", dim.N)
		}
		line := fmt.Sprintf("  %s (%s): %s", dim.Name, size, dim.Formula)
		if !matches(name, dim) || shown[line] || dim.Formula == "" {
			continue
		}
		shown[line] = true
		b.WriteString(line)
		if values := valuesIn(a, dim.Formula); len(values) > 0 {
			b.WriteString(", where " + strings.Join(values, ", "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// matches reports whether a dimension is what a gemm or norm name is about.
func matches(name definition.Name, dim extract.Dimension) bool {
	switch {
	case name.Family.ID == "gemm":
		return dim.K > 0 && int64(dim.N) == name.Values[0] && int64(dim.K) == name.Values[1]
	case name.OpType() == "rmsnorm":
		return dim.K == 0 && int64(dim.N) == name.Values[0]
	}
	return false
}

var identifier = regexp.MustCompile(`[a-z][a-z0-9]*(?:_[a-z0-9]+)+`)

// valuesIn are the config fields of a formula with their values in the model.
func valuesIn(a *extract.Architecture, formula string) []string {
	var values []string
	seen := map[string]bool{}
	for _, field := range identifier.FindAllString(formula, -1) {
		if value, _, ok := a.Field(field); ok && !seen[field] {
			seen[field] = true
			values = append(values, fmt.Sprintf("%s = %s", field, prose.Line(fmt.Sprint(value))))
		}
	}
	return values
}
