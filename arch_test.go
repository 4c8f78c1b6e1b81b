package fibls

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/fib-ls/fib-ls/"

// arrows are all imports between our packages that ARCHITECTURE.md draws:
// what is not listed is not allowed. A name stands for the package and its
// sub-packages; "+" after a name allows importing its sub-packages too.
var arrows = map[string][]string{
	"tsast":                     {},
	"phases/definition":         {},
	"phases/regular":            {},
	"phases/extract/hub":        {"phases/regular"},
	"phases/extract/weights":    {},
	"phases/extract/catalog":    {},
	"phases/extract/families":   {},
	"phases/extract":            {"phases/extract/hub", "phases/extract/catalog", "phases/extract/families"},
	"phases/baseline/pysrc":     {},
	"phases/baseline/repo":      {},
	"phases/baseline/index":     {},
	"phases/baseline/index/gen": {"phases/baseline", "phases/baseline/pysrc", "phases/baseline/repo", "phases/baseline/index", "phases/extract"},
	"phases/baseline":           {"phases/extract", "phases/baseline/pysrc", "phases/baseline/repo", "phases/baseline/index"},
	"phases/dataset":            {"phases/definition"},
	"phases/limit":              {},
	"phases/generate":           {"phases/extract", "phases/baseline", "phases/definition", "tsast"},
	"phases/validate":           {"tsast", "phases/definition", "phases/extract"},
	"phases":                    {"tsast", "phases/definition", "phases/extract", "phases/extract/hub", "phases/extract/catalog", "phases/baseline", "phases/baseline/repo", "phases/baseline/index", "phases/dataset", "phases/generate", "phases/validate"},
	"lsp":                       {"phases", "phases/limit", "phases/validate", "phases/definition", "phases/extract", "tsast"},
}

// doors are the standard packages that only the named packages may import.
var doors = map[string][]string{
	"net/http":                          {"phases/extract/hub", "phases/baseline", "cmd", "scripts"},
	"github.com/smacker/go-tree-sitter": {"tsast", "phases/baseline/pysrc"},
	"go.lsp.dev/protocol":               {"lsp"},
	"go.lsp.dev/jsonrpc2":               {"lsp"},
}

// pure are the packages that do no I/O at all.
var pure = []string{"tsast", "phases/definition", "phases/generate", "phases/validate", "phases/baseline/pysrc"}

type listed struct {
	ImportPath string
	Name       string
	Imports    []string
	Dir        string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports,Dir", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
}

// TestArrows holds the imports between our packages to the drawing.
func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := arrows[p.ImportPath]
		if !known {
			continue // programs (cmd, fakehub, test tools) may import all
		}
		for _, imported := range p.Imports {
			ours, is := strings.CutPrefix(imported, module)
			if !is {
				continue
			}
			if !contains(allowed, ours) {
				t.Errorf("%s imports %s, which the drawing in ARCHITECTURE.md does not allow", p.ImportPath, ours)
			}
		}
	}
}

// TestOnlyProgramsAreUnlisted makes sure that a new package is drawn.
func TestOnlyProgramsAreUnlisted(t *testing.T) {
	for _, p := range packages(t) {
		_, known := arrows[p.ImportPath]
		support := strings.HasSuffix(p.ImportPath, "test") || path.Base(p.ImportPath) == "fakehub"
		if !known && p.Name != "main" && p.Name != "fibls" && !support {
			t.Errorf("package %s is not in the table of arrows", p.ImportPath)
		}
	}
}

// TestNothingImportsCmd: only cmd imports lsp, and nothing imports cmd.
func TestNothingImportsCmd(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			ours, _ := strings.CutPrefix(imported, module)
			if strings.HasPrefix(ours, "cmd/") {
				t.Errorf("%s imports %s", p.ImportPath, ours)
			}
			if ours == "lsp" && p.Name != "main" {
				t.Errorf("%s imports lsp; only programs do", p.ImportPath)
			}
		}
	}
}

// TestDoors: tree-sitter, the LSP, files and the network have one door each.
func TestDoors(t *testing.T) {
	for _, p := range packages(t) {
		if p.Name == "main" {
			continue
		}
		for _, imported := range p.Imports {
			for door, keepers := range doors {
				if (imported == door || strings.HasPrefix(imported, door+"/")) && !under(p.ImportPath, keepers) {
					t.Errorf("%s imports %s; only %v may", p.ImportPath, imported, keepers)
				}
			}
			if contains(pure, p.ImportPath) && contains([]string{"os", "net", "net/http", "os/exec", "io/ioutil"}, imported) {
				t.Errorf("%s imports %s, but does no I/O", p.ImportPath, imported)
			}
		}
	}
}

func under(p string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if p == prefix || strings.HasPrefix(p, prefix+"/") {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// TestInvariantsAreHeld: ARCHITECTURE.md names a test for each invariant, and
// it exists where the page says.
func TestInvariantsAreHeld(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| invariant | test |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	held := regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`(?:, )?)+) \\(([\\w./-]+)\\)")
	files := regexp.MustCompile("`([\\w./-]+\\.txtar)`")
	for _, row := range strings.Split(strings.TrimSpace(table), "\n") {
		cell := strings.TrimSpace(strings.Split(row, " | ")[1])
		found := 0
		for _, m := range held.FindAllStringSubmatch(cell, -1) {
			for _, name := range regexp.MustCompile(`\w+`).FindAllString(m[1], -1) {
				found++
				if !declaresTest(t, m[2], name) {
					t.Errorf("%s has no %s: %s", m[2], name, row)
				}
			}
		}
		for _, m := range files.FindAllStringSubmatch(cell, -1) {
			found++
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%v: %s", err, row)
			}
		}
		if found == 0 {
			t.Errorf("no test is named: %s", row)
		}
	}
}

// declaresTest says whether a test file of a package, or the test file that
// is named itself, declares a test.
func declaresTest(t *testing.T, where, name string) bool {
	t.Helper()
	list := []string{where}
	if !strings.HasSuffix(where, ".go") {
		var err error
		if list, err = filepath.Glob(filepath.Join(where, "*_test.go")); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range list {
		src, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(src), "func "+name+"(") {
			return true
		}
	}
	return false
}
