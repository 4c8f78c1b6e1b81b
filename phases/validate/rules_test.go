package validate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/tsast"
)

var update = flag.Bool("update", false, "write the expected findings and the generated documents anew")

// fixture is one rule's testdata: a file in which the rule finds something,
// what is found, the file after all preferred fixes, and a file without any
// finding. dataset and config are there for the rules that need them.
type fixture struct {
	path string
	ar   *txtar.Archive
}

func (f fixture) get(name string) []byte {
	for _, file := range f.ar.Files {
		if file.Name == name {
			return file.Data
		}
	}
	return nil
}

func (f fixture) set(name, data string) {
	for i := range f.ar.Files {
		if f.ar.Files[i].Name == name {
			f.ar.Files[i].Data = []byte(data)
		}
	}
}

func (f fixture) options(t *testing.T) Options {
	opts := Options{}
	if list := f.get("dataset"); list != nil {
		have := map[string]int{}
		for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n") {
			var name string
			var n int
			if _, err := fmt.Sscan(line, &name, &n); err != nil {
				t.Fatal(err)
			}
			have[name] = n
		}
		opts.Dataset = func(name string) (bool, int) {
			n, ok := have[name]
			return ok, n
		}
	}
	f.expect(t, &opts)
	return opts
}

// show writes problems as the fixtures have them.
func show(src []byte, problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		where := strings.Trim(p.Model+"/"+p.Module, "/")
		fmt.Fprintf(&b, "%s %s %s [%s]", place(src, p.Span), p.Severity, p.Rule, where)
		if p.Unnecessary {
			b.WriteString(" unnecessary")
		}
		if p.Deprecated {
			b.WriteString(" deprecated")
		}
		fmt.Fprintf(&b, "\n  %s\n", p.Message)
		for _, r := range p.Related {
			fmt.Fprintf(&b, "  see %s %s\n", place(src, r.Span), r.Message)
		}
		if p.Expected != "" {
			fmt.Fprintf(&b, "  expected %s\n", p.Expected)
		}
		for _, k := range sortedKeys(p.Evidence) {
			fmt.Fprintf(&b, "  because %s = %s\n", k, p.Evidence[k])
		}
		for _, f := range p.Fixes {
			mark := ""
			if f.Preferred {
				mark = "!"
			}
			fmt.Fprintf(&b, "  fix%s %s\n", mark, f.Title)
		}
	}
	return b.String()
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func place(src []byte, s tsast.Span) string {
	line := strings.Count(string(src[:s.Start]), "\n") + 1
	start := s.Start - (strings.LastIndex(string(src[:s.Start]), "\n") + 1)
	return fmt.Sprintf("%d:%d+%d", line, start+1, s.End-s.Start)
}

func apply(t *testing.T, src []byte, edits []tsast.TextEdit) []byte {
	t.Helper()
	out, at := []byte{}, 0
	for _, e := range edits {
		if e.Span.Start < at || e.Span.End < e.Span.Start || e.Span.End > len(src) {
			t.Fatalf("edit out of order: %v", edits)
		}
		out = append(append(out, src[at:e.Span.Start]...), e.NewText...)
		at = e.Span.End
	}
	return append(out, src[at:]...)
}

func TestEveryRuleHasAFixture(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, path := range files {
		id := strings.TrimSuffix(filepath.Base(path), ".txtar")
		have[id] = true
		t.Run(id, func(t *testing.T) { testFixture(t, id, path) })
	}
	for _, r := range Rules() {
		if !have[r.ID] {
			t.Errorf("rule %s has no fixture", r.ID)
		}
		if r.Doc == "" || r.Long == "" || r.Area == "" || !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("rule %s is not documented", r.ID)
		}
		delete(have, r.ID)
	}
	for id := range have {
		t.Errorf("the fixture %s is of no rule", id)
	}
}

func testFixture(t *testing.T, id, path string) {
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fx := fixture{path, ar}
	opts := fx.options(t)
	src := fx.get("fail.ts")
	problems := Check(tsast.Parse(src), opts)
	found := slices.ContainsFunc(problems, func(p Problem) bool { return p.Rule == id })
	if !found {
		t.Errorf("%s finds nothing in fail.ts", id)
	}
	want, fixed := show(src, problems), string(apply(t, src, FixAll(problems, AllFixes)))
	if fixed == string(src) {
		fixed = ""
	}
	if *update {
		fx.set("want", want)
		fx.set("fixed.ts", fixed)
		if err := os.WriteFile(path, txtar.Format(ar), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(fx.get("want")), want); d != "" {
		t.Error("findings:", d)
	}
	if d := cmp.Diff(string(fx.get("fixed.ts")), fixed); d != "" {
		t.Error("fixed:", d)
	}
	if fixed != "" {
		again := tsast.Parse([]byte(fixed))
		if id != "syntax" && len(again.Problems) > 0 {
			t.Errorf("the fixes break the syntax: %v", again.Problems)
		}
	}
	pass := fx.get("pass.ts")
	if clean := Check(tsast.Parse(pass), opts); len(clean) > 0 {
		t.Errorf("pass.ts has findings:\n%s", show(pass, clean))
	}
	off := opts
	off.Severity = map[string]Severity{id: Off}
	for _, p := range Check(tsast.Parse(src), off) {
		if p.Rule == id {
			t.Error("a rule that is off reports")
		}
	}
}
