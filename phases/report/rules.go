package report

import (
	"slices"

	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// otherRules are the findings of add's last phase that no rule of check makes.
var otherRules = []validate.Rule{
	{
		ID: RuleContradiction, Severity: validate.Error, Area: validate.AreaConfig,
		Doc: "The entry and the model's own checkpoint differ.",
		Long: "The last phase of add and \"Verify against the checkpoint\" report it. The message has what each witness says: the config, SGLang's source, and the shapes of the " +
			"tensors in the checkpoint. A checkpoint is what the model is: where it contradicts the other two, look at the named tensor before you trust the entry.",
	},
	{
		ID: RuleDisagreement, Severity: validate.Warning, Area: validate.AreaConfig,
		Doc: "The model's config and SGLang's source give different numbers for a layer.",
		Long: "The last phase of add and \"Verify against the checkpoint\" report it. The entry follows the source; the message names both values, the config fields " +
			"and the source line. Look at the source line: either the config is read in a way that fib-ls does not know, " +
			"or the class of SGLang is not the one that serves this model.",
	},
	{
		ID: typecheck.Rule, Severity: validate.Error, Area: validate.AreaSyntax,
		Doc: "The web app's own TypeScript compiler refuses the file.",
		Long: "The last phase of add and validate runs it where it is installed, check only with --typecheck. The code in the " +
			"message (TS2322, …) is the compiler's. Unless --typecheck was given, what it says outside of the new entry is a warning.",
	},
}

// OtherRules returns the rules whose findings phase 4 makes beside the table of
// rules, in the order of their ids; the slice is the caller's.
func OtherRules() []validate.Rule { return slices.Clone(otherRules) }

// RuleByID finds a rule of either table.
func RuleByID(id string) (validate.Rule, bool) {
	if r, ok := validate.RuleByID(id); ok {
		return r, true
	}
	i := slices.IndexFunc(otherRules, func(r validate.Rule) bool { return r.ID == id })
	if i < 0 {
		return validate.Rule{}, false
	}
	return otherRules[i], true
}
