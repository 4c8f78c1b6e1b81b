package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

const modelsURI = "file:///w/web/apps/web/data/models.ts"

const smallModels = `import type { Model } from "@/lib/schemas"

const models: Model[] = [
  {
    id: "tiny",
    name: "Tiny",
    description: "A → tiny 𝒳 model.",
    modules: {
      TinyForCausalLM: {
        count: 1,
        type: "block",
      },
      lm_head: {
        count: 1,
        parent: "TinyForCausalLM",
        type: "layer",
        definitions: ["gemm_n32000_k4096"],
      },
    },
  },
] satisfies Model[]

export default models
`

// Trap 1: notifications are applied in wire order, whatever else is going on.
func TestNotificationsApplyInWireOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		e.open(modelsURI, "// ")
		var want strings.Builder
		want.WriteString("// ")
		for i := range 2000 {
			text := fmt.Sprintf("%d,", i)
			want.WriteString(text)
			at := positionJSON{0, want.Len() - len(text)}
			e.change(modelsURI, textEditJSON{rangeJSON{at, at}, text})
			if i%10 == 0 { // calls in between run beside them
				e.send("textDocument/hover", fmt.Sprintf(`{"textDocument":{"uri":%q},"position":{"line":0,"character":0}}`, modelsURI))
			}
		}
		e.settle()
		if got := string(e.server.docs.newest(normalise(modelsURI)).bytes()); got != want.String() {
			t.Errorf("the text differs:\n%.200s\n%.200s", got, want.String())
		}
	})
}

// Trap 1b: a call sees the text of the moment in which it was sent.
func TestCallsSeeTheTextOfTheirMoment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		var answers []chan rpcMessage
		const rounds = 200
		for i := range rounds {
			e.open(modelsURI, strings.ReplaceAll(smallModels, "tiny", fmt.Sprintf("tiny-%d", i)))
			_, answer := e.send("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, modelsURI))
			answers = append(answers, answer)
		}
		for i, a := range answers {
			r, err := e.await("documentSymbol", a)
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf(`"tiny-%d"`, i); !strings.Contains(string(r), want) {
				t.Fatalf("call %d was answered from another text: %s", i, r)
			}
		}
	})
}

// Trap 3: notifications that no handler could like do not end the connection.
func TestBadNotificationsAreSwallowed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		for _, n := range []string{
			`{"jsonrpc":"2.0","method":"$/foo"}`,
			`{"jsonrpc":"2.0","method":"$/foo","params":{"a":1}}`,
			`{"jsonrpc":"2.0","method":"initialized"}`,
			`{"jsonrpc":"2.0","method":"initialized","params":null}`,
			`{"jsonrpc":"2.0","method":"textDocument/didOpen"}`,
			`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":17}}`,
			`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":[]}`,
			`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{}}`,
			`{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":"file:///not/open"}}}`,
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":null}}`,
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99999999999999999999}}`,
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":5000000000}}`,
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}`,
			`{"jsonrpc":"2.0","method":"$/cancelRequest"}`,
			`{"jsonrpc":"2.0","method":"textDocument/hover","params":{}}`,
			`{"jsonrpc":"2.0","method":"no/such","params":{}}`,
			`{"jsonrpc":"2.0","id":null,"method":"shutdown"}`,
			`{"jsonrpc":"2.0","method":"window/workDoneProgress/cancel","params":{"token":3}}`,
			`{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":7}}`,
			`{"jsonrpc":"2.0","method":"workspace/didChangeWatchedFiles","params":{"changes":3}}`,
		} {
			e.write(n)
			e.ping()
		}
	})
}

// Trap 3b: a panic costs the one request, and the user is told once.
func TestPanicsBecomeErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: panicEngine{}})
		e.open(modelsURI, smallModels)
		for range 3 {
			_, err := e.call("workspace/executeCommand", `{"command":"fib-ls.listRepos","arguments":[]}`)
			if err == nil || !strings.Contains(err.Error(), "-32603") {
				t.Fatalf("got %v", err)
			}
		}
		e.ping()
		e.expect("the message", func() bool { return locked(e, func() bool { return len(e.messages) == 1 }) })
	})
}

