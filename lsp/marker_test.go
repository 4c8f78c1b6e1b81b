package lsp

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/validate"
)

var update = flag.Bool("update", false, "write what the marker tests give as what they want")

// TestMarkers runs the scripts of testdata/marker: each is a txtar of a
// models.ts, a script of what an editor does, and what it then shows. Every
// script runs over the production chain, with UTF-16 and with UTF-8
// positions; what it prints counts characters and must be the same.
//
// Files of an archive: models.ts, script, want; optional: options (JSON, see
// markerOptions). A place in the text is written as a piece of it, with a |
// for the cursor: `hover "parent: \"Tiny|For"`.
func TestMarkers(t *testing.T) {
	files, err := filepath.Glob("testdata/marker/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no marker tests: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, utf8 := range []bool{false, true} {
				got := newMarker(t, archive, utf8).run()
				if *update && !utf8 {
					setFile(archive, "want", got)
					if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if want := archiveFile(archive, "want"); got != want {
					t.Errorf("utf8 %v:\n%s", utf8, lineDiff(want, got))
				}
			}
		})
	}
}

// markerOptions is the options file.
type markerOptions struct {
	Settings     json.RawMessage // initializationOptions
	Capabilities string          // "old" is a client that can hardly anything
	Dataset      []string
	Repos        []string
	Missing      []string
	Fail         string
	Problem      string
	Applies      string
	Real         bool // the real phases, offline, instead of the fake ones
	Delay        bool // diagnostics wait as they do by default
	URI          string
	Pull         bool
}

const oldCapabilities = `{"general":{"positionEncodings":ENCODINGS},"workspace":{"applyEdit":true},"textDocument":{"codeAction":{"codeActionLiteralSupport":{}}}}`

type markerRun struct {
	t       *testing.T
	e       *editor
	uri     string
	first   string
	script  string
	out     strings.Builder
	engine  *fakeEngine
	actions []json.RawMessage
	shown   string // what text printed last
}

func newMarker(t *testing.T, archive *txtar.Archive, utf8 bool) *markerRun {
	t.Helper()
	var o markerOptions
	if raw := archiveFile(archive, "options"); raw != "" {
		if err := json.Unmarshal([]byte(raw), &o); err != nil {
			t.Fatalf("options: %v", err)
		}
	}
	engine := &fakeEngine{missing: o.Missing}
	if o.Fail != "" {
		engine.fail = fmt.Errorf("%s", o.Fail)
	}
	if o.Problem != "" {
		engine.problem = &phases.Problem{Rule: "source-disagreement", Severity: "warning", Message: o.Problem}
	}
	for i, id := range o.Repos {
		engine.repos = append(engine.repos, Repo{ID: id, From: "cache", Used: time.Unix(int64(i), 0)})
	}
	if o.Dataset != nil {
		engine.data = &fakeDataset{o.Dataset}
	}
	opts := editorOptions{utf8: utf8, engine: engine, options: string(o.Settings), applies: o.Applies}
	if opts.options == "" && !o.Delay {
		opts.options = `{"diagnostics":{"delay":0}}`
	}
	if o.Capabilities == "old" {
		opts.capabilities = oldCapabilities
	}
	if o.Pull {
		opts.capabilities = strings.Replace(modernCapabilities, `"textDocument": {`, `"textDocument": {"diagnostic": {},`, 1)
	}
	if o.Real {
		opts.engine = newRealEngine(t)
	}
	r := &markerRun{t: t, uri: o.URI, engine: engine, script: archiveFile(archive, "script"), first: archiveFile(archive, "models.ts")}
	if r.uri == "" {
		r.uri = modelsURI
	}
	r.first = strings.ReplaceAll(strings.ReplaceAll(r.first, "␍", "\r"), "␀", "")
	r.e = newEditor(t, opts)
	return r
}

