package validate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// The fields of an entry and of a module, in the order in which upstream
// writes them. A root has no parent, and a block may leave definitions out.
var (
	entryFields  = []string{"id", "name", "description", "modules"}
	moduleFields = []string{"count", "parent", "type", "definitions"}
)

func fieldRules() []Rule {
	return []Rule{
		{
			ID: "missing-field", Severity: Error, Area: AreaFields,
			Doc: "A field that every entry or module must have is missing.",
			Long: "An entry has id, name, description and modules; a module has count and type, " +
				"and a layer has definitions (an empty list where no kernel Definition exists).",
			entry: checkMissing,
		},
		{
			ID: "unknown-field", Severity: Warning, Area: AreaFields,
			Doc:   "A field that entries or modules do not have.",
			Long:  "The web app's schema does not know it, and TypeScript refuses it. Often it is a misspelling of one that is missing.",
			entry: checkUnknown,
		},
		{
			ID: "duplicate-field", Severity: Error, Area: AreaFields,
			Doc:   "A field is written twice in one object.",
			Long:  "JavaScript keeps the last one; TypeScript refuses both.",
			entry: checkDuplicateFields,
		},
		{
			ID: "wrong-type", Severity: Error, Area: AreaFields,
			Doc:   "A field has a value of the wrong kind.",
			Long:  "count is a number, definitions a list of strings, modules an object, everything else a string.",
			entry: checkTypes,
		},
		{
			ID: "empty-text", Severity: Warning, Area: AreaFields,
			Doc:   "The id, name or description is empty.",
			Long:  "The web app shows name and description on the model's card and makes the page's address of the id.",
			entry: checkTexts,
		},
		{
			ID: "id-format", Severity: Warning, Area: AreaNaming,
			Doc:   "The id has other characters than lowercase letters, digits, `.` and `-`.",
			Long:  "The id becomes part of the page's address. It begins and ends with a letter or digit.",
			entry: checkIDFormat,
		},
		{
			ID: "empty-modules", Severity: Warning, Area: AreaFields,
			Doc:   "The entry has no modules.",
			Long:  "A model without modules has an empty page.",
			entry: checkEmptyModules,
		},
	}
}

// has reports whether an object has a property that can be seen.
func has(list []tsast.Property, key string) bool {
	return slices.ContainsFunc(list, func(p tsast.Property) bool { return !p.Opaque && p.Key == key })
}

func checkMissing(p *entryPass) {
	m := p.model
	if !spread(m.Properties) {
		for i, field := range entryFields {
			if has(m.Properties, field) {
				continue
			}
			problem := Problem{Rule: "missing-field", Span: p.place(), Message: fmt.Sprintf("this entry has no %s", field)}
			if !misspelt(m.Properties, field, entryFields) {
				problem.Fixes = p.addField(m.Span, m.Properties, entryFields[:i], field, p.entryDefault(field), false)
			}
			p.in(nil, problem)
		}
	}
	for _, module := range m.Modules {
		if literals(module) && !spread(module.Properties) {
			p.missingInModule(module)
		}
	}
}

func (p *entryPass) missingInModule(module *tsast.Module) {
	layer := module.Type.Value == "layer"
	for i, field := range moduleFields {
		if field == "parent" || has(module.Properties, field) || (field == "definitions" && !layer) {
			continue
		}
		problem := Problem{Rule: "missing-field", Span: module.NameSpan, Message: fmt.Sprintf("module %s has no %s", q(module.Name), field)}
		if !misspelt(module.Properties, field, moduleFields) {
			value, sure := p.moduleDefault(module, field)
			problem.Fixes = p.addField(module.ValueSpan, module.Properties, moduleFields[:i], field, value, sure)
		}
		p.in(module, problem)
	}
}

// misspelt reports whether an unknown property is nearly the field: renaming it is
// the fix, not writing the field anew.
func misspelt(props []tsast.Property, field string, fields []string) bool {
	return slices.ContainsFunc(props, func(p tsast.Property) bool {
		return !p.Opaque && !slices.Contains(fields, p.Key) && nearestField(p.Key, []string{field}) == field
	})
}

// addField is the fix that writes a missing field; none when no value is at
// hand.
func (p *entryPass) addField(object tsast.Span, props []tsast.Property, before []string, field, value string, sure bool) []Fix {
	if value == "" {
		return nil
	}
	edits := p.insert(object, props, before, field, value)
	return []Fix{{Title: fmt.Sprintf("Add %s: %s", field, value), Preferred: sure, Safe: sure, Edits: edits}}
}

// entryDefault is the text that a missing field of an entry could have.
func (p *entryPass) entryDefault(field string) string {
	name, id := strings.TrimSpace(p.model.Name.Value), strings.TrimSpace(p.model.ID.Value)
	switch field {
	case "id":
		if s := Slug(name); s != "" {
			return p.style.String(s)
		}
	case "name", "description":
		if text := cmp.Or(name, id); text != "" {
			return p.style.String(text)
		}
	case "modules":
		return "{}"
	}
	return ""
}

