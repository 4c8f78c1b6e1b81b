package validate

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// neverIgnored are the rules that say that the file cannot be read: silencing
// them would only hide why nothing else is found.
var neverIgnored = []string{"syntax", "no-models", "unknown-ignore"}

// Ignorable reports whether a rule can be silenced by a comment.
func Ignorable(rule string) bool {
	_, ok := RuleByID(rule)
	return ok && !slices.Contains(neverIgnored, rule)
}

// IgnoreHere writes the comment that silences a finding where it stands: above
// its line, or at the end of it where a comment above would silence the whole
// entry. ok is false where no comment can.
func IgnoreHere(f *tsast.File, p Problem) (fix Fix, ok bool) {
	i := entryAt(f, p.Span.Start)
	if i < 0 || !Ignorable(p.Rule) || f.Entries[i].Broken {
		return Fix{}, false
	}
	e := f.Entries[i]
	for _, edit := range ignoreEdits(f, e, p) {
		if silencedBy(f, e, p, edit) {
			return Fix{Title: "Ignore " + p.Rule + " here", Safe: true, Edits: []tsast.TextEdit{edit}}, true
		}
	}
	return Fix{}, false
}

// lineAround is the line of a byte, without its end. ok is false for a line
// that goes on further than people read.
func lineAround(src []byte, at int) (line tsast.Span, ok bool) {
	from, to := max(0, at-maxLine), min(len(src), at+maxLine)
	line.Start = bytes.LastIndexByte(src[from:at], '\n') + 1 + from
	line.End = to
	if i := bytes.IndexByte(src[at:to], '\n'); i >= 0 {
		line.End = at + i
	} else if to < len(src) {
		return line, false
	}
	if line.End > at && src[line.End-1] == '\r' {
		line.End--
	}
	return line, line.Start > from || from == 0
}

// maxLine bounds how far the ends of a line are looked for.
const maxLine = 4096

// ignoreEdits are the ways to write the comment, the best first.
func ignoreEdits(f *tsast.File, e tsast.Entry, p Problem) []tsast.TextEdit {
	src := f.Src()
	line, ok := lineAround(src, p.Span.Start)
	if !ok {
		return nil
	}
	var edits []tsast.TextEdit
	// One that is there already is added to: on the line, or alone above it.
	above := line.Start
	if line.Start > 0 {
		if before, ok := lineAround(src, line.Start-1); ok {
			above = before.Start
		}
	}
	from := sort.Search(len(f.Comments), func(i int) bool { return f.Comments[i].Span.Start >= above })
	for _, c := range f.Comments[from:] {
		if c.Span.Start > line.End {
			break
		}
		if ig, ok := parseIgnore(c); ok && !ig.file && len(ig.rules) > 0 {
			at := ig.rules[len(ig.rules)-1].span.End
			edits = append(edits, tsast.TextEdit{Span: tsast.Span{Start: at, End: at}, NewText: ", " + p.Rule})
		}
	}
	comment := "// " + ignoreMark + " " + p.Rule
	first := e.Span().End
	if len(e.Model.Properties) > 0 {
		first = e.Offset + e.Model.Properties[0].Span.Start
	}
	if line.Start > first {
		indent, _ := tsast.LineIndent(src, p.Span.Start)
		edits = append(edits, tsast.TextEdit{
			Span: tsast.Span{Start: line.Start, End: line.Start}, NewText: indent + comment + cmp.Or(f.Style.EOL, "\n"),
		})
	}
	return append(edits, tsast.TextEdit{Span: tsast.Span{Start: line.End, End: line.End}, NewText: " " + comment})
}

// silencedBy tries an edit on the entry alone, as a file of its own: the
// finding must be silenced by it, and the text must read as before.
func silencedBy(f *tsast.File, e tsast.Entry, p Problem, edit tsast.TextEdit) bool {
	const head = "const models: Model[] = [\n"
	whole := e.Span()
	last, ok := lineAround(f.Src(), whole.End)
	if !ok || edit.Span.Start < whole.Start || edit.Span.Start > last.End {
		return false // it stands outside of what is tried
	}
	by := len(head) - whole.Start
	text := head + string(f.Src()[whole.Start:last.End]) + "\n]\n"
	edited, err := tsast.Apply([]byte(text), tsast.TextEdit{Span: edit.Span.Shift(by), NewText: edit.NewText})
	if err != nil {
		return false
	}
	after := tsast.Parse(edited)
	if len(after.Entries) != 1 || after.Entries[0].Broken || len(after.Problems) > 0 {
		return false
	}
	moved := p
	moved.Span = p.Span.Shift(by)
	if edit.Span.Start <= p.Span.Start {
		moved.Span = moved.Span.Shift(len(edit.NewText))
	}
	made := after.Entries[0]
	inside := moved
	inside.Span = moved.Span.Shift(-made.Offset)
	own := entryIgnores(made.Model, after.Text(made.Span()))
	return own.silences(inside) || len(outerIgnores(after).filter(after, []Problem{moved}, 0)) == 0
}

// IgnoreInFile writes the comment that silences a rule in the whole file: into
// the one that is there, else as the first line.
func IgnoreInFile(f *tsast.File, rule string) (fix Fix, ok bool) {
	if !Ignorable(rule) {
		return Fix{}, false
	}
	fix = Fix{Title: "Ignore " + rule + " in this file", Safe: true}
	for _, ig := range outerIgnores(f).list {
		if ig.file && len(ig.rules) > 0 {
			at := ig.rules[len(ig.rules)-1].span.End
			fix.Edits = []tsast.TextEdit{{Span: tsast.Span{Start: at, End: at}, NewText: ", " + rule}}
			return fix, true
		}
	}
	at := 0
	if src := f.Src(); strings.HasPrefix(string(src[:min(3, len(src))]), "\ufeff") {
		at = 3
	}
	fix.Edits = []tsast.TextEdit{{Span: tsast.Span{Start: at, End: at}, NewText: "// " + ignoreMark + fileMark + " " + rule + cmp.Or(f.Style.EOL, "\n")}}
	return fix, true
}

// FixesOf returns the problems of a rule that are mended by fixes that are
// surely meant, as one set of edits, and how many problems that are.
func FixesOf(problems []Problem, rule string, which Fixes) (edits []tsast.TextEdit, n int) {
	var of []Problem
	for _, p := range problems {
		if p.Rule == rule && slices.ContainsFunc(p.Fixes, which.takes) {
			of = append(of, p)
		}
	}
	return FixAll(of, which), len(of)
}
