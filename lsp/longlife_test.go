package lsp

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/tsast"
)

var soakRequests = flag.Int("soak.requests", 0, "requests of TestLongLife (default 2000, 600 with -short)")

// usage is what a process holds on to.
type usage struct {
	resident   int // MB; 0 where it cannot be told
	foreign    int // MB of it that are not Go's: tree-sitter's trees, and the program
	heap       int // MB in use on Go's heap
	goroutines int
	files      int
}

func measureUsage() usage {
	debug.FreeOSMemory()
	trimC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{goroutines: runtime.NumGoroutine(), heap: int(m.HeapInuse >> 20), resident: measureResident()}
	if u.resident > 0 {
		u.foreign = u.resident - int((m.Sys-m.HeapReleased)>>20)
	}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.files = len(list)
	}
	return u
}

// measureResident is the resident set in MB, 0 where it cannot be told.
func measureResident() int {
	raw, err := os.ReadFile("/proc/self/statm")
	f := strings.Fields(string(raw))
	if err != nil || len(f) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(f[1])
	return pages * os.Getpagesize() >> 20
}

// trimC makes the C library give back what it keeps: reading a large text
// does so.
func trimC() { tsast.Open(bytes.Repeat([]byte("\n"), 2<<20)).Close() }

// TestLongLife is a long day: opening, typing, broken and mended text, every
// request and notification, jobs that land and jobs that are cancelled,
// closing. What the process holds on to does not grow. The long form:
//
//	go test ./lsp -run TestLongLife -soak.requests 200000 -timeout 0
func TestLongLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		total := *soakRequests
		if total == 0 {
			total = 2000
			if testing.Short() {
				total = 600
			}
		}
		engine := &fakeEngine{data: &fakeDataset{[]string{"rmsnorm_h4096"}}, repos: []Repo{{ID: "acme/A-1", From: "cache"}}}
		e := newEditor(t, editorOptions{engine: engine, options: `{"diagnostics":{"delay":0},"codeLens":{"enable":true},"inlayHints":{"enable":true}}`})
		day := &longDay{e: e, r: rand.New(rand.NewPCG(*soakSeed, 3)), text: manyModels(t, 1), engine: engine, sent: map[string]int{}}
		// The first quarter is for caches to fill.
		var early usage
		for i := range total {
			switch i {
			case total / 10, total / 4, total / 2:
				e.settle()
				u := measureUsage()
				t.Logf("seed %d, after %d of %d requests: %+v", *soakSeed, i, total, u)
				if i == total/4 {
					early = u
				}
			}
			day.request(i)
			day.trim()
		}
		e.close(modelsURI)
		e.settle()
		late := measureUsage()
		t.Logf("seed %d, after %d requests of %d methods: %+v", *soakSeed, total, len(day.sent), late)
		if late.goroutines > early.goroutines+8 {
			t.Errorf("goroutines grow from %d to %d", early.goroutines, late.goroutines)
		}
		if late.files > early.files+4 {
			t.Errorf("open files grow from %d to %d", early.files, late.files)
		}
		if late.resident > early.resident+24 || late.foreign > early.foreign+16 {
			t.Errorf("the resident set grows from %d to %d MB, of it tree-sitter's from %d to %d", early.resident, late.resident, early.foreign, late.foreign)
		}
		// A method that is new belongs into the day, too.
		for name := range methods {
			switch name {
			case protocol.MethodInitialize, protocol.MethodInitialized, protocol.MethodShutdown, protocol.MethodExit:
				continue
			}
			if day.sent[name] == 0 {
				t.Errorf("%s was never sent", name)
			}
		}
	})
}

type longDay struct {
	e      *editor
	r      *rand.Rand
	engine *fakeEngine
	text   string
	open   bool
	mend   *textEditJSON // takes back what broke the text
	sent   map[string]int
}

// positionMethods are about a position, documentMethods about a document.
var positionMethods = []string{
	"textDocument/hover", "textDocument/definition", "textDocument/completion", "textDocument/documentHighlight", "textDocument/prepareRename",
	"textDocument/references", "textDocument/rename",
}

var documentMethods = []string{
	"textDocument/documentSymbol", "textDocument/documentLink", "textDocument/codeLens", "textDocument/diagnostic", methodModules, methodRefusal,
}

