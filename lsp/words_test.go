package lsp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestNoFlagsInEditors puts every text of the phases that names a flag through
// the table: none of it may reach a person in an editor as a flag.
func TestNoFlagsInEditors(t *testing.T) {
	flag := regexp.MustCompile(`--[a-z]`)
	seen := 0
	err := filepath.WalkDir("../phases", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		// The command line's own reports, and programs.
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "cmd" || d.Name() == "gen" || d.Name() == "maketable" || d.Name() == "doctor" || d.Name() == "coverage"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil || !flag.MatchString(text) {
				return true
			}
			seen++
			if words := editorWords(text); flag.MatchString(words) {
				t.Errorf("%s: %q is said in an editor as %q", path, text, words)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 30 {
		t.Errorf("only %d texts name a flag", seen)
	}
	for text, want := range map[string]string{
		`models.ts has an entry "a" already (line 4); add --update to refresh it, or choose another --model-name`: `models.ts has an entry "a" already (line 4); update it, or choose another name`,
		"give them: --set hidden_size=4096 --set num_layers=":                                                     "give them: hidden_size=4096 num_layers=",
		"an em dash -- and a comment <!-- x -->":                                                                  "an em dash -- and a comment <!-- x -->",
	} {
		if got := editorWords(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestDuplicateInEditorWords: a refusal that a script gets names no flag.
func TestDuplicateInEditorWords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: &fakeEngine{}})
		e.open(modelsURI, smallModels)
		_, err := e.call("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/Tiny","wait":true}]}`)
		if err == nil || strings.Contains(err.Error(), "--") || !strings.Contains(err.Error(), "choose another name") {
			t.Errorf("%v", err)
		}
	})
}

// TestNoQuestionBeforeARefusal: where nothing can be added, nobody is asked what
// to add.
func TestNoQuestionBeforeARefusal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: &fakeEngine{repos: []Repo{{ID: "acme/A-1"}}}})
		e.open(modelsURI, "const models: Model[] = [\n  { id: \"a\", modules: {\n]\n")
		e.must("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{}]}`)
		e.jobsDone()
		if len(e.questions) != 1 || !strings.Contains(e.questions[0], "was left alone") {
			t.Errorf("questions %q", e.questions)
		}
	})
}
