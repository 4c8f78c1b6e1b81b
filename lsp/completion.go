package lsp

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/tsast"
)

// maxItems bounds a completion list; a longer one is marked incomplete and
// asked for again as the user types.
const maxItems = 200

// completion offers what TypeScript cannot know: parents, Definition names,
// types, skeletons, repositories. It answers null everywhere else.
func (s *Server) completion(ctx context.Context, snap *Snapshot, p *protocol.CompletionParams) (protocol.CompletionResult, error) {
	if !s.config.forPath(snap.Path).Completion {
		return nil, nil
	}
	offset := snap.OffsetFromPosition(p.Position)
	c := &completer{s: s, snap: snap, at: offset}
	switch where, key := cursorAt(snap.bytes(), offset); where {
	case inComment:
		c.marker(ctx)
	case inString:
		c.inString(key)
	case inCode:
		c.skeleton()
	}
	if c.items == nil {
		return nil, nil
	}
	return &protocol.CompletionList{IsIncomplete: c.more, Items: c.items}, nil
}

// completer collects the answer.
type completer struct {
	s     *Server
	snap  *Snapshot
	at    int
	items []protocol.CompletionItem
	more  bool
}

// add offers a text that replaces a span of the cursor's line.
func (c *completer) add(label string, kind protocol.CompletionItemKind, at tsast.Span, detail, doc string) {
	if len(c.items) >= maxItems {
		c.more = true
		return
	}
	item := protocol.CompletionItem{
		Label: label, Kind: kind, FilterText: protocol.NewOptional(label),
		SortText: protocol.NewOptional(fmt.Sprintf("%04d", len(c.items))),
		TextEdit: &protocol.TextEdit{Range: c.snap.RangeFromSpan(at), NewText: label},
	}
	if detail != "" {
		item.Detail = protocol.NewOptional(detail)
	}
	if doc != "" {
		kind := protocol.MarkupKindPlainText
		if c.s.caps.markdown {
			kind = protocol.MarkupKindMarkdown
		}
		item.Documentation = &protocol.MarkupContent{Kind: kind, Value: doc}
	}
	c.items = append(c.items, item)
}

// inString completes a value by the key that it belongs to.
func (c *completer) inString(key string) {
	word := wordAround(c.snap.bytes(), c.at, isNameByte)
	switch key {
	case "parent":
		c.parents(word)
	case "definitions":
		c.definitions(word)
	case "type":
		c.add("block", protocol.CompletionItemKindEnumMember, word, "contains other modules", "")
		c.add("layer", protocol.CompletionItemKindEnumMember, word, "runs kernels", "")
	}
}

// entry is the entry that the cursor is in, or that a broken text last had
// there.
func (c *completer) entry() (tsast.Entry, bool) {
	if i, ok := entryAt(c.snap.File, c.at); ok {
		return c.snap.File.Entries[i], true
	}
	for i := len(c.snap.File.Entries) - 1; i >= 0; i-- {
		if e := c.snap.File.Entries[i]; e.Offset <= c.at {
			return e, true
		}
	}
	if good := c.snap.LastGood; good != nil {
		for i := len(good.Entries) - 1; i >= 0; i-- {
			if good.Entries[i].Offset <= c.at {
				return good.Entries[i], true
			}
		}
	}
	return tsast.Entry{}, false
}

// parents offers the entry's modules, the nearest above first.
func (c *completer) parents(word tsast.Span) {
	e, ok := c.entry()
	if !ok {
		return
	}
	var self string
	modules := slices.Clone(e.Model.Modules)
	for _, m := range modules {
		if touches(span(e, m.Span), c.at) {
			self = m.Name
		}
	}
	distance := func(m *tsast.Module) int {
		d := c.at - span(e, m.Span).Start
		if d < 0 {
			return 1<<40 - d
		}
		return d
	}
	slices.SortStableFunc(modules, func(a, b *tsast.Module) int { return distance(a) - distance(b) })
	// A block is what a parent mostly is.
	slices.SortStableFunc(modules, func(a, b *tsast.Module) int { return rank(a) - rank(b) })
	for _, m := range modules {
		if m.Name != self {
			c.add(m.Name, protocol.CompletionItemKindModule, word, strings.Join(pathTo(e.Model, m), " › "), "")
		}
	}
}

func rank(m *tsast.Module) int {
	if m.Type.Value == "block" {
		return 0
	}
	return 1
}

// matchRank ranks a name by what was typed: 0 begins so, 1 contains it.
func matchRank(name, typed string) int {
	switch {
	case strings.HasPrefix(name, typed):
		return 0
	case strings.Contains(name, typed):
		return 1
	}
	return 2
}

// patternField is a placeholder of a family's pattern.
var patternField = regexp.MustCompile(`\{(\w+)\}`)

// patterns offers each family of the grammar with its numbers to fill in.
func (c *completer) patterns(word tsast.Span) {
	if !c.s.caps.snippets {
		return
	}
	for _, f := range definition.Families() {
		n := 0
		snippet := patternField.ReplaceAllStringFunc(f.Pattern(), func(field string) string {
			n++
			return fmt.Sprintf("${%d:%s}", n, strings.Trim(field, "{}"))
		})
		c.snippet(f.Pattern(), snippet, word, f.OpType, f.Doc)
	}
}

func (c *completer) snippet(label, text string, at tsast.Span, detail, doc string) {
	before := len(c.items)
	c.add(label, protocol.CompletionItemKindSnippet, at, detail, doc)
	if len(c.items) > before {
		item := &c.items[before]
		item.InsertTextFormat = protocol.InsertTextFormatSnippet
		item.TextEdit = &protocol.TextEdit{Range: c.snap.RangeFromSpan(at), NewText: text}
	}
}

// skeleton offers a module inside a modules object, and an entry inside the
// array.
func (c *completer) skeleton() {
	if !c.s.caps.snippets {
		return
	}
	word := wordAround(c.snap.bytes(), c.at, isIdentifierByte)
	f := c.snap.File
	i, ok := entryAt(f, c.at)
	if !ok {
		if f.Array.Start < c.at && c.at < f.Array.End {
			c.snippet("model", "{\n\tid: \"${1:id}\",\n\tname: \"${2:Name}\",\n\tdescription: \"${3}\",\n\tmodules: {\n\t\t${4:ForCausalLM}: {\n\t\t\tcount: 1,\n\t\t\ttype: \"block\",\n\t\t},$0\n\t},\n},", word, "a new model", "")
		}
		return
	}
	e := f.Entries[i]
	if !insideBrackets(span(e, e.Model.ModulesSpan), c.at) {
		return
	}
	for _, m := range e.Model.Modules {
		if m.Value == tsast.ObjectLiteral && insideBrackets(span(e, m.ValueSpan), c.at) {
			return
		}
	}
	c.snippet("layer", "${1:name}: {\n\tcount: ${2:1},\n\tparent: \"${3}\",\n\ttype: \"layer\",\n\tdefinitions: [${4}],\n},$0", word, "a new layer", "")
	c.snippet("block", "${1:Name}: {\n\tcount: ${2:1},\n\tparent: \"${3}\",\n\ttype: \"block\",\n\tdefinitions: [],\n},$0", word, "a new block", "")
}

// insideBrackets reports whether a byte lies between the brackets of a literal.
func insideBrackets(s tsast.Span, at int) bool { return s.Start < at && at < s.End }
