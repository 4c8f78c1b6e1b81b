package tsast

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// ErrNoArray says that a file has no models array to insert into.
var ErrNoArray = errors.New("no models array: expected `const models: Model[] = [ … ]`")

// BrokenError says that a syntax error lies where an edit would be made.
type BrokenError struct{ Problem SyntaxProblem }

func (e *BrokenError) Error() string {
	return "the models array has a syntax error: " + e.Problem.Message
}

// OverlapError says that two edits want the same bytes, or bytes that the
// text does not have.
type OverlapError struct{ Edit TextEdit }

func (e *OverlapError) Error() string {
	return fmt.Sprintf("edit of bytes %d-%d overlaps another edit or leaves the text", e.Edit.Span.Start, e.Edit.Span.End)
}

// Apply makes the edits, whose spans all point into src, in one new text.
// Several insertions at one place are made in the order given; an insertion
// where a replaced span begins comes before it.
func Apply(src []byte, edits ...TextEdit) ([]byte, error) {
	sorted := slices.Clone(edits)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i].Span, sorted[j].Span
		if a.Start != b.Start {
			return a.Start < b.Start
		}
		return a.End == a.Start && b.End > b.Start
	})
	grown, at := 0, 0
	for _, e := range sorted {
		if e.Span.Start < at || e.Span.End < e.Span.Start || e.Span.End > len(src) {
			return nil, &OverlapError{e}
		}
		at = e.Span.End
		grown += len(e.NewText) - (e.Span.End - e.Span.Start)
	}
	out := make([]byte, 0, len(src)+grown)
	at = 0
	for _, e := range sorted {
		out = append(out, src[at:e.Span.Start]...)
		out = append(out, e.NewText...)
		at = e.Span.End
	}
	return append(out, src[at:]...), nil
}

// NewFile is a models.ts with one entry, as upstream's begins and ends.
func NewFile(m NewModel) []byte { return newFile(m, defaultStyle()) }

func newFile(m NewModel, style Style) []byte {
	style = style.filled()
	semicolon := ""
	if style.Semicolons {
		semicolon = ";"
	}
	comma := ""
	if style.TrailingComma {
		comma = ","
	}
	lines := []string{
		"import type { Model } from " + style.String("@/lib/schemas") + semicolon,
		"",
		"const models: Model[] = [",
		style.Indent + Print(m, style, 1) + comma,
		"] satisfies Model[]" + semicolon,
		"",
		"export default models" + semicolon,
		"",
	}
	return []byte(strings.Join(lines, style.EOL))
}

// Insert returns the edits that add an entry behind the last one: one pure
// insertion, or two where a comma is lacking before a comment. A text of
// nothing but white space and comments gets a whole file. Errors: ErrNoArray,
// *BrokenError.
func Insert(f *File, m NewModel) ([]TextEdit, error) {
	if f.Array == (Span{}) {
		if len(f.Problems) > 0 {
			return nil, &BrokenError{f.Problems[0]}
		}
		if !f.blank() {
			return nil, ErrNoArray
		}
		at := f.Size()
		text := string(newFile(m, f.Style))
		if at > 0 && f.Src()[at-1] != '\n' && strings.TrimLeft(string(f.Src()), "\ufeff") != "" {
			text = f.Style.filled().EOL + text
		}
		return []TextEdit{{Span{at, at}, text}}, nil
	}
	for _, p := range f.Problems {
		if p.Span.End >= f.Array.Start && p.Span.Start <= f.Array.End {
			return nil, &BrokenError{p}
		}
	}
	return f.insertLast(m), nil
}

// blank reports whether a file holds nothing but white space and comments.
func (f *File) blank() bool {
	at := 0
	for _, c := range f.Comments {
		if c.Span.Start >= at && !blankText(f.Src()[at:c.Span.Start]) {
			return false
		}
		at = max(at, c.Span.End)
	}
	return blankText(f.Src()[at:])
}

func blankText(b []byte) bool {
	return strings.TrimSpace(strings.TrimPrefix(string(b), "\ufeff")) == ""
}