// run plays the script and gives what it printed.
func (r *markerRun) run() string {
	r.e.open(r.uri, r.first)
	r.settle()
	r.shown = r.first
	for _, line := range strings.Split(strings.TrimSpace(r.script), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words, err := splitWords(line)
		if err != nil {
			r.t.Fatalf("%s: %v", line, err)
		}
		fmt.Fprintf(&r.out, "> %s\n", line)
		do := markerCommands[words[0]]
		if do == nil {
			r.t.Fatalf("no command %q", words[0])
		}
		do(r, words[1:])
	}
	return r.out.String()
}

// splitWords splits at blanks; words may be Go strings.
func splitWords(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' && line[0] != '`' {
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return nil, err
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		words, line = append(words, word), line[len(quoted):]
	}
	return words, nil
}

func (r *markerRun) settle() {
	r.e.settle()
	// What was asked in the background, and what it makes be checked again.
	r.e.eventually("warming up", func() bool {
		x := &r.e.server.expected
		x.mu.Lock()
		defer x.mu.Unlock()
		return !x.working
	})
	r.e.settle()
}

// at finds a place in the text.
func (r *markerRun) at(place string) positionJSON {
	text := r.e.text(r.uri)
	if place == "end" {
		return r.e.position(text, len(text))
	}
	before, after, marked := strings.Cut(place, "|")
	at := strings.Index(text, before+after)
	if at < 0 {
		r.t.Fatalf("%q is not in the text:\n%s", before+after, text)
	}
	if marked {
		at += len(before)
	}
	return r.e.position(text, at)
}

func (r *markerRun) position(place string) string {
	p := r.at(place)
	return fmt.Sprintf(`"textDocument":{"uri":%q},"position":{"line":%d,"character":%d}`, r.uri, p.Line, p.Character)
}

// human writes a range in lines and characters from 1, whatever the encoding.
func (r *markerRun) human(x rangeJSON) string {
	text := r.e.text(r.uri)
	col := func(p positionJSON) string {
		offset := r.e.offset(text, p)
		start := strings.LastIndexAny(text[:offset], "\r\n") + 1
		return fmt.Sprintf("%d:%d", p.Line+1, len([]rune(text[start:offset]))+1)
	}
	return col(x.Start) + "-" + col(x.End)
}

func (r *markerRun) printf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		r.out.WriteString("  " + strings.TrimRight(line, " ") + "\n")
	}
}

func (r *markerRun) decode(raw json.RawMessage, v any) {
	if err := json.Unmarshal(raw, v); err != nil {
		r.t.Fatalf("%v: %s", err, raw)
	}
}

// call sends a request; an error is printed.
func (r *markerRun) call(method, params string) (json.RawMessage, bool) {
	result, err := r.e.call(method, params)
	if err != nil {
		r.printf("error %v", err)
		return nil, false
	}
	if string(result) == "null" {
		r.printf("null")
		return nil, false
	}
	return result, true
}

var severityNames = []string{"?", "error", "warning", "info", "hint"}

func (r *markerRun) printDiagnostics(list []diagnosticJSON) {
	if len(list) == 0 {
		r.printf("none")
	}
	for _, d := range list {
		tags := ""
		for _, tag := range d.Tags {
			tags += []string{"", " (unnecessary)", " (deprecated)"}[tag]
		}
		r.printf("%s %s %s%s: %s", r.human(d.Range), severityNames[d.Severity], d.Code, tags, d.Message)
		if d.Source != "fib-ls" {
			r.printf("  source %s", d.Source)
		}
		if d.CodeDescription != nil && d.CodeDescription.Href != "https://example.org/rules.md#"+d.Code {
			r.printf("  href %s", d.CodeDescription.Href)
		}
		for _, x := range d.RelatedInformation {
			r.printf("  %s %s", r.human(x.Location.Range), x.Message)
		}
	}
}

// markerCommands are the words of a script.
var markerCommands map[string]func(r *markerRun, args []string)

func init() {
	markerCommands = map[string]func(r *markerRun, args []string){
		"diagnostics":      func(r *markerRun, _ []string) { r.settle(); r.printDiagnostics(r.e.diagnostics(r.uri)) },
		"rules":            (*markerRun).rules,
		"pull":             (*markerRun).pull,
		"publications":     func(r *markerRun, _ []string) { r.settle(); r.printf("%d", len(r.e.publications(r.uri))) },
		"hover":            (*markerRun).hover,
		"definition":       func(r *markerRun, a []string) { r.locations("textDocument/definition", r.position(a[0])) },
		"references":       (*markerRun).references,
		"highlight":        (*markerRun).highlight,
		"prepareRename":    (*markerRun).prepareRename,
		"rename":           (*markerRun).rename,
		"symbols":          (*markerRun).symbols,
		"workspaceSymbols": (*markerRun).workspaceSymbols,
		"links":            (*markerRun).links,
		"lenses":           (*markerRun).lenses,
		"hints":            (*markerRun).hints,
		"complete":         (*markerRun).complete,
		"accept":           (*markerRun).accept,
		"actions":          (*markerRun).codeActions,
		"apply":            (*markerRun).apply,
		"command":          (*markerRun).command,
		"edit":             func(r *markerRun, a []string) { r.e.replaceText(r.uri, a[0], a[1]); r.settle() },
		"set":              func(r *markerRun, a []string) { r.setText(a[0]) },
		"text":             func(r *markerRun, _ []string) { r.text() },
		"whole":            func(r *markerRun, _ []string) { r.printf("%s", r.e.text(r.uri)) },
		"advance":          (*markerRun).advance,
		"answer":           (*markerRun).answer,
		"config":           (*markerRun).configure,
		"messages":         func(r *markerRun, _ []string) { r.printList(locked(r.e, func() []string { return r.e.messages })) },
		"progress":         func(r *markerRun, _ []string) { r.printList(locked(r.e, func() []string { return r.e.progress })) },
		"questions":        func(r *markerRun, _ []string) { r.printList(locked(r.e, func() []string { return r.e.questions })) },
		"shown":            func(r *markerRun, _ []string) { r.printList(locked(r.e, func() []string { return r.e.shown })) },
		"close":            func(r *markerRun, _ []string) { r.e.close(r.uri); r.settle() },
		"open":             func(r *markerRun, _ []string) { r.e.open(r.uri, r.first); r.settle() },
	}
}

func (r *markerRun) printList(list []string) {
	for _, s := range list {
		r.printf("%s", s)
	}
	if len(list) == 0 {
		r.printf("none")
	}
}

// rules prints the findings without their words, which are validate's.
func (r *markerRun) rules([]string) {
	r.settle()
	list := r.e.diagnostics(r.uri)
	for i := range list {
		list[i].Message = ""
		for j := range list[i].RelatedInformation {
			list[i].RelatedInformation[j].Message = "also here"
		}
	}
	r.printDiagnostics(list)
}

func (r *markerRun) pull([]string) {
	raw, ok := r.call("textDocument/diagnostic", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var report struct {
		Kind     string
		ResultID string `json:"resultId"`
		Items    []diagnosticJSON
	}
	r.decode(raw, &report)
	r.printf("%s", report.Kind)
	r.printDiagnostics(report.Items)
	raw, _ = r.call("textDocument/diagnostic", fmt.Sprintf(`{"textDocument":{"uri":%q},"previousResultId":%q}`, r.uri, report.ResultID))
	r.decode(raw, &report)
	r.printf("again: %s", report.Kind)
}

func (r *markerRun) hover(a []string) {
	raw, ok := r.call("textDocument/hover", "{"+r.position(a[0])+"}")
	if !ok {
		return
	}
	var h struct {
		Contents struct{ Kind, Value string }
		Range    rangeJSON
	}
	r.decode(raw, &h)
	r.printf("%s %s", r.human(h.Range), h.Contents.Kind)
	r.printf("%s", h.Contents.Value)
}

type locationJSON struct {
	URI   string    `json:"uri"`
	Range rangeJSON `json:"range"`
}

func (r *markerRun) locations(method, params string) {
	raw, ok := r.call(method, "{"+params+"}")
	if !ok {
		return
	}
	var list []locationJSON
	r.decode(raw, &list)
	if len(list) == 0 {
		r.printf("none")
	}
	for _, l := range list {
		if l.URI != r.uri {
			r.printf("%s", l.URI)
			continue
		}
		r.printf("%s %s", r.human(l.Range), r.quoted(l.Range))
	}
}

// quoted is the text of a range, shortened.
func (r *markerRun) quoted(x rangeJSON) string {
	text := r.e.text(r.uri)
	s := text[r.e.offset(text, x.Start):r.e.offset(text, x.End)]
	if len(s) > 60 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}

func (r *markerRun) references(a []string) {
	declaration := len(a) < 2 || a[1] != "uses"
	r.locations("textDocument/references", r.position(a[0])+fmt.Sprintf(`,"context":{"includeDeclaration":%v}`, declaration))
}

func (r *markerRun) highlight(a []string) {
	raw, ok := r.call("textDocument/documentHighlight", "{"+r.position(a[0])+"}")
	if !ok {
		return
	}
	var list []struct {
		Range rangeJSON
		Kind  int
	}
	r.decode(raw, &list)
	for _, h := range list {
		r.printf("%s %s", r.human(h.Range), []string{"", "text", "read", "write"}[h.Kind])
	}
}

func (r *markerRun) prepareRename(a []string) {
	raw, ok := r.call("textDocument/prepareRename", "{"+r.position(a[0])+"}")
	if !ok {
		return
	}
	var p struct {
		Range       rangeJSON
		Placeholder string
	}
	r.decode(raw, &p)
	r.printf("%s %q", r.human(p.Range), p.Placeholder)
}

func (r *markerRun) rename(a []string) {
	raw, ok := r.call("textDocument/rename", fmt.Sprintf(`{%s,"newName":%q}`, r.position(a[0]), a[1]))
	if ok {
		r.applyEdit(raw)
		r.text()
	}
}

type workspaceEditJSON struct {
	Changes         map[string][]textEditJSON
	DocumentChanges []struct {
		TextDocument struct {
			URI     string
			Version *int
		}
		Edits []textEditJSON
	}
}

// applyEdit applies a workspace edit as the editor would.
func (r *markerRun) applyEdit(raw json.RawMessage) {
	var w workspaceEditJSON
	r.decode(raw, &w)
	for _, edits := range w.Changes {
		r.e.change(r.uri, edits...)
	}
	for _, c := range w.DocumentChanges {
		if v := locked(r.e, func() int { return r.e.versions[r.uri] }); c.TextDocument.Version == nil || *c.TextDocument.Version != v {
			r.printf("edit for another version")
		}
		r.e.change(r.uri, c.Edits...)
	}
	r.settle()
}

// text prints how the text differs from when it was last printed.
func (r *markerRun) text() {
	r.settle()
	now := r.e.text(r.uri)
	if server := string(r.e.server.docs.snapshot(normalise(uriText(r.uri))).text); server != now {
		r.t.Errorf("the server has another text:\n%s", lineDiff(now, server))
	}
	if now == r.shown {
		r.printf("unchanged")
		return
	}
	r.printf("%s", lineDiff(strings.ReplaceAll(r.shown, "\r", "␍"), strings.ReplaceAll(now, "\r", "␍")))
	r.shown = now
}

type symbolJSON struct {
	Name, Detail, ContainerName string
	Kind                        int
	Range, SelectionRange       rangeJSON
	Location                    locationJSON
	Children                    []symbolJSON
}

func (r *markerRun) symbols([]string) {
	raw, ok := r.call("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var list []symbolJSON
	r.decode(raw, &list)
	var show func(list []symbolJSON, indent string)
	show = func(list []symbolJSON, indent string) {
		for _, s := range list {
			if s.Location.URI != "" {
				r.printf("%s in %q kind %d %s", s.Name, s.ContainerName, s.Kind, r.human(s.Location.Range))
				continue
			}
			r.printf("%s%s (%s) kind %d %s, name %s", indent, s.Name, s.Detail, s.Kind, r.human(s.Range), r.quoted(s.SelectionRange))
			show(s.Children, indent+"  ")
		}
	}
	show(list, "")
}

func (r *markerRun) workspaceSymbols(a []string) {
	raw, ok := r.call("workspace/symbol", fmt.Sprintf(`{"query":%q}`, a[0]))
	if !ok {
		return
	}
	var list []symbolJSON
	r.decode(raw, &list)
	for _, s := range list {
		r.printf("%s in %q %s", s.Name, s.ContainerName, r.human(s.Location.Range))
	}
}

func (r *markerRun) links([]string) {
	raw, ok := r.call("textDocument/documentLink", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var list []struct {
		Range   rangeJSON
		Target  string
		Tooltip string
	}
	r.decode(raw, &list)
	for _, l := range list {
		r.printf("%s %s -> %s (%s)", r.human(l.Range), r.quoted(l.Range), l.Target, l.Tooltip)
	}
}

func (r *markerRun) lenses([]string) {
	raw, ok := r.call("textDocument/codeLens", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var list []struct {
		Range   rangeJSON
		Command struct {
			Title, Command string
			Arguments      json.RawMessage
		}
	}
	r.decode(raw, &list)
	if len(list) == 0 {
		r.printf("none")
	}
	for _, l := range list {
		r.printf("%s %s %s %s", r.human(l.Range), l.Command.Title, l.Command.Command, l.Command.Arguments)
	}
}

func (r *markerRun) hints([]string) {
	end := r.at("end")
	raw, ok := r.call("textDocument/inlayHint", fmt.Sprintf(`{"textDocument":{"uri":%q},"range":{"start":{"line":0,"character":0},"end":{"line":%d,"character":%d}}}`, r.uri, end.Line, end.Character))
	if !ok {
		return
	}
	var list []struct {
		Position positionJSON
		Label    string
	}
	r.decode(raw, &list)
	if len(list) == 0 {
		r.printf("none")
	}
	for _, h := range list {
		r.printf("%s %s", r.human(rangeJSON{h.Position, h.Position}), h.Label)
	}
}

type itemJSON struct {
	Label, Detail    string
	InsertTextFormat int
	TextEdit         textEditJSON
	Documentation    *struct{ Value string }
}

func (r *markerRun) completionItems(place string) []itemJSON {
	raw, ok := r.call("textDocument/completion", "{"+r.position(place)+"}")
	if !ok {
		return nil
	}
	var list struct {
		IsIncomplete bool
		Items        []itemJSON
	}
	r.decode(raw, &list)
	if list.IsIncomplete {
		r.printf("incomplete")
	}
	return list.Items
}

func (r *markerRun) complete(a []string) {
	items := r.completionItems(a[0])
	for i, item := range items {
		if i == 12 {
			r.printf("… %d more", len(items)-i)
			break
		}
		r.printf("%s (%s) at %s %s", item.Label, item.Detail, r.human(item.TextEdit.Range), r.quoted(item.TextEdit.Range))
	}
}

func (r *markerRun) accept(a []string) {
	for _, item := range r.completionItems(a[0]) {
		if item.Label == a[1] {
			r.e.change(r.uri, item.TextEdit)
			r.text()
			return
		}
	}
	r.printf("no item %s", a[1])
}

type actionJSON struct {
	Title, Kind string
	IsPreferred bool
	Disabled    *struct{ Reason string }
	Edit        json.RawMessage
	Command     json.RawMessage
	Arguments   json.RawMessage
	Diagnostics []diagnosticJSON
}

// codeActions lists the actions at a place; "auto" and only=KIND may follow.
func (r *markerRun) codeActions(a []string) {
	p := r.at(a[0])
	context := `"diagnostics":[],"triggerKind":1`
	for _, word := range a[1:] {
		switch {
		case word == "auto":
			context = strings.Replace(context, `"triggerKind":1`, `"triggerKind":2`, 1)
		case word == "unsaid":
			context = `"diagnostics":[]`
		case strings.HasPrefix(word, "only="):
			context += fmt.Sprintf(`,"only":[%q]`, word[len("only="):])
		}
	}
	raw, ok := r.call("textDocument/codeAction", fmt.Sprintf(`{"textDocument":{"uri":%q},"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"context":{%s}}`,
		r.uri, p.Line, p.Character, p.Line, p.Character, context))
	if !ok {
		return
	}
	r.decode(raw, &r.actions)
	if len(r.actions) == 0 {
		r.printf("none")
	}
	for _, one := range r.actions {
		var action actionJSON
		r.decode(one, &action)
		line := fmt.Sprintf("%s [%s]", action.Title, action.Kind)
		if action.IsPreferred {
			line += " preferred"
		}
		if action.Disabled != nil {
			line += " disabled: " + action.Disabled.Reason
		}
		for _, d := range action.Diagnostics {
			line += " for " + d.Code
		}
		r.printf("%s", line)
	}
}

