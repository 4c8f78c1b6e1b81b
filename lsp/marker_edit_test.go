package lsp

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

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
	if server := string(r.e.server.docs.newest(normalise(uriText(r.uri))).bytes()); server != now {
		r.t.Errorf("the server has another text:\n%s", lineDiff(now, server))
	}
	if now == r.shown {
		r.printf("unchanged")
		return
	}
	r.printf("%s", lineDiff(strings.ReplaceAll(r.shown, "\r", "␍"), strings.ReplaceAll(now, "\r", "␍")))
	r.shown = now
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
	// An edit that does not arrive is waited for, as often as it is tried.
	r.settle()
	for range placeAttempts {
		if r.e.jobsRunning() > 0 {
			advance(landWait)
		}
	}
	if r.e.jobsRunning() > 0 {
		r.t.Fatalf("a job does not end; questions %q", r.e.questions)
	}
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
	advance(d)
}

// answer says what the user chooses from now on.
func (r *markerRun) answer(a []string) {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	r.e.answer = func(_ string, actions []string) string {
		for _, wanted := range a {
			if slices.Contains(actions, wanted) {
				return wanted
			}
		}
		return ""
	}
}

func (r *markerRun) configure(a []string) {
	r.e.notify("workspace/didChangeConfiguration", fmt.Sprintf(`{"settings":%s}`, a[0]))
	r.settle()
}

// annotations prints what the last edit has the user confirm.
func (r *markerRun) annotations([]string) {
	edits := locked(r.e, func() []string { return r.e.edits })
	if len(edits) == 0 {
		r.printf("none")
		return
	}
	var p struct {
		Edit struct {
			ChangeAnnotations map[string]struct {
				Label, Description string
				NeedsConfirmation  bool
			}
		}
	}
	r.decode(json.RawMessage(edits[len(edits)-1]), &p)
	if p.Edit.ChangeAnnotations == nil {
		r.printf("nothing is confirmed")
	}
	for _, id := range slices.Sorted(maps.Keys(p.Edit.ChangeAnnotations)) {
		a := p.Edit.ChangeAnnotations[id]
		r.printf("%s: %s, needs confirmation %v\n  %s", id, a.Label, a.NeedsConfirmation, strings.ReplaceAll(a.Description, "\n", "\n  "))
	}
}
