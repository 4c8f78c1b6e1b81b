package lsp

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

var soakRequests = flag.Int("soak.requests", 0, "requests of TestLongLife (default 2000, 600 with -short)")

// usage is what a process holds on to.
type usage struct {
	resident   int // MB; 0 where it cannot be told
	goroutines int
	files      int
}

func measureUsage() usage {
	runtime.GC()
	u := usage{goroutines: runtime.NumGoroutine()}
	if raw, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(raw)); len(f) > 1 {
			pages, _ := strconv.Atoi(f[1])
			u.resident = pages * os.Getpagesize() >> 20
		}
	}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		u.files = len(list)
	}
	return u
}

// TestLongLife is a long day: opening, typing, broken and mended text, every
// request, jobs that land and jobs that are cancelled, closing. What the
// process holds on to does not grow. The long form:
//
//	go test ./lsp -run TestLongLife -soak.requests 200000 -timeout 0
func TestLongLife(t *testing.T) {
	total := *soakRequests
	if total == 0 {
		total = 2000
		if testing.Short() {
			total = 600
		}
	}
	engine := &fakeEngine{data: &fakeDataset{[]string{"rmsnorm_h4096"}}, repos: []Repo{{ID: "acme/A-1", From: "cache"}}}
	e := newEditor(t, editorOptions{engine: engine, options: `{"diagnostics":{"delay":0},"codeLens":{"enable":true},"inlayHints":{"enable":true}}`})
	text := manyModels(t, 1)
	r := rand.New(rand.NewPCG(*soakSeed, 3))
	day := &longDay{e: e, r: r, text: text}
	// The first quarter is for caches to fill.
	var early usage
	for i := range total {
		if i == total/4 {
			e.settle()
			early = measureUsage()
		}
		day.request(i)
		day.trim()
	}
	e.close(modelsURI)
	e.settle()
	late := measureUsage()
	t.Logf("%d requests: after a quarter %+v, at the end %+v", total, early, late)
	if late.goroutines > early.goroutines+8 {
		t.Errorf("goroutines grow from %d to %d", early.goroutines, late.goroutines)
	}
	if late.files > early.files+4 {
		t.Errorf("open files grow from %d to %d", early.files, late.files)
	}
	if late.resident > early.resident+24 {
		t.Errorf("the resident set grows from %d to %d MB", early.resident, late.resident)
	}
}

type longDay struct {
	e    *editor
	r    *rand.Rand
	text string
	open bool
}

// methods that take a position, and those that take a document only.
var positionMethods = []string{
	"textDocument/hover", "textDocument/definition", "textDocument/completion", "textDocument/documentHighlight", "textDocument/prepareRename",
}

var documentMethods = []string{
	"textDocument/documentSymbol", "textDocument/documentLink", "textDocument/codeLens", "textDocument/diagnostic",
}

func (d *longDay) request(i int) {
	e, r := d.e, d.r
	if !d.open || i%500 == 0 {
		if d.open {
			e.close(modelsURI)
		}
		e.open(modelsURI, d.text)
		d.open = true
	}
	line := r.IntN(1300)
	at := fmt.Sprintf(`"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}`, modelsURI, line, r.IntN(40))
	within := fmt.Sprintf(`"textDocument":{"uri":%q},"range":{"start":{"line":%d,"character":0},"end":{"line":%d,"character":9}}`, modelsURI, line, line+r.IntN(3))
	switch k := r.IntN(20); {
	case k < 8: // typing, which breaks and mends the text
		p := positionJSON{line, 0}
		e.change(modelsURI, textEditJSON{rangeJSON{p, p}, "{"})
		if r.IntN(4) > 0 {
			e.change(modelsURI, textEditJSON{rangeJSON{p, positionJSON{line, 1}}, ""})
		}
	case k < 12:
		_, _ = e.call(positionMethods[r.IntN(len(positionMethods))], "{"+at+"}")
	case k < 14:
		_, _ = e.call(documentMethods[r.IntN(len(documentMethods))], fmt.Sprintf(`{"textDocument":{"uri":%q}}`, modelsURI))
	case k < 16:
		_, _ = e.call("textDocument/codeAction", "{"+within+`,"context":{"diagnostics":[]}}`)
	case k == 16:
		_, _ = e.call("textDocument/inlayHint", "{"+within+"}")
	case k == 17:
		_, _ = e.call("workspace/symbol", `{"query":"norm"}`)
	case k == 18:
		id, answer := e.send("textDocument/references", "{"+at+`,"context":{"includeDeclaration":true}}`)
		e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%s}`, id))
		_, _ = e.await("references", answer)
	case i%7 == 0:
		_, _ = e.call("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/A-1","update":true,"wait":true}]}`)
	default:
		id, answer := e.send("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/B-2","update":true,"wait":true}]}`)
		e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%s}`, id))
		_, _ = e.await("addModel", answer)
	}
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
	e.messages, e.progress, e.edits, e.questions, e.shown, e.orphans = nil, nil, nil, nil, nil, nil
}