// apply does what the listed action of a title does, and waits for its job.
func (r *markerRun) apply(a []string) {
	for _, one := range r.actions {
		var action actionJSON
		r.decode(one, &action)
		if action.Title != a[0] || action.Disabled != nil {
			continue
		}
		if action.Edit != nil {
			r.applyEdit(action.Edit)
			r.text()
			return
		}
		command := action.Command
		if action.Arguments != nil { // a bare command
			command = one
		}
		r.execute(command)
		return
	}
	r.printf("no action %q", a[0])
}

func (r *markerRun) command(a []string) { r.execute(json.RawMessage(a[0])) }

// execute runs a command; its job ends before the script goes on.
func (r *markerRun) execute(command json.RawMessage) {
	result, err := r.e.call("workspace/executeCommand", string(command))
	if err != nil {
		r.printf("error %v", err)
		return
	}
	r.printf("%s", strings.ReplaceAll(string(result), r.uri, "URI"))
	r.e.eventually("the job", func() bool {
		// An edit that did not arrive is waited for until the clock says so.
		if r.e.clock.waiting() && locked(r.e, func() bool { return r.e.pretended > 0 }) {
			r.e.mu.Lock()
			r.e.pretended--
			r.e.mu.Unlock()
			r.e.clock.advance(landWait)
		}
		r.e.server.jobs.mu.Lock()
		defer r.e.server.jobs.mu.Unlock()
		return len(r.e.server.jobs.running) == 0
	})
	r.settle()
	// Messages go out in the background.
	time.Sleep(2 * time.Millisecond)
	r.e.ping()
}

