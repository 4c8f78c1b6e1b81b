package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fib-ls/fib-ls/phases/limit"
)

// rpcMessage is any message.
type rpcMessage struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *rpcError       `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// editorOptions is what kind of client the fake editor is.
type editorOptions struct {
	utf8         bool
	capabilities string // JSON; "" is a modern editor
	options      string // initializationOptions, JSON
	engine       Engine
	folders      []string
	// applies decides what happens to workspace/applyEdit: "" applies, then
	// answers; see applyEdit.
	applies string
	alive   func(int) bool
	pid     string
	noInit  bool
	// settings answer workspace/configuration.
	settings string
	scoped   map[string]string // those of a folder, by its URI
	raw      bool              // leave server requests to the test
	// holds is a request of the server that is never answered.
	holds  string
	memory *limit.Watch
}

// editor is a fake editor on the production chain.
type editor struct {
	t      testing.TB
	opts   editorOptions
	server *Server
	out    net.Conn
	code   chan int

	writing sync.Mutex

	mu          sync.Mutex
	next        int
	waiting     map[string]chan rpcMessage
	texts       map[string]string
	versions    map[string]int
	published   map[string][]published
	progress    []string
	messages    []string
	shown       []string
	edits       []string
	questions   []string
	registered  []string
	refreshes   int
	orphans     []rpcMessage // answers without an id
	answer      func(question string, actions []string) string
	beforeApply func(e *editor, uri string)
	input       func(title, prompt, value string) *string
	requests    []rpcMessage
	jobsEnded   []json.RawMessage // methodJobDone
}

type published struct {
	Version     *int             `json:"version"`
	Diagnostics []diagnosticJSON `json:"diagnostics"`
}

type diagnosticJSON struct {
	Range           rangeJSON `json:"range"`
	Severity        int       `json:"severity"`
	Code            string    `json:"code"`
	Source          string    `json:"source"`
	Message         string    `json:"message"`
	Tags            []int     `json:"tags,omitempty"`
	CodeDescription *struct {
		Href string `json:"href"`
	} `json:"codeDescription,omitempty"`
	RelatedInformation []struct {
		Location struct {
			URI   string    `json:"uri"`
			Range rangeJSON `json:"range"`
		} `json:"location"`
		Message string `json:"message"`
	} `json:"relatedInformation,omitempty"`
}

type positionJSON struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type rangeJSON struct {
	Start positionJSON `json:"start"`
	End   positionJSON `json:"end"`
}

func (r rangeJSON) String() string {
	return fmt.Sprintf("%d:%d-%d:%d", r.Start.Line, r.Start.Character, r.End.Line, r.End.Character)
}

const modernCapabilities = `{
 "general": {"positionEncodings": ENCODINGS},
 "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}, "didChangeWatchedFiles": {"dynamicRegistration": true}},
 "window": {"workDoneProgress": true, "showMessage": {}, "showDocument": {"support": true}},
 "textDocument": {
  "publishDiagnostics": {"relatedInformation": true, "tagSupport": {"valueSet": [1, 2]}, "codeDescriptionSupport": true, "versionSupport": true},
  "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}, "disabledSupport": true, "isPreferredSupport": true},
  "completion": {"completionItem": {"snippetSupport": true}},
  "documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
  "hover": {"contentFormat": ["markdown", "plaintext"]}
 }}`

// newEditor starts a server and connects to it.
func newEditor(t testing.TB, opts editorOptions) *editor {
	t.Helper()
	server, client := net.Pipe()
	e := &editor{
		t: t, opts: opts, out: client, code: make(chan int, 1),
		waiting: map[string]chan rpcMessage{}, texts: map[string]string{}, versions: map[string]int{}, published: map[string][]published{},
	}
	e.server = New(Options{Engine: opts.engine, Version: "test", Alive: opts.alive, DocsURL: "https://example.org/rules.md", Memory: opts.memory})
	go func() { e.code <- e.server.Run(context.Background(), server, server) }()
	go e.read(bufio.NewReader(client))
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		advance(time.Second) // whatever still waits for a moment has its moment
	})
	if !opts.noInit {
		e.initialize()
	}
	return e
}

func (e *editor) initialize() json.RawMessage {
	e.t.Helper()
	capabilities := e.opts.capabilities
	if capabilities == "" {
		capabilities = modernCapabilities
	}
	encodings := `["utf-16"]`
	if e.opts.utf8 {
		encodings = `["utf-8", "utf-16"]`
	}
	capabilities = strings.ReplaceAll(capabilities, "ENCODINGS", encodings)
	options := e.opts.options
	if options == "" {
		options = "null"
	}
	pid := e.opts.pid
	if pid == "" {
		pid = "null"
	}
	var folders []string
	for _, f := range e.opts.folders {
		folders = append(folders, fmt.Sprintf(`{"uri":%q,"name":"x"}`, "file://"+f))
	}
	result, err := e.call("initialize", fmt.Sprintf(`{"processId":%s,"clientInfo":{"name":"fake"},"rootUri":null,"capabilities":%s,"initializationOptions":%s,"workspaceFolders":[%s]}`,
		pid, capabilities, options, strings.Join(folders, ",")))
	if err != nil {
		e.t.Fatalf("initialize: %v", err)
	}
	e.notify("initialized", `{}`)
	return result
}

// read takes the server's messages.
func (e *editor) read(in *bufio.Reader) {
	for {
		body, err := readFrame(in)
		if err != nil {
			e.mu.Lock()
			for _, c := range e.waiting {
				close(c)
			}
			e.waiting = map[string]chan rpcMessage{}
			e.mu.Unlock()
			return
		}
		batch := []json.RawMessage{body}
		if body[0] == '[' {
			if err := json.Unmarshal(body, &batch); err != nil {
				e.t.Errorf("a batch that is none: %s", body)
				return
			}
		}
		for _, raw := range batch {
			var m rpcMessage
			if err := json.Unmarshal(raw, &m); err != nil {
				e.t.Errorf("the server sent %s: %v", raw, err)
				return
			}
			e.take(m)
		}
	}
}

func readFrame(in *bufio.Reader) ([]byte, error) {
	length := -1
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if length, err = strconv.Atoi(v); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("no Content-Length")
	}
	body := make([]byte, length)
	_, err := io.ReadFull(in, body)
	return body, err
}

func (e *editor) take(m rpcMessage) {
	if m.Method == "" {
		e.mu.Lock()
		c := e.waiting[string(m.ID)]
		delete(e.waiting, string(m.ID))
		if c == nil {
			e.orphans = append(e.orphans, m)
		}
		e.mu.Unlock()
		if c != nil {
			c <- m
		}
		return
	}
	if m.ID == nil {
		e.notification(m)
		return
	}
	if e.opts.raw || e.opts.holds == m.Method {
		e.mu.Lock()
		e.requests = append(e.requests, m)
		e.mu.Unlock()
		return
	}
	// Requests are heard in order. The answer may need the reader: it is made
	// beside it.
	go e.request(m)()
}

// write sends one frame.
func (e *editor) write(body string) {
	e.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// raw sends bytes as they are. A server that does not read, or is gone, holds
// up whoever writes, and nobody else.
func (e *editor) raw(data string) {
	e.writing.Lock()
	defer e.writing.Unlock()
	_, _ = io.WriteString(e.out, data)
}

func (e *editor) notify(method, params string) {
	e.write(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

func (e *editor) reply(m rpcMessage, result string) {
	e.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result))
}

// send sends a call and gives where its answer will be.
func (e *editor) send(method, params string) (id string, answer chan rpcMessage) {
	e.mu.Lock()
	e.next++
	id = strconv.Itoa(e.next)
	answer = make(chan rpcMessage, 1)
	e.waiting[id] = answer
	e.mu.Unlock()
	if params != "" {
		params = `,"params":` + params
	}
	e.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q%s}`, id, method, params))
	return id, answer
}