// dayNotifications are what an editor says now and then.
func dayNotifications() [][2]string {
	const foreign = "file:///w/src/other.ts"
	document := func(uri string) string { return fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri) }
	return [][2]string{
		{"textDocument/willSave", fmt.Sprintf(`{"textDocument":{"uri":%q},"reason":1}`, modelsURI)},
		{"textDocument/didSave", document(modelsURI)},
		{"workspace/didChangeWatchedFiles", `{"changes":[{"uri":"file:///data/definitions/gemm/x.json","type":1},{"uri":"` + modelsURI + `","type":2}]}`},
		{"workspace/didChangeConfiguration", `{"settings":{}}`},
		{"workspace/didChangeConfiguration", `{"settings":{"fibLs":{"diagnostics":{"delay":0,"severity":{"syntax":"warning"}}}}}`},
		{"workspace/didChangeWorkspaceFolders", `{"event":{"added":[{"uri":"file:///w/two","name":"x"}],"removed":[]}}`},
		{"workspace/didChangeWorkspaceFolders", `{"event":{"added":[],"removed":[{"uri":"file:///w/two","name":"x"}]}}`},
		{"$/setTrace", `{"value":"messages"}`}, {"$/setTrace", `{"value":"off"}`},
		{"$/progress", `{"token":"x","value":{}}`},
		{"window/workDoneProgress/cancel", `{"token":"fib-ls/add-1"}`},
		{"textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%q}}`, foreign, smallModels)},
		{"textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"range":7,"text":""}]}`, foreign)}, // lost
		{"textDocument/didClose", document(foreign)},
		{"textDocument/hover", `{}`}, {"no/such", `[]`}, // nonsense
	}
}

func (d *longDay) call(method, params string) {
	d.sent[method]++
	_, _ = d.e.call(method, params)
}

// cancelled sends a call and takes it back.
func (d *longDay) cancelled(method, params string) {
	d.sent[method]++
	d.sent["$/cancelRequest"]++
	id, answer := d.e.send(method, params)
	d.e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%s}`, id))
	_, _ = d.e.await(method, answer)
}

func (d *longDay) request(i int) {
	e, r := d.e, d.r
	if !d.open || i%500 == 0 {
		if d.open {
			d.sent["textDocument/didClose"]++
			e.close(modelsURI)
		}
		d.sent["textDocument/didOpen"]++
		e.open(modelsURI, d.text)
		d.open, d.mend = true, nil
	}
	line := r.IntN(1300)
	document := fmt.Sprintf(`"textDocument":{"uri":%q}`, modelsURI)
	at := fmt.Sprintf(`%s,"position":{"line":%d,"character":%d},"newName":"q%d","context":{"includeDeclaration":true}`, document, line, r.IntN(40), i)
	within := fmt.Sprintf(`%s,"range":{"start":{"line":%d,"character":0},"end":{"line":%d,"character":9}}`, document, line, line+r.IntN(3))
	switch k := r.IntN(24); {
	case k < 8:
		d.typing(line)
	case k < 12:
		d.call(positionMethods[r.IntN(len(positionMethods))], "{"+at+"}")
	case k < 14:
		d.call(documentMethods[r.IntN(len(documentMethods))], "{"+document+"}")
	case k < 16:
		d.call("textDocument/codeAction", "{"+within+`,"context":{"diagnostics":[]}}`)
	case k == 16:
		d.call("textDocument/inlayHint", "{"+within+"}")
	case k == 17:
		d.call("workspace/symbol", `{"query":"norm"}`)
	case k == 18:
		d.cancelled("textDocument/references", "{"+at+"}")
	case k < 22:
		n := dayNotifications()
		one := n[(i/7)%len(n)]
		d.sent[one[0]]++
		e.notify(one[0], one[1])
	case k == 22:
		commands := []string{`"fib-ls.listRepos","arguments":["a"]`, `"fib-ls.showReport","arguments":[]`, `"fib-ls.cancel","arguments":["add-9"]`, `"no.such"`}
		d.call("workspace/executeCommand", `{"command":`+commands[i%len(commands)]+"}")
	default:
		d.job(i)
	}
}

// typing breaks the text and mends it, mostly at once, else the next time.
func (d *longDay) typing(line int) {
	d.sent["textDocument/didChange"]++
	if d.mend != nil {
		d.e.change(modelsURI, *d.mend)
		d.mend = nil
		return
	}
	p := positionJSON{line, 0}
	text := []string{"{", "// fib: add acme/A-1\n", "x", "\"", "/*"}[d.r.IntN(5)]
	end := positionJSON{line, len(text)}
	if strings.HasSuffix(text, "\n") {
		end = positionJSON{line + 1, 0}
	}
	d.e.change(modelsURI, textEditJSON{rangeJSON{p, p}, text})
	d.mend = &textEditJSON{rangeJSON{p, end}, ""}
	if d.r.IntN(4) > 0 {
		d.typing(line)
	}
}

// job adds or updates a model, which lands, fails or is cancelled.
func (d *longDay) job(i int) {
	if d.mend != nil { // where it was would be another place
		d.typing(0)
	}
	d.engine.fail = nil
	switch i % 7 {
	case 0, 1:
		d.call("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/A-1","update":true,"wait":true}]}`)
	case 2:
		d.engine.fail = errors.New("as wanted")
		d.call("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/C-3","wait":true}]}`)
	default:
		d.cancelled("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/B-2","update":true,"wait":true}]}`)
	}
	d.engine.mu.Lock()
	d.engine.requests, d.engine.dirs = nil, nil
	d.engine.mu.Unlock()
}

// trim forgets what the fake editor has seen, so that only the server's
// memory is measured.
func (d *longDay) trim() {
	e := d.e
	e.mu.Lock()
	defer e.mu.Unlock()
	for uri, p := range e.published {
		e.published[uri] = p[max(0, len(p)-1):]
	}
	e.messages, e.progress, e.edits, e.questions, e.shown, e.orphans, e.requests, e.registered, e.jobsEnded = nil, nil, nil, nil, nil, nil, nil, nil, nil
}
