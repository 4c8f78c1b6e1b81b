package lsp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// TestVerifyCancelled: a verification shows its progress, can be cancelled, and
// asks and changes nothing.
func TestVerifyCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{block: make(chan struct{})}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		if got := string(e.must("workspace/executeCommand", `{"command":"fib-ls.verify","arguments":["tiny"]}`)); got != `{"jobId":"verify-1","modelId":"tiny"}` {
			t.Errorf("acknowledged with %s", got)
		}
		e.expect("the progress", func() bool {
			return locked(e, func() bool { return len(e.progress) == 1 && strings.Contains(e.progress[0], "Verifying tiny") })
		})
		e.notify("window/workDoneProgress/cancel", `{"token":"fib-ls/verify-1"}`)
		e.jobsDone()
		if got := locked(e, func() []string { return e.messages }); len(got) != 1 || got[0] != "3 Verifying tiny was cancelled." {
			t.Errorf("messages %q", got)
		}
		if e.text(modelsURI) != smallModels || len(e.questions) > 0 {
			t.Errorf("questions %q", e.questions)
		}
	})
}

// TestVerifiedFindings: what the checkpoint has against an entry is shown where
// it stands, wherever the entry moves to, and as the settings say.
func TestVerifiedFindings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{}
		engine.verdict = func(v *phases.Verification) {
			at := strings.Index(smallModels, "id: \"tiny\"")
			v.Problems = []validate.Problem{
				{Rule: "checkpoint", Severity: validate.Warning, Message: "held", Span: tsast.Span{Start: at, End: at + 2}},
				{Rule: "config-layer-count", Severity: validate.Warning, Message: "found by the rules themselves", Span: tsast.Span{Start: at, End: at + 2}},
				{Rule: report.RuleDisagreement, Severity: validate.Warning, Message: "differ"},
			}
		}
		e := newEditor(t, editorOptions{engine: engine})
		e.open(modelsURI, smallModels)
		e.must("workspace/executeCommand", `{"command":"fib-ls.verify","arguments":[{"modelId":"tiny","wait":true}]}`)
		e.replaceText(modelsURI, smallModels[:1], "// above\n"+smallModels[:1])
		line := strings.Count(smallModels[:strings.Index(smallModels, "id: \"tiny\"")], "\n") + 1
		want := []string{fmt.Sprintf("checkpoint %d", line), fmt.Sprintf("source-disagreement %d", line)}
		shown := func() (got []string) {
			for _, d := range e.diagnostics(modelsURI) {
				got = append(got, fmt.Sprintf("%s %d", d.Code, d.Range.Start.Line))
			}
			return got
		}
		e.expect("the findings", func() bool { return fmt.Sprint(shown()) == fmt.Sprint(want) })
		e.notify("workspace/didChangeConfiguration", `{"settings":{"fibLs":{"diagnostics":{"severity":{"source-disagreement":"off"}}}}}`)
		e.expect("the finding that is off to go", func() bool { return fmt.Sprint(shown()) == fmt.Sprint(want[:1]) })
	})
}
