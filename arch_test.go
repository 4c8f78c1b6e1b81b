package fibls

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
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

// doors are the standard packages that only the named packages may import.
var doors = map[string][]string{
	"net/http":                          {"phases/extract/hub", "phases/baseline/repo", "cmd", "scripts"},
	"github.com/smacker/go-tree-sitter": {"tsast", "phases/baseline/pysrc"},
	"go.lsp.dev/protocol":               {"lsp", "lsp/wire"},
	"go.lsp.dev/jsonrpc2":               {"lsp", "lsp/wire"},
}

// pure are the packages that do no I/O at all.
var pure = []string{"phases/extract/weights", "tsast", "phases/definition", "phases/generate", "phases/validate", "phases/baseline/pysrc",
	"phases/baseline/pyeval", "phases/baseline/engine", "phases/baseline/tree", "phases/baseline/calls", "phases/prose", "phases/fault", "phases/diff"}

type listed struct {
	ImportPath string
	Name       string
	Imports    []string
	// GoFiles are the files that are compiled here, IgnoredGoFiles those of
	// other systems.
	GoFiles, IgnoredGoFiles []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Imports,GoFiles,IgnoredGoFiles", "./...").Output()
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

// TestArrows holds the imports between our packages to the table of rooms in
// ARCHITECTURE.md: an import that is not in it fails, and so does one that is
// in it and does not exist.
func TestArrows(t *testing.T) {
	rooms := drawnRooms(t)
	for _, p := range packages(t) {
		drawn, known := rooms[p.ImportPath]
		if !known {
			continue // programs (cmd, fakehub, test tools) may import all
		}
		delete(rooms, p.ImportPath)
		var real []string
		for _, imported := range p.Imports {
			if ours, is := strings.CutPrefix(imported, module); is {
				real = append(real, ours)
			}
		}
		for _, to := range real {
			if !contains(drawn, to) {
				t.Errorf("%s imports %s, which ARCHITECTURE.md does not draw", p.ImportPath, to)
			}
		}
		for _, to := range drawn {
			if !contains(real, to) {
				t.Errorf("ARCHITECTURE.md draws %s to %s, which is not imported", p.ImportPath, to)
			}
		}
	}
	for room := range rooms {
		t.Errorf("ARCHITECTURE.md has the room %s, which is not a package", room)
	}
}

// drawnRooms reads the table of rooms: each with the packages that it imports.
func drawnRooms(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| room | what it does | imports |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	cells := map[string]string{}
	byName := map[string]string{} // the last element of a path, which tells rooms apart
	for _, row := range strings.Split(strings.TrimSpace(table), "\n") {
		parts := strings.Split(strings.Trim(row, "| "), " | ")
		if len(parts) != 3 {
			t.Fatalf("not a row of three cells: %s", row)
		}
		room := strings.Trim(parts[0], "`")
		if other := byName[path.Base(room)]; other != "" {
			t.Errorf("%s and %s have the same name", room, other)
		}
		byName[path.Base(room)], cells[room] = room, parts[2]
	}
	if len(cells) < 20 {
		t.Fatalf("only %d rooms are drawn", len(cells))
	}
	rooms := map[string][]string{}
	for room, cell := range cells {
		rooms[room] = nil
		for _, name := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(", `–", r) }) {
			if byName[name] == "" {
				t.Errorf("%s imports %s, which is no room", room, name)
			}
			rooms[room] = append(rooms[room], byName[name])
		}
	}
	return rooms
}

// TestOnlyProgramsAreUnlisted makes sure that a new package is drawn.
func TestOnlyProgramsAreUnlisted(t *testing.T) {
	rooms := drawnRooms(t)
	for _, p := range packages(t) {
		_, known := rooms[p.ImportPath]
		support := strings.HasSuffix(p.ImportPath, "test") || path.Base(p.ImportPath) == "fakehub"
		if !known && p.Name != "main" && p.Name != "fibls" && !support {
			t.Errorf("package %s is not in ARCHITECTURE.md's table of rooms", p.ImportPath)
		}
	}
}

// tooLarge are the packages that still have more than 30 files: a room is
// split before it becomes one of them, and leaves the list when it is split.
var tooLarge = map[string]string{
	"lsp": "one method a file, by design",
}

// TestOnlySmallRooms: no package has more than 30 files besides its tests.
func TestOnlySmallRooms(t *testing.T) {
	const most = 30
	for _, p := range packages(t) {
		n := len(p.GoFiles) + len(p.IgnoredGoFiles)
		switch why := tooLarge[p.ImportPath]; {
		case n > most && why == "":
			t.Errorf("%s has %d files", p.ImportPath, n)
		case n <= most && why != "" && p.ImportPath != "lsp":
			t.Errorf("%s has %d files: it need not be excepted any more", p.ImportPath, n)
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

// TestReadsAreBounded: no room reads a file whole without a bound, or waits for
// a pipe that was planted in its place: package regular, and disk for what the
// user named, are the way to a file. The programs that make tables are trusted.
func TestReadsAreBounded(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.IsDir() && contains([]string{"testdata", "scripts", "vscode-extension", ".cache", "gen", "maketable", "fakehub"}, d.Name()) {
				return filepath.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		if strings.Contains(string(src), "os.ReadFile(") {
			t.Errorf("%s reads a file without a bound: use regular.Read, or disk.Read for what the user named", path)
		}
		return nil
	})
	if err != nil || seen < 300 {
		t.Errorf("%d files, %v", seen, err)
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

// TestDocComments: a doc comment says what its function does, by its name: one
// that "returns" something has a result, one that "reports whether" a bool.
func TestDocComments(t *testing.T) {
	for _, pattern := range []string{"tsast/*.go", "lsp/*.go", "lsp/*/*.go", "cmd/*/*.go", "phases/*.go", "phases/*/*.go", "phases/*/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Doc != nil {
					if fault := docFault(f); fault != "" {
						t.Errorf("%s: the comment of %s %s: %s", name, f.Name.Name, fault, f.Doc.Text())
					}
				}
			}
		}
	}
}

// docFault says what is wrong with a function's comment; "" when nothing is.
func docFault(f *ast.FuncDecl) string {
	words := strings.Fields(f.Doc.Text())
	var bools int
	for _, result := range results(f) {
		if id, ok := result.Type.(*ast.Ident); ok && id.Name == "bool" {
			bools++
		}
	}
	switch {
	case len(words) < 2 || strings.Trim(words[0], ",") != f.Name.Name:
		return "does not begin with its name"
	case words[1] == "returns" && len(results(f)) == 0:
		return "returns nothing"
	case words[1] == "reports" && words[2] == "whether" && bools == 0:
		return "reports no truth"
	}
	return ""
}

func results(f *ast.FuncDecl) []*ast.Field {
	if f.Type.Results == nil {
		return nil
	}
	return f.Type.Results.List
}

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

// declaresTest reports whether a test file of a package, or the test file that
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
