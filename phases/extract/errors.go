package extract

import (
	"fmt"
	"strings"
)

// SyntaxError is a config.json that is not the JSON that Python reads. Line
// and Column count from 1, Column in characters.
type SyntaxError struct {
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("config.json: line %d column %d: %s", e.Line, e.Column, e.Message)
}

// FieldError is a field whose value cannot be what it says it is: a fraction
// or a negative number where a size should stand, or a size beyond all reason.
type FieldError struct {
	Field   string // as the file spells it, dotted below the root
	Value   string // as the file has it, shortened
	Message string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("config.json: %s is %s: %s", e.Field, e.Value, e.Message)
}

// NotDecoderError is a config.json of something that is not a decoder language
// model. What says in words what it is: "BERT, an encoder".
type NotDecoderError struct {
	What string
}

func (e *NotDecoderError) Error() string {
	return "this is not a decoder language model: " + e.What
}

// Proposal is the value that the model's namesake in the catalogue has for a
// field that the config is silent about. It is applied only when confirmed.
type Proposal struct {
	Field string
	Value string // as --set takes it
	From  string // repo id of the namesake
}

// MissingFieldsError is a config that lacks fields which have no default, or
// one that says nothing of this checkpoint.
type MissingFieldsError struct {
	ModelType string
	Fields    []string
	// ClassDefaults are what HuggingFace's configuration class would take for
	// some of the fields: another model's sizes, shown and never taken.
	ClassDefaults []FieldNote
	// Proposals has, for some of the fields, what the namesake has; nil when
	// there is no namesake.
	Proposals []Proposal
}

func (e *MissingFieldsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "config.json does not say %s", strings.Join(e.Fields, ", "))
	if e.ModelType != "" && len(e.ClassDefaults) == 0 {
		fmt.Fprintf(&b, " and model_type %q has no default for it", e.ModelType)
	}
	b.WriteString("; give")
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " --set %s=%s", f, e.hint(f))
	}
	for _, p := range e.Proposals {
		fmt.Fprintf(&b, "\n  %s=%s (from: model name, %s); --infer takes it", p.Field, p.Value, p.From)
	}
	for _, d := range e.ClassDefaults {
		fmt.Fprintf(&b, "\n  %s=%v is the %s, not a fact of this model", d.Field, d.Value, d.Why)
	}
	return b.String()
}

func (e *MissingFieldsError) hint(field string) string {
	for _, p := range e.Proposals {
		if p.Field == field {
			return p.Value
		}
	}
	return "VALUE"
}
