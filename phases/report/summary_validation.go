package report

import (
	"fmt"
	"slices"

	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/typecheck"
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

func summaryValidation(r *Run) []string {
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
func typeScriptTick(r *Run) []string {
	switch {
	case r.TypeScript.Note != "":
		return []string{"- – " + prose.Markdown(r.TypeScript.Note)}
	case !r.TypeScript.Ran || hasRule(r.Problems, typecheck.Rule):
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
		where = " (module " + prose.Code(p.Module) + ")"
	}
	return fmt.Sprintf("%s: %s%s [%s]", prose.Markdown(p.Severity), prose.Markdown(p.Message), where, prose.Markdown(p.Rule))
}
