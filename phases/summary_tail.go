package phases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// ticks are the four lines of the original template with the rules that each
// stands for: a line is ticked only when none of its rules found an error.
var ticks = []struct {
	text  string
	check string // as in validation.json's "checked"
}{
	{"TypeScript syntax valid", "syntax"},
	{"All parent references exist", "parents"},
	{"No circular dependencies", "cycles"},
	{"Definition naming conventions followed", "naming"},
}

func summaryValidation(r *Result) []string {
	var lines []string
	shown := map[int]bool{}
	for _, t := range ticks {
		mark, findings := "✓", []string{}
		for i, p := range r.Problems {
			if checkOf(p.Rule) == t.check && p.Severity != string(validate.Info) && p.Severity != string(validate.Hint) {
				mark = "✗"
				findings = append(findings, "    - "+problemText(p))
				shown[i] = true
			}
		}
		lines = append(append(lines, "- "+mark+" "+t.text), findings...)
	}
	lines = append(lines, typeScriptTick(r)...)
	for i, p := range r.Problems {
		if !shown[i] {
			lines = append(lines, "- "+map[bool]string{true: "✗", false: "!"}[p.Severity == string(validate.Error)]+" "+problemText(p))
		}
	}
	return lines
}

// typeScriptTick is the line of the web app's own compiler, when it was asked.
func typeScriptTick(r *Result) []string {
	switch {
	case r.TypeScript.Note != "":
		return []string{"- – " + inline(r.TypeScript.Note)}
	case !r.TypeScript.Ran || hasRule(r.Problems, RuleTypeScript):
		return nil
	}
	return []string{"- ✓ The web app's TypeScript accepts the file"}
}

func hasRule(problems []Problem, rule string) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Rule == rule })
}

func problemText(p Problem) string {
	where := ""
	if p.Module != "" {
		where = " (module " + code(p.Module) + ")"
	}
	return fmt.Sprintf("%s: %s%s [%s]", inline(p.Severity), inline(p.Message), where, inline(p.Rule))
}

func summaryNextSteps(r *Result) []string {
	missing := ""
	for _, d := range r.Definitions {
		if d.InDataset != nil && !*d.InDataset {
			missing = ": the table above marks the missing ones"
			break
		}
	}
	steps := []string{
		"Review generated model in " + DefaultModelsTS,
		"Start web UI: `cd web/apps/web && pnpm dev`",
		"Verify model appears in UI",
		"Create corresponding Definition JSON files if needed" + missing,
		"Run benchmarks: `flashinfer-bench run --local ./data`",
	}
	if r.Request.ModelsTS != "" && r.Request.ModelsTS != DefaultModelsTS {
		steps[0] = "Review generated model in " + inline(r.Request.ModelsTS)
	}
	for i := range steps {
		steps[i] = fmt.Sprintf("%d. %s", i+1, steps[i])
	}
	return steps
}

func summaryNotes(r *Result) []string {
	notes := []string{
		"Review Definition mappings for accuracy",
		"Some custom architectures may need manual adjustment",
		"Ensure Definition JSONs exist in dataset",
		"For production use, create the corresponding Definition and Solution JSONs; missing kernels can be implemented with the kernel generator",
	}
	if r.Pattern == generate.Custom {
		notes = append(notes, "This architecture was not recognised, the generic transformer was used: review by hand, see model_architecture.json")
	}
	return bullets(notes)
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
func mermaidText(s string) string { return mermaidEscapes.Replace(plain(s)) }

func bullets(items []string) []string {
	lines := make([]string, 0, len(items))
	for _, item := range items {
		lines = append(lines, "- "+inline(item))
	}
	return lines
}

func orNone(s string) string { return inline(orText(s, "none")) }

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func numberOrNone(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

func dateSuffix(date string) string {
	if date == "" {
		return ""
	}
	return " of " + plain(date)
}
