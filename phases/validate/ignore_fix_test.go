package validate

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/tsast"
)

// tally counts findings by rule: a fix may change ids and keys.
func tally(problems []Problem) map[string]int {
	n := map[string]int{}
	for _, p := range problems {
		n[p.Rule]++
	}
	return n
}

// TestFixesOfFixtures applies each fix of each finding of the rules' fixtures by
// itself, the ignore comments among them: nothing may be found that was not
// found before, and what is ignored must be gone.
func TestFixesOfFixtures(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	tried, ignored := 0, 0
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			fx := fixture{path, ar}
			opts := fx.options(t)
			f := tsast.Parse(fx.get("fail.ts"))
			problems := Check(f, opts)
			before := tally(problems)
			try := func(p Problem, fix Fix) map[string]int {
				tried++
				text, err := tsast.Apply(f.Src(), fix.Edits...)
				if err != nil {
					t.Fatalf("%s: %v", fix.Title, err)
				}
				after := Check(tsast.Parse(text), opts)
				counts := tally(after)
				for key, n := range counts {
					if n > before[key] && len(f.Problems) == 0 {
						t.Errorf("%q for %s makes a new finding: %s\n%s\n%s", fix.Title, p.Message, key, show(text, after), text)
					}
				}
				return counts
			}
			for _, p := range problems {
				for _, fix := range p.Fixes {
					try(p, fix)
				}
				if fix, ok := IgnoreHere(f, p); ok {
					ignored++
					if after := try(p, fix); after[p.Rule] >= before[p.Rule] {
						t.Errorf("%q leaves it: %s", fix.Title, p.Message)
					}
				} else if Ignorable(p.Rule) && p.Model != "" {
					t.Errorf("%s cannot be ignored where it stands: %s", p.Rule, p.Message)
				}
				if fix, ok := IgnoreInFile(f, p.Rule); ok {
					if n := try(p, fix)[p.Rule]; n > 0 {
						t.Errorf("%q leaves %d", fix.Title, n)
					}
				}
			}
		})
	}
	if tried < 150 || ignored < 50 {
		t.Errorf("only %d fixes were tried, %d of them ignore comments", tried, ignored)
	}
}
