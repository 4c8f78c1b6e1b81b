package tsast

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// ErrOpaqueModules says that an entry's modules are not an object literal
// and cannot be updated.
var ErrOpaqueModules = errors.New("the entry's modules are not written as an object literal")

// ErrNoEntry says that there is no such entry.
var ErrNoEntry = errors.New("no such entry")

// ReplaceEntry returns the edits that bring the entry with this index to what
// m reading: counts, parents, types, Definitions, and modules that are new or
// gone. Comments, the order of properties and modules, name and description
// stay as they are, and so does what is not a plain literal. Errors:
// ErrNoEntry, ErrOpaqueModules, *BrokenError.
func ReplaceEntry(f *File, index int, m NewModel) ([]TextEdit, error) {
	if index < 0 || index >= len(f.Entries) {
		return nil, ErrNoEntry
	}
	e := f.Entries[index]
	if e.Broken {
		return nil, &BrokenError{f.problemNear(e.Span())}
	}
	if e.Model.ModulesSpan == (Span{}) {
		return nil, ErrOpaqueModules
	}
	u := &update{style: f.Style.filled(), text: f.Text(e.Span())}
	u.style.EOL = f.eolNear(e.Span().End, u.style.EOL)
	before := u.text
	for _, step := range []func(NewModel) ([]TextEdit, error){
		u.header, u.remove, u.values, u.counts, u.parents, u.types, u.definitions,
	} {
		if err := u.apply(step(m)); err != nil {
			return nil, err
		}
	}
	for i := range m.Modules {
		if err := u.apply(u.add(m.Modules, i)); err != nil {
			return nil, err
		}
	}
	edits := Difference(before, u.text)
	for i := range edits {
		edits[i].Span = edits[i].Span.Shift(e.Offset)
	}
	return edits, nil
}

// problemNear returns the first syntax error that touches a span.
func (f *File) problemNear(s Span) SyntaxProblem {
	for _, p := range f.Problems {
		if p.Span.End >= s.Start {
			return p
		}
	}
	return SyntaxProblem{Span: s, Message: "broken entry"}
}

// update is an entry on its way to its new form. Each step reads the text of
// the one before, so that edits never have to know of one another.
type update struct {
	style Style
	text  string
	file  *File
	entry *Entry
}

// The frame that makes a file out of an entry's text.
const framePrefix, frameSuffix = "const models: Model[] = [\n", "\n]\n"

// read parses the present text.
func (u *update) read() error {
	if u.file != nil {
		return nil
	}
	u.file = Parse([]byte(framePrefix + u.text + frameSuffix))
	u.file.Style = u.style
	if len(u.file.Entries) != 1 || len(u.file.Problems) > 0 {
		return errors.New("updating the entry broke its syntax")
	}
	u.entry = &u.file.Entries[0]
	return nil
}

// apply makes the edits of one step.
func (u *update) apply(edits []TextEdit, err error) error {
	if err != nil || len(edits) == 0 {
		return err
	}
	out, err := Apply(u.file.Src(), edits...)
	if err != nil {
		return fmt.Errorf("updating the entry: %w", err)
	}
	u.text = string(out[len(framePrefix) : len(out)-len(frameSuffix)])
	u.file = nil
	return nil
}

// at turns an entry-relative span into one of the present file.
func (u *update) at(s Span) Span { return s.Shift(u.entry.Offset) }

// header adds name and description when they are missing.
func (u *update) header(m NewModel) ([]TextEdit, error) {
	if err := u.read(); err != nil {
		return nil, err
	}
	model := u.entry.Model
	after := model.ID.Property
	text := ""
	for _, p := range []struct {
		have     String
		key, new string
	}{{model.Name, "name", m.Name}, {model.Description, "description", m.Description}} {
		if p.have.Kind == Absent && p.new != "" && model.ID.Kind != Absent {
			indent, _ := LineIndent(u.file.Src(), u.at(after).Start)
			if text != "" {
				text += "," + u.style.EOL + indent
			}
			text += p.key + ": " + u.style.String(p.new)
		}
	}
	if text == "" {
		return nil, nil
	}
	return u.file.InsertElement(u.at(model.Span), u.at(after), text), nil
}