// insertLast places an entry behind the last element of a sound array.
func (f *File) insertLast(m NewModel) []TextEdit {
	style := f.Style.filled()
	style.EOL = f.eolNear(f.Array.End, style.EOL)
	last := f.lastElement()
	comma := f.commaAfter(last, f.Array.End-1)
	outer, alone := LineIndent(f.Src(), f.Array.End-1)
	if !alone {
		outer, _ = LineIndent(f.Src(), f.Array.Start)
	}
	indent := outer + style.Indent
	if own, alone := LineIndent(f.Src(), f.lastElementStart()); last > 0 && alone {
		indent = own
	}
	entry := printAt(m, style, indent)

	var edits []TextEdit
	at, text := f.Array.End-1, style.EOL+indent+entry
	if last > 0 && comma < 0 {
		// A comment behind the entry, on its line, must stay behind it.
		at = f.commentsOnLine(last)
		if at == last {
			text = "," + text
		} else {
			edits = []TextEdit{{Span{last, last}, ","}}
		}
	} else {
		for at > f.Array.Start+1 && isSpace(f.Src()[at-1]) {
			at--
		}
		if comma >= 0 || style.TrailingComma {
			text += ","
		}
	}
	if rest := f.Src()[at : f.Array.End-1]; !slices.Contains(rest, '\n') {
		text += style.EOL + outer
	}
	return append(edits, TextEdit{Span{at, at}, text})
}

// lastElement returns the end of the array's last element, zero when it has
// none.
func (f *File) lastElement() int { return f.lastSpan().End }

func (f *File) lastElementStart() int { return f.lastSpan().Start }

func (f *File) lastSpan() Span {
	var s Span
	if n := len(f.Entries); n > 0 {
		s = f.Entries[n-1].Span()
	}
	for _, o := range f.Opaque {
		if o.Span.End > s.End && f.Array.Start < o.Span.Start && o.Span.End < f.Array.End {
			s = o.Span
		}
	}
	return s
}

// Span is where the entry stands in the file.
func (e *Entry) Span() Span { return e.Model.Span.Shift(e.Offset) }

// commaAfter finds the comma behind an element, among white space and
// comments; -1 when there is none before the limit.
func (f *File) commaAfter(at, limit int) int {
	at = f.skip(at, limit)
	if at < limit && f.Src()[at] == ',' {
		return at
	}
	return -1
}

// skip passes white space and comments.
func (f *File) skip(at, limit int) int {
	for at < limit {
		if isSpace(f.Src()[at]) {
			at++
			continue
		}
		c, ok := f.commentAt(at)
		if !ok {
			r, n := utf8.DecodeRune(f.Src()[at:])
			if r != '\u2028' && r != '\u2029' && r != '\u00a0' && r != '\ufeff' {
				break
			}
			at += n
			continue
		}
		at = c.Span.End
	}
	return at
}

// commentAt finds the comment that begins at a byte.
func (f *File) commentAt(at int) (Comment, bool) {
	i := sort.Search(len(f.Comments), func(i int) bool { return f.Comments[i].Span.Start >= at })
	if i < len(f.Comments) && f.Comments[i].Span.Start == at {
		return f.Comments[i], true
	}
	return Comment{}, false
}

// commentsOnLine returns the end of the comments that follow on the same line.
func (f *File) commentsOnLine(at int) int {
	end := at
	for i := at; i < len(f.Src()) && f.Src()[i] != '\n' && f.Src()[i] != '\r'; {
		if f.Src()[i] == ' ' || f.Src()[i] == '\t' {
			i++
			continue
		}
		c, ok := f.commentAt(i)
		if !ok {
			break
		}
		i, end = c.Span.End, c.Span.End
	}
	return end
}

// maxLine bounds how far the beginning of a line is looked for: in a line of
// megabytes each of a thousand edits would go through it.
const maxLine = 4096

// eolNear returns the line end used on the line before a byte.
func (f *File) eolNear(at int, otherwise string) string {
	src := f.Src()
	start := max(0, at-maxLine)
	switch i := start + bytes.LastIndexByte(src[start:max(at, start)], '\n'); {
	case i < start:
		return otherwise
	case i > 0 && src[i-1] == '\r':
		return "\r\n"
	}
	return "\n"
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}

// LineIndent returns the white space that the line of a byte begins with,
// and whether nothing else stands before that byte. A line that is longer than
// any that people indent has none.
func LineIndent[T string | []byte](src T, at int) (indent string, alone bool) {
	line := string(src[max(at-maxLine, 0):at])
	end := max(strings.LastIndexByte(line, '\n'), strings.LastIndexByte(line, '\r'))
	if end < 0 && at > maxLine {
		return "", false
	}
	line = line[end+1:]
	indent = line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.Clone(indent), indent == line
}
