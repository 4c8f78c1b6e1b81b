package pysrc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/python"
)

// Bounds of one file: hostile text ends in an error or an Unsupported node.
const (
	// MaxBytes is the largest source text that Parse takes.
	MaxBytes = 2 << 20
	// maxDepth is how deep syntax may nest before it becomes Unsupported.
	maxDepth = 1000
	// parseMicros bounds the time tree-sitter may take over one text.
	parseMicros = 5_000_000
)

// ErrTooLarge says that a text is larger than MaxBytes.
var ErrTooLarge = errors.New("source text is too large")

// Parse reads one source file. Text with syntax errors gives a tree in which
// the broken parts are Unsupported; an error means that there is no tree at
// all (too large, or the parser's time bound).
func Parse(src []byte) (*Module, error) { return parse(src, false) }

// ParseOutline reads a source file without the bodies of its functions, which
// is several times faster.
func ParseOutline(src []byte) (*Module, error) { return parse(src, true) }

func parse(src []byte, outline bool) (*Module, error) {
	c, root, err := parseRaw(src, outline)
	if err != nil {
		return nil, err
	}
	return &Module{Body: c.block(root)}, nil
}

// ParseExpr reads one expression.
func ParseExpr(text string) (Expr, error) {
	m, err := Parse([]byte("_ = " + text)) // a statement of its own may be a docstring
	if err != nil {
		return nil, err
	}
	if len(m.Body) == 1 {
		if s, ok := m.Body[0].(*AssignStmt); ok && len(s.Targets) == 1 && s.Value != nil {
			return s.Value, nil
		}
	}
	return nil, fmt.Errorf("parsing expression %.60q: not one expression", text)
}

// raw is a tree-sitter node copied out of C, so that the tree can be closed
// and the conversion runs in Go alone.
type raw struct {
	kind, field string
	start, end  int
	kids        []*raw
	deep        bool // children were left out: nested too deeply
}

// converter turns raw nodes into our tree.
type converter struct {
	src   []byte
	lines []int // byte offset of the start of each line
}

// kindNames are the grammar's node names by symbol number.
var kindNames = sync.OnceValue(func() []string {
	lang := python.GetLanguage()
	names := make([]string, lang.SymbolCount())
	for i := range names {
		names[i] = lang.SymbolName(sitter.Symbol(i))
	}
	return names
})

func parseRaw(src []byte, outline bool) (*converter, *raw, error) {
	if len(src) > MaxBytes {
		return nil, nil, fmt.Errorf("parsing %d bytes: %w", len(src), ErrTooLarge)
	}
	// The grammar does not know the byte order mark.
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(python.GetLanguage())
	parser.SetOperationLimit(parseMicros)
	// A cancellable context would poison the parser, hence Background.
	tree, err := parser.ParseCtx(context.Background(), nil, withoutTraps(src))
	if err != nil {
		return nil, nil, fmt.Errorf("parsing Python: %w", err)
	}
	defer tree.Close()
	cursor := sitter.NewTreeCursor(tree.RootNode())
	defer cursor.Close()
	r := &rawReader{cursor: cursor, kinds: kindNames(), outline: outline}
	root := r.read(0)
	c := &converter{src: src, lines: []int{0}}
	for i, b := range src {
		if b == '\n' {
			c.lines = append(c.lines, i+1)
		}
	}
	return c, root, nil
}

// withoutTraps returns the text as the parser gets it: of the same length, and
// without what takes the grammar time that grows with the square of the text.
func withoutTraps(src []byte) []byte { return withoutContinuations(withoutOpenNames(src)) }

// maxCharacterName is longer than any name of a Unicode character.
const maxCharacterName = 100

