package lsp

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

func TestInitializeResult(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{noInit: true, utf8: true})
		var r struct {
			Capabilities struct {
				PositionEncoding   string          `json:"positionEncoding"`
				DiagnosticProvider json.RawMessage `json:"diagnosticProvider"`
				TextDocumentSync   struct {
					OpenClose bool `json:"openClose"`
					Change    int  `json:"change"`
				} `json:"textDocumentSync"`
				ExecuteCommandProvider struct{ Commands []string } `json:"executeCommandProvider"`
			} `json:"capabilities"`
			ServerInfo struct{ Name, Version string } `json:"serverInfo"`
		}
		if err := json.Unmarshal(e.initialize(), &r); err != nil {
			t.Fatal(err)
		}
		c := r.Capabilities
		if c.PositionEncoding != "utf-8" || c.TextDocumentSync.Change != 2 || !c.TextDocumentSync.OpenClose || c.DiagnosticProvider != nil {
			t.Errorf("capabilities %+v", c)
		}
		if got := strings.Join(c.ExecuteCommandProvider.Commands, " "); got != "fib-ls.addModel fib-ls.listRepos fib-ls.cancel fib-ls.showReport fib-ls.plan fib-ls.discover fib-ls.verify fib-ls.explainRule fib-ls.showEntry" {
			t.Errorf("commands %s", got)
		}
		if r.ServerInfo.Name != "fib-ls" || r.ServerInfo.Version != "test" {
			t.Errorf("server %+v", r.ServerInfo)
		}
	})
}

// Clients have sent stranger things than these; each still gets a server.
func TestOddInitialize(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, params := range []string{
			`{}`,
			`{"capabilities":null}`,
			`{"capabilities":{"general":{"positionEncodings":7},"textDocument":[],"window":"x"}}`,
			`{"processId":"no","rootUri":7,"workspaceFolders":{"uri":1},"capabilities":{},"initializationOptions":[1]}`,
			`{"processId":99999999999999999999,"rootPath":"/w","workspaceFolders":null,"capabilities":{},"trace":3}`,
			`{"rootUri":"not a uri","capabilities":{},"initializationOptions":{"diagnostics":{"delay":"soon","severity":7,"enable":"yes"}}}`,
		} {
			e := newEditor(t, editorOptions{noInit: true})
			if _, err := e.call("initialize", params); err != nil {
				t.Errorf("%s: %v", params, err)
			}
			e.open(modelsURI, smallModels)
			e.settle()
			if e.server.docs.newest(normalise(modelsURI)) == nil {
				t.Errorf("%s: no document", params)
			}
		}
	})
}

// Settings come from the client for each folder, over initializationOptions,
// and change while one works.
func TestConfigurationPerFolder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, two := t.TempDir(), t.TempDir()
		capabilities := strings.Replace(modernCapabilities, `"workspace": {`, `"workspace": {"configuration": true, "didChangeConfiguration":{"dynamicRegistration":true},`, 1)
		e := newEditor(t, editorOptions{folders: []string{one, two}, capabilities: capabilities,
			options:  `{"diagnostics":{"delay":0,"severity":{"unknown-parent":"hint"}}}`,
			settings: `{"codeLens":{"enable":true}}`})
		e.expect("the settings", func() bool { return e.server.config.forPath(filepath.Join(two, "x.ts")).CodeLens })
		c := e.server.config.forPath(filepath.Join(two, "x.ts"))
		if c.DiagnosticsDelay != 0 || c.Severity["unknown-parent"] != validate.Hint {
			t.Errorf("initializationOptions are lost: %+v", c)
		}
		if registered := strings.Join(e.registered, ""); !strings.Contains(registered, "didChangeWatchedFiles") || !strings.Contains(registered, "didChangeConfiguration") {
			t.Errorf("registered %q", registered)
		}
		e.mu.Lock()
		e.opts.settings = `{"modelsFile":"**/catalogue.ts","diagnostics.delay":20}`
		e.mu.Unlock()
		e.notify("workspace/didChangeConfiguration", `{"settings":null}`)
		e.expect("the new settings", func() bool {
			c := e.server.config.forPath(filepath.Join(one, "x.ts"))
			return c.ModelsFile == "**/catalogue.ts" && c.DiagnosticsDelay == 20*time.Millisecond && !c.CodeLens
		})
		uri := "file://" + one + "/a/catalogue.ts"
		e.open(uri, "const x = 1\n")
		e.settle()
		if d := e.diagnostics(uri); len(d) != 1 || d[0].Code != "no-models" {
			t.Errorf("diagnostics %v", d)
		}
	})
}

func TestWorkspaceFoldersChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, two := t.TempDir(), t.TempDir()
		e := newEditor(t, editorOptions{folders: []string{one}})
		file := filepath.Join(two, "web/apps/web/data/models.ts")
		if got := e.server.config.folderOf(file); got != two {
			t.Errorf("outside all folders it is %s", got) // the root that its place shows
		}
		e.notify("workspace/didChangeWorkspaceFolders", fmt.Sprintf(`{"event":{"added":[{"uri":"file://%s/web","name":"x"}],"removed":[{"uri":"file://%s","name":"y"}]}}`, two, one))
		e.settle()
		if got := e.server.config.folderOf(file); got != filepath.Join(two, "web") {
			t.Errorf("folder %s", got)
		}
		if got := len(e.server.config.folders()); got != 1 {
			t.Errorf("%d folders", got)
		}
	})
}

// A changed dataset is read again, and the open files are checked again.
func TestWatchedDataset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{data: &fakeDataset{}}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		e.expect("the dataset", func() bool {
			d := e.diagnostics(modelsURI)
			return len(d) == 1 && d[0].Code == "unknown-definition"
		})
		engine.data = &fakeDataset{[]string{"gemm_n32000_k4096"}}
		e.notify("workspace/didChangeWatchedFiles", `{"changes":[{"uri":"file:///data/definitions/gemm/gemm_n32000_k4096.json","type":1}]}`)
		e.expect("the new findings", func() bool { return len(e.diagnostics(modelsURI)) == 0 })
	})
}

// What a model's own config expects comes in the background, and stays while
// one types.
func TestExpectationsDoNotBlink(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := 0
		engine := &fakeEngine{expect: func(*tsast.Model) *validate.ExpectedEntry {
			asked++
			return &validate.ExpectedEntry{}
		}}
		e := newEditor(t, editorOptions{engine: engine, options: `{"diagnostics":{"delay":0}}`})
		e.open(modelsURI, smallModels)
		e.settle()
		before := asked
		e.replaceText(modelsURI, "count: 1,\n        parent", "count: 2,\n        parent")
		e.settle()
		if asked != before+1 {
			t.Errorf("asked %d times for one edit", asked-before)
		}
	})
}

// URIs of one file may be written in several ways.
func TestURISpellings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		open := "file:///w/a%20b/web/apps/web/data/models.ts"
		e.open(open, smallModels)
		e.settle()
		for _, same := range []string{open, "file:///w/a b/web/apps/web/data/models.ts"} {
			r := e.must("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, same))
			if !strings.Contains(string(r), `"tiny"`) {
				t.Errorf("%s: %s", same, r)
			}
		}
		if len(e.publications(open)) == 0 {
			t.Error("published under another spelling than the client's")
		}
	})
}

// The other side of a diff is not checked.
func TestOtherSchemes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		for _, uri := range []string{"git:/w/web/apps/web/data/models.ts?ref", "vscode-userdata:/apps/web/data/models.ts"} {
			e.open(uri, smallModels)
			e.settle()
			if n := len(e.publications(uri)); n > 0 {
				t.Errorf("%s: %d publications", uri, n)
			}
		}
		e.open("untitled:Untitled-1", smallModels)
		e.settle()
		if n := len(e.publications("untitled:Untitled-1")); n != 1 {
			t.Errorf("untitled: %d publications", n)
		}
	})
}

