package extract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repoOf is the repo id of a file of the folder of real configs.
func repoOf(file string) string {
	return strings.Replace(strings.TrimSuffix(filepath.Base(file), ".json"), "__", "/", 1)
}

func TestReadReadsEveryRealConfig(t *testing.T) {
	for _, f := range goldConfigs(t) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(data, Options{RepoID: repoOf(f)})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
			continue
		}
		for _, w := range a.Warnings {
			t.Logf("%s: %s", filepath.Base(f), w)
		}
	}
}
