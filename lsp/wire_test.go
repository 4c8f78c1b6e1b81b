package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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
	if got := string(e.server.docs.snapshot(modelsURI).text); got != want.String() {
		t.Errorf("the text differs:\n%.200s\n%.200s", got, want.String())
	}
}

// Trap 1b: a call sees the text of the moment in which it was sent.
func TestCallsSeeTheTextOfTheirMoment(t *testing.T) {
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
}

// Trap 2: initialize and everything else many times over, with cancellable
// contexts: the library recycles request contexts.
func TestManyStarts(t *testing.T) {
	for range 100 {
		e := newEditor(t, editorOptions{})
		for range 5 {
			id, answer := e.send("workspace/symbol", `{"query":""}`)
			e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%s}`, id))
			_, _ = e.await("symbol", answer)
		}
		e.must("shutdown", "")
		e.notify("exit", "null")
		if code := <-e.code; code != 0 {
			t.Fatalf("exit code %d", code)
		}
	}
}

// Trap 3: notifications that no handler could like do not end the connection.
func TestBadNotificationsAreSwallowed(t *testing.T) {
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
}

// Trap 3b: a panic costs the one request, and the user is told once.
func TestPanicsBecomeErrors(t *testing.T) {
	e := newEditor(t, editorOptions{engine: panicEngine{}})
	e.open(modelsURI, smallModels)
	for range 3 {
		_, err := e.call("workspace/executeCommand", `{"command":"fib-ls.listRepos","arguments":[]}`)
		if err == nil || !strings.Contains(err.Error(), "-32603") {
			t.Fatalf("got %v", err)
		}
	}
	e.ping()
	e.eventually("the message", func() bool { return locked(e, func() bool { return len(e.messages) == 1 }) })
}

type panicEngine struct{ noEngine }

func (panicEngine) Repos(Workspace) []Repo { panic("as wanted") }

// Trap 4: a change that cannot be read never replaces the document.
func TestBadChangesDoNotWipeTheDocument(t *testing.T) {
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
		if snap := e.server.docs.snapshot(modelsURI); snap != nil {
			t.Errorf("%s: a document that is out of step is answered about: %.40q", change, snap.text)
		}
		r := e.must("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, modelsURI))
		if s := string(r); s != "[]" && s != "null" {
			t.Errorf("%s: %s", change, s)
		}
		// A whole text brings the document back.
		b, _ := json.Marshal(smallModels)
		e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":3},"contentChanges":[{"text":%s}]}`, modelsURI, b))
		e.settle()
		if snap := e.server.docs.snapshot(modelsURI); snap == nil || string(snap.text) != smallModels {
			t.Errorf("%s: the document did not come back", change)
		}
	}
}

// A wrong rangeLength is no reason to lose the document: range says it all.
func TestWrongRangeLengthIsIgnored(t *testing.T) {
	e := newEditor(t, editorOptions{})
	e.open(modelsURI, "abc")
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"range":{"start":{"line":0,"character":1},"end":{"line":0,"character":2}},"rangeLength":-1,"text":"x"}]}`, modelsURI))
	e.settle()
	if got := string(e.server.docs.snapshot(modelsURI).text); got != "axc" {
		t.Errorf("got %q", got)
	}
}

// Saving brings a document back that was lost: the disk has the client's text.
func TestSavingRecoversALostDocument(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/web/apps/web/data/models.ts"
	writeFile(t, path, smallModels)
	uri := "file://" + path
	e := newEditor(t, editorOptions{})
	e.open(uri, "")
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":2},"contentChanges":[{"range":7,"text":""}]}`, uri))
	e.settle()
	e.notify("textDocument/didSave", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri))
	e.settle()
	if snap := e.server.docs.snapshot(normalise(uriOf(path))); snap == nil || string(snap.text) != smallModels {
		t.Error("the document did not come back")
	}
}

// Trap 5: errors have the protocol's codes.
func TestErrorCodes(t *testing.T) {
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
}

