// Package tsast reads and edits FlashInfer-Bench's models.ts as plain values.
//
// It is the only package that knows tree-sitter-typescript: no tree-sitter
// node leaves it and every tree is closed before a function returns (a
// Document keeps the tree of the entry that was edited last, and closes it in
// Close). Parsing never fails: a broken text gives the entries that could
// still be read, and SyntaxProblems.
package tsast

import "strings"

// Span is a half-open range of bytes.
type Span struct{ Start, End int }

// Shift moves the span by n bytes: entry-relative spans become file spans
// when they are shifted by their entry's offset.
func (s Span) Shift(n int) Span { return Span{s.Start + n, s.End + n} }

// File is one immutable reading of a models.ts.
type File struct {
	// Entries are the elements of the models array that are object literals,
	// in source order.
	Entries []Entry
	// Opaque are elements of the array that are not object literals
	// (spreads, identifiers, calls): kept, reported, never judged.
	Opaque []Opaque
	// Array is the span of the models array literal with its brackets; zero
	// when the file has none.
	Array Span
	// Problems are the syntax errors, in source order.
	Problems []SyntaxProblem
	// Comments are all comments of the file in source order.
	Comments []Comment
	// Style is how this file is written, taken from what is there.
	Style Style

	text *pieces
}

// Entry places one Model in the file. The spans inside Model are relative to
// Offset, so that an unchanged Model is shared between readings (pointer
// equality means: nothing in it changed).
type Entry struct {
	Offset int
	Model  *Model
	// Broken says that a syntax error lies in or beside this entry: its
	// meaning is not to be judged.
	Broken bool
}

// Model is one entry of the array. All spans are relative to the entry.
type Model struct {
	// Span is the object literal, braces included (Start is 0).
	Span        Span
	ID          String
	Name        String
	Description String
	// ModulesSpan is the value of the modules property (zero: absent or not
	// an object literal).
	ModulesSpan Span
	Modules     []*Module
	// OpaqueModules are the properties of the modules object that are no
	// modules: spreads, methods, computed keys and shorthands.
	OpaqueModules []Property
	// Properties are all properties of the entry, known and unknown, in
	// source order and including duplicates.
	Properties []Property
	// Comments are the comments inside the entry.
	Comments []Comment

	votes   styleVotes // what this entry says about the file's style
	isEntry bool       // it has the keys of an entry
}

// Module is one property of an entry's modules object.
type Module struct {
	// Name is the key, unescaped; NameSpan its text including quotes.
	Name     string
	NameSpan Span
	// Span is key and value; ValueSpan the value alone.
	Span, ValueSpan Span
	// Value says what the value is; the fields below are read only from
	// object literals.
	Value       ValueKind
	Count       Number
	Parent      String
	Type        String
	Definitions Strings
	Properties  []Property

	habits habits // what this module says about the file's style
}

// ValueKind says what kind of expression a value is.
type ValueKind int

// The kinds of value that are told apart. Everything that is not a plain
// literal is Opaque: it is kept and reported, never judged or rewritten.
const (
	Absent ValueKind = iota
	StringLiteral
	NumberLiteral
	BoolLiteral
	NullLiteral
	ArrayLiteral
	ObjectLiteral
	OpaqueValue
)

// Property is one property of an object literal as it is written.
type Property struct {
	Key     string
	KeySpan Span
	// Span is key, colon and value; ValueSpan the value alone (without an
	// `as const`, which is read as if it were not there).
	Span, ValueSpan Span
	Value           ValueKind
	// Opaque properties are spreads, methods, shorthands, keys computed from
	// anything but a literal, and a plain __proto__ (which is not a property
	// but sets the prototype).
	Opaque bool
}

// String is a string literal: Kind is Absent, StringLiteral (Value holds
// the unescaped text), or what else stands there.
type String struct {
	Kind  ValueKind
	Value string
	// Span is the literal with its quotes; Property the whole property.
	Span, Property Span
}

// Number is a number literal; Int is valid when IsInt.
type Number struct {
	Kind           ValueKind
	Raw            string
	Int            int64
	IsInt          bool
	Span, Property Span
}

// Strings is an array of string literals (elements of other kinds are kept
// with their Kind).
type Strings struct {
	Kind           ValueKind
	Items          []String
	Span, Property Span
}

// Opaque is something that is kept as it is.
type Opaque struct {
	Span Span
	// What it is, in words: "spread element", "identifier", "call", …
	What string
}

// SyntaxProblem is one ERROR or MISSING place.
type SyntaxProblem struct {
	Span    Span
	Message string
}

// Comment is one comment; Text includes its delimiters.
type Comment struct {
	Span Span
	Text string
	// ToUs says that its words begin with "fib:".
	ToUs bool
}

func newComment(at Span, text string) Comment {
	c := Comment{Span: at, Text: text}
	c.ToUs = c.Begins("fib:")
	return c
}

// Begins reports whether the words of a comment begin with some.
func (c Comment) Begins(words string) bool {
	i := 0
	for i < len(c.Text) && strings.IndexByte("/* \t", c.Text[i]) >= 0 {
		i++
	}
	return strings.HasPrefix(c.Text[i:], words)
}

// Style is how a file is written. Zero counts are replaced by upstream's
// style (two spaces, double quotes, trailing commas, no semicolons, LF).
type Style struct {
	Indent        string // one level
	Quote         byte   // '"' or '\''
	TrailingComma bool
	Semicolons    bool
	EOL           string // "\n" or "\r\n"
	FinalNewline  bool
	// GemmUnderscored: most gemm names are written gemm_n_1_k_2.
	GemmUnderscored bool
}

// TextEdit replaces a span of a text (file-relative) by new text.
type TextEdit struct {
	Span    Span
	NewText string
}