// moduleDefault is the text that a missing field of a module could have, and
// whether it is surely right.
func (p *entryPass) moduleDefault(module *tsast.Module, field string) (value string, sure bool) {
	hasChildren := len(p.children[module.Name]) > 0
	switch field {
	case "count":
		if module.Parent.Kind == tsast.Absent {
			return "1", len(p.model.Modules) > 0 && hasChildren
		}
		if parent := p.byName[module.Parent.Value]; parent != nil && parent.Count.IsInt && parent.Count.Int > 0 {
			return fmt.Sprint(parent.Count.Int), false
		}
	case "type":
		kind := "layer"
		if hasChildren {
			kind = "block"
		}
		return p.style.String(kind), hasChildren || len(module.Definitions.Items) > 0
	case "definitions":
		return "[]", true
	}
	return "", false
}

func checkUnknown(p *entryPass) {
	p.unknown(nil, p.model.Properties, entryFields, "an entry")
	for _, module := range p.model.Modules {
		p.unknown(module, module.Properties, moduleFields, "a module")
	}
}

func (p *entryPass) unknown(module *tsast.Module, props []tsast.Property, fields []string, what string) {
	known := func(prop tsast.Property) bool { return prop.Opaque || slices.Contains(fields, prop.Key) }
	if !slices.ContainsFunc(props, func(prop tsast.Property) bool { return !known(prop) }) {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return has(props, f) })
	for _, prop := range props {
		if known(prop) {
			continue
		}
		problem := Problem{
			Rule: "unknown-field", Span: prop.KeySpan,
			Message: fmt.Sprintf("%s is not a field of %s (%s)", q(prop.Key), what, strings.Join(fields, ", ")),
		}
		if near := nearestField(prop.Key, missing); near != "" {
			problem.Message += "; did you mean " + near + "?"
			problem.Fixes = []Fix{p.rename(prop.KeySpan, near, true)}
		}
		p.in(module, problem)
	}
}

// nearestField also knows the singular and plural of a field.
func nearestField(key string, fields []string) string {
	lower := strings.ToLower(key)
	for _, f := range fields {
		if strings.TrimSuffix(f, "s") == strings.TrimSuffix(lower, "s") {
			return f
		}
	}
	return nearest(key, fields)
}

func checkDuplicateFields(p *entryPass) {
	p.duplicates(nil, p.model.Properties)
	for _, module := range p.model.Modules {
		p.duplicates(module, module.Properties)
	}
}

// few is up to how many elements looking through them beats an index.
const few = 12

// firsts returns a function that tells for each of n elements, in order, the
// first one with the same key, which may be itself; -1 for what has no key.
func firsts(n int, key func(i int) (string, bool)) func(i int) int {
	if n <= few {
		return func(i int) int {
			k, ok := key(i)
			if !ok {
				return -1
			}
			for j := range i {
				if other, ok := key(j); ok && other == k {
					return j
				}
			}
			return i
		}
	}
	seen := make(map[string]int, n)
	return func(i int) int {
		k, ok := key(i)
		if !ok {
			return -1
		}
		if j, twice := seen[k]; twice {
			return j
		}
		seen[k] = i
		return i
	}
}

func (p *entryPass) duplicates(module *tsast.Module, props []tsast.Property) {
	if len(props) < 2 {
		return
	}
	first := firsts(len(props), func(i int) (string, bool) { return props[i].Key, !props[i].Opaque })
	for i, prop := range props {
		j := first(i)
		if j < 0 || j == i {
			continue
		}
		at := props[j]
		p.in(module, Problem{
			Rule: "duplicate-field", Span: prop.KeySpan, Unnecessary: p.at(at.ValueSpan) == p.at(prop.ValueSpan),
			Message: fmt.Sprintf("%s is written twice here; only the last one counts", prop.Key),
			Related: []Related{{at.KeySpan, "first written here"}},
		})
	}
}

// wanted is one field with the kind that it should have.
type wanted struct {
	field string
	kind  tsast.ValueKind
	got   tsast.ValueKind
	span  tsast.Span
}

func checkTypes(p *entryPass) {
	m := p.model
	for _, w := range []wanted{
		{"id", tsast.StringLiteral, m.ID.Kind, m.ID.Span},
		{"name", tsast.StringLiteral, m.Name.Kind, m.Name.Span},
		{"description", tsast.StringLiteral, m.Description.Kind, m.Description.Span},
	} {
		p.wrong(nil, w)
	}
	for _, prop := range m.Properties {
		switch {
		case prop.Opaque:
			p.opaque(nil, prop.Span, "this property")
		case prop.Key == "modules":
			p.wrong(nil, wanted{"modules", tsast.ObjectLiteral, prop.Value, prop.ValueSpan})
		}
	}
	for _, prop := range m.OpaqueModules {
		p.opaque(nil, prop.Span, "this part of modules")
	}
	for _, module := range m.Modules {
		p.moduleTypes(module)
	}
}