type panicEngine struct{ noEngine }

func (panicEngine) Repos(Workspace) []Repo { panic("as wanted") }

// Trap 4: a change that cannot be read never replaces the document.
func TestBadChangesDoNotWipeTheDocument(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, change := range []string{
			`{"range":{"start":{"line":-1,"character":0},"end":{"line":0,"character":1}},"text":"x"}`,
			`{"range":null,"rangeLength":-1,"text":"x"}`,
			`{"range":{"start":{"line":0,"character":0}},"text":"x"}`,
			`{"range":{"start":{"line":0},"end":{"line":0,"character":1}},"text":"x"}`,
			`{"range":{"start":{"line":1.5,"character":0},"end":{"line":0,"character":1}},"text":"x"}`,
			`{"range":7,"text":"x"}`,
			`{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":1}}}`,
			`{"range":{"start":{"line":99999999999,"character":0},"end":{"line":0,"character":1}},"text":"x"}`,
			`{}`,
		} {
			e := newEditor(t, editorOptions{})
			e.open(modelsURI, smallModels)
			e.settle()
			e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[%s]}`, modelsURI, change))
			e.settle()
			if snap := e.server.docs.newest(normalise(modelsURI)); snap != nil {
				t.Errorf("%s: a document that is out of step is answered about: %.40q", change, snap.bytes())
			}
			r := e.must("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, modelsURI))
			if s := string(r); s != "[]" && s != "null" {
				t.Errorf("%s: %s", change, s)
			}
			// A whole text brings the document back.
			b, _ := json.Marshal(smallModels)
			e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":3},"contentChanges":[{"text":%s}]}`, modelsURI, b))
			e.settle()
			if snap := e.server.docs.newest(normalise(modelsURI)); snap == nil || string(snap.bytes()) != smallModels {
				t.Errorf("%s: the document did not come back", change)
			}
		}
	})
}

// A wrong rangeLength is no reason to lose the document: range says it all.
func TestWrongRangeLengthIsIgnored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		e.open(modelsURI, "abc")
		e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"range":{"start":{"line":0,"character":1},"end":{"line":0,"character":2}},"rangeLength":-1,"text":"x"}]}`, modelsURI))
		e.settle()
		if got := string(e.server.docs.newest(normalise(modelsURI)).bytes()); got != "axc" {
			t.Errorf("got %q", got)
		}
	})
}

// Trap 5: errors have the protocol's codes.
func TestErrorCodes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		for _, c := range []struct{ method, params, code string }{
			{"no/such", `{}`, "-32601"},
			{"no/such", ``, "-32601"},
			{"$/no/such", `{}`, "-32601"},
			{"textDocument/hover", `{"textDocument":7}`, "-32602"},
			{"textDocument/hover", ``, "-32602"},
			{"textDocument/hover", `[1,2]`, "-32602"},
			{"textDocument/didOpen", `{}`, "-32600"},
			{"initialize", `{"capabilities":{}}`, "-32600"},
			{"workspace/executeCommand", `{"command":"no.such","arguments":[]}`, "-32602"},
			{"workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[7]}`, "-32602"},
			{"workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":["not a repo"]}`, "-32602"},
			{"workspace/executeCommand", `{"command":"fib-ls.showReport","arguments":[]}`, "-32803"},
		} {
			_, err := e.call(c.method, c.params)
			if err == nil || !strings.HasPrefix(err.Error(), c.code+":") {
				t.Errorf("%s %s: got %v, want %s", c.method, c.params, err, c.code)
			}
		}
	})
}

// Trap 7: a call to the client from a handler does not stop the reader.
func TestCallsToTheClientDoNotBlock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: &fakeEngine{}, raw: true})
		e.open(modelsURI, smallModels)
		// The question of which model is never answered: everything else goes on.
		e.must("workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.addModel","arguments":[{"uri":%q}]}`, modelsURI))
		e.expect("the question", func() bool {
			return locked(e, func() bool {
				for _, r := range e.requests {
					if r.Method == "window/showMessageRequest" {
						return true
					}
				}
				return false
			})
		})
		e.settle()
		e.must("shutdown", "")
	})
}

