package coverage

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// Markdown is the report in the shape of FlashInfer-Bench's
// docs/model_coverage.mdx.
func (r *Report) Markdown() string {
	var b strings.Builder
	b.WriteString(`---
title: Model Coverage
---

# Model Kernel Coverage

Which kernel Definitions each model of models.ts needs, and how far the dataset has them.

- ✅ the Definition exists and has workloads
- 🟡 the Definition exists, without workloads
- ❌ the Definition is required and does not exist (missing)
- — the module exists, but no Definition is mapped to it (unmapped)

## Summary

| Model | Architecture | Coverage |
|-------|-------------|:--------:|
`)
	for _, m := range r.Models {
		b.WriteString(m.summaryRow())
	}
	for _, m := range r.Models {
		b.WriteString("\n---\n\n" + m.section())
	}
	return b.String()
}

// summaryRow is the model's row of the summary table.
func (m Model) summaryRow() string {
	return fmt.Sprintf("| %s | %s | %s |\n", prose.Cell(m.Name), cmp.Or(m.Architecture, "unknown"), m.Overall.Mark())
}

// section is the model's own section.
func (m Model) section() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", prose.Markdown(m.Name))
	if m.Layout != "" {
		fmt.Fprintf(&b, "**Architecture**: %s\n\n", m.Layout)
	}
	b.WriteString(m.Markdown())
	fmt.Fprintf(&b, "\n**Coverage**: %s\n", m.Sentence())
	return b.String()
}

// Text is the report as a table for terminals.
func (r *Report) Text() string {
	var b strings.Builder
	const gap = 2
	table := tabwriter.NewWriter(&b, 0, 0, gap, ' ', 0) // into a builder, which takes everything
	_, _ = fmt.Fprintln(table, "MODEL\tARCHITECTURE\tWORKLOADS\tPRESENT\tMISSING\tUNMAPPED\tCOVERAGE")
	missing := map[string]bool{}
	for _, m := range r.Models {
		for _, name := range m.MissingNames {
			missing[name] = true
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d / %d\t%d\t%d\t%s\n",
			prose.Line(m.ID), cmp.Or(m.Architecture, "unknown"), m.collectedWords(), m.Present, m.Total, m.Missing, m.Unmapped, m.Overall.Mark())
	}
	_ = table.Flush()
	fmt.Fprintf(&b, "\nWORKLOADS: with workloads; PRESENT: in %s, of those that are required; UNMAPPED: modules without a Definition\n", r.Dataset)
	if n := len(missing); n > 0 {
		named := ""
		if r.Of.Listed == "" {
			named = " --dataset " + r.Dataset
		}
		fmt.Fprintf(&b, "%d %s missing: fib-ls define --missing%s writes those of families with one signature\n", n, prose.Plural(n, "Definition is", "Definitions are"), named)
	}
	return b.String()
}

// collectedWords is how many Definitions have workloads.
func (m Model) collectedWords() string {
	if m.WorkloadsUnknown {
		return "?"
	}
	return fmt.Sprint(m.Collected)
}
