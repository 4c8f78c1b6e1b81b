//go:build unix

package lsp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A workspace whose models.ts is not a file: nothing waits for it, the job says
// what is wrong, and the next one runs.
func TestModelsThatAreNoFile(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"device":    func(path string) error { return os.Symlink("/dev/zero", path) },
		"loop":      func(path string) error { return os.Symlink(path, path) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "web", "apps", "web", "data", "models.ts")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := plant(path); err != nil {
				t.Fatal(err)
			}
			bubble(t, func(t *testing.T) {
				e := newEditor(t, editorOptions{engine: &fakeEngine{}, folders: []string{dir}})
				for _, uri := range []string{fmt.Sprintf(`,"uri":"file://%s"`, path), ""} {
					_, err := e.call("workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.addModel","arguments":[{"repoId":"a/b","wait":true%s}]}`, uri))
					if err == nil {
						t.Error("an entry was added")
					}
				}
				e.must("workspace/symbol", `{"query":"x"}`)
				e.open(modelsURI, smallModels)
				e.must("workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.addModel","arguments":[{"repoId":"a/b","wait":true,"uri":%q}]}`, modelsURI))
				if !strings.Contains(e.text(modelsURI), `id: "b"`) {
					t.Error("the next job did not land")
				}
			})
		})
	}
}
