package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// output is what a command prints on both streams, in a directory of its own.
func output(t *testing.T, files map[string]string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	home := filepath.Join(dir, "home")
	for _, name := range []string{"HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "FIB_LS_SGLANG_PATH", "FIB_DATASET_PATH", "FLASHINFER_TRACE_PATH", "FIB_LS_CACHE_DIR"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	t.Setenv("FIB_LS_OFFLINE", "1")
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(""))
	root.SetOut(&out)
	root.SetErr(&out)
	if err := root.Execute(); err != nil {
		out.WriteString(err.Error())
	}
	return out.String()
}

// troubleshooting returns the quote below each heading of the README's section.
func troubleshooting(t *testing.T) map[string]string {
	t.Helper()
	_, section, ok := strings.Cut(readme(t), "## Troubleshooting\n")
	if !ok {
		t.Fatal("the README has no Troubleshooting")
	}
	quotes := map[string]string{}
	for _, part := range strings.Split(section, "\n### ")[1:] {
		heading, body, _ := strings.Cut(part, "\n")
		for _, line := range strings.Split(body, "\n") {
			if quote, ok := strings.CutPrefix(line, "> "); ok {
				quotes[heading] = strings.TrimSuffix(quote, "…")
			}
		}
	}
	return quotes
}

func readme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestTroubleshooting provokes each problem of the original document, and
// looks for the README's quote in what is printed.
func TestTroubleshooting(t *testing.T) {
	const models = "web/apps/web/data/models.ts"
	const empty = "import { Model } from \"@/lib/schemas\"\n\nconst models: Model[] = [\n]\n\nexport default models\n"
	const config = `{"architectures": ["ZorkForCausalLM"], "model_type": "zork", "hidden_size": 512, "intermediate_size": 1408,
		"num_attention_heads": 8, "num_key_value_heads": 2, "num_hidden_layers": 4, "vocab_size": 32000}`
	add := []string{"add", "--model-name", "zork", "--config", "config.json"}
	quotes := troubleshooting(t)
	for heading, files := range map[string]map[string]string{
		"Model architecture not recognized": {models: empty, "config.json": config},
		"Definitions don't exist in dataset": {
			models: empty, "config.json": config, "tmp/flashinfer-trace/definitions/rmsnorm/rmsnorm_h512.json": `{"name": "rmsnorm_h512"}`,
		},
		"SGLang model not found":      {models: empty, "config.json": config},
		"TypeScript validation fails": {models: "const models: Model[] = [ {\n", "config.json": config},
	} {
		t.Run(heading, func(t *testing.T) {
			quote := quotes[heading]
			if quote == "" {
				t.Fatal("the README quotes nothing here")
			}
			if out := output(t, files, add...); !strings.Contains(out, quote) {
				t.Errorf("the README quotes\n  %s\nbut fib-ls prints\n%s", quote, out)
			}
		})
	}
	if len(quotes) != 4 {
		t.Errorf("the README has %d quotes, not the four of the original document", len(quotes))
	}
}

// TestReadmeCommands: every fib-ls command of the README has flags that exist.
func TestReadmeCommands(t *testing.T) {
	found := 0
	for _, line := range regexp.MustCompile("(?m)(?:^|`)(fib-ls [a-z]+ [^`\n]*)").FindAllStringSubmatch(readme(t), -1) {
		args := strings.Fields(strings.Split(line[1], " > ")[0])[1:]
		root := newRootCommand()
		root.InitDefaultCompletionCmd()
		cmd, rest, err := root.Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil {
			t.Errorf("%s: %v", line[1], err)
		}
		found++
	}
	if found < 10 {
		t.Errorf("only %d commands were found", found)
	}
}

// TestReadmeLinks: every file that the README links to is there.
func TestReadmeLinks(t *testing.T) {
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(link[1]))); err != nil {
			t.Errorf("the README links to %s: %v", link[1], err)
		}
	}
}

// TestPicture: the picture is well-formed XML.
func TestPicture(t *testing.T) {
	data, err := os.ReadFile("../../docs/picture.svg")
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestDocumentsAgree: what ARCHITECTURE.md and CONTRIBUTING.md name is there:
// folders, files, make targets, tests.
func TestDocumentsAgree(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	tests := allTests(t)
	for _, name := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"} {
		data, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`((?:cmd|phases|lsp|tsast|vscode-extension|docs|scripts|testdata)/[A-Za-z0-9_./-]*[A-Za-z0-9_])`").FindAllStringSubmatch(string(data), -1) {
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s names %s: %v", name, m[1], err)
			}
		}
		for _, m := range regexp.MustCompile(`(?m)(?:^|\x60)make ([a-z0-9-]+)`).FindAllStringSubmatch(string(data), -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s names make %s, which the Makefile lacks", name, m[1])
			}
		}
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*)`").FindAllStringSubmatch(string(data), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, which no test file has", name, m[1])
			}
		}
	}
}

// allTests are the names of the project's test functions.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".cache") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, m := range function.FindAllStringSubmatch(string(data), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