func TestLifecycle(t *testing.T) {
	e := newEditor(t, editorOptions{noInit: true})
	if _, err := e.call("workspace/symbol", `{"query":""}`); err == nil || !strings.HasPrefix(err.Error(), "-32002:") {
		t.Errorf("before initialize: %v", err)
	}
	e.open(modelsURI, smallModels) // dropped: nobody asked for it yet
	e.initialize()
	if snap := e.server.docs.snapshot(modelsURI); snap != nil {
		t.Error("a notification before initialize was heard")
	}
	e.must("shutdown", "")
	if _, err := e.call("workspace/symbol", `{"query":""}`); err == nil || !strings.HasPrefix(err.Error(), "-32600:") {
		t.Errorf("after shutdown: %v", err)
	}
	e.notify("exit", "null")
	if code := <-e.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Trap 6: exit returns although the reader sits in a read; without shutdown
// the code is 1.
func TestExitDoesNotWaitForTheReader(t *testing.T) {
	for _, how := range []string{"exit", "eof", "parent"} {
		in, inWriter := io.Pipe()
		outReader, out := io.Pipe()
		go func() { _, _ = io.Copy(io.Discard, outReader) }()
		clock := newFakeClock()
		var dead atomic.Bool
		s := New(Options{Clock: clock, Alive: func(pid int) bool { return pid == 4711 && !dead.Load() }})
		code := make(chan int, 1)
		go func() { code <- s.Run(context.Background(), in, out) }()
		frame := func(body string) { _, _ = fmt.Fprintf(inWriter, "Content-Length: %d\r\n\r\n%s", len(body), body) }
		frame(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":4711,"capabilities":{}}}`)
		switch how {
		case "exit":
			frame(`{"jsonrpc":"2.0","method":"exit"}`)
		case "eof":
			_ = inWriter.Close()
		case "parent": // it lives for ten looks, then it is gone
			for !clock.waiting() {
				time.Sleep(time.Millisecond)
			}
			clock.advance(10 * parentInterval)
			select {
			case c := <-code:
				t.Fatalf("left with code %d while the parent lived", c)
			default:
			}
			dead.Store(true)
			clock.advance(parentInterval)
		}
		select {
		case c := <-code:
			if c != 1 {
				t.Errorf("%s: code %d", how, c)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: the server does not leave", how)
		}
	}
}

// Trap 7: a call to the client from a handler does not stop the reader.
func TestCallsToTheClientDoNotBlock(t *testing.T) {
	e := newEditor(t, editorOptions{engine: &fakeEngine{}, raw: true})
	e.open(modelsURI, smallModels)
	// The question of which model is never answered: everything else goes on.
	e.must("workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.addModel","arguments":[{"uri":%q}]}`, modelsURI))
	e.eventually("the question", func() bool {
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
}

// Trap 9: malformed input costs one message.
func TestMalformedFrames(t *testing.T) {
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
	} {
		e.mu.Lock()
		e.raw(data)
		e.mu.Unlock()
		e.ping()
	}
	// A response to a call that was never made is no reason to stop either.
	e.write(`{"jsonrpc":"2.0","id":77,"result":null}`)
	e.write(`{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}`)
	e.ping()
}

func TestBatchIsAnsweredAsOne(t *testing.T) {
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
}

// A call that is cancelled before it runs is answered as cancelled; string
// ids and huge ones can be cancelled, too.
func TestCancelRequest(t *testing.T) {
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
}

// Floods: the server answers the next good request, and its memory is bounded.
func TestFloods(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	e := newEditor(t, editorOptions{})
	e.open(modelsURI, smallModels)
	at := positionJSON{6, 20}
	for i := range n {
		text := "x"
		r := rangeJSON{at, at}
		if i%2 == 1 {
			text, r.End.Character = "", r.Start.Character+1
		}
		e.change(modelsURI, textEditJSON{r, text})
	}
	for i := range n {
		id := 1_000_000 + i
		e.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/documentSymbol","params":{"textDocument":{"uri":%q}}}`, id, modelsURI))
		e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%d}`, id))
	}
	e.settle()
	if got := string(e.server.docs.snapshot(modelsURI).text); got != e.text(modelsURI) {
		t.Error("the texts differ")
	}
}

// A client that does not read holds the reader up, and nothing piles up.
func TestSlowReaderIsHeldUp(t *testing.T) {
	in, inWriter := io.Pipe()
	outReader, out := io.Pipe()
	s := New(Options{Clock: newFakeClock()})
	s.backlog = 4096
	go s.Run(context.Background(), in, out)
	defer s.cancel()
	answers := bufio.NewReader(outReader)
	frame := func(body string) { _, _ = fmt.Fprintf(inWriter, "Content-Length: %d\r\n\r\n%s", len(body), body) }
	frame(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}`)
	if _, err := readFrame(answers); err != nil {
		t.Fatal(err)
	}
	const n = 3 * maxCalls
	var sent atomic.Int64
	go func() {
		for i := 1; i <= n; i++ {
			frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"workspace/symbol","params":{"query":""}}`, i))
			sent.Add(1)
		}
	}()
	// Wait until the sender stands still.
	for last := int64(-1); last != sent.Load(); {
		last = sent.Load()
		time.Sleep(20 * time.Millisecond)
	}
	if got := sent.Load(); got > maxCalls+64 {
		t.Errorf("%d calls were read although nobody takes the answers", got)
	}
	for range n {
		if _, err := readFrame(answers); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOutOfOrderVersions(t *testing.T) {
	e := newEditor(t, editorOptions{})
	e.open(modelsURI, "a")
	send := func(version, text string) {
		e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%s},"contentChanges":[{"text":%q}]}`, modelsURI, version, text))
		e.settle()
	}
	got := func() string { return string(e.server.docs.snapshot(modelsURI).text) }
	send("5", "b")
	send("5", "again") // heard already
	send("3", "old")
	if got() != "b" {
		t.Errorf("got %q", got())
	}
	send("null", "c") // a client that keeps no versions
	if got() != "c" {
		t.Errorf("got %q", got())
	}
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

