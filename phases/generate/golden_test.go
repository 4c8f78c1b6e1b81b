package generate

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// show writes a result as an indented tree, for goldens and messages.
func show(res *Result) string {
	var b strings.Builder
	p := res.Parallelism
	fmt.Fprintf(&b, "%s | %s | TP=%d EP=%d (%s)\n%s\n\n", res.Entry.Name, res.Pattern, p.TP, p.EP, p.From, res.Entry.Description)
	depth := map[string]int{}
	for _, m := range res.Entry.Modules {
		depth[m.Name] = depth[m.Parent] + 1
		indent := strings.Repeat("  ", depth[m.Name]-1)
		if m.Comment != "" {
			fmt.Fprintf(&b, "%s// %s\n", indent, m.Comment)
		}
		fmt.Fprintf(&b, "%s%s ×%d %s %s\n", indent, m.Name, m.Count, m.Type, m.Group)
		for _, d := range m.Definitions {
			fmt.Fprintf(&b, "%s  - %s\n", indent, d)
		}
	}
	for _, list := range []struct {
		title string
		lines []string
	}{{"unmapped", res.Unmapped}, {"warnings", res.Warnings}} {
		if len(list.lines) > 0 {
			fmt.Fprintf(&b, "\n%s:\n- %s\n", list.title, strings.Join(list.lines, "\n- "))
		}
	}
	return b.String()
}

// ownModels are small configs of our own, one per kind of layer (the whole pipeline has
// goldens of them in testdata/golden at the root).
func ownModels(t testing.TB) map[string]*extract.Architecture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "configs", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no configs in testdata: %v", err)
	}
	models := map[string]*extract.Architecture{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := extract.Read(data, extract.Options{RepoID: "example/" + name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		models[name] = a
	}
	return models
}

func TestGoldenEntries(t *testing.T) {
	schema := mappingSchema(t)
	for name, a := range ownModels(t) {
		t.Run(name, func(t *testing.T) {
			res, err := Build(FromArchitecture(a), a, Options{ID: name})
			if err != nil {
				t.Fatal(err)
			}
			generic := name == "generic" // the one that is of no known family
			if faults := entryFaults(res); len(faults) > 0 && !generic || (res.Pattern == Custom) != generic {
				t.Errorf("pattern %s, %v", res.Pattern, faults)
			}
			checkMapping(t, schema, res.Entry)
			golden := filepath.Join("testdata", "golden", name+".txt")
			got := show(res)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got; go test -update writes it anew)\n%s", diff)
			}
		})
	}
}

// TestPrintedEntries: what is printed into models.ts reads back as the entry.
func TestPrintedEntries(t *testing.T) {
	for name, a := range ownModels(t) {
		res, err := Build(FromArchitecture(a), a, Options{ID: name})
		if err != nil {
			t.Fatal(err)
		}
		text := "const models = [\n  " + tsast.Print(ToNewModel(res.Entry, "example/"+name), tsast.Style{}, 1) + ",\n]\n"
		f := tsast.Parse([]byte(text))
		if len(f.Problems) > 0 || len(f.Entries) != 1 {
			t.Fatalf("%s: %v\n%s", name, f.Problems, text)
		}
		back := f.Entries[0].Model
		if back.ID.Value != name || len(back.Modules) != len(res.Entry.Modules) {
			t.Fatalf("%s: reads back as %s with %d modules", name, back.ID.Value, len(back.Modules))
		}
		for i, m := range res.Entry.Modules {
			b := back.Modules[i]
			if b.Name != m.Name || b.Count.Int != int64(m.Count) || b.Parent.Value != m.Parent || b.Type.Value != m.Type || len(b.Definitions.Items) != len(m.Definitions) {
				t.Errorf("%s: %s reads back as %s", name, m.Name, b.Name)
			}
		}
	}
}

// TestOwnTreeAgreesWithItself: a tree compared with itself has no difference.
func TestOwnTreeAgreesWithItself(t *testing.T) {
	for name, a := range ownModels(t) {
		rows := FromArchitecture(a)
		if d := Compare(rows, rows, a); len(d) > 0 {
			t.Errorf("%s: %+v", name, d)
		}
		if !json.Valid(mustJSON(t, rows)) {
			t.Errorf("%s: rows are not JSON", name)
		}
	}
}

func mustJSON(t *testing.T, rows []baseline.Module) []byte {
	t.Helper()
	data, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
