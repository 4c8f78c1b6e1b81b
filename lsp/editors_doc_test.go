package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEditorsTable holds the table of docs/editors.md to the tests: each cell is
// the name of one that exists, or a dash.
func TestEditorsTable(t *testing.T) {
	page, err := os.ReadFile("../docs/editors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| | server, any client | Neovim 0.7 | Emacs 28, eglot | VS Code |\n|---|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	columns := []func(name string) bool{
		func(name string) bool {
			if file, ok := strings.CutPrefix(name, "marker/"); ok {
				_, err := os.Stat(filepath.Join("testdata", "marker", file+".txtar"))
				return err == nil
			}
			return inFiles(t, "*_test.go", "func "+name+"(")
		},
		func(name string) bool { return inFiles(t, "../scripts/e2e/nvim.lua", "'"+name+"'") },
		func(name string) bool { return inFiles(t, "../scripts/e2e/emacs.el", `"`+name+`"`) },
		func(name string) bool { return inFiles(t, "../vscode-extension/e2e/*.mjs", `"`+name+`"`) },
	}
	rows := strings.Split(strings.TrimSpace(table), "\n")
	if len(rows) < 15 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 1+len(columns) {
			t.Errorf("%d cells: %s", len(cells), row)
			continue
		}
		for i, exists := range columns {
			cell := cells[i+1]
			if cell == "–" && i > 0 {
				continue
			}
			names := []string{cell}
			if i == 0 {
				names = strings.Split(strings.ReplaceAll(cell, "`", ""), ", ")
			}
			for _, name := range names {
				if !exists(name) {
					t.Errorf("%s: no test is called %q", cells[0], name)
				}
			}
		}
	}
}

// inFiles reports whether one of some files has a text.
func inFiles(t *testing.T, pattern, text string) bool {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), text) {
			return true
		}
	}
	return false
}
