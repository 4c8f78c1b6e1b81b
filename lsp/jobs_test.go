package lsp

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/limit"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/tsast"
)

func (e *editor) add(args string) string {
	e.t.Helper()
	return string(e.must("workspace/executeCommand", fmt.Sprintf(`{"command":"fib-ls.addModel","arguments":[%s]}`, args)))
}

func (e *editor) jobsDone() {
	e.t.Helper()
	e.expect("the end of all jobs", func() bool { return e.jobsRunning() == 0 })
}

func (e *editor) jobsRunning() int {
	e.server.jobs.mu.Lock()
	defer e.server.jobs.mu.Unlock()
	return len(e.server.jobs.running)
}

func (e *editor) entries(uri string) []string {
	var ids []string
	for _, entry := range tsast.Parse([]byte(e.text(uri))).Entries {
		ids = append(ids, entry.Model.ID.Value)
	}
	return ids
}

// A job is acknowledged at once, shows its phases with a percentage that does
// not fall, and ends its progress.
func TestProgress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{block: make(chan struct{})}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		if got := e.add(`{"repoId":"acme/A-1"}`); got != `{"jobId":"add-1","repoId":"acme/A-1"}` {
			t.Errorf("acknowledged with %s", got)
		}
		// The job stands in phase 2; everything else goes on.
		e.expect("the progress", func() bool {
			return locked(e, func() bool {
				return len(e.progress) > 0 && strings.Contains(e.progress[len(e.progress)-1], "Find SGLang baseline")
			})
		})
		e.settle()
		close(engine.block)
		e.jobsDone()
		e.expect("the end", func() bool {
			return locked(e, func() bool { return strings.Contains(e.progress[len(e.progress)-1], " end ") })
		})
		percent, last := regexp.MustCompile(` (\d+)%`), -1
		for _, line := range e.progress {
			m := percent.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			var n int
			_, _ = fmt.Sscan(m[1], &n)
			if n < last {
				t.Errorf("the percentage falls: %q", e.progress)
			}
			last = n
		}
		if !strings.Contains(e.progress[0], " begin ") || !strings.Contains(strings.Join(e.progress, "\n"), "3/4 Generate entry") {
			t.Errorf("progress %q", e.progress)
		}
		if ids := e.entries(modelsURI); !slices.Contains(ids, "a-1") {
			t.Errorf("entries %q", ids)
		}
	})
}

// A job can be cancelled in each way there is; the text stays as it was.
func TestCancelJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, way := range []string{"command", "progress", "wait", "shutdown"} {
			engine := &fakeEngine{block: make(chan struct{})}
			e := newEditor(t, editorOptions{engine: engine})
			e.open(modelsURI, smallModels)
			var answer chan rpcMessage
			if way == "wait" {
				var id string
				id, answer = e.send("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/A-1","wait":true}]}`)
				e.notify("$/cancelRequest", fmt.Sprintf(`{"id":%s}`, id))
				if _, err := e.await("add", answer); err == nil || !strings.HasPrefix(err.Error(), "-32800:") {
					t.Errorf("%s: %v", way, err)
				}
			} else {
				e.add(`{"repoId":"acme/A-1"}`)
				e.expect("phase 2", func() bool {
					return locked(e, func() bool { return strings.Contains(strings.Join(e.progress, "\n"), "2/4") })
				})
			}
			switch way {
			case "command":
				if got := string(e.must("workspace/executeCommand", `{"command":"fib-ls.cancel","arguments":["add-1"]}`)); !strings.Contains(got, "true") {
					t.Errorf("cancel: %s", got)
				}
			case "progress":
				e.notify("window/workDoneProgress/cancel", `{"token":"fib-ls/add-1"}`)
			case "shutdown":
				e.must("shutdown", "")
			}
			e.jobsDone()
			if got := e.text(modelsURI); got != smallModels {
				t.Errorf("%s: the text changed", way)
			}
		}
	})
}

// A job that takes too much memory fails with the reason, and the server
// lives on.
func TestJobOutOfMemory(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "off") // the test process has no limit
	bubble(t, func(t *testing.T) {
		memory := limit.Start(0, time.Hour, func(err error) { t.Error("the process was ended:", err) })
		e := newEditor(t, editorOptions{engine: &fakeEngine{block: make(chan struct{})}, memory: memory})
		e.open(modelsURI, smallModels)
		_, answer := e.send("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[{"repoId":"acme/A-1","wait":true}]}`)
		if _, err := e.await("add", answer); err == nil || !strings.Contains(err.Error(), "MiB of memory would be needed") {
			t.Errorf("answered %v", err)
		}
		memory.Close()
		if got := e.text(modelsURI); got != smallModels {
			t.Error("the text changed")
		}
		e.must("workspace/executeCommand", `{"command":"fib-ls.listRepos","arguments":[]}`)
	})
}

