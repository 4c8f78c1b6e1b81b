package lsp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestShowEntry: an entry, and the documentation of a rule, are shown as
// documents out of the cache where the client opens some, else as a message.
func TestShowEntry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, capabilities := range []string{modernCapabilities, oldCapabilities} {
			e := newEditor(t, editorOptions{engine: &fakeEngine{}, capabilities: capabilities})
			e.server.opts.CacheDir = t.TempDir()
			e.open(modelsURI, smallModels)
			var shown struct{ Markdown string }
			if err := json.Unmarshal(e.must("workspace/executeCommand", `{"command":"fib-ls.showEntry","arguments":["tiny"]}`), &shown); err != nil {
				t.Fatal(err)
			}
			e.must("workspace/executeCommand", `{"command":"fib-ls.explainRule","arguments":[{"rule":"count-parent","show":true}]}`)
			e.settle()
			if !strings.Contains(shown.Markdown, "TinyForCausalLM (×1)\n  lm_head") {
				t.Errorf("the tree is missing:\n%s", shown.Markdown)
			}
			if capabilities == oldCapabilities {
				if len(e.shown) > 0 || len(e.messages) != 2 || !strings.Contains(strings.Join(e.messages, "\n"), "# count-parent") {
					t.Errorf("shown %q, messages %q", e.shown, e.messages)
				}
				continue
			}
			for _, name := range []string{"entries/tiny.md", "rules/count-parent.md"} {
				path := filepath.Join(e.server.opts.CacheDir, name)
				if text, err := os.ReadFile(path); err != nil || len(text) == 0 || !strings.Contains(strings.Join(e.shown, "\n"), path+" (takes the focus)") {
					t.Errorf("%s: %v, shown %q", name, err, e.shown)
				}
			}
		}
	})
}
