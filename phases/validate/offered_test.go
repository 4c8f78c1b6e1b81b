package validate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// findingsOf counts the findings of a file by what they say of which module.
func findingsOf(problems []validate.Problem) map[string]int {
	found := map[string]int{}
	for _, p := range problems {
		found[p.Rule+" of "+p.Model+"/"+p.Module]++
	}
	return found
}

// tryFixes applies each fix that is offered for a file by itself, and reports
// those after which something is found that was not found before.
func tryFixes(t *testing.T, what string, f *tsast.File, opts validate.Options) (tried int) {
	t.Helper()
	before := validate.Check(f, opts)
	had := findingsOf(before)
	titles := map[string]bool{}
	for _, p := range before {
		for _, fix := range p.Fixes {
			if titles[fix.Title] && len(fix.Edits) > 1 {
				continue // one fix for several findings
			}
			titles[fix.Title] = true
			tried++
			text, err := tsast.Apply(f.Src(), fix.Edits...)
			if err != nil {
				t.Errorf("%s: %s: %v", what, fix.Title, err)
				continue
			}
			after := validate.Check(tsast.Parse(text), opts)
			for key, n := range findingsOf(after) {
				if n > had[key] {
					t.Errorf("%s: %q, offered for %s of %s, makes a new finding: %s\n%s", what, fix.Title, p.Rule, p.Module, key, report(after))
				}
			}
		}
	}
	return tried
}

// spoilt are an entry with the mistakes that upstream's file has: a wrong
// number of layers, of one kind of them, or of dense and sparse MLPs; a part
// left out; digits exchanged in a name.
func spoilt(e generate.Entry) map[string]generate.Entry {
	change := func(each func(m generate.Module) (generate.Module, bool)) generate.Entry {
		c := e
		c.Modules = nil
		for _, m := range e.Modules {
			if changed, keep := each(m); keep {
				changed.Definitions = slices.Clone(changed.Definitions)
				c.Modules = append(c.Modules, changed)
			}
		}
		return c
	}
	below := func(root string) map[string]bool {
		set := map[string]bool{root: true}
		for _, m := range e.Modules {
			set[m.Name] = set[m.Name] || set[m.Parent] && m.Parent != ""
		}
		return set
	}
	recount := func(sets map[string]int) generate.Entry {
		return change(func(m generate.Module) (generate.Module, bool) {
			for root, n := range sets {
				if below(root)[m.Name] {
					m.Count = n
				}
			}
			return m, true
		})
	}
	all := map[string]generate.Entry{}
	var decoders []generate.Module
	for _, m := range e.Modules {
		switch {
		case strings.Contains(m.Name, "DecoderLayer"):
			decoders = append(decoders, m)
		case strings.HasPrefix(m.Name, "mlp_dense"), strings.HasPrefix(m.Name, "shared_expert") && m.Type == "block":
			gone := below(m.Name)
			all["without "+m.Name] = change(func(m generate.Module) (generate.Module, bool) { return m, !gone[m.Name] })
		}
		if len(m.Definitions) > 0 && strings.HasPrefix(m.Definitions[0], "gemm_n") {
			name := m.Name
			all["slip in "+name] = change(func(m generate.Module) (generate.Module, bool) {
				if m.Name == name {
					m.Definitions = []string{"gemm_n1" + strings.TrimPrefix(m.Definitions[0], "gemm_n")}
				}
				return m, true
			})
		}
	}
	off := map[string]int{}
	for i, d := range decoders {
		off[d.Name] = d.Count + 1 + i
		all["count of "+d.Name] = recount(map[string]int{d.Name: d.Count + 2})
	}
	all["all counts"] = recount(off)
	split := map[string]int{}
	for _, m := range e.Modules {
		if strings.HasPrefix(m.Name, "mlp_dense") || m.Name == "moe" || strings.HasPrefix(m.Name, "moe_") && m.Type == "block" {
			split[m.Name] = m.Count + 1
		}
	}
	if len(split) > 1 {
		all["split"] = recount(split)
	}
	return all
}

// TestOfferedFixesMakeNothingNew applies every fix that is offered, each by
// itself, to entries with the mistakes of upstream's file.
func TestOfferedFixesMakeNothingNew(t *testing.T) {
	configs, err := filepath.Glob(filepath.Join("..", "..", "testdata", "configs", "*.json"))
	if err != nil || len(configs) == 0 {
		t.Fatalf("no configs in testdata: %v", err)
	}
	tried := 0
	for _, path := range configs {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		a, err := extract.Read(data, extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		g, err := generate.Build(generate.FromArchitecture(a), a, generate.Options{ID: "x", TP: 1, EP: 1})
		if err != nil {
			t.Fatal(err)
		}
		opts := validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expect(a, 1, 1) }}
		for what, e := range spoilt(g.Entry) {
			tried += tryFixes(t, fmt.Sprintf("%s, %s", filepath.Base(path), what), fileOf(e), opts)
		}
	}
	if tried < 300 {
		t.Errorf("only %d fixes were tried", tried)
	}
	t.Logf("%d fixes", tried)
}

// TestUpstreamFixesMakeNothingNew does the same with upstream's real file.
func TestUpstreamFixesMakeNothingNew(t *testing.T) {
	opts := validate.Options{Expected: upstreamExpectations(t)}
	t.Logf("%d fixes", tryFixes(t, "upstream", tsast.Parse(readGold(t, "upstream-models.ts")), opts))
}