// The user types on while the entry is made, while it is asked for, and while
// the edit is on its way: the entry lands in the text as it is by then.
func TestTypingDuringAdd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{block: make(chan struct{})}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		e.add(`{"repoId":"acme/A-1"}`)
		e.replaceText(modelsURI, "Tiny\"", "Tiny, renamed\"")
		typed := 0
		e.beforeApply = func(e *editor, uri string) {
			if typed++; typed <= 2 { // twice the edit comes too late
				e.replaceText(uri, "tiny 𝒳", "very tiny 𝒳")
			}
		}
		close(engine.block)
		e.jobsDone()
		text := e.text(modelsURI)
		if !slices.Contains(e.entries(modelsURI), "a-1") || !strings.Contains(text, "Tiny, renamed") || strings.Count(text, "very ") != 2 {
			t.Errorf("text:\n%s", text)
		}
		if problems := tsast.Parse([]byte(text)).Problems; len(problems) > 0 {
			t.Errorf("the text is broken: %v", problems)
		}
		if len(e.edits) != 3 {
			t.Errorf("%d edits were sent", len(e.edits))
		}
	})
}

// An edit that never lands ends with the report, where the entry stands
// complete.
func TestStaleEditOffersTheReport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "web/apps/web/data/models.ts")
		writeFile(t, path, smallModels)
		uri := "file://" + path
		e := newEditor(t, editorOptions{engine: &fakeEngine{}, folders: []string{dir}, applies: "refuse"})
		e.answer = func(_ string, actions []string) string {
			if slices.Contains(actions, "Open report") {
				return "Open report"
			}
			return ""
		}
		e.open(uri, smallModels)
		e.add(`{"repoId":"acme/A-1"}`)
		e.expect("the report", func() bool { return locked(e, func() bool { return len(e.shown) > 0 }) })
		want := "file://" + filepath.Join(dir, "model_analysis_a-1", "model_addition_summary.md") + " (takes the focus)" // it was asked for
		if e.shown[0] != want {
			t.Errorf("shown %q, want %q", e.shown, want)
		}
		if len(e.edits) != placeAttempts {
			t.Errorf("%d edits were sent", len(e.edits))
		}
	})
}

// A client that answers an edit with null has it read off the text, whether it
// applied the edit or not.
func TestEditAnsweredWithNull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: &fakeEngine{}, applies: "null"})
		e.open(modelsURI, smallModels)
		e.add(`{"repoId":"acme/A-1"}`)
		e.jobsDone()
		if !slices.Contains(e.entries(modelsURI), "a-1") {
			t.Errorf("nothing was added; messages %q", e.messages)
		}
	})
}

// A client that never answers an edit, or a question, does not keep the next
// model from being added.
func TestSilentClientBlocksNoOtherJob(t *testing.T) {
	for name, c := range map[string]struct{ opts editorOptions }{
		"the edit":     {opts: editorOptions{engine: &fakeEngine{}, applies: "once-silent"}},
		"the question": {opts: editorOptions{engine: &fakeEngine{problem: &report.Problem{Rule: "r", Severity: "error", Message: "m"}}, holds: "window/showMessageRequest"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				e := newEditor(t, c.opts)
				e.open(modelsURI, smallModels)
				e.add(`{"repoId":"acme/A-1"}`)
				e.settle()
				c.opts.engine.(*fakeEngine).problem = nil
				e.add(`{"repoId":"acme/B-2"}`)
				advance(holdWait)
				if !slices.Contains(e.entries(modelsURI), "b-2") {
					t.Errorf("the second model was not added; messages %q, questions %q", e.messages, e.questions)
				}
				e.must("workspace/executeCommand", `{"command":"fib-ls.cancel","arguments":[{"jobId":"add-1"}]}`)
				e.jobsDone()
			})
		})
	}
}