// call sends a call and waits for its answer.
func (e *editor) call(method, params string) (json.RawMessage, error) {
	e.t.Helper()
	_, answer := e.send(method, params)
	return e.await(method, answer)
}

func (e *editor) await(what string, answer chan rpcMessage) (json.RawMessage, error) {
	e.t.Helper()
	select {
	case m, ok := <-answer:
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		if m.Error != nil {
			return nil, m.Error
		}
		return m.Result, nil
	case <-time.After(30 * time.Second): // of the bubble: nobody is going to answer
		e.t.Fatalf("no answer to %s\n%s", what, allStacks())
		return nil, nil
	}
}

// must is call for calls that succeed.
func (e *editor) must(method, params string) json.RawMessage {
	e.t.Helper()
	r, err := e.call(method, params)
	if err != nil {
		e.t.Fatalf("%s: %v", method, err)
	}
	return r
}

// settle waits until everything that was sent has been worked through, in the
// foreground and in the background: nobody in the bubble can go on.
func (e *editor) settle() {
	e.t.Helper()
	synctest.Wait()
}

func (e *editor) ping() {
	e.t.Helper()
	if _, err := e.call("fib-ls/ping", "{}"); err == nil {
		e.t.Fatal("ping is not a method")
	}
}

// expect settles and holds the session to a condition.
func (e *editor) expect(what string, f func() bool) {
	e.t.Helper()
	e.settle()
	if !f() {
		e.t.Fatalf("%s did not happen; messages %q, questions %q", what, e.messages, e.questions)
	}
}

// locked reads the editor's fields.
func locked[T any](e *editor, f func() T) T {
	e.mu.Lock()
	defer e.mu.Unlock()
	return f()
}
