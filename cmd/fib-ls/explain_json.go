package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// ruleJSON is a rule as explain --json gives it.
type ruleJSON struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Doc      string `json:"doc"`
	Long     string `json:"long"`
	URL      string `json:"url,omitempty"`
}

// familyJSON is a family of names, and a name of it when Name is set.
type familyJSON struct {
	Name     string      `json:"name,omitempty"`
	Spelled  string      `json:"spelled,omitempty"` // as it was asked, when that is an older spelling
	Family   string      `json:"family"`
	Pattern  string      `json:"pattern"`
	OpType   string      `json:"op_type"`
	Doc      string      `json:"doc"`
	Fields   []fieldJSON `json:"fields"`
	Notes    []string    `json:"notes,omitempty"`
	ForModel string      `json:"for_model,omitempty"` // the text of --model
}

type fieldJSON struct {
	Field   string `json:"field"`
	Value   *int64 `json:"value,omitempty"`
	Meaning string `json:"meaning"`
	From    string `json:"from"`
	Divisor string `json:"divisor"`
	Axis    string `json:"axis,omitempty"`
}

// runJSON explains what is asked for as {"rules": […], "names": […]}.
func (f *explainFlags) runJSON(cmd *cobra.Command, g *globals, args []string) error {
	rules, names := []ruleJSON{}, []familyJSON{}
	for _, arg := range args {
		if i := slices.IndexFunc(allRulesJSON(), func(r ruleJSON) bool { return r.ID == arg }); i >= 0 {
			rules = append(rules, allRulesJSON()[i])
			continue
		}
		if family, ok := familyByID(arg); ok {
			names = append(names, asFamilyJSON(family, nil))
			continue
		}
		name, spelled, err := definition.Meant(arg)
		if err != nil {
			return unexplained(arg, err)
		}
		out := asFamilyJSON(name.Family, name.Values)
		out.Name, out.Notes = name.String(), name.Notes()
		if spelled != nil {
			out.Spelled = arg
		}
		if f.model != "" {
			if out.ForModel, err = f.numbersOf(cmd, g, name); err != nil {
				return err
			}
		}
		names = append(names, out)
	}
	return writeJSON(cmd.OutOrStdout(), map[string]any{"rules": rules, "names": names})
}

func asFamilyJSON(f *definition.Family, values []int64) familyJSON {
	out := familyJSON{Family: f.ID, Pattern: f.Pattern(), OpType: f.OpType, Doc: f.Doc, Fields: []fieldJSON{}}
	for i, field := range f.Fields {
		row := fieldJSON{Field: field.Abbrev, Meaning: field.Meaning, From: field.From(), Divisor: field.Divisor.Words(), Axis: field.Axis}
		if values != nil {
			row.Value = &values[i]
		}
		out.Fields = append(out.Fields, row)
	}
	return out
}

func familiesJSON() []familyJSON {
	out := []familyJSON{}
	for _, f := range definition.Families() {
		out = append(out, asFamilyJSON(f, nil))
	}
	return out
}

func allRulesJSON() []ruleJSON {
	var out []ruleJSON
	for _, r := range validate.Rules() {
		out = append(out, ruleJSON{r.ID, string(r.Severity), r.Doc, r.Long, rulesURL + "#" + r.ID})
	}
	for _, r := range report.OtherRules() {
		out = append(out, ruleJSON{ID: r.ID, Severity: string(r.Severity), Doc: r.Doc, Long: r.Long})
	}
	return out
}
