package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/report"
)

// extensionCapabilities are those of our own extension.
var extensionCapabilities = strings.Replace(modernCapabilities, `"general"`, `"experimental":{"fibLs":{"input":true,"jobs":true}},"general"`, 1)

// The drawing gets the module trees with the places of their names; what the
// text does not say is null, and a file that is none of ours has none.
func TestModulesForTheDrawing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{capabilities: extensionCapabilities})
		e.open(modelsURI, strings.Replace(smallModels, "        count: 1,\n        type", "        count: many,\n        type", 1))
		var models []shownModel
		if err := json.Unmarshal(e.must(methodModules, fmt.Sprintf(`{"textDocument":{"uri":%q}}`, modelsURI)), &models); err != nil {
			t.Fatal(err)
		}
		if len(models) != 1 || models[0].ID != "tiny" || models[0].Name != "Tiny" || len(models[0].Modules) != 2 {
			t.Fatalf("models %+v", models)
		}
		top, head := models[0].Modules[0], models[0].Modules[1]
		if top.Name != "TinyForCausalLM" || top.Count != nil || top.Parent != "" || top.Type != "block" || len(top.Definitions) != 0 {
			t.Errorf("top %+v", top)
		}
		if head.Count == nil || *head.Count != 1 || head.Parent != top.Name || len(head.Definitions) != 1 || head.Definitions[0].Name != "gemm_n32000_k4096" {
			t.Errorf("lm_head %+v", head)
		}
		at := head.Definitions[0].Range.Start
		line := strings.Split(e.text(modelsURI), "\n")[at.Line]
		if !strings.HasPrefix(line[at.Character:], `"gemm_n32000_k4096"`) {
			t.Errorf("the definition stands at %v of %q", at, line)
		}
		foreign := "file:///w/src/other.ts"
		e.open(foreign, "export const x = 1\n")
		if got := string(e.must(methodModules, fmt.Sprintf(`{"textDocument":{"uri":%q}}`, foreign))); got != "[]" {
			t.Errorf("of another file: %s", got)
		}
	})
}

// hintedError is an error of the Hub as the extension hears of it.
type hintedError struct{}

func (hintedError) Error() string { return "no token" }
func (hintedError) Kind() string  { return "gated-no-token" }
func (hintedError) Hint() string  { return "hf auth login" }

// Our extension is told how each job ended, once, and shown nothing else;
// whoever did not ask for that is never told.
func TestJobDone(t *testing.T) {
	for _, c := range []struct {
		state   string
		engine  *fakeEngine
		args    string
		prepare func(*editor)
		check   func(jobDone) bool
	}{
		{state: "added", check: func(d jobDone) bool {
			return d.ModelID == "a-1" && d.Modules == 2 && d.Findings == 0 && !d.OpenReport && filepath.Base(d.Report) == report.FileSummary
		}},
		{state: "added", engine: &fakeEngine{problem: &report.Problem{Rule: "r", Severity: "warning", Message: "m"}},
			prepare: func(e *editor) { e.answer = func(string, []string) string { return "Insert" } },
			check:   func(d jobDone) bool { return d.Findings == 1 && d.OpenReport }},
		{state: "updated", args: `"modelName":"tiny","update":true,"confirmed":true,`, check: func(d jobDone) bool { return d.ModelID == "tiny" }},
		{state: "declined", engine: &fakeEngine{problem: &report.Problem{Rule: "r", Severity: "error", Message: "m"}}},
		{state: "cancelled", engine: &fakeEngine{block: make(chan struct{})}, prepare: func(e *editor) {
			go func() { e.notify("window/workDoneProgress/cancel", `{"token":"fib-ls/add-1"}`) }()
		}},
		{state: "failed", engine: &fakeEngine{fail: fmt.Errorf("phase 1: %w", hintedError{})}, check: func(d jobDone) bool {
			return d.Kind == "gated-no-token" && d.Hint == "hf auth login" && d.Message == "phase 1: no token"
		}},
		{state: "failed", engine: &fakeEngine{fail: errors.New("plain")}, check: func(d jobDone) bool { return d.Kind == "" && d.Message == "plain" }},
	} {
		bubble(t, func(t *testing.T) {
			engine := c.engine
			if engine == nil {
				engine = &fakeEngine{}
			}
			for _, capabilities := range []string{extensionCapabilities, modernCapabilities} {
				if engine.block != nil {
					engine.block = make(chan struct{})
				}
				e := newEditor(t, editorOptions{engine: engine, capabilities: capabilities})
				e.open(modelsURI, smallModels)
				if c.prepare != nil && c.state != "cancelled" {
					c.prepare(e)
				}
				e.add(`{` + c.args + `"repoId":"acme/A-1"}`)
				if c.state == "cancelled" {
					e.settle()
					c.prepare(e)
				}
				e.jobsDone()
				if capabilities == modernCapabilities {
					if len(e.jobsEnded) > 0 {
						t.Errorf("%s: another client is told %s", c.state, e.jobsEnded)
					}
					continue
				}
				var d jobDone
				if len(e.jobsEnded) != 1 || json.Unmarshal(e.jobsEnded[0], &d) != nil {
					t.Fatalf("%s: told %s", c.state, e.jobsEnded)
				}
				if d.State != c.state || d.JobID != "add-1" || d.RepoID != "acme/A-1" || c.check != nil && !c.check(d) {
					t.Errorf("%s: told %+v", c.state, d)
				}
				if len(e.messages) > 0 || c.state == "failed" && len(e.questions) > 0 || slices.Contains(e.shown, "file://"+d.Report) {
					t.Errorf("%s: shown as well: %q %q %q", c.state, e.messages, e.questions, e.shown)
				}
			}
		})
	}
}

// What is certain to fail is told before anything is asked; what is not is
// left to the job.
func TestRefusal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		broken := strings.Replace(smallModels, "modules: {", "modules: {{", 1)
		for _, c := range []struct {
			name, text, params, options, kind, message string
		}{
			{name: "all is well", text: smallModels, params: `{"repoId":"acme/new"}`},
			{name: "no file", params: `{}`, kind: kindNoModelsFile, message: "no models.ts"},
			{name: "broken", text: broken, params: `{}`, kind: kindBrokenFile, message: "line "},
			{name: "an update of a broken file", text: broken, params: `{"update":true}`},
			{name: "offline", text: smallModels, params: `{"repoId":"acme/new"}`, options: `{"huggingface":{"offline":true}}`, kind: kindOffline, message: "not on this machine"},
			{name: "offline, known", text: smallModels, params: `{"repoId":"Acme/Known"}`, options: `{"huggingface":{"offline":true}}`},
		} {
			engine := &fakeEngine{repos: []Repo{{ID: "acme/known", From: "cache"}}}
			e := newEditor(t, editorOptions{capabilities: extensionCapabilities, engine: engine, options: c.options})
			if c.text != "" {
				e.open(modelsURI, c.text)
			}
			var got *refusal
			if err := json.Unmarshal(e.must(methodRefusal, c.params), &got); err != nil {
				t.Fatal(err)
			}
			switch {
			case c.kind == "" && got != nil:
				t.Errorf("%s: refused: %+v", c.name, got)
			case c.kind != "" && (got == nil || got.Kind != c.kind || !strings.Contains(got.Message, c.message)):
				t.Errorf("%s: %+v", c.name, got)
			}
		}
	})
}
