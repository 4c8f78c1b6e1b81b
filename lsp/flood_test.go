package lsp

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

var soakFlood = flag.Int("soak.flood", 0, "messages of each kind in TestFloods (default 5000, 2000 with -short)")

// flooding sends a great many messages of one kind and looks at the memory
// meanwhile, at what the fake editor keeps, and at the next good request.
type flooding struct {
	*editor
	t    *testing.T
	n    int
	most int // MB
}

func (f *flooding) flood(what string, send func(i int)) {
	f.t.Helper()
	before := measureUsage()
	for i := range f.n {
		send(i)
		if i%2000 == 1999 {
			f.forget()
			f.most = max(f.most, measureResident())
		}
	}
	f.settle()
	f.forget()
	after := measureUsage()
	f.t.Logf("%d of %s: %+v before, %d MB at most, %+v after", f.n, what, before, f.most, after)
	if after.goroutines > before.goroutines+8 || before.resident > 0 && after.resident > before.resident+48 {
		f.t.Errorf("%s leave something behind: %+v, then %+v", what, before, after)
	}
	if f.most > before.resident+256 {
		f.t.Errorf("%s take %d MB", what, f.most)
	}
	f.most = 0
}

// forget drops what the fake editor has seen.
func (f *flooding) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for uri, p := range f.published {
		f.published[uri] = p[max(0, len(p)-1):]
		if uri != modelsURI {
			delete(f.published, uri)
		}
	}
	f.orphans, f.messages = nil, nil
}

// Floods: the server answers the next good request, and its memory is bounded.
func TestFloods(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := *soakFlood
		if n == 0 {
			n = 5_000
			if testing.Short() {
				n = 2_000
			}
		}
		f := &flooding{editor: newEditor(t, editorOptions{}), t: t, n: n}
		f.open(modelsURI, smallModels)
		f.settle()
		at := positionJSON{6, 20}
		f.flood("edits", func(i int) {
			text := "x"
			r := rangeJSON{at, at}
			if i%2 == 1 {
				text, r.End.Character = "", r.Start.Character+1
			}
			f.change(modelsURI, textEditJSON{r, text})
		})
		f.flood("cancelled requests", func(i int) {
			id := 1_000_000 + i
			f.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/documentSymbol","params":{"textDocument":{"uri":%q}}}`, id, modelsURI))
			f.notify("$/cancelRequest", fmt.Sprintf(`{"id":%d}`, id))
		})
		f.flood("requests of one id", func(int) {
			f.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":"one","method":"textDocument/hover","params":{"textDocument":{"uri":%q},"position":{"line":4,"character":3}}}`, modelsURI))
		})
		f.flood("malformed and unknown messages", func(i int) {
			f.write([]string{
				`{"jsonrpc":"2.0","id":1,"method":7}`, `{"jsonrpc":"2.0","id":` + strings.Repeat("9", 30) + `,"method":"x"}`, `[1,2]`, `{`,
				`{"jsonrpc":"2.0","method":"no/such","params":{}}`, `{"jsonrpc":"2.0","id":null,"method":"no/such"}`, `{"jsonrpc":"2.0","id":3,"result":1}`,
				`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///not/open"},"contentChanges":[]}}`,
			}[i%8])
		})
		f.flood("documents opened and closed", func(i int) {
			uri := fmt.Sprintf("file:///w/%d/apps/web/data/models.ts", i)
			f.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%q}}`, uri, smallModels))
			f.notify("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri))
			if i%500 == 0 {
				f.settle()
				f.forget()
			}
		})
		if n := len(f.server.datasets.open); n > maxDatasets+1 {
			t.Errorf("%d datasets are kept for documents that were closed", n)
		}
		// Edits of a text that is broken all the while, where every parse is from
		// scratch: only the last one counts.
		f.flood("edits of a broken text", func(int) { f.change(modelsURI, textEditJSON{rangeJSON{}, "{ "}) })
		if got := string(f.server.docs.newest(normalise(modelsURI)).bytes()); got != f.text(modelsURI) {
			t.Error("the texts differ")
		}
		f.must("shutdown", "")
	})
}

// allStacks is where every goroutine is.
func allStacks() []byte {
	stacks := make([]byte, 1<<20)
	return stacks[:runtime.Stack(stacks, true)]
}