// A person who takes an hour to decide about a change holds up nobody, not even
// by being many.
func TestDecidingTakesItsTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		capabilities := strings.Replace(modernCapabilities, `"documentChanges": true,`, `"documentChanges": true, "changeAnnotationSupport": {},`, 1)
		e := newEditor(t, editorOptions{engine: &fakeEngine{}, capabilities: capabilities, holds: "workspace/applyEdit"})
		e.open(modelsURI, smallModels)
		for i := range maxJobs + 2 {
			e.add(fmt.Sprintf(`{"repoId":"acme/Tiny-%d","modelName":"tiny","update":true}`, i))
			e.settle()
		}
		advance(time.Hour)
		if got := e.jobsRunning(); got != maxJobs+2 {
			t.Fatalf("%d jobs wait, messages %q", got, e.messages)
		}
		e.mu.Lock()
		e.opts.holds = ""
		e.mu.Unlock()
		e.add(`{"repoId":"acme/B-2"}`)
		e.settle()
		if !slices.Contains(e.entries(modelsURI), "b-2") {
			t.Fatalf("the model was not added; messages %q", e.messages)
		}
		// What is decided about the older text is asked again about the new one.
		late := locked(e, func() rpcMessage { return e.requests[0] })
		e.reply(late, `{"applied":false}`)
		e.settle()
		if text := e.text(modelsURI); !strings.Contains(text, "FakeForCausalLM: {\n        count: 1") || strings.Contains(text, "TinyForCausalLM: {") {
			t.Errorf("the change was not applied to the new text:\n%s", text)
		}
	})
}

// Two models at once: both land.
func TestTwoAddsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{block: make(chan struct{})}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		for i := range 5 {
			e.add(fmt.Sprintf(`{"repoId":"acme/A-%d"}`, i))
		}
		if got := e.add(`{"repoId":"acme/A-3"}`); !strings.Contains(got, "add-4") {
			t.Errorf("a second call for the same model got %s", got)
		}
		close(engine.block)
		e.jobsDone()
		ids := e.entries(modelsURI)
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != "a-0 a-1 a-2 a-3 a-4 tiny" {
			t.Errorf("entries %s", got)
		}
	})
}

