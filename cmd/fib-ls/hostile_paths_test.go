//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fib-ls/fib-ls/phases/batch"
	"github.com/fib-ls/fib-ls/phases/report"
)

// outside is a directory beside the sandbox that nothing may be written to.
func outside(t *testing.T) (dir string, unharmed func()) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"victim", "model_config.json", "model_addition_summary.md", "code_snippets/precious", "definitions/rmsnorm/x"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("precious"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, dir)
	return dir, func() {
		t.Helper()
		if after := tree(t, dir); after != before {
			t.Errorf("something outside was touched:\n%s\nbefore:\n%s", after, before)
		}
	}
}

// tree is all that is below a directory.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		data := []byte("directory")
		if !d.IsDir() {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		fmt.Fprintf(&b, "%s %q\n", path, data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// TestNamesLeadNowhere: no name of a model, a ref, a revision or a Definition
// becomes a path of its own.
func TestNamesLeadNowhere(t *testing.T) {
	dir, unharmed := outside(t)
	w := newSandbox(t)
	before := tree(t, w.dir)
	names := []string{
		"../x", "..", ".", "/etc/x", "a/b", "a\\b", "..\\x", "a/../../x", "~/x", "$HOME", "a\x01b", "-rf", "--config", "con:", "x/.", dir + "/victim",
		strings.Repeat("a", 300), "a\nb", "\u202eevil", ".git", "a..b",
	}
	for _, name := range names {
		for _, args := range [][]string{
			{"add", "--config", "small.json", "--models-ts", "models.ts", "--model-name=" + name},
			{"add", "--config", "missing.json", "--models-ts", "models.ts", "--model-name", "x", "--revision=" + name},
			{"add", "--models-ts", "models.ts", "--model-name", "x", "--hf-repo-id=" + name, "--offline"},
			{"define", "--out", "defined", "--", name},
			{"explain", "--", name},
			{"add", "--models-ts", "models.ts", "--", name + "=" + name},
		} {
			r := w.run(args...)
			if r.code == 0 && args[0] != "explain" {
				t.Errorf("%q is taken", args)
			}
			if bad := unsafeForTerminal(r.stdout + r.stderr); bad != "" {
				t.Errorf("%q: the output holds %s", args, bad)
			}
		}
	}
	for _, name := range []string{w.path("model_addition_batch_summary.md"), w.path("home"), w.path("defined")} {
		_ = os.RemoveAll(name) // what may be there
	}
	if after := tree(t, w.dir); after != before {
		t.Errorf("written:\n%s", after)
	}
	unharmed()
}

// TestPlantedOutputDirectory: model_analysis_NAME that is a link, which may
// have come with the workspace, is refused before anything is written.
func TestPlantedOutputDirectory(t *testing.T) {
	dir, unharmed := outside(t)
	w := newSandbox(t)
	link(t, dir, w.path("model_analysis_small"))
	for _, args := range [][]string{
		{"add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts"},
		{"extract", "--config", "small.json", "--model-name", "small"},
		{"add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts", "--output-dir", "model_analysis_small/"},
	} {
		if r := w.run(args...); r.code != exitUsage || !strings.Contains(r.stderr, "symbolic link") {
			t.Errorf("%v: exit code %d\n%s", args, r.code, r.stderr)
		}
	}
	if w.read("models.ts") != string(fixture(t)) {
		t.Error("models.ts was edited before the refusal")
	}
	unharmed()
	// A link that the user names is the user's.
	link(t, t.TempDir(), w.path("mine"))
	w.must(0, "add", "--config", "small.json", "--model-name", "other", "--models-ts", "models.ts", "--output-dir", "mine")
}

// TestPlantedFiles: links inside the output directory are replaced, never
// followed; so are those beside models.ts.
func TestPlantedFiles(t *testing.T) {
	dir, unharmed := outside(t)
	w := newSandbox(t)
	victim := filepath.Join(dir, "victim")
	for _, name := range report.FileOrder {
		if name == "models.ts" {
			continue
		}
		link(t, victim, w.path("model_analysis_small/"+name))
		link(t, victim, w.path("model_analysis_small/."+name+".tmp"))
	}
	if err := os.Remove(w.path("model_analysis_small/" + report.DirSnippets)); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(dir, "code_snippets"), w.path("model_analysis_small/"+report.DirSnippets))
	link(t, victim, w.path(".fib-ls-models.ts-planted"))
	link(t, victim, w.path("model_analysis_batch/"+batch.FileSummary))
	w.must(0, "add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts")
	w.write("batch.yaml", "- {model_name: two, config: small.json}\n")
	w.must(0, "add", "--batch", "batch.yaml", "--models-ts", "models.ts")
	unharmed()
	for _, name := range []string{"model_analysis_small/" + report.FileSummary, "model_analysis_small/" + report.FileConfig, "model_analysis_batch/" + batch.FileSummary} {
		if info, err := os.Lstat(w.path(name)); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

// TestPlantedDefinitions: define writes below its directory only.
func TestPlantedDefinitions(t *testing.T) {
	dir, unharmed := outside(t)
	w := newSandbox(t)
	const name = "rmsnorm_h4096"
	link(t, filepath.Join(dir, "definitions"), w.path("out/definitions"))
	if r := w.run("define", "--force", "--out", "out", name); r.code == 0 {
		t.Errorf("a linked directory is taken: %s", r.stdout)
	}
	w.must(0, "define", "--out", "whole", name)
	file := filepath.Join("whole", "definitions", "rmsnorm", name+".json")
	if err := os.Remove(w.path(file)); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(dir, "victim"), w.path(file))
	_ = w.run("define", "--force", "--out", "whole", name)
	unharmed()
}

// TestOutputDirHoldsItsFiles: whatever name a phase makes of what it read.
func TestOutputDirHoldsItsFiles(t *testing.T) {
	dir, unharmed := outside(t)
	out, err := report.OpenDir(filepath.Join(dir, "..", filepath.Base(t.TempDir())+"-out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = out.Close()
		_ = os.RemoveAll(out.Path)
	}()
	for _, name := range []string{
		"../x", "../" + filepath.Base(dir) + "/victim", dir + "/victim", "code_snippets/../../x", "a/../../x", "/etc/x", "..", "", "a\x00b",
	} {
		if err := out.Write(name, []byte("x")); err == nil {
			t.Errorf("%q is written", name)
		}
		if err := out.Mkdir(name); err == nil && name != "" {
			t.Errorf("%q is made", name)
		}
		if name != "" && out.Remove(name) == nil && strings.Contains(name, "victim") {
			t.Errorf("%q is removed", name)
		}
	}
	unharmed()
}

// TestHostileDataset: names of files in a dataset reach neither the terminal
// nor the disk.
func TestHostileDataset(t *testing.T) {
	dir, unharmed := outside(t)
	w := newSandbox(t)
	w.write("data/definitions/rmsnorm/rmsnorm_h4096.json", `{"name": "../../../evil", "op_type": "../x", "axes": {}}`)
	w.write("data/definitions/rmsnorm/\x1b[31mred.json", `{"name": "`+"\u202e"+`"}`)
	w.write("data/definitions/rmsnorm/deep.json", strings.Repeat("[", 100000))
	link(t, filepath.Join(dir, "victim"), w.path("data/definitions/rmsnorm/linked.json"))
	link(t, "/dev/zero", w.path("data/definitions/rmsnorm/endless.json"))
	link(t, "..", w.path("data/definitions/rmsnorm/loop"))
	for _, name := range []string{"rmsnorm_h512.json", "pipe.json"} { // one that the model asks for
		if err := syscall.Mkfifo(w.path("data/definitions/rmsnorm/"+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(w.path("data/workloads/rmsnorm"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(w.path("data/workloads/rmsnorm/rmsnorm_h4096.jsonl"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "--dataset", "data", "--exit-zero", "models.ts"},
		{"add", "--config", "small.json", "--model-name", "small", "--models-ts", "models.ts", "--dataset", "data"},
		{"define", "--missing", "--dataset", "data", "--models-ts", "models.ts", "--out", "defined"},
	} {
		r := w.run(args...)
		if bad := unsafeForTerminal(r.stdout + r.stderr); bad != "" {
			t.Errorf("%v: the output holds %s", args, bad)
		}
		if strings.Contains(r.stderr, "goroutine ") || r.memory > 256<<10 {
			t.Errorf("%v: %d KB\n%.300s", args, r.memory, r.stderr)
		}
	}
	unharmed()
}

// TestTerminalStaysClean runs the program itself over the corpus, as a name,
// in a config, in models.ts and in a file's name.
func TestTerminalStaysClean(t *testing.T) {
	w := newSandbox(t)
	corpus := hostileStrings(t)
	w.write("\x1b[31m\u202e/models.ts", "const models = [{ id: \"\x1b[31m\u202ex\u0085\", modules: { \"\u009b2J\": { count: 1, parent: \"\x1b]0;t\x07\" } } }]\n")
	var runs [][]string
	for _, format := range []string{"text", "github", "json", "sarif"} {
		runs = append(runs, []string{"check", "--format", format, "--exit-zero", "."})
	}
	for i, name := range sorted(corpus) {
		if strings.ContainsRune(corpus[name], 0) {
			continue // no argument can hold it
		}
		file := fmt.Sprintf("config-%d.json", i)
		w.write(file, shownConfig(t, corpus[name]))
		runs = append(runs,
			[]string{"add", "--config", file, "--model-name", "x", "--models-ts", "models.ts", "--dry-run", "--skip-sglang", "--display-name=" + corpus[name]},
			[]string{"add", "--config", "small.json", "--model-name=" + corpus[name], "--models-ts", "models.ts", "--dry-run", "--skip-sglang"},
			[]string{"add", "--hf-repo-id=" + corpus[name], "--models-ts", "models.ts", "--dry-run"},
			[]string{"explain", "--", corpus[name]},
			[]string{"check", "--severity=" + corpus[name]},
		)
	}
	for _, args := range runs {
		r := w.run(args...)
		if bad := unsafeForTerminal(r.stdout + r.stderr); bad != "" {
			t.Errorf("%q: the output holds %s", args, bad)
		}
	}
}

// shownConfig puts a string into the fields of a config whose text is shown.
func shownConfig(t *testing.T, s string) string {
	t.Helper()
	config := map[string]any{}
	if err := json.Unmarshal([]byte(smallConfig), &config); err != nil {
		t.Fatal(err)
	}
	config["architectures"], config["model_type"], config[s] = []string{"LlamaForCausalLM", s}, s, s
	config["quantization_config"] = map[string]any{"quant_method": s, "format": s}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
