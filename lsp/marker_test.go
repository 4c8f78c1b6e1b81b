package lsp

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
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
	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/report"
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
			bubble(t, func(t *testing.T) { testMarker(t, file) })
		})
	}
}

func testMarker(t *testing.T, file string) {
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
}

// markerOptions is the options file.
type markerOptions struct {
	Settings     json.RawMessage // initializationOptions
	Capabilities string          // "old" is a client that can hardly anything
	Dataset      []string
	Repos        []string
	Hub          map[string]int // repositories that the Hub's search finds, with downloads
	Missing      []string
	Fail         string
	Problem      string
	Verdict      string // the level that Verify gives, with a doubt about the norm
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
	opened  string // the text that the document opens with
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
		engine.problem = &report.Problem{Rule: "source-disagreement", Severity: "warning", Message: o.Problem}
	}
	if o.Hub != nil {
		engine.search = func(_ context.Context, query string) ([]Repo, error) {
			var hits []Repo
			for _, id := range slices.Sorted(maps.Keys(o.Hub)) {
				if strings.Contains(strings.ToLower(id), strings.ToLower(query)) {
					hits = append(hits, Repo{ID: id, From: "hub", Downloads: o.Hub[id]})
				}
			}
			return hits, nil
		}
	}
	if o.Verdict != "" {
		engine.verdict = func(v *phases.Verification) {
			v.Level, v.Line = generate.Level(o.Verdict), o.Verdict+": 1 of 2 sizes confirmed by the checkpoint"
			v.Problems = append(v.Problems, validate.Problem{Rule: report.RuleContradiction, Severity: validate.Error, Model: v.ModelID, Module: "norm",
				Message: "model.norm: the checkpoint's weights have another size; the config says 4096; the checkpoint says 2048"})
		}
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
	if o.Capabilities == "annotations" {
		opts.capabilities = strings.Replace(modernCapabilities, `"documentChanges": true,`, `"documentChanges": true, "changeAnnotationSupport": {"groupsOnLabel": true},`, 1)
	}
	if o.Pull {
		opts.capabilities = strings.Replace(modernCapabilities, `"textDocument": {`, `"textDocument": {"diagnostic": {},`, 1)
	}
	if o.Real {
		opts.engine = newRealEngine(t)
	}
	r := &markerRun{t: t, uri: o.URI, engine: engine, script: archiveFile(archive, "script"), opened: archiveFile(archive, "models.ts")}
	if r.uri == "" {
		r.uri = modelsURI
	}
	r.opened = strings.ReplaceAll(strings.ReplaceAll(r.opened, "␍", "\r"), "␀", "")
	r.e = newEditor(t, opts)
	return r
}

// run plays the script and gives what it printed.
func (r *markerRun) run() string {
	r.e.open(r.uri, r.opened)
	r.settle()
	r.shown = r.opened
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

func (r *markerRun) settle() { r.e.settle() }

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
		"annotations":      (*markerRun).annotations,
		"first":            (*markerRun).first,
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
		"edits":            func(r *markerRun, _ []string) { r.printf("%d", len(locked(r.e, func() []string { return r.e.edits }))) },
		"shown":            func(r *markerRun, _ []string) { r.printList(locked(r.e, func() []string { return r.e.shown })) },
		"close":            func(r *markerRun, _ []string) { r.e.close(r.uri); r.settle() },
		"open":             func(r *markerRun, _ []string) { r.e.open(r.uri, r.opened); r.settle() },
	}
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
	// These need configs that disagree with each other, kinds of layers that no
	// model of the catalogue lacks, or a checkpoint: phases/validate makes them.
	all.WriteString(" config-ambiguous: config-extra-module: checkpoint: checkpoint-missing: checkpoint-unseen:")
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
