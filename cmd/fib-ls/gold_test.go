package main

import (
	"crypto/sha1" // a name like a commit's, no secret
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/tsast"
)

// cacheConfig puts a config.json into a HuggingFace cache as huggingface_hub
// lays it out.
func cacheConfig(t testing.TB, home, repo string, config []byte) {
	t.Helper()
	dir := filepath.Join(home, "hf", "hub", "models--"+strings.ReplaceAll(repo, "/", "--"))
	sum := sha1.Sum([]byte(repo))
	commit := hex.EncodeToString(sum[:])
	for path, data := range map[string][]byte{
		filepath.Join("refs", "main"):                     []byte(commit),
		filepath.Join("snapshots", commit, "config.json"): config,
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAddEveryGoldConfig adds all real configs to upstream's file, from the
// HuggingFace cache and the built-in SGLang index: TypeScript accepts the
// file, and our own check finds no error and, in what we added, nothing at
// all.
func TestAddEveryGoldConfig(t *testing.T) {
	home := offline(t)
	file := upstream(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]bool{}
	for _, e := range tsast.Parse(before).Entries {
		theirs[e.Model.ID.Value] = true
	}
	configs, err := filepath.Glob(filepath.Join(gold(t), "configs", "*.json"))
	if err != nil || len(configs) == 0 {
		t.Fatalf("no configs: %v", err)
	}
	var batch strings.Builder
	for i, path := range configs {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		repo := strings.Replace(strings.TrimSuffix(filepath.Base(path), ".json"), "__", "/", 1)
		cacheConfig(t, home, repo, data)
		fmt.Fprintf(&batch, "- hf_repo_id: %s\n  model_name: gold-%d\n  output_dir: %s\n", repo, i, filepath.Join(home, "out", fmt.Sprint(i)))
	}
	list := filepath.Join(home, "batch.yaml")
	if err := os.WriteFile(list, []byte(batch.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := fibls(t, "add", "--batch", list, "--models-ts", file, "--offline", "--output-dir", filepath.Join(home, "out"))
	if want := fmt.Sprintf("%d added, 0 skipped, 0 failed", len(configs)); err != nil || !strings.Contains(out, want) {
		t.Fatalf("%v, not %q: %s", err, want, out)
	}
	for _, p := range checkedJSON(t, file) {
		if !theirs[p.Model] || p.Severity == "error" {
			t.Errorf("%s %s %s %s: %s", p.Severity, p.Rule, p.Model, p.Module, p.Message)
		}
	}
	after, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tsast.Parse(after).Entries); n != len(theirs)+len(configs) {
		t.Errorf("%d entries", n)
	}
	typeChecked(t, file)
}

// typecheck asks the real compiler, where it is installed.
func typeChecked(t *testing.T, file string) {
	t.Helper()
	scripts := filepath.Join("..", "..", "scripts")
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(scripts, "node_modules", "typescript")); err != nil || missing != nil {
		t.Log("not checked with TypeScript: npm ci --prefix scripts installs it")
		return
	}
	if out, err := exec.Command(node, filepath.Join(scripts, "typecheck.mjs"), file).CombinedOutput(); err != nil {
		t.Errorf("TypeScript refuses the file: %v\n%s", err, out)
	}
}