func TestTooManyJobs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{block: make(chan struct{})}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		for i := range maxJobs {
			e.add(fmt.Sprintf(`{"repoId":"acme/A-%d"}`, i))
		}
		if _, err := e.call("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":["acme/One-More"]}`); err == nil {
			t.Error("one job more than there may be was started")
		}
	})
}

// A models.ts that is not open is found in the workspace, from any folder of
// it, and changed through the editor.
func TestAddToAFileThatIsNotOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, folder := range []string{"", "web", "web/apps/web", "web/apps/web/data", "docs/deep"} {
			dir := t.TempDir()
			path := filepath.Join(dir, "web/apps/web/data/models.ts")
			writeFile(t, path, smallModels)
			if err := os.MkdirAll(filepath.Join(dir, "docs/deep"), 0o755); err != nil {
				t.Fatal(err)
			}
			e := newEditor(t, editorOptions{engine: &fakeEngine{}, folders: []string{filepath.Join(dir, folder)}})
			e.beforeApply = func(e *editor, uri string) { // the editor opens the file
				e.mu.Lock()
				_, open := e.versions[uri]
				e.mu.Unlock()
				if !open {
					e.open(uri, smallModels)
				}
			}
			e.add(`{"repoId":"acme/A-1"}`)
			e.jobsDone()
			if ids := e.entries("file://" + path); !slices.Contains(ids, "a-1") {
				t.Errorf("%q: entries %q, messages %q, questions %q", folder, ids, e.messages, e.questions)
			}
		}
	})
}

// A missing models.ts is made: by the editor where it can, else by us.
func TestMissingModelsFile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, capabilities := range []string{"", oldCapabilities} {
			dir := t.TempDir()
			path := filepath.Join(dir, "web/apps/web/data/models.ts")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			uri := "file://" + path
			e := newEditor(t, editorOptions{engine: &fakeEngine{}, folders: []string{dir}, capabilities: capabilities})
			e.add(fmt.Sprintf(`{"repoId":"acme/A-1","uri":%q}`, uri))
			e.jobsDone()
			text := e.text(uri)
			if capabilities != "" {
				raw, err := os.ReadFile(path)
				if err != nil {
					t.Fatalf("%v; questions %q", err, e.questions)
				}
				text = string(raw)
			}
			f := tsast.Parse([]byte(text))
			if len(f.Entries) != 1 || len(f.Problems) > 0 || !strings.Contains(text, "export default models") {
				t.Errorf("made %q; questions %q", text, e.questions)
			}
		}
	})
}

// Nothing is there at all: the user is told what to do.
func TestAddWithoutModelsFile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: &fakeEngine{}})
		e.add(`{"repoId":"acme/A-1"}`)
		e.jobsDone()
		e.expect("the question", func() bool {
			return locked(e, func() bool { return len(e.questions) == 1 && strings.Contains(e.questions[0], "models.ts") })
		})
		e.add(`{"repoId":"acme/A-1","uri":"untitled:Untitled-1"}`)
		e.jobsDone()
		e.expect("the question", func() bool { return locked(e, func() bool { return len(e.questions) == 2 }) })
	})
}

// Relative paths of a job are those of its workspace folder; parameters come
// from the settings and the call.
func TestParametersOfAJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one, two := t.TempDir(), t.TempDir()
		for _, dir := range []string{one, two} {
			writeFile(t, filepath.Join(dir, "web/apps/web/data/models.ts"), smallModels)
		}
		engine := &fakeEngine{}
		e := newEditor(t, editorOptions{engine: engine, folders: []string{one, two},
			options: `{"addModel":{"revision":"v2","quantization":"fp8","tp":4,"outputDir":"out"},"sglang":{"path":"/s"}}`})
		uri := "file://" + filepath.Join(two, "web/apps/web/data/models.ts")
		e.open(uri, smallModels)
		e.add(fmt.Sprintf(`{"hf_repo_id":"acme/A-1","uri":%q,"model_name":"mine","display-name":"My \"Own\"","skip_sglang":"true","set":{"a":1,"b":"x"},"page_size":"1,16","tp":8,"ep":"auto"}`, uri))
		e.jobsDone()
		got := engine.requests[0]
		if got.HFRepoID != "acme/A-1" || got.ModelName != "mine" || got.DisplayName != `My "Own"` || !got.SkipSGLang || got.Revision != "v2" ||
			got.Quantization != "fp8" || got.TP != 8 || got.EP != 0 || got.OutputDir != "out" || got.Set["a"] != "1" || got.Set["b"] != "x" ||
			!slices.Equal(got.PageSizes, []int{1, 16}) || got.ModelsTS != "web/apps/web/data/models.ts" {
			t.Errorf("request %+v", got)
		}
		if engine.dirs[0] != two {
			t.Errorf("works in %s, want %s", engine.dirs[0], two)
		}
		if _, err := os.Stat(filepath.Join(two, "out", "model_addition_summary.md")); err != nil {
			t.Error(err)
		}
	})
}

// Our extension has an input box: a missing field is asked for there.
func TestInputBox(t *testing.T) {
	bubble(t, func(t *testing.T) {
		capabilities := strings.Replace(modernCapabilities, `"general"`, `"experimental":{"fibLs":{"input":true}},"general"`, 1)
		e := newEditor(t, editorOptions{engine: &fakeEngine{missing: []string{"num_heads"}}, capabilities: capabilities})
		e.open(modelsURI, smallModels)
		answer := "32"
		e.input = func(title, prompt, _ string) *string {
			if !strings.Contains(title, "num_heads") || prompt == "" {
				t.Errorf("asked %q %q", title, prompt)
			}
			return &answer
		}
		e.add(`{"repoId":"acme/A-1"}`)
		e.jobsDone()
		if !slices.Contains(e.entries(modelsURI), "a-1") {
			t.Errorf("nothing was added; questions %q messages %q", e.questions, e.messages)
		}
		e.input = func(string, string, string) *string { return nil } // Escape
		e.add(`{"repoId":"acme/B-2"}`)
		e.jobsDone()
		if !strings.Contains(e.text(modelsURI), "// fib: add acme/B-2 num_heads=\n") {
			t.Errorf("no marker:\n%s", e.text(modelsURI))
		}
	})
}

// A job can be cancelled wherever it stands, also where it waits for the
// client: at each question, at the edit, and until the edit shows.
func TestCancelAtEachStep(t *testing.T) {
	serious := &report.Problem{Rule: "r", Severity: "error", Message: "m"}
	for _, c := range []struct {
		step, holds, applies, args string
		engine                     *fakeEngine
	}{
		{step: "which model", holds: "window/showMessageRequest", args: `{}`},
		{step: "update instead", holds: "window/showMessageRequest", args: `{"repoId":"acme/A-1","modelName":"tiny"}`},
		{step: "a missing field", holds: inputMethod, args: `{"repoId":"acme/A-1"}`, engine: &fakeEngine{missing: []string{"x"}}},
		{step: "a look at the findings", holds: "window/showMessageRequest", args: `{"repoId":"acme/A-1"}`, engine: &fakeEngine{problem: serious}},
		{step: "the edit", holds: "workspace/applyEdit", args: `{"repoId":"acme/A-1"}`},
		{step: "the edit's arrival", applies: "pretend", args: `{"repoId":"acme/A-1"}`},
		{step: "the progress report", holds: "window/workDoneProgress/create", args: `{"repoId":"acme/A-1"}`, engine: &fakeEngine{block: make(chan struct{})}},
	} {
		t.Run(c.step, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				engine := c.engine
				if engine == nil {
					engine = &fakeEngine{}
				}
				if engine.block != nil {
					engine.block = make(chan struct{})
				}
				capabilities := strings.Replace(modernCapabilities, `"general"`, `"experimental":{"fibLs":{"input":true}},"general"`, 1)
				e := newEditor(t, editorOptions{engine: engine, capabilities: capabilities, holds: c.holds, applies: c.applies})
				e.open(modelsURI, smallModels)
				e.add(c.args)
				e.settle()
				if e.jobsRunning() != 1 {
					t.Fatalf("the job does not stand there; messages %q, questions %q", e.messages, e.questions)
				}
				if got := string(e.must("workspace/executeCommand", `{"command":"fib-ls.cancel","arguments":[{"jobId":"add-1"}]}`)); !strings.Contains(got, "true") {
					t.Errorf("cancel: %s", got)
				}
				e.jobsDone()
				if got := e.text(modelsURI); got != smallModels {
					t.Errorf("the text changed:\n%s", got)
				}
				if got := strings.Join(e.messages, "\n"); !strings.Contains(got, "cancelled") {
					t.Errorf("the user is told %q", got)
				}
			})
		})
	}
}

// Every parameter of add can be given by a command, a marker and the settings,
// and is kept by a marker that waits for a field.
func TestEveryParameterIsKnown(t *testing.T) {
	fields := reflect.TypeOf(phases.Request{})
	for i := range fields.NumField() {
		name := fields.Field(i).Tag.Get("json")
		switch name {
		case "-", "modelsTs": // the document itself
			continue
		}
		if requestKeys[foldKey(name)] != name {
			t.Errorf("requestKeys does not know %s", name)
		}
		written := slices.ContainsFunc(markerKeys, func(key string) bool { return requestKeys[foldKey(key)] == name })
		switch name {
		case "repoId", "set", "dryRun": // the first word; the rest of the words; nothing is inserted then
		default:
			if !written {
				t.Errorf("markerKeys does not know %s", name)
			}
		}
	}
}

// A models file that is not open is found by the name that the settings give
// it, before the usual place is looked at.
func TestModelsFileNamedBySetting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "src/catalogue.ts")
		writeFile(t, path, smallModels)
		e := newEditor(t, editorOptions{engine: &fakeEngine{}, folders: []string{dir}, options: `{"modelsFile":"**/src/catalogue.ts"}`})
		e.beforeApply = func(e *editor, uri string) { e.open(uri, smallModels) }
		e.add(`{"repoId":"acme/A-1"}`)
		e.jobsDone()
		if ids := e.entries("file://" + path); !slices.Contains(ids, "a-1") {
			t.Errorf("entries %q, messages %q, questions %q", ids, e.messages, e.questions)
		}
	})
}
