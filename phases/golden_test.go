package phases_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/diff"
	"github.com/fib-ls/fib-ls/phases/expect"
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

var update = flag.Bool("update", false, "write the golden files anew")

// closedEnv is a world without network, home and cache.
func closedEnv(t testing.TB) *phases.Env {
	t.Helper()
	return &phases.Env{Getenv: func(string) string { return "" }, WorkDir: t.TempDir(), NoSGLangFetch: true}
}

// testModels are our own small models, one per kind of layer.
func testModels(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "configs", "*.json"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d configs: %v", len(files), err)
	}
	for i, f := range files {
		if files[i], err = filepath.Abs(f); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func nameOf(config string) string { return strings.TrimSuffix(filepath.Base(config), ".json") }

// prepared runs phases 1 to 3 on a config, as add does offline.
func prepared(t testing.TB, env *phases.Env, config string, skip bool) *phases.Result {
	t.Helper()
	r, err := phases.Prepare(t.Context(), env, phases.Request{ModelName: nameOf(config), HFRepoID: "example/" + nameOf(config), Config: config, Offline: true, SkipSGLang: skip, TP: 1, EP: 1})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// treeText shows an entry as an indented tree, a module per line.
func treeText(e generate.Entry) string {
	var b strings.Builder
	depth := map[string]int{}
	for _, m := range e.Modules {
		depth[m.Name] = depth[m.Parent] + 1
		mark := ""
		if m.Type == "block" {
			mark = "/"
		}
		fmt.Fprintf(&b, "%s%s%s ×%d%s\n", strings.Repeat("  ", depth[m.Name]-1), m.Name, mark, m.Count, strings.Join(append([]string{""}, m.Definitions...), " "))
	}
	return b.String()
}

// goldenText shows what the whole pipeline makes of a config: the entry from
// SGLang's source, what the config alone gives differently, and what is said
// beside it.
func goldenText(source, alone *phases.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\npattern: %s, TP=1 EP=1\n", source.Model.Description, source.Pattern)
	if source.Baseline.Class == "" {
		b.WriteString("SGLang: no such class\n")
	} else {
		fmt.Fprintf(&b, "SGLang: %s in %s\n", source.Baseline.Class, source.Baseline.File)
	}
	b.WriteString("\n" + treeText(source.Model))
	if alone.Pattern != source.Pattern {
		fmt.Fprintf(&b, "\nconfig alone: pattern %s\n", alone.Pattern)
	}
	if change := diff.Unified("", treeText(source.Model), treeText(alone.Model)); change != "" {
		b.WriteString("\nconfig alone:\n")
		for _, line := range strings.Split(strings.TrimSuffix(change, "\n"), "\n")[2:] {
			if line[0] == '+' || line[0] == '-' {
				b.WriteString(line + "\n")
			}
		}
	}
	for _, list := range []struct {
		title string
		lines []string
	}{{"without a Definition", source.Generated.Unmapped}, {"said", source.Architecture.Warnings}, {"noted", source.Generated.Warnings}} {
		if len(list.lines) > 0 {
			fmt.Fprintf(&b, "\n%s:\n- %s\n", list.title, strings.Join(list.lines, "\n- "))
		}
	}
	for i, d := range source.Generated.Disagreements {
		if i == 0 {
			b.WriteString("\nthe config and the source disagree:\n")
		}
		fmt.Fprintf(&b, "- %s of %s: %s, %s\n", d.What, d.Path, d.FromConfig, d.FromSource)
	}
	return b.String()
}

// TestGoldenModels: each kind of layer, through the whole pipeline, with the
// built-in SGLang index and with the config alone. Every golden file was read
// against its config when it was made; read the change when it changes.
func TestGoldenModels(t *testing.T) {
	env := closedEnv(t)
	for _, config := range testModels(t) {
		t.Run(nameOf(config), func(t *testing.T) {
			source, alone := prepared(t, env, config, false), prepared(t, env, config, true)
			for _, r := range []*phases.Result{source, alone} {
				checkPlaced(t, r)
			}
			golden := filepath.Join("..", "testdata", "golden", nameOf(config)+".txt")
			got := goldenText(source, alone)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if change := diff.Unified(nameOf(config), string(want), got); change != "" {
				t.Errorf("go test ./phases -run GoldenModels -update writes it anew:\n%s", change)
			}
		})
	}
}

// checkPlaced puts an entry into upstream's kind of file: it must parse, have
// no finding by any rule, and none by its own config.
func checkPlaced(t *testing.T, r *phases.Result) {
	t.Helper()
	if err := phases.Place(r, nil); err != nil {
		t.Fatal(err)
	}
	f := tsast.Parse(r.Edited)
	expected := expect.Entry(r.Architecture, "its config", 1, 1)
	if expected == nil {
		t.Fatal("nothing is expected of it")
	}
	opts := validate.Options{Expected: func(*tsast.Model) *validate.ExpectedEntry { return expected }}
	for _, p := range validate.Check(f, opts) {
		t.Errorf("%s (SGLang: %s): %s %s: %s", r.Model.ID, r.Baseline.Source, p.Rule, p.Module, p.Message)
	}
}