// remove deletes the modules that are gone.
func (u *update) remove(m NewModel) ([]TextEdit, error) {
	if err := u.read(); err != nil {
		return nil, err
	}
	var gone []Span
	for _, module := range u.entry.Model.Modules {
		if module.Value == ObjectLiteral && find(m.Modules, module.Name) == nil {
			gone = append(gone, u.at(module.Span))
		}
	}
	return u.file.DeleteElements(gone), nil
}

func find(modules []NewModule, name string) *NewModule {
	for i := range modules {
		if modules[i].Name == name {
			return &modules[i]
		}
	}
	return nil
}

// each calls change for every module that stays.
func (u *update) each(m NewModel, change func(*Module, *NewModule) []TextEdit) ([]TextEdit, error) {
	if err := u.read(); err != nil {
		return nil, err
	}
	var edits []TextEdit
	for _, module := range u.entry.Model.Modules {
		if next := find(m.Modules, module.Name); next != nil && module.Value == ObjectLiteral {
			edits = append(edits, change(module, next)...)
		}
	}
	return edits, nil
}

// values replaces the literals that are there.
func (u *update) values(m NewModel) ([]TextEdit, error) {
	return u.each(m, func(old *Module, next *NewModule) []TextEdit {
		var edits []TextEdit
		wrong := old.Count.Kind == NumberLiteral && (!old.Count.IsInt || old.Count.Int != int64(next.Count))
		if wrong || old.Count.Kind == StringLiteral || old.Count.Kind == NullLiteral {
			edits = append(edits, TextEdit{u.at(old.Count.Span), strconv.Itoa(next.Count)})
		}
		for _, s := range []struct {
			old  String
			next string
		}{{old.Parent, next.Parent}, {old.Type, next.Type}} {
			if s.old.Kind == StringLiteral && s.next != "" && s.old.Value != s.next {
				edits = append(edits, u.file.ReplaceString(u.at(s.old.Span), s.next))
			}
		}
		return edits
	})
}

// counts adds the counts that are missing.
func (u *update) counts(m NewModel) ([]TextEdit, error) {
	return u.each(m, func(old *Module, next *NewModule) []TextEdit {
		if old.Count.Kind != Absent {
			return nil
		}
		return u.file.InsertProperty(u.at(old.ValueSpan), Span{}, "count", strconv.Itoa(next.Count))
	})
}

// parents adds the parents that are missing and deletes the one too many.
func (u *update) parents(m NewModel) ([]TextEdit, error) {
	return u.each(m, func(old *Module, next *NewModule) []TextEdit {
		switch {
		case old.Parent.Kind == Absent && next.Parent != "":
			return u.file.InsertProperty(u.at(old.ValueSpan), u.at(old.Count.Property), "parent", u.style.String(next.Parent))
		case old.Parent.Kind == StringLiteral && next.Parent == "":
			return []TextEdit{u.file.DeleteElement(u.at(old.Parent.Property))}
		}
		return nil
	})
}

// types adds the types that are missing.
func (u *update) types(m NewModel) ([]TextEdit, error) {
	return u.each(m, func(old *Module, next *NewModule) []TextEdit {
		if old.Type.Kind != Absent || next.Type == "" {
			return nil
		}
		after := old.Count.Property
		if old.Parent.Kind != Absent {
			after = old.Parent.Property
		}
		return u.file.InsertProperty(u.at(old.ValueSpan), u.at(after), "type", u.style.typeOf(*next))
	})
}

// definitions brings the lists of Definitions to their new members. Members
// that stay keep their order.
func (u *update) definitions(m NewModel) ([]TextEdit, error) {
	return u.each(m, func(old *Module, next *NewModule) []TextEdit {
		defs := old.Definitions
		switch defs.Kind {
		case OpaqueValue:
			return nil
		case ArrayLiteral:
			return u.changeArray(defs, next.Definitions)
		}
		if defs.Kind == Absent && len(next.Definitions) == 0 {
			return nil
		}
		if defs.Kind != Absent {
			return []TextEdit{u.array(u.at(defs.Span), next.Definitions)}
		}
		last := old.Properties[len(old.Properties)-1].Span
		indent, _ := LineIndent(u.file.Src(), u.at(last).Start)
		const key = "definitions: "
		text := key + u.style.array(next.Definitions, indent, utf8.RuneCountInString(indent)+len(key))
		return u.file.InsertElement(u.at(old.ValueSpan), u.at(last), text)
	})
}

