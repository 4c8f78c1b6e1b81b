package tsast

import (
	"slices"
	"sort"
	"strings"
)

// The edits of this file take and give file-relative spans of a text without
// syntax errors where they are made. Each keeps all comments.

// DeleteElement removes a property of an object, an element of an array or
// an entry, with its comma, and with its lines when nothing else is on them.
func (f *File) DeleteElement(element Span) TextEdit {
	s := element
	kept := ""
	if comma := f.commaAfter(s.End, len(f.Src())); comma >= 0 {
		kept = f.commentsIn(Span{s.End, comma})
		s.End = comma + 1
	} else if before := f.spaceBefore(s.Start); before > 0 && f.Src()[before-1] == ',' {
		return TextEdit{Span{before - 1, s.End}, ""}
	}
	if kept != "" {
		return TextEdit{s, kept}
	}
	return TextEdit{f.widen(s), ""}
}

// DeleteElements removes several elements of one object or array.
func (f *File) DeleteElements(elements []Span) []TextEdit {
	sorted := slices.Clone(elements)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Start < sorted[j].Start })
	var edits []TextEdit
	for _, s := range sorted {
		e := f.DeleteElement(s)
		n := len(edits) - 1
		if n >= 0 && edits[n].Span.End > e.Span.Start { // the comma before it is gone already
			e = TextEdit{f.widen(s), ""}
		}
		if n >= 0 && edits[n].Span.End > e.Span.Start {
			edits[n].Span.End = max(edits[n].Span.End, e.Span.End)
			edits[n].NewText += e.NewText
			continue
		}
		edits = append(edits, e)
	}
	return edits
}

// DeleteComment removes a comment, with its line when it is alone on it.
func (f *File) DeleteComment(comment Span) TextEdit {
	return TextEdit{f.widen(comment), ""}
}

// widen extends what is deleted to its whole lines, or else to the blanks
// that would be left over.
func (f *File) widen(s Span) Span {
	indent, alone := LineIndent(f.Src(), s.Start)
	end := s.End
	for end < len(f.Src()) && (f.Src()[end] == ' ' || f.Src()[end] == '\t') {
		end++
	}
	lineEnds := end == len(f.Src()) || f.Src()[end] == '\n' || f.Src()[end] == '\r'
	switch {
	case alone && lineEnds && end < len(f.Src()):
		if f.Src()[end] == '\r' {
			end++
		}
		if end < len(f.Src()) && f.Src()[end] == '\n' {
			end++
		}
		return Span{s.Start - len(indent), end}
	case lineEnds && !alone:
		start := s.Start
		for f.Src()[start-1] == ' ' || f.Src()[start-1] == '\t' {
			start--
		}
		return Span{start, s.End}
	}
	return Span{s.Start, end}
}

// spaceBefore returns where the white space before a byte begins.
func (f *File) spaceBefore(at int) int {
	for at > 0 && isSpace(f.Src()[at-1]) {
		at--
	}
	return at
}

// commentsIn returns the comments of a span, in a form that can stand alone.
func (f *File) commentsIn(s Span) string {
	var b strings.Builder
	first := sort.Search(len(f.Comments), func(i int) bool { return f.Comments[i].Span.Start >= s.Start })
	for _, c := range f.Comments[first:] {
		if c.Span.Start >= s.End {
			break
		}
		if c.Span.End <= s.End {
			b.WriteString(c.Text)
			if strings.HasPrefix(c.Text, "//") {
				b.WriteString(f.Style.filled().EOL)
			}
		}
	}
	return b.String()
}

// InsertProperty adds `key: value` to an object literal (its span, braces
// included) behind the property after, or as the first one when after is
// zero. value is TypeScript.
func (f *File) InsertProperty(object, after Span, key, value string) []TextEdit {
	return f.InsertElement(object, after, f.Style.filled().Key(key)+": "+value)
}

// InsertElement adds an element to an array, or a property to an object
// (container is the literal with its brackets), behind the element after or
// as the first one when after is zero: one pure insertion, or two where a comma
// is lacking before a comment.
func (f *File) InsertElement(container, after Span, text string) []TextEdit {
	if after == (Span{}) {
		return []TextEdit{f.insertFirst(container, text)}
	}
	style := f.Style.filled()
	style.EOL = f.eolNear(container.End, style.EOL)
	indent, alone := LineIndent(f.Src(), after.Start)
	at := after.End
	comma := f.commaAfter(at, container.End-1)
	if comma >= 0 {
		at = comma + 1
	}
	lineEnd := f.commentsOnLine(at)
	ends := f.lineEnds(lineEnd)
	multi := alone && (ends || f.closesLine(lineEnd, container))
	switch {
	case comma >= 0 && multi && ends:
		return []TextEdit{insertion(lineEnd, style.EOL+indent+text+",")}
	case comma >= 0:
		return []TextEdit{insertion(at, " "+text+",")}
	case multi && lineEnd > at: // the comment stays behind its element
		return []TextEdit{insertion(at, ","), insertion(lineEnd, style.EOL+indent+text)}
	case multi:
		return []TextEdit{insertion(at, ","+style.EOL+indent+text)}
	}
	return []TextEdit{insertion(at, ", "+text)}
}

func insertion(at int, text string) TextEdit { return TextEdit{Span{at, at}, text} }

// insertFirst adds an element behind the opening bracket.
func (f *File) insertFirst(container Span, text string) TextEdit {
	style := f.Style.filled()
	style.EOL = f.eolNear(container.End, style.EOL)
	outer, _ := LineIndent(f.Src(), container.Start)
	at := f.commentsOnLine(container.Start + 1)
	first := f.skip(at, container.End-1)
	if first == container.End-1 { // empty but for comments
		comma := ""
		if style.TrailingComma {
			comma = ","
		}
		text = style.EOL + outer + style.Indent + text + comma
		if !slices.Contains(f.Src()[at:first], '\n') {
			text += style.EOL + outer
		}
		return insertion(at, text)
	}
	if indent, alone := LineIndent(f.Src(), first); alone && f.lineEnds(at) {
		return insertion(at, style.EOL+indent+text+",")
	}
	return insertion(container.Start+1, " "+text+",")
}

// lineEnds reports whether only blanks stand between a byte and its line's end.
func (f *File) lineEnds(at int) bool {
	for at < len(f.Src()) && (f.Src()[at] == ' ' || f.Src()[at] == '\t') {
		at++
	}
	return at == len(f.Src()) || f.Src()[at] == '\n' || f.Src()[at] == '\r'
}

// closesLine reports whether the container's bracket is the next token.
func (f *File) closesLine(at int, container Span) bool {
	return f.skip(at, container.End-1) == container.End-1
}

// ReplaceString replaces a string literal's value and keeps its quotes.
func (f *File) ReplaceString(literal Span, value string) TextEdit {
	if literal.Start < len(f.Src()) {
		if q := f.Src()[literal.Start]; q == '"' || q == '\'' {
			return TextEdit{literal, quoteWith(value, q)}
		}
	}
	return TextEdit{literal, f.Style.filled().String(value)}
}

// RenameKey replaces a property name; a quoted one stays quoted.
func (f *File) RenameKey(key Span, name string) TextEdit {
	style := f.Style.filled()
	if key.Start < len(f.Src()) && name != "__proto__" {
		switch q := f.Src()[key.Start]; q {
		case '"', '\'':
			return TextEdit{key, quoteWith(name, q)}
		case '[':
			return TextEdit{key, "[" + style.String(name) + "]"}
		}
	}
	return TextEdit{key, style.Key(name)}
}
