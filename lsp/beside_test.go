package lsp

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestBesideTypeScript: where TypeScript's own server answers beside ours, the
// outline and the key itself are left to it; the parents, which it does not
// know, are not. Any other client gets all of them.
func TestBesideTypeScript(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, beside := range []bool{false, true} {
			options := `{"fibLs":{}}`
			if beside {
				options = `{"fibLs":{},"besideTypeScript":true}`
			}
			e := newEditor(t, editorOptions{engine: &fakeEngine{}, options: options, noInit: true})
			var r struct {
				Capabilities struct {
					DocumentSymbolProvider any `json:"documentSymbolProvider"`
				} `json:"capabilities"`
			}
			if err := json.Unmarshal(e.initialize(), &r); err != nil {
				t.Fatal(err)
			}
			if (r.Capabilities.DocumentSymbolProvider == nil) != beside {
				t.Errorf("beside TypeScript %v: the outline is %v", beside, r.Capabilities.DocumentSymbolProvider)
			}
			e.open(modelsURI, smallModels)
			references := func(place string) int {
				p := e.position(smallModels, strings.Index(smallModels, place))
				raw, _ := json.Marshal(map[string]any{"textDocument": map[string]string{"uri": modelsURI}, "position": map[string]int{"line": p.Line, "character": p.Character + 2}, "context": map[string]bool{"includeDeclaration": true}})
				var list []any
				if err := json.Unmarshal(e.must("textDocument/references", string(raw)), &list); err != nil {
					t.Fatal(err)
				}
				return len(list)
			}
			if n := references("TinyForCausalLM: {"); n != map[bool]int{false: 2, true: 1}[beside] {
				t.Errorf("beside TypeScript %v: %d references of a key", beside, n)
			}
			if n := references(`"TinyForCausalLM"`); n == 0 {
				t.Errorf("beside TypeScript %v: no references of a parent", beside)
			}
		}
	})
}
