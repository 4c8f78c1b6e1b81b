package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fib-ls/fib-ls/phases/check"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// sarifOf prints findings for a text under a path.
func sarifOf(t *testing.T, path, text string, problems ...validate.Problem) []byte {
	t.Helper()
	var out bytes.Buffer
	file := check.File{Path: path, File: tsast.Parse([]byte(text)), Problems: problems}
	if err := printSARIF(&out, &globals{}, []check.File{file}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestSARIFSchema holds the output to the official schema of SARIF 2.1.0,
// which scripts/sarif-schema.sh brings.
func TestSARIFSchema(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", ".cache", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Skip("the SARIF schema is not in .cache: run scripts/sarif-schema.sh")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	const id = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	if err := compiler.AddResource(id, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	var problems []validate.Problem
	for i, r := range validate.Rules() {
		problems = append(problems, validate.Problem{
			Rule: r.ID, Severity: r.Severity, Message: "message <" + r.ID + "> \u2028 \x01", Span: tsast.Span{Start: i % 5, End: i % 7},
			Expected: "1", Evidence: map[string]string{"num_hidden_layers": "48"},
		})
	}
	problems = append(problems, validate.Problem{Rule: typecheck.Rule, Severity: validate.Error, Message: "TS1: x"})
	for _, path := range []string{"a/models.ts", "/abs/with space/models.ts", "odd #?%:[]\"/ж/models.ts", `C:\repo\models.ts`} {
		for _, text := range []string{"", "const x = 1\n", "😀😀\r\n😀"} {
			instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(sarifOf(t, path, text, problems...)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(instance); err != nil {
				t.Errorf("%s %q: %v", path, text, err)
			}
		}
	}
}

// TestSARIFPlace counts columns in UTF-16 units, as the log says it does.
func TestSARIFPlace(t *testing.T) {
	const text = "// one\n/* 😀ж */ x\n"
	at := strings.Index(text, "x")
	data := sarifOf(t, "dir with space/models.ts", text, validate.Problem{
		Rule: "unknown-parent", Severity: validate.Error, Message: "m", Span: tsast.Span{Start: at, End: at + 1},
	})
	var log struct {
		Runs []struct {
			ColumnKind string
			Tool       struct {
				Driver struct {
					Rules []struct{ ID, HelpURI string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	result := run.Results[0]
	place := result.Locations[0].PhysicalLocation
	if run.ColumnKind != "utf16CodeUnits" || result.Level != "error" || place.ArtifactLocation.URI != "dir%20with%20space/models.ts" {
		t.Errorf("columnKind %s, level %s, uri %s", run.ColumnKind, result.Level, place.ArtifactLocation.URI)
	}
	if got := place.Region; got.StartLine != 2 || got.StartColumn != 11 || got.EndColumn != 12 {
		t.Errorf("region %+v, want 2:11 to 2:12", got)
	}
	rule := run.Tool.Driver.Rules[result.RuleIndex]
	if rule.ID != "unknown-parent" || rule.HelpURI != rulesURL+"#unknown-parent" {
		t.Errorf("ruleIndex leads to %+v", rule)
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || !strings.HasPrefix(r.HelpURI, "https://") {
			t.Errorf("rule %+v has no id or link", r)
		}
	}
}

// TestGitHubEscaping: what the runner reads as syntax never reaches it.
func TestGitHubEscaping(t *testing.T) {
	var out bytes.Buffer
	file := check.File{Path: "a:b,c%/models.ts", File: tsast.Parse([]byte("x")), Problems: []validate.Problem{
		{Rule: "w", Severity: validate.Hint, Message: "last"},
		{Rule: "r", Severity: validate.Error, Message: "100%\r\n::error::injected"},
	}}
	if err := printGitHub(&out, &globals{}, []check.File{file}); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%3Ab%2Cc%25/models.ts,line=1,col=1,endLine=1,endColumn=1,title=fib-ls r::100%25%0D%0A::error::injected\n" +
		"::notice file=a%3Ab%2Cc%25/models.ts,line=1,col=1,endLine=1,endColumn=1,title=fib-ls w::last\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}
