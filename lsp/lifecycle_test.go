package lsp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Trap 2: initialize and everything else many times over, with cancellable
// contexts: the library recycles request contexts.
func TestManyStarts(t *testing.T) {
	bubble(t, func(t *testing.T) {
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
	})
}

// Saving brings a document back that was lost: the disk has the client's text.
func TestSavingRecoversALostDocument(t *testing.T) {
	bubble(t, func(t *testing.T) {
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
		if snap := e.server.docs.newest(normalise(uriOf(path))); snap == nil || string(snap.bytes()) != smallModels {
			t.Error("the document did not come back")
		}
	})
}

func TestLifecycle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{noInit: true})
		if _, err := e.call("workspace/symbol", `{"query":""}`); err == nil || !strings.HasPrefix(err.Error(), "-32002:") {
			t.Errorf("before initialize: %v", err)
		}
		e.open(modelsURI, smallModels) // dropped: nobody asked for it yet
		e.initialize()
		if snap := e.server.docs.newest(normalise(modelsURI)); snap != nil {
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
	})
}

// Trap 6: exit returns although the reader sits in a read; without shutdown
// the code is 1.
func TestExitDoesNotWaitForTheReader(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, how := range []string{"exit", "eof", "parent"} {
			in, inWriter := io.Pipe()
			outReader, out := io.Pipe()
			go func() { _, _ = io.Copy(io.Discard, outReader) }()
			var dead atomic.Bool
			s := New(Options{Alive: func(pid int) bool { return pid == 4711 && !dead.Load() }})
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
				advance(10*parentInterval + time.Second)
				select {
				case c := <-code:
					t.Fatalf("left with code %d while the parent lived", c)
				default:
				}
				dead.Store(true)
				advance(parentInterval)
			}
			if c := <-code; c != 1 {
				t.Errorf("%s: code %d", how, c)
			}
			_, _ = inWriter.Close(), out.Close()
		}
	})
}

// A client that does not read holds the reader up, and nothing piles up.
func TestSlowReaderIsHeldUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in, inWriter := io.Pipe()
		outReader, out := io.Pipe()
		s := New(Options{})
		s.backlog = 4096
		go s.Run(context.Background(), in, out)
		defer func() { _, _ = inWriter.Close(), out.Close() }()
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
		synctest.Wait() // until the sender stands still
		if got := sent.Load(); got > maxCalls+64 {
			t.Errorf("%d calls were read although nobody takes the answers", got)
		}
		for range n {
			if _, err := readFrame(answers); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The same with findings that nobody asked for: typing waits until they are
// read, and then all of it is there.
func TestSlowReaderWhileTyping(t *testing.T) {
	bubble(t, func(t *testing.T) {
		in, inWriter := io.Pipe()
		outReader, out := io.Pipe()
		s := New(Options{})
		s.backlog = 4096
		go s.Run(context.Background(), in, out)
		defer func() { _, _ = inWriter.Close(), out.Close() }()
		frame := func(body string) { _, _ = fmt.Fprintf(inWriter, "Content-Length: %d\r\n\r\n%s", len(body), body) }
		const n = 2000
		var sent atomic.Int64
		go func() {
			frame(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{},"initializationOptions":{"diagnostics":{"delay":0}}}}`)
			frame(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":0,"text":""}}}`, modelsURI))
			for i := 1; i <= n; i++ {
				frame(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"text":"const models: Model[] = [{ id: \"a-%d\" }]"}]}}`, modelsURI, i, i))
				frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/hover","params":{"textDocument":{"uri":%q},"position":{"line":0,"character":28}}}`, i, modelsURI))
				sent.Add(1)
			}
		}()
		synctest.Wait() // until the sender stands still
		if got := sent.Load(); got > n/2 {
			t.Errorf("%d edits were read although nobody takes the findings", got)
		}
		answers := bufio.NewReader(outReader)
		for left := n + 1; left > 0; {
			body, err := readFrame(answers)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), `"id":`) {
				left--
			}
		}
		go func() { _, _ = io.Copy(io.Discard, answers) }()
		synctest.Wait()
		if got, want := string(s.docs.newest(normalise(modelsURI)).bytes()), fmt.Sprintf(`const models: Model[] = [{ id: "a-%d" }]`, n); got != want {
			t.Errorf("the text is %q", got)
		}
	})
}

func TestOutOfOrderVersions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{})
		e.open(modelsURI, "a")
		send := func(version, text string) {
			e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%s},"contentChanges":[{"text":%q}]}`, modelsURI, version, text))
			e.settle()
		}
		got := func() string { return string(e.server.docs.newest(normalise(modelsURI)).bytes()) }
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
	})
}
