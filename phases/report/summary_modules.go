package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// summaryGroups are the groups of the original template, and the rest.
var summaryGroups = []struct{ group, title string }{
	{"normalization", "Normalization Layers"},
	{"attention", "Attention Layers"},
	{"mlp", "MLP Layers"},
	{"other", "Other Modules"},
}

func summaryModules(r *Run) []string {
	var lines []string
	for _, g := range summaryGroups {
		var rows []string
		for _, m := range r.Model.Modules {
			if groupOf(m) == g.group {
				rows = append(rows, "- "+prose.Code(m.Name)+fmt.Sprintf(" ×%d", m.Count)+": "+definitionsText(m))
			}
		}
		if len(rows) == 0 {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(append(lines, "### "+g.title, ""), rows...)
	}
	return lines
}

func groupOf(m generate.Module) string {
	for _, g := range summaryGroups {
		if m.Group == g.group {
			return m.Group
		}
	}
	return "other"
}

func definitionsText(m generate.Module) string {
	if m.Type == "block" {
		return "block"
	}
	if len(m.Definitions) == 0 {
		return "no Definition"
	}
	names := make([]string, len(m.Definitions))
	for i, d := range m.Definitions {
		names[i] = prose.Code(d)
	}
	return strings.Join(names, ", ")
}

// mermaid draws the module tree.
func mermaid(e generate.Entry) []string {
	ids := make(map[string]string, len(e.Modules))
	lines := []string{"```mermaid", "flowchart LR"}
	for i, m := range e.Modules {
		ids[m.Name] = "m" + strconv.Itoa(i)
		label := mermaidText(m.Name) + " ×" + strconv.Itoa(m.Count)
		shape := [2]string{"[\"", "\"]"}
		if m.Type == "block" {
			shape = [2]string{"([\"", "\"])"}
		}
		lines = append(lines, "  "+ids[m.Name]+shape[0]+label+shape[1])
	}
	for _, m := range e.Modules {
		if m.Parent != "" {
			lines = append(lines, "  "+ids[m.Parent]+" --> "+ids[m.Name])
		}
	}
	return append(lines, "```")
}

var mermaidEscapes = strings.NewReplacer("#", "#35;", "\"", "#quot;", "`", "#96;", "<", "#lt;", ">", "#gt;", "\\", "#92;")

// mermaidText keeps a name from ending a Mermaid string or a fence.
func mermaidText(s string) string { return mermaidEscapes.Replace(prose.Line(s)) }