// withoutOpenNames takes out escapes \N{NAME} that do not end: the grammar
// looks for the end of each of them up to the end of the text.
func withoutOpenNames(src []byte) []byte {
	open, out := []byte(`\N{`), src
	for i := 0; ; i++ {
		next := bytes.Index(src[i:], open)
		if next < 0 {
			return out
		}
		i += next
		name := src[i+len(open) : min(i+len(open)+maxCharacterName, len(src))]
		end := bytes.IndexFunc(name, func(r rune) bool {
			return r != ' ' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if end >= 0 && name[end] == '}' {
			continue
		}
		if &out[0] == &src[0] {
			out = bytes.Clone(src)
		}
		out[i+1] = 'n'
	}
}

// maxContinuations is more lines than anybody continues with nothing in them.
const maxContinuations = 16

// withoutContinuations makes spaces of long runs of lines with only a backslash,
// all of which the grammar looks at again for each of them.
func withoutContinuations(src []byte) []byte {
	run := bytes.Repeat([]byte("\\\n"), maxContinuations)
	out := src
	for i := 0; ; {
		next := bytes.Index(src[i:], run)
		if next < 0 {
			return out
		}
		if &out[0] == &src[0] {
			out = bytes.Clone(src)
		}
		i += next + len("\\\n") // the first may end a comment
		for bytes.HasPrefix(src[i:], run[:2]) {
			out[i], out[i+1] = ' ', ' '
			i += len("\\\n")
		}
	}
}

// rawReader copies a tree out of C by one walk of a cursor.
type rawReader struct {
	cursor  *sitter.TreeCursor
	kinds   []string
	outline bool // leave out the bodies of functions
}

// leafKind reports whether the children of a kind of node say nothing to us.
func leafKind(kind string) bool {
	switch kind {
	case "type", "comment", "dotted_name", "string_content", "type_conversion", "format_specifier", "import_prefix":
		return true
	}
	return false
}

// keepsTokens says for which parents unnamed children (operators, keywords)
// matter.
func keepsTokens(kind string) bool {
	switch kind {
	case "binary_operator", "comparison_operator", "boolean_operator", "unary_operator",
		"augmented_assignment", "function_definition", "slice", "case_pattern", "interpolation":
		return true
	}
	return false
}

func (r *rawReader) read(depth int) *raw {
	n := r.cursor.CurrentNode()
	symbol := int(n.Symbol())
	kind := "ERROR"
	if symbol < len(r.kinds) {
		kind = r.kinds[symbol]
	}
	out := &raw{kind: kind, start: int(n.StartByte()), end: int(n.EndByte())}
	if leafKind(kind) {
		return out
	}
	if depth > maxDepth {
		out.deep = true
		return out
	}
	tokens := keepsTokens(kind)
	if !r.cursor.GoToFirstChild() {
		return out
	}
	for {
		child := r.cursor.CurrentNode()
		if (tokens || child.IsNamed()) && !child.IsMissing() {
			field := r.cursor.CurrentFieldName()
			if r.outline && field == "body" && kind == "function_definition" {
				break
			}
			k := r.read(depth + 1)
			k.field = field
			if k.kind != "comment" && k.kind != "line_continuation" {
				out.kids = append(out.kids, k)
			}
		}
		if !r.cursor.GoToNextSibling() {
			break
		}
	}
	r.cursor.GoToParent()
	return out
}

// line returns the line number, from 1, of a byte offset.
func (c *converter) line(offset int) int {
	at, starts := slices.BinarySearch(c.lines, offset)
	if starts {
		return at + 1
	}
	return at
}

func (c *converter) span(n *raw) Span {
	end := n.end
	for end > n.start && (c.src[end-1] == '\n' || c.src[end-1] == '\r') {
		end--
	}
	return Span{c.line(n.start), c.line(max(n.start, end-1))}
}

func (c *converter) text(n *raw) string {
	if n == nil {
		return ""
	}
	return string(c.src[n.start:n.end])
}

// excerpt is the text of an unsupported node, shortened.
func (c *converter) excerpt(n *raw) string {
	const limit = 120
	t := c.text(n)
	if len(t) > limit {
		t = t[:limit] + "…"
	}
	return t
}

// child returns the first child with a field name; nil when there is none.
func (n *raw) child(field string) *raw {
	return n.find(func(k *raw) bool { return k.field == field })
}

// first returns the first child of a kind; nil when there is none.
func (n *raw) first(kind string) *raw {
	return n.find(func(k *raw) bool { return k.kind == kind })
}

func (n *raw) find(is func(*raw) bool) *raw {
	if i := slices.IndexFunc(n.kids, is); i >= 0 {
		return n.kids[i]
	}
	return nil
}
