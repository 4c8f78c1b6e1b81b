package lsp

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// FuzzWire sends a live server messages that nobody would send, as frames and
// as raw bytes; it lives, and answers the next good request.
func FuzzWire(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///w/web/apps/web/data/models.ts"},"position":{"line":3,"character":1}}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///w/web/apps/web/data/models.ts","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"text":"x"}]}}`,
		`{"jsonrpc":"2.0","id":"a","method":"workspace/executeCommand","params":{"command":"fib-ls.addModel","arguments":[{"repoId":"a/b"}]}}`,
		`[{"jsonrpc":"2.0","id":1,"method":"x"},{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}},7]`,
		`{"jsonrpc":"2.0","id":2,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"file:///w/web/apps/web/data/models.ts"},"range":{"start":{"line":0,"character":0},"end":{"line":99,"character":0}},"context":{"diagnostics":[]}}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":"file:///w/web/apps/web/data/models.ts"}}}`,
		"{\x00}", `{"jsonrpc":"2.0","id":9223372036854775807,"method":"shutdown"`,
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	leaveBubble()
	f.Fuzz(func(t *testing.T, data []byte, raw bool) {
		// These end the session, as they should.
		if len(data) > 1<<16 || bytes.Contains(data, []byte("exit")) || bytes.Contains(data, []byte("shutdown")) {
			return
		}
		server, client := net.Pipe()
		s := New(Options{Engine: &fakeEngine{}})
		ended := make(chan int, 1)
		go func() { ended <- s.Run(context.Background(), server, server) }()
		defer func() {
			_ = client.Close()
			<-ended
			_ = server.Close()
		}()
		answered := make(chan struct{})
		go func() {
			in := bufio.NewReader(client)
			for {
				body, err := readFrame(in)
				if err != nil {
					return
				}
				if bytes.Contains(body, []byte(`"id":"fuzz-ping"`)) {
					close(answered)
				}
			}
		}()
		send := func(body string) { _, _ = fmt.Fprintf(client, "Content-Length: %d\r\n\r\n%s", len(body), body) }
		send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}`)
		send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":"const models: Model[] = []"}}}`, modelsURI))
		if raw {
			// A header with a length would swallow what follows it.
			if bytes.Contains(bytes.ToLower(data), []byte("content-length")) {
				return
			}
			_, _ = client.Write(append(data, "\r\n\r\n"...))
		} else {
			send(string(data))
		}
		send(`{"jsonrpc":"2.0","id":"fuzz-ping","method":"workspace/symbol","params":{"query":"x"}}`)
		select {
		case <-answered:
		case code := <-ended:
			t.Fatalf("the server left with code %d", code)
		case <-time.After(20 * time.Second):
			t.Fatal("no answer")
		}
	})
}

// FuzzCursor: completion's look at the text never leaves it.
func FuzzCursor(f *testing.F) {
	f.Add(smallModels, 200)
	f.Add(`definitions: ["a", "b`, 21)
	f.Add(`parent: 'x`, 10)
	f.Fuzz(func(t *testing.T, text string, at int) {
		if at < 0 || at > len(text) {
			return
		}
		cursorAt([]byte(text), at)
		wordAround([]byte(text), at, isNameByte)
	})
}

// FuzzMarker: a marker comment is read without harm, and what it says never
// reaches a command as anything but strings and numbers.
func FuzzMarker(f *testing.F) {
	f.Add(`// fib: add Qwen/Qwen3-32B tp=8 name="a b" x= y`)
	f.Add(`/* fib: add a/b */`)
	f.Fuzz(func(t *testing.T, text string) {
		m, ok := parseMarker(comment("//" + text))
		if !ok {
			return
		}
		markerProblem(m, "")
		requestFrom(m.arguments(), defaultSettings().AddModel)
		if isRepoID(m.repo) && (strings.Contains(m.repo, "..") || strings.Count(m.repo, "/") != 1) {
			t.Fatalf("%q is taken for a repository", m.repo)
		}
	})
}
