package lsp

import (
	"context"
	"fmt"
	"slices"

	"go.lsp.dev/jsonrpc2"

	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// editorRules are the findings that only the editor has.
var editorRules = []validate.Rule{
	{
		ID: ruleMarker, Severity: validate.Info, Area: validate.AreaFields,
		Doc:  "A marker comment waits for its code action.",
		Long: "`// fib: add ORG/NAME [key=value …]` asks for a model: the code action on it adds the entry and takes the comment away. A word in it that cannot be what was meant is underlined.",
	},
	{
		ID: ruleTooMany, Severity: validate.Info, Area: validate.AreaFields,
		Doc:  "There are more findings than are shown.",
		Long: fmt.Sprintf("At most %d are shown for a file, the most severe. `fib-ls check` lists all.", maxDiagnostics),
	},
}

// explainedRule is a rule with its documentation, as fib-ls.explainRule gives
// it.
type explainedRule struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Title    string `json:"title"`
	Markdown string `json:"markdown"`
	// URL is the same on the web; "" when only the binary has it.
	URL string `json:"url,omitempty"`
}

// explainRuleCommand returns the documentation of a rule out of the binary.
// With show it is also shown to the user, in a window where the client has one.
func (s *Server) explainRuleCommand(_ context.Context, a arguments) (any, error) {
	id := a.text("rule", 0)
	r, ok := s.ruleByID(id)
	if !ok {
		fault := fmt.Sprintf("%s: there is no rule %q", commandExplain, clip(id))
		if near := prose.Nearest(id, ruleIDs()); near != "" {
			fault += "; did you mean " + near + "?"
		}
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s", fault)
	}
	out := explainedRule{Rule: r.ID, Severity: string(r.Severity), Title: r.Doc, Markdown: editorWords(r.Markdown())}
	if _, documented := validate.RuleByID(id); documented {
		out.URL = string(s.ruleURL(id))
	}
	if a.yes("show") {
		// The client may answer late: it is not waited for.
		s.goBackground(func(ctx context.Context) { s.showText(ctx, "rules", out.Rule, out.Markdown) })
	}
	return out, nil
}

// ruleByID finds any rule that a finding can have.
func (s *Server) ruleByID(id string) (validate.Rule, bool) {
	if i := slices.IndexFunc(editorRules, func(r validate.Rule) bool { return r.ID == id }); i >= 0 {
		return editorRules[i], true
	}
	return report.RuleByID(id)
}

func ruleIDs() []string {
	var ids []string
	for _, r := range slices.Concat(validate.Rules(), report.OtherRules(), editorRules) {
		ids = append(ids, r.ID)
	}
	return ids
}
