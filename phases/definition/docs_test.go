package definition

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

//go:generate go test -run TestDocs -update .

var update = flag.Bool("update", false, "write docs/definitions.md anew")

const docsPath = "../../docs/definitions.md"

func docs() string {
	var b strings.Builder
	b.WriteString(`# Definition names

<!-- Generated from phases/definition by go generate; do not edit. -->

A Definition name says which kernel runs in a layer and with which sizes. It is also the name of the file in the
dataset: ` + "`definitions/<op type>/<name>.json`" + `. A name is an operation, then fields, each an abbreviation with its number,
joined by ` + "`_`" + `, in an order that is fixed for the operation.

` + "`fib-ls explain NAME`" + ` decodes one name.

| op type | name |
|---|---|
`)
	for _, f := range Families() {
		fmt.Fprintf(&b, "| [%s](#%s) | `%s` |\n", f.OpType, f.OpType, f.Pattern())
	}
	b.WriteString(`
## What parallelism divides

Names of attention and MoE kernels hold the sizes on one device. GEMM, norm, rotary embedding and sampling names hold
the sizes of the whole layer, whatever the parallelism.

| | fields |
|---|---|
`)
	for _, d := range []Divisor{ByTP, ByTPFloor1, ByEP} {
		fmt.Fprintf(&b, "| %s | %s |\n", d.Words(), strings.Join(dividedBy(d), ", "))
	}
	opType := ""
	for _, f := range Families() {
		if f.OpType != opType {
			opType = f.OpType
			fmt.Fprintf(&b, "\n## %s\n", opType)
		}
		section(&b, f)
	}
	foreignSection(&b)
	legacySection(&b)
	return b.String()
}

// foreignSection is FlashInfer's vocabulary beside the dataset's.
func foreignSection(b *strings.Builder) {
	table := FlashInfer()
	fmt.Fprintf(b, `
## FlashInfer's names

FlashInfer's APIs carry trace templates: with `+"`FLASHINFER_TRACE_DUMP=1`"+` a running model writes Definition files under the
template's names. The names are not stable between versions: these are of FlashInfer %s. They are known names everywhere;
`+"`fib-ls explain NAME`"+` says what the other vocabulary has. Only a renamed one is changed by a quick fix.

| dataset | FlashInfer | relation | |
|---|---|---|---|
`, table.FlashInfer)
	for _, f := range Families() {
		if table.Template(f) != nil {
			fmt.Fprintf(b, "| `%s` | `%s` | %s | |\n", f.Pattern(), f.Pattern(), Same.Words())
		}
	}
	for _, l := range links {
		ours, _ := FamilyByID(l.dataset)
		template, _ := table.Family(l.template)
		fmt.Fprintf(b, "| `%s` | `%s` | %s | %s |\n", ours.Pattern(), template.Pattern(), l.relation.Words(), l.note)
	}
	fmt.Fprintf(b, "\nThe other templates behind APIs that SGLang %s calls; the dataset has none of them:\n\n| op type | name | axes | |\n|---|---|---|---|\n", table.SGLang)
	rest := 0
	for _, f := range table.Families {
		switch {
		case relationOf(Name{Family: f, Values: make([]int64, len(f.Fields))}) != Own:
		case !calledBySGLang(table, f):
			rest++
		default:
			var axes []string
			for _, field := range f.Fields {
				axes = append(axes, fmt.Sprintf("`%s` %s", field.Abbrev, field.Axis))
			}
			fmt.Fprintf(b, "| %s | `%s` | %s | %s |\n", f.OpType, f.Pattern(), strings.Join(axes, ", "), strings.ReplaceAll(f.Doc, "|", "\\|"))
		}
	}
	fmt.Fprintf(b, "\n%d more templates are behind APIs that SGLang does not call.\n", rest)
}

func dividedBy(d Divisor) []string {
	var list []string
	seen := map[string]bool{}
	for _, f := range Families() {
		for _, field := range f.Fields {
			text := fmt.Sprintf("`%s` of %s", field.Abbrev, f.OpType)
			if field.Divisor == d && !seen[text] {
				seen[text] = true
				list = append(list, text)
			}
		}
	}
	return list
}

func section(b *strings.Builder, f *Family) {
	fmt.Fprintf(b, "\n### `%s`\n\n%s\n\n| field | axis | meaning | from | |\n|---|---|---|---|---|\n", f.Pattern(), f.Doc)
	for _, field := range f.Fields {
		axis := "none"
		if field.Axis != "" {
			axis = "`" + field.Axis + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", field.Abbrev, axis, field.Meaning, strings.ReplaceAll(strings.TrimPrefix(field.From(), "from "), "|", `\|`), field.Divisor.Words())
	}
}

func legacySection(b *strings.Builder) {
	b.WriteString(`
## Older and foreign spellings

They are recognised everywhere, reported as ` + "`legacy-definition`" + ` and changed by its quick fix.

| spelling | today | whose |
|---|---|---|
`)
	for _, form := range forms {
		f, _ := FamilyByID(form.family)
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", form.pattern(), f.Pattern(), form.from)
	}
	b.WriteString("\nThese have no name today:\n\n")
	for _, r := range retired {
		fmt.Fprintf(b, "- `%s…`: %s.\n", r.prefix, r.why)
	}
}

func TestDocs(t *testing.T) {
	want := docs()
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
		t.Error("docs/definitions.md is not in step with the grammar: run go generate ./phases/definition")
	}
}

// pattern is how the old spelling looked, for the documentation.
func (l legacyForm) pattern() string {
	f, ok := FamilyByID(l.family)
	if !ok {
		return l.prefix
	}
	s := l.prefix
	if l.drop != "" {
		s += fmt.Sprintf("[_%s{%s}]", l.drop, l.drop)
	}
	for _, abbrev := range l.order(f) {
		if l.spaced {
			s += "_" + abbrev + "_{" + abbrev + "}"
		} else {
			s += "_" + abbrev + "{" + abbrev + "}"
		}
	}
	return s
}

// relationOf says how a name stands to the other vocabulary.
func relationOf(n Name) Relation {
	if c := n.Counterparts(); len(c) > 0 {
		return c[0].Relation
	}
	return Own
}

// calledBySGLang reports whether SGLang calls an API behind a family.
func calledBySGLang(t *Table, f *Family) bool {
	template := t.Template(f)
	return template != nil && slices.ContainsFunc(template.APIs, func(name string) bool { return len(t.apis[name].SGLang) > 0 })
}