// chunks records what is written with one call each.
type chunks struct {
	mu   sync.Mutex
	list []string
}

func (c *chunks) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, string(p))
	return len(p), nil
}

// For Emacs an answer comes alone: what follows in the same read would lie
// there unread. Order is kept, and a flood is not slowed down.
func TestAnswersComeAlone(t *testing.T) {
	var c chunks
	o := newOutbox(&c, maxBacklog)
	o.apart(5 * time.Millisecond)
	answer, own := `{"jsonrpc":"2.0","id":1,"result":null}`, `{"jsonrpc":"2.0","method":"x"}`
	send := func(bodies ...string) {
		o.mu.Lock() // as if the writer were busy just then
		for _, b := range bodies {
			o.mu.Unlock()
			_, _ = o.put(func(buf []byte) []byte { return append(buf, b...) })
			o.mu.Lock()
		}
		o.mu.Unlock()
	}
	began := time.Now()
	send(answer, own, answer, own, own)
	o.flush()
	if took := time.Since(began); took < 10*time.Millisecond {
		t.Errorf("two answers had %v to themselves", took)
	}
	frame := func(s string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(s), s) }
	if got, want := strings.Join(c.list, ""), frame(answer)+frame(own)+frame(answer)+frame(own)+frame(own); got != want {
		t.Errorf("written %q", got)
	}
	for _, chunk := range c.list {
		if strings.Contains(chunk, `"id"`) && chunk != frame(answer) {
			t.Errorf("an answer came with %q", chunk)
		}
	}
	began = time.Now()
	for range 5000 {
		send(answer, own)
	}
	o.flush()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a flood took %v", took)
	}
	_ = o.close()
}
