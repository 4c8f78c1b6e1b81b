package lsp

import (
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// TestMarkerFaults: a word of a marker that nothing reads is a warning where it
// stands.
func TestMarkerFaults(t *testing.T) {
	for comment, want := range map[string]string{ // the word, and what is said of it
		"// fib: add a/b tpp=4":                                "tpp=4: did you mean tp?",
		"// fib: add a/b tp=abc ep=2":                          `tp=abc: give a number`,
		"// fib: add a/b page-size=1,x":                        "page-size=1,x: give numbers",
		"/* fib: add a/b skip-sglang=perhaps */":               "skip-sglang=perhaps: true or false",
		`// fib: add a/b "tpp=4 and more"`:                     `"tpp=4 and more": did you mean tp?`,
		"// fib: add a/b updatee":                              "updatee: not a parameter",
		"// fib: add a/b ofline=true":                          "ofline=true: did you mean offline?",
		"// fib: add a/b tp=auto ep=8 page-size=1,64 update":   "",
		"// fib: add a/b num_key_value_heads=8 vocab_size=":    "",
		"// fib: add a/b set.tpp=4 rope_theta=1e6":             "",
		"// fib: add a/b name=x display-name=\"An X\" infer=1": "",
	} {
		src := "const models: Model[] = [\n  " + comment + "\n]\n"
		f := tsast.Parse([]byte(src))
		found := markers(f)
		if len(found) != 1 {
			t.Fatalf("%s: %d markers", comment, len(found))
		}
		word, says, _ := strings.Cut(want, ": ")
		switch faults := found[0].faults; {
		case want == "" && len(faults) > 0:
			t.Errorf("%s: %q", comment, faults[0].message)
		case want == "":
		case len(faults) != 1 || !strings.Contains(faults[0].message, says):
			t.Errorf("%s: %v", comment, faults)
		case src[faults[0].span.Start:faults[0].span.End] != word:
			t.Errorf("%s: stands at %q", comment, src[faults[0].span.Start:faults[0].span.End])
		}
	}
}

// TestLongMarker: a line of words without end is one finding more, not one each.
func TestLongMarker(t *testing.T) {
	src := "const models: Model[] = [\n  // fib: add a/b" + strings.Repeat(" tpp=4", 100000) + " tp=2\n]\n"
	found := markers(tsast.Parse([]byte(src)))
	if len(found) != 1 || found[0].repo != "a/b" {
		t.Fatalf("%+v", found)
	}
	faults := found[0].faults
	if len(faults) != maxMarkerWords || !strings.Contains(faults[0].message, "at most") || !strings.HasSuffix(src[:faults[0].span.End], " tp=2") {
		t.Errorf("%d findings, the first %q", len(faults), faults[0].message)
	}
}

// TestArgumentFaults: an argument of the command that nothing reads is refused,
// and the editor is told of a marker's.
func TestArgumentFaults(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := newEditor(t, editorOptions{engine: &fakeEngine{}})
		e.open(modelsURI, strings.Replace(smallModels, "[\n", "[\n  // fib: add acme/A-1 tpp=4\n", 1))
		found := 0
		e.settle()
		for _, p := range e.server.findings(e.server.docs.newest(modelsURI), validate.NewChecker(validate.Options{})) {
			if p.Severity == validate.Warning && strings.Contains(p.Message, "no parameter tpp") {
				found++
			}
		}
		if found != 1 {
			t.Errorf("the marker's word is told of %d times", found)
		}
		for args, want := range map[string]string{
			`{"repoId":"acme/A-1","tpp":4}`:            "there is no argument tpp; did you mean tp?",
			`{"repoId":"acme/A-1","tp":"abc"}`:         `tp is "abc": give a number from 1, or auto`,
			`{"repoId":"acme/A-1","pageSizes":["x"]}`:  "give numbers",
			`{"repoId":"acme/A-1","offline":"maybe"}`:  "give true or false",
			`{"repoId":"acme/A-1","revision":["v1"]}`:  "give a text",
			`{"repoId":"acme/A-1","completely":"odd"}`: "there is no argument completely",
		} {
			_, err := e.call("workspace/executeCommand", `{"command":"fib-ls.addModel","arguments":[`+args+`]}`)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", args, err)
			}
		}
	})
}
