package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// fakeClock is a clock that moves when it is told to.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*fakeTimer
}

type fakeTimer struct {
	at   time.Time
	f    func()
	done bool
}

func newFakeClock() *fakeClock { return &fakeClock{now: time.Unix(1_700_000_000, 0)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &fakeTimer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := !t.done
		t.done = true
		return was
	}
}

// advance moves the clock and runs what is due, in order.
func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	until := c.now.Add(d)
	for {
		var next *fakeTimer
		for _, t := range c.timers {
			if !t.done && !t.at.After(until) && (next == nil || t.at.Before(next.at)) {
				next = t
			}
		}
		if next == nil {
			break
		}
		next.done = true
		c.now = next.at
		c.mu.Unlock()
		next.f()
		c.mu.Lock()
	}
	c.now = until
	c.timers = slices.DeleteFunc(c.timers, func(t *fakeTimer) bool { return t.done })
	c.mu.Unlock()
}

// waiting says that a timer is set.
func (c *fakeClock) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.timers, func(t *fakeTimer) bool { return !t.done })
}

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
	raw      bool // leave server requests to the test
}

// editor is a fake editor on the production chain.
type editor struct {
	t      testing.TB
	opts   editorOptions
	server *Server
	clock  *fakeClock
	out    net.Conn
	code   chan int

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
	closed      bool
	pretended   int
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
		t: t, opts: opts, clock: newFakeClock(), out: client, code: make(chan int, 1),
		waiting: map[string]chan rpcMessage{}, texts: map[string]string{}, versions: map[string]int{}, published: map[string][]published{},
	}
	e.server = New(Options{Engine: opts.engine, Version: "test", Clock: e.clock, Alive: opts.alive, DocsURL: "https://example.org/rules.md"})
	go func() { e.code <- e.server.Run(context.Background(), server, server) }()
	go e.read(bufio.NewReader(client))
	t.Cleanup(func() {
		e.mu.Lock()
		e.closed = true
		e.mu.Unlock()
		_ = client.Close()
		_ = server.Close()
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
	if e.opts.raw {
		e.mu.Lock()
		e.requests = append(e.requests, m)
		e.mu.Unlock()
		return
	}
	// A request may need the reader: it is answered beside it.
	go e.request(m)
}

func (e *editor) notification(m rpcMessage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch m.Method {
	case "textDocument/publishDiagnostics":
		var p struct {
			URI string `json:"uri"`
			published
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			e.t.Errorf("publishDiagnostics: %v: %s", err, m.Params)
		}
		if p.Diagnostics == nil {
			e.t.Errorf("publishDiagnostics without a list: %s", m.Params)
		}
		e.published[p.URI] = append(e.published[p.URI], p.published)
	case "window/showMessage":
		var p struct {
			Type    int    `json:"type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(m.Params, &p)
		e.messages = append(e.messages, fmt.Sprintf("%d %s", p.Type, p.Message))
	case "$/progress":
		var p struct {
			Token string `json:"token"`
			Value struct {
				Kind, Message, Title string
				Percentage           *int
			} `json:"value"`
		}
		_ = json.Unmarshal(m.Params, &p)
		line := p.Token + " " + p.Value.Kind
		if p.Value.Percentage != nil {
			line += fmt.Sprintf(" %d%%", *p.Value.Percentage)
		}
		e.progress = append(e.progress, strings.TrimSpace(line+" "+p.Value.Title+" "+p.Value.Message))
	}
}

// request answers the server.
func (e *editor) request(m rpcMessage) {
	switch m.Method {
	case "workspace/applyEdit":
		e.applyEdit(m)
	case "window/showMessageRequest":
		var p struct {
			Message string `json:"message"`
			Actions []struct{ Title string }
		}
		_ = json.Unmarshal(m.Params, &p)
		var titles []string
		for _, a := range p.Actions {
			titles = append(titles, a.Title)
		}
		e.mu.Lock()
		e.questions = append(e.questions, p.Message+" ["+strings.Join(titles, "|")+"]")
		answer := e.answer
		e.mu.Unlock()
		chosen := ""
		if answer != nil {
			chosen = answer(p.Message, titles)
		}
		if chosen == "" {
			e.reply(m, `null`)
			return
		}
		b, _ := json.Marshal(map[string]string{"title": chosen})
		e.reply(m, string(b))
	case "window/showDocument":
		var p struct{ URI string }
		_ = json.Unmarshal(m.Params, &p)
		e.mu.Lock()
		e.shown = append(e.shown, p.URI)
		e.mu.Unlock()
		e.reply(m, `{"success":true}`)
	case "client/registerCapability":
		e.mu.Lock()
		e.registered = append(e.registered, string(m.Params))
		e.mu.Unlock()
		e.reply(m, `null`)
	case "workspace/configuration":
		var p struct{ Items []json.RawMessage }
		_ = json.Unmarshal(m.Params, &p)
		var values []string
		for range p.Items {
			values = append(values, orText(e.settings(), "null"))
		}
		e.reply(m, "["+strings.Join(values, ",")+"]")
	case "fib-ls/input":
		var p struct{ Title, Prompt, Value string }
		_ = json.Unmarshal(m.Params, &p)
		var answer *string
		if e.input != nil {
			answer = e.input(p.Title, p.Prompt, p.Value)
		}
		b, _ := json.Marshal(answer)
		e.reply(m, string(b))
	case "workspace/diagnostic/refresh", "workspace/codeLens/refresh", "workspace/inlayHint/refresh":
		e.mu.Lock()
		e.refreshes++
		e.mu.Unlock()
		e.reply(m, `null`)
	default:
		e.reply(m, `null`)
	}
}

func (e *editor) settings() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opts.settings
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// applyEdit plays the editor's part, well or badly.
func (e *editor) applyEdit(m rpcMessage) {
	var p struct {
		Edit struct {
			Changes         map[string][]textEditJSON `json:"changes"`
			DocumentChanges []struct {
				Kind         string `json:"kind"`
				URI          string `json:"uri"`
				TextDocument struct {
					URI     string `json:"uri"`
					Version *int   `json:"version"`
				} `json:"textDocument"`
				Edits []textEditJSON `json:"edits"`
			} `json:"documentChanges"`
		} `json:"edit"`
	}
	if err := json.Unmarshal(m.Params, &p); err != nil {
		e.t.Errorf("applyEdit: %v", err)
	}
	e.mu.Lock()
	e.edits = append(e.edits, string(m.Params))
	mode, before := e.opts.applies, e.beforeApply
	if strings.HasPrefix(mode, "once-") {
		e.opts.applies = ""
		mode = strings.TrimPrefix(mode, "once-")
	}
	e.mu.Unlock()
	switch mode {
	case "refuse":
		e.reply(m, `{"applied":false,"failureReason":"because"}`)
		return
	case "pretend": // Neovim 0.7.2 with an edit for an older version
		e.mu.Lock()
		e.pretended++
		e.mu.Unlock()
		e.reply(m, `{"applied":true}`)
		return
	}
	ok := true
	change := func(uri string, version *int, edits []textEditJSON) {
		if before != nil {
			before(e, uri)
		}
		e.mu.Lock()
		current, open := e.versions[uri]
		e.mu.Unlock()
		if !open {
			e.open(uri, "")
		} else if version != nil && *version != current {
			ok = false
			return
		}
		e.change(uri, edits...)
	}
	answer := func() { e.reply(m, fmt.Sprintf(`{"applied":%v}`, ok)) }
	if mode == "answer-first" {
		answer()
	}
	for uri, edits := range p.Edit.Changes {
		change(uri, nil, edits)
	}
	for _, c := range p.Edit.DocumentChanges {
		if c.Kind == "create" {
			continue
		}
		change(c.TextDocument.URI, c.TextDocument.Version, c.Edits)
	}
	if mode != "answer-first" {
		answer()
	}
}

type textEditJSON struct {
	Range   rangeJSON `json:"range"`
	NewText string    `json:"newText"`
}

// write sends one frame.
func (e *editor) write(body string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// raw sends bytes as they are. mu may be held.
func (e *editor) raw(data string) { _, _ = io.WriteString(e.out, data) }

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
	case <-time.After(30 * time.Second): // a dead server, not a slow one
		e.t.Fatalf("no answer to %s", what)
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

// settle waits until everything that was sent has been worked through.
func (e *editor) settle() {
	e.t.Helper()
	e.ping()
	e.server.publisher.idle()
	e.ping()
}

func (e *editor) ping() {
	e.t.Helper()
	if _, err := e.call("fib-ls/ping", "{}"); err == nil {
		e.t.Fatal("ping is no method")
	}
}

// idle waits until nothing is queued and nothing is worked on.
func (p *publisher) idle() {
	for {
		p.working.Lock()
		p.mu.Lock()
		empty := len(p.queue) == 0
		p.mu.Unlock()
		p.working.Unlock()
		if empty {
			return
		}
		time.Sleep(50 * time.Microsecond) // another goroutine's turn
	}
}

func (e *editor) open(uri, text string) {
	e.mu.Lock()
	e.texts[uri] = text
	e.versions[uri] = 1
	e.mu.Unlock()
	b, _ := json.Marshal(text)
	e.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%s}}`, uri, b))
}

func (e *editor) close(uri string) {
	e.notify("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri))
	e.mu.Lock()
	delete(e.texts, uri)
	delete(e.versions, uri)
	e.mu.Unlock()
}

// change applies edits that all refer to the present text, as one version,
// last first, as editors do.
func (e *editor) change(uri string, edits ...textEditJSON) {
	sort.SliceStable(edits, func(i, j int) bool { return less(edits[j].Range.Start, edits[i].Range.Start) })
	var parts []string
	e.mu.Lock()
	text := e.texts[uri]
	for _, edit := range edits {
		start, end := e.offset(text, edit.Range.Start), e.offset(text, edit.Range.End)
		text = text[:start] + edit.NewText + text[end:]
		b, _ := json.Marshal(edit.NewText)
		parts = append(parts, fmt.Sprintf(`{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%s}`,
			edit.Range.Start.Line, edit.Range.Start.Character, edit.Range.End.Line, edit.Range.End.Character, b))
	}
	e.texts[uri] = text
	e.versions[uri]++
	version := e.versions[uri]
	e.mu.Unlock()
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[%s]}`, uri, version, strings.Join(parts, ",")))
}

// replaceText changes the first place where old stands.
func (e *editor) replaceText(uri, old, now string) {
	e.t.Helper()
	e.mu.Lock()
	text := e.texts[uri]
	e.mu.Unlock()
	at := strings.Index(text, old)
	if at < 0 {
		e.t.Fatalf("%q is not in the text", old)
	}
	e.change(uri, textEditJSON{rangeJSON{e.position(text, at), e.position(text, at+len(old))}, now})
}

func (e *editor) text(uri string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.texts[uri]
}

func less(a, b positionJSON) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Character < b.Character
}

// offset and position are the naive model of positions: line by line, rune by
// rune, from the start.
func (e *editor) offset(text string, p positionJSON) int {
	start := 0
	for range p.Line {
		n := lineLength(text[start:])
		if n < 0 {
			return len(text)
		}
		start += n
	}
	units := 0
	for i, r := range text[start:] {
		if r == '\n' || r == '\r' || units >= p.Character {
			return start + i
		}
		w := e.width(r)
		if units+w > p.Character {
			return start + i
		}
		units += w
	}
	return len(text)
}

// lineLength is the first line with its end; -1 when there is no line end.
func lineLength(s string) int {
	i := strings.IndexAny(s, "\r\n")
	if i < 0 {
		return -1
	}
	if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
		return i + 2
	}
	return i + 1
}

func (e *editor) width(r rune) int {
	if e.opts.utf8 {
		return utf8.RuneLen(r)
	}
	return utf16.RuneLen(r)
}

func (e *editor) position(text string, offset int) positionJSON {
	line, start := 0, 0
	for {
		n := lineLength(text[start:])
		if n < 0 || start+n > offset {
			break
		}
		start += n
		line++
	}
	units := 0
	for _, r := range text[start:offset] {
		if r == '\r' || r == '\n' {
			break
		}
		units += e.width(r)
	}
	return positionJSON{line, units}
}

// diagnostics are those that the client shows.
func (e *editor) diagnostics(uri string) []diagnosticJSON {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.published[uri]
	if len(p) == 0 {
		return nil
	}
	list := slices.Clone(p[len(p)-1].Diagnostics)
	for i := range list {
		list[i].RelatedInformation = slices.Clone(list[i].RelatedInformation)
	}
	return list
}

func (e *editor) publications(uri string) []published {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.published[uri])
}

// eventually waits for something that happens in the background.
func (e *editor) eventually(what string, f func() bool) {
	e.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !f() {
		if time.Now().After(deadline) {
			e.t.Fatalf("%s did not happen; messages %q, questions %q", what, e.messages, e.questions)
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// locked reads the editor's fields.
func locked[T any](e *editor, f func() T) T {
	e.mu.Lock()
	defer e.mu.Unlock()
	return f()
}