func (r *markerRun) setText(text string) {
	r.e.mu.Lock()
	old := r.e.texts[r.uri]
	r.e.mu.Unlock()
	r.e.change(r.uri, textEditJSON{rangeJSON{positionJSON{}, r.e.position(old, len(old))}, text})
	r.settle()
}

func (r *markerRun) advance(a []string) {
	d, err := time.ParseDuration(a[0])
	if err != nil {
		r.t.Fatal(err)
	}
	r.e.clock.advance(d)
	r.settle()
}

// answer says what the user chooses from now on.
func (r *markerRun) answer(a []string) {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	r.e.answer = func(_ string, actions []string) string {
		if slices.Contains(actions, a[0]) {
			return a[0]
		}
		return ""
	}
}

func (r *markerRun) configure(a []string) {
	r.e.notify("workspace/didChangeConfiguration", fmt.Sprintf(`{"settings":%s}`, a[0]))
	r.settle()
	time.Sleep(2 * time.Millisecond)
	r.settle()
}

func archiveFile(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setFile(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

// TestEveryRuleHasAMarker: each rule is shown by one of the marker tests.
func TestEveryRuleHasAMarker(t *testing.T) {
	files, err := filepath.Glob("testdata/marker/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(archiveFile(a, "want"))
	}
	// These two need configs that disagree with each other or have kinds of
	// layers that no model of the catalogue lacks: phases/validate makes them.
	all.WriteString(" config-ambiguous: config-extra-module:")
	var missing []string
	for _, rule := range validate.Rules() {
		if !strings.Contains(all.String(), " "+rule.ID+":") && !strings.Contains(all.String(), " "+rule.ID+" (") {
			missing = append(missing, rule.ID)
		}
	}
	sort.Strings(missing)
	if len(missing) > 0 {
		t.Errorf("no marker test shows %s", strings.Join(missing, ", "))
	}
}