// changeArray edits one list: as a whole when it holds nothing but strings,
// else element by element around what must stay.
func (u *update) changeArray(defs Strings, next []string) []TextEdit {
	var kept []string
	var gone []Span
	whole, last := !u.commentIn(u.at(defs.Span)), Span{}
	for _, item := range defs.Items {
		switch {
		case item.Kind != StringLiteral:
			whole, last = false, u.at(item.Span)
		case slices.Contains(next, item.Value):
			kept, last = append(kept, item.Value), u.at(item.Span)
		default:
			gone = append(gone, u.at(item.Span))
		}
	}
	var added []string
	for _, d := range next {
		if !slices.Contains(kept, d) && !slices.Contains(added, d) {
			added = append(added, d)
		}
	}
	if len(gone) == 0 && len(added) == 0 {
		return nil
	}
	if whole {
		return []TextEdit{u.array(u.at(defs.Span), append(kept, added...))}
	}
	edits := u.file.DeleteElements(gone)
	if len(added) > 0 {
		text := ""
		for i, d := range added {
			if i > 0 {
				text += ", "
			}
			text += u.style.String(d)
		}
		edits = append(edits, u.file.InsertElement(u.at(defs.Span), last, text)...)
	}
	return edits
}

func (u *update) commentIn(s Span) bool {
	return slices.ContainsFunc(u.file.Comments, func(c Comment) bool { return c.Span.Start >= s.Start && c.Span.End <= s.End })
}

// array prints a list where an old value stands.
func (u *update) array(at Span, items []string) TextEdit {
	indent, _ := LineIndent(u.file.Src(), at.Start)
	start := at.Start
	for start > 0 && u.file.Src()[start-1] != '\n' {
		start--
	}
	return TextEdit{at, u.style.array(items, indent, utf8.RuneCount(u.file.Src()[start:at.Start]))}
}

// add inserts a module that is new, behind the one that it follows in m.
func (u *update) add(modules []NewModule, i int) ([]TextEdit, error) {
	if err := u.read(); err != nil {
		return nil, err
	}
	model := u.entry.Model
	find := func(name string) *Module {
		for _, m := range model.Modules {
			if m.Name == name {
				return m
			}
		}
		return nil
	}
	if find(modules[i].Name) != nil {
		return nil, nil
	}
	var after Span
	for j := i - 1; j >= 0 && after == (Span{}); j-- {
		if m := find(modules[j].Name); m != nil {
			after = u.at(m.Span)
		}
	}
	object := u.at(model.ModulesSpan)
	indent, _ := LineIndent(u.file.Src(), object.Start)
	indent += u.style.Indent
	if after != (Span{}) {
		indent, _ = LineIndent(u.file.Src(), after.Start)
	}
	return u.file.InsertElement(object, after, PrintModule(modules[i], u.style, indent)), nil
}

// Difference returns the edits that make one text the other, line by line, each
// cut down to what differs.
func Difference(before, after string) []TextEdit {
	var edits []TextEdit
	for _, d := range udiff.Lines(before, after) {
		if e, differs := SmallestEdit(before[d.Start:d.End], d.New); differs {
			edits = append(edits, TextEdit{e.Span.Shift(d.Start), e.NewText})
		}
	}
	return edits
}

// SmallestEdit returns the one edit, of whole characters, that makes one text the
// other; false where they are equal.
func SmallestEdit(before, after string) (TextEdit, bool) {
	if before == after {
		return TextEdit{}, false
	}
	limit := min(len(before), len(after))
	head := 0
	for head < limit && before[head] == after[head] {
		head++
	}
	for head > 0 && (head < len(before) && !utf8.RuneStart(before[head]) || head < len(after) && !utf8.RuneStart(after[head])) {
		head--
	}
	tail := 0
	for tail < limit-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(before[len(before)-tail]) {
		tail--
	}
	return TextEdit{Span{head, len(before) - tail}, after[head : len(after)-tail]}, true
}