// Trap 9: malformed input costs one message.
func TestMalformedFrames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		frame := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }
		for _, data := range []string{
			frame(`{`),
			frame(`{"jsonrpc":"2.0","id":1`),
			frame(`{"id":1,"method":"shutdown"}`),
			frame(`{"jsonrpc":"1.0","id":1,"method":"shutdown"}`),
			frame(`{"jsonrpc":"2.0","id":1.5,"method":"shutdown"}`),
			frame(`{"jsonrpc":"2.0","id":{},"method":"shutdown"}`),
			frame(`{"jsonrpc":"2.0","id":1,"method":7}`),
			frame(`{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"shutdown"}`),
			frame(`{"jsonrpc":"2.0","id":1,"method":"x","result":1}`),
			frame(`{"jsonrpc":"2.0"}`),
			frame(`{"jsonrpc":"2.0","id":1,"result":1,"error":{}}`),
			frame(`[]`),
			frame(`[1,2]`),
			frame(`[`),
			frame(`7`),
			frame(`"text"`),
			frame(`null`),
			frame("\xff\xfe"),
			frame(`{"jsonrpc":"2.0","method":"$/x","params":{"a":"` + "\xff" + `"}}`),
			frame(strings.Repeat("[", 100_000)),
			frame(`{"jsonrpc":"2.0","id":9,"method":"textDocument/hover","params":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`),
			"Content-Length: x\r\n\r\n",
			"Content-Length: -5\r\n\r\n",
			"Content-Length: 0\r\n\r\n",
			"no header at all\r\n\r\n",
			"Content-Length: 99999999999999999999\r\n\r\n",
			strings.Repeat("garbage", 50_000) + "\r\n\r\n",
			"Content-Type: utf-8\r\n\r\n",
			"content-LENGTH:2\n\n{}",
			"\r\n\r\n\r\n",
			`{"left":"over"}` + frame(`{}`),
			"\xff\xff\xff\u212a\u0130Content-Length: 2\r\n\r\n{}",
		} {
			e.raw(data)
			e.ping()
		}
		// A response to a call that was never made is no reason to stop either.
		e.write(`{"jsonrpc":"2.0","id":77,"result":null}`)
		e.write(`{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}`)
		e.ping()
	})
}

func TestBatchIsAnsweredAsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		a, b := make(chan rpcMessage, 1), make(chan rpcMessage, 1)
		e.mu.Lock()
		e.waiting["901"], e.waiting[`"x"`] = a, b
		e.mu.Unlock()
		e.write(`[{"jsonrpc":"2.0","id":901,"method":"workspace/symbol","params":{"query":""}},
		{"jsonrpc":"2.0","method":"$/nothing"},
		{"jsonrpc":"2.0","id":"x","method":"no/such"}, 7]`)
		if _, err := e.await("901", a); err != nil {
			t.Error(err)
		}
		if _, err := e.await("x", b); err == nil {
			t.Error("no/such is a method")
		}
		e.ping()
	})
}

// A call that is cancelled before it runs is answered as cancelled; string
// ids and huge ones can be cancelled, too.
func TestCancelRequest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{block: make(chan struct{})}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		for _, id := range []string{`7`, `"seven"`, `5000000000`} {
			answer := make(chan rpcMessage, 1)
			e.mu.Lock()
			e.waiting[id] = answer
			e.mu.Unlock()
			e.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":"workspace/executeCommand","params":{"command":"fib-ls.addModel","arguments":[{"repoId":"a/b","wait":true,"uri":%q}]}}`, id, modelsURI))
			e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%s}`, id))
			if _, err := e.await(id, answer); err == nil || !strings.HasPrefix(err.Error(), "-32800:") {
				t.Errorf("%s: %v", id, err)
			}
		}
		if got := e.text(modelsURI); got != smallModels {
			t.Error("a cancelled job changed the text")
		}
	})
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