func (p *entryPass) moduleTypes(m *tsast.Module) {
	if !literals(m) {
		p.wrong(m, wanted{"module " + q(m.Name), tsast.ObjectLiteral, m.Value, m.ValueSpan})
	}
	for _, prop := range m.Properties {
		if prop.Opaque {
			p.opaque(m, prop.Span, "this property")
		}
	}
	p.wrong(m, wanted{"count", tsast.NumberLiteral, m.Count.Kind, m.Count.Span})
	p.wrong(m, wanted{"parent", tsast.StringLiteral, m.Parent.Kind, m.Parent.Span})
	p.wrong(m, wanted{"type", tsast.StringLiteral, m.Type.Kind, m.Type.Span})
	p.wrong(m, wanted{"definitions", tsast.ArrayLiteral, m.Definitions.Kind, m.Definitions.Span})
	for _, item := range m.Definitions.Items {
		p.wrong(m, wanted{"a definition", tsast.StringLiteral, item.Kind, item.Span})
	}
}

func (p *entryPass) opaque(module *tsast.Module, span tsast.Span, what string) {
	p.in(module, Problem{Rule: "opaque-value", Span: span, Message: what + " is not a literal: it is not checked"})
}

// wrong reports a value of another kind than the field has.
func (p *entryPass) wrong(module *tsast.Module, w wanted) {
	switch w.got {
	case w.kind, tsast.Absent:
		return
	case tsast.OpaqueValue:
		p.opaque(module, w.span, "the value of "+w.field)
		return
	}
	problem := Problem{
		Rule: "wrong-type", Span: w.span,
		Message: fmt.Sprintf("%s is %s where it should be %s", w.field, kindWords[w.got], kindWords[w.kind]),
	}
	text := p.at(w.span)
	switch {
	case w.field == "parent" && w.got == tsast.NullLiteral:
		problem.Message = "a root has no parent field at all, not null"
	case w.kind == tsast.NumberLiteral && w.got == tsast.StringLiteral:
		if number := strings.Trim(text, `"'`); wholeNumber.MatchString(number) {
			problem.Fixes = []Fix{replace("Change to "+number, w.span, number, true)}
		}
	case w.field == "definitions" && w.got == tsast.StringLiteral:
		problem.Fixes = []Fix{replace("Make it a list", w.span, "["+text+"]", true)}
	}
	p.in(module, problem)
}

var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,9}$`)

// IDFormat is how an id is written: it is part of a page's address, and of the
// path of a directory.
var IDFormat = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$`)

var notInID = regexp.MustCompile(`[^a-z0-9.]+`)

// Slug makes an id of any text; "" where nothing of it can stand in one.
func Slug(s string) string {
	return strings.Trim(notInID.ReplaceAllString(strings.ToLower(s), "-"), "-.")
}

func checkTexts(p *entryPass) {
	for _, t := range []struct {
		field string
		value tsast.String
	}{{"id", p.model.ID}, {"name", p.model.Name}, {"description", p.model.Description}} {
		if t.value.Kind != tsast.StringLiteral || strings.TrimSpace(t.value.Value) != "" {
			continue
		}
		problem := Problem{Rule: "empty-text", Span: t.value.Span, Message: "the " + t.field + " is empty"}
		if text := p.entryDefault(t.field); text != "" {
			problem.Fixes = []Fix{replace("Change to "+text, t.value.Span, text, false)}
		}
		p.in(nil, problem)
	}
}

func checkIDFormat(p *entryPass) {
	id := p.model.ID
	if id.Kind != tsast.StringLiteral || strings.TrimSpace(id.Value) == "" || IDFormat.MatchString(id.Value) {
		return
	}
	problem := Problem{
		Rule: "id-format", Span: id.Span,
		Message: fmt.Sprintf("the id %s should have only lowercase letters, digits, \".\" and \"-\", and begin and end with a letter or digit", q(id.Value)),
	}
	if s := Slug(id.Value); s != "" {
		problem.Fixes = []Fix{p.restate("Change to "+s, id.Span, s, false)}
	}
	p.in(nil, problem)
}

func checkEmptyModules(p *entryPass) {
	m := p.model
	if m.ModulesSpan == (tsast.Span{}) || len(m.Modules) > 0 || len(m.OpaqueModules) > 0 {
		return
	}
	p.in(nil, Problem{Rule: "empty-modules", Span: m.ModulesSpan, Message: fmt.Sprintf("the model %s has no modules", q(m.ID.Value))})
}
