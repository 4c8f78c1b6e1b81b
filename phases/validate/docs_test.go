package validate

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:generate go test -run TestDocs -update .

const docsPath = "../../docs/rules.md"

// docs writes docs/rules.md from the table; the examples are the first
// findings of the fixtures.
func docs(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`# Rules

<!-- Generated from phases/validate by go generate; do not edit. -->

What ` + "`fib-ls check`" + `, the editor and the last phase of ` + "`fib-ls add`" + ` look at. Every finding names its rule.

- **Severity** is set per rule: in the editor by ` + "`fibLs.diagnostics.severity`" + ` (error, warning, info, hint, off).
- **Silence** a rule with a comment: ` + "`// fib: ignore RULE[, RULE]`" + ` at the end of a line for that line, on its own line for the
  next one, and before the first property of an entry, or above the entry, for the whole entry; ` + "`// fib: ignore-file RULE[, RULE]`" + `
  outside of the entries is for the whole file. The editor's quick fixes write these comments.
- While an entry has a syntax error, nothing else is said about it.
- The rules of the area *config* compare an entry with its model's own config.json. They speak only where that config is
  known, and each finding names the expected value and the config fields that it rests on.

| rule | severity | area | |
|---|---|---|---|
`)
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, r.ID, r.Severity, r.Area, r.Doc)
	}
	for _, r := range Rules() {
		fmt.Fprintf(&b, "\n## %s\n\n%s (%s, %s)\n\n%s\n", r.ID, r.Doc, r.Severity, r.Area, r.Long)
		if message, fix := example(t, r.ID); message != "" {
			fmt.Fprintf(&b, "\nFor example:\n\n> %s\n", message)
			if fix != "" {
				fmt.Fprintf(&b, "\nQuick fix: *%s*.\n", fix)
			}
		}
	}
	return b.String()
}

// example returns the message and the first fix of a rule's first finding.
func example(t *testing.T, id string) (message, fix string) {
	ar, err := txtar.ParseFile("testdata/rules/" + id + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	mine := false
	for _, line := range strings.Split(string(fixture{ar: ar}.get("want")), "\n") {
		indented := strings.HasPrefix(line, "  ")
		text := strings.TrimSpace(line)
		switch {
		case !indented && message != "":
			return message, fix
		case !indented:
			fields := strings.Fields(line)
			mine = len(fields) > 2 && fields[2] == id
		case mine && message == "":
			message = strings.ReplaceAll(text, "<", "&lt;")
		case mine && fix == "" && (strings.HasPrefix(text, "fix ") || strings.HasPrefix(text, "fix! ")):
			_, fix, _ = strings.Cut(text, " ")
		}
	}
	return message, fix
}

func TestDocs(t *testing.T) {
	want := docs(t)
	if *update {
		if err := os.WriteFile(docsPath, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/rules.md is not in step with the rules: run go generate ./phases/validate")
	}
}
