package modelsfile

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDefault: the models.ts of the clone is found from wherever in it one
// stands, and no other repository's.
func TestDefault(t *testing.T) {
	clone := t.TempDir()
	data := filepath.Join(clone, "web", "apps", "web", "data")
	inner := filepath.Join(clone, "inner", "deep")
	for _, dir := range []string{data, inner, filepath.Join(clone, "inner", ".git"), filepath.Join(clone, ".git")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got := Default(clone); got != filepath.FromSlash(DefaultPath) {
		t.Errorf("without a file: %s", got)
	}
	if err := os.WriteFile(filepath.Join(data, "models.ts"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		clone: "web/apps/web/data/models.ts", filepath.Dir(data): "data/models.ts", data: "models.ts",
		filepath.Join(clone, "web"): "apps/web/data/models.ts", inner: "web/apps/web/data/models.ts",
	} {
		if got := filepath.ToSlash(Default(dir)); got != want {
			t.Errorf("in %s: %s, want %s", dir, got, want)
		}
	}
	if got := filepath.ToSlash(DefaultDir(filepath.Dir(data), "out")); got != "../../../out" {
		t.Errorf("a directory beside web: %s", got)
	}
	if got := DefaultDir(inner, "out"); got != "out" {
		t.Errorf("a directory in another repository: %s", got)
	}
}