// A large file that is none of ours is not kept.
func TestLargeForeignFile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		uri := "file:///w/src/big.ts"
		e.open(uri, strings.Repeat("export const x = 1\n", 100_000))
		e.settle()
		if doc := e.server.docs.get(normalise(uriText(uri))); doc == nil || !doc.dropped || doc.text.Len() > 0 {
			t.Error("its text is kept")
		}
		e.change(uri, textEditJSON{rangeJSON{}, "x"})
		e.ping()
	})
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		glob, path string
		want       bool
	}{
		{"**/apps/web/data/models.ts", "/a/b/apps/web/data/models.ts", true},
		{"**/apps/web/data/models.ts", "apps/web/data/models.ts", true},
		{"**/apps/web/data/models.ts", "/a/apps/web/data/models.tsx", false},
		{"**/*.{ts,tsx}", "/x/y.tsx", true},
		{"/x/*.ts", "/x/y/z.ts", false},
		{"m?dels.ts", "models.ts", true},
		{"a/**", "a/b/c", true},
		{"(+[.ts", "(+[.ts", true},
		{"", "x", false},
	} {
		if got := compileGlob(c.glob).matches(c.path); got != c.want {
			t.Errorf("%q on %q: %v", c.glob, c.path, got)
		}
	}
}

// What lies outside the workspace is watched, too, where the client can: the
// Hub's cache, and a dataset or SGLang elsewhere. What was read of it is
// forgotten when it changes.
func TestWatchedOutsideTheWorkspace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := 0
		engine := &fakeEngine{watched: []string{"/home/x/hub"}, expect: func(*tsast.Model) *validate.ExpectedEntry {
			asked++
			return nil
		}}
		for _, relative := range []bool{false, true} {
			capabilities := strings.Replace(modernCapabilities, `{"dynamicRegistration": true}`, fmt.Sprintf(`{"dynamicRegistration": true, "relativePatternSupport": %v}`, relative), 1)
			e := newEditor(t, editorOptions{engine: engine, capabilities: capabilities, folders: []string{"/w", "/w2"}})
			e.settle()
			registered := strings.Join(e.registered, "")
			if n := strings.Count(registered, `{"baseUri":"file:///home/x/hub","pattern":"models--*/refs/*"}`); relative && n != 1 || !relative && n != 0 {
				t.Errorf("relative patterns %v: registered %s", relative, registered)
			}
			e.open(modelsURI, smallModels)
			e.settle()
			before := asked
			e.notify("workspace/didChangeWatchedFiles", `{"changes":[{"uri":"file:///home/x/hub/models--acme--A/refs/main","type":2}]}`)
			e.settle()
			if !slices.Equal(engine.forgotten, []string{""}) || asked == before {
				t.Errorf("forgotten %q, asked %d times, then %d", engine.forgotten, before, asked)
			}
			engine.forgotten = nil
		}
	})
}

// A job fetches a config: what was known of that repository before is asked
// for anew.
func TestJobsMakeConfigsBeReadAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		e.add(`{"repoId":"acme/A-1"}`)
		e.jobsDone()
		if !slices.Equal(engine.forgotten, []string{"acme/A-1"}) {
			t.Errorf("forgotten %q", engine.forgotten)
		}
	})
}

// Each workspace folder has settings of its own, and jobs work in the folder
// of their file.
func TestSeveralRoots(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, two := t.TempDir(), t.TempDir()
		engine := &fakeEngine{}
		e := newEditor(t, editorOptions{
			engine: engine, folders: []string{one, two},
			capabilities: strings.Replace(modernCapabilities, `"workspace": {`, `"workspace": {"configuration": true,`, 1),
			settings:     `{"diagnostics":{"delay":0,"severity":{"wrong-type":"warning"}}}`,
			scoped:       map[string]string{"file://" + two: `{"diagnostics":{"severity":{"wrong-type":"hint"}},"addModel":{"outputDir":"out"}}`},
		})
		e.settle()
		for i, dir := range []string{one, two} {
			uri := "file://" + dir + "/web/apps/web/data/models.ts"
			e.open(uri, strings.Replace(smallModels, "count: 1", `count: "1"`, 1))
			e.settle()
			if d := e.diagnostics(uri); len(d) != 1 || d[0].Severity != []int{2, 4}[i] {
				t.Errorf("root %d: diagnostics %+v", i, d)
			}
			e.add(fmt.Sprintf(`{"repoId":"acme/A-1","uri":%q}`, uri))
			e.jobsDone()
			if engine.dirs[i] != dir || engine.requests[i].OutputDir != []string{"", "out"}[i] {
				t.Errorf("root %d: works in %s, writes to %q", i, engine.dirs[i], engine.requests[i].OutputDir)
			}
		}
	})
}
