package fibls

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRobustnessTable holds docs/robustness.md to the tests that there are:
// whatever it names exists, and every fuzz target has its row.
func TestRobustnessTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("docs", "robustness.md"))
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	have := map[string]bool{}
	var targets []string
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".cache" || d.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(source, -1) {
			name := string(m[1])
			have[name] = true
			if strings.HasPrefix(name, "Fuzz") {
				targets = append(targets, filepath.ToSlash(filepath.Dir(path))+" "+name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllSubmatch(text, -1) {
		if name := string(m[1]); !have[name] {
			t.Errorf("docs/robustness.md names %s, which is not a test", name)
		}
	}
	for _, target := range targets {
		if !strings.Contains(string(text), "| "+target+" |") {
			t.Errorf("docs/robustness.md has no row for %s", target)
		}
	}
}
