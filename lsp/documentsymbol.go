package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/tsast"
)

// maxDepth bounds how deep the outline nests; what lies deeper is shown at
// that level.
const maxDepth = 64

// documentSymbol outlines the file as models and their module trees.
func (s *Server) documentSymbol(ctx context.Context, snap *Snapshot, _ *protocol.DocumentSymbolParams) (protocol.DocumentSymbolResult, error) {
	if !s.caps.hierarchy {
		return flatSymbols(snap), nil
	}
	out := make(protocol.DocumentSymbolSlice, 0, len(snap.File.Entries))
	for _, e := range snap.File.Entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = append(out, modelSymbol(snap, e))
	}
	return out, nil
}

func modelSymbol(snap *Snapshot, e tsast.Entry) protocol.DocumentSymbol {
	m := e.Model
	o := &outline{snap: snap, entry: e, children: map[string][]*tsast.Module{}, shown: map[*tsast.Module]bool{}}
	names := map[string]bool{}
	for _, module := range m.Modules {
		names[module.Name] = true
	}
	var roots []*tsast.Module
	for _, module := range m.Modules {
		if module.Parent.Kind == tsast.StringLiteral && names[module.Parent.Value] {
			o.children[module.Parent.Value] = append(o.children[module.Parent.Value], module)
		} else {
			roots = append(roots, module)
		}
	}
	children := o.symbols(roots, 0)
	// What hangs in a cycle has no root; it is shown all the same.
	for _, module := range m.Modules {
		if !o.shown[module] {
			children = append(children, o.symbols([]*tsast.Module{module}, 0)...)
		}
	}
	whole := span(e, m.Span)
	selection := whole
	if m.ID.Kind == tsast.StringLiteral {
		selection = span(e, m.ID.Span)
	}
	detail := m.Name.Value
	return protocol.DocumentSymbol{
		Name: symbolName(m.ID.Value, "(no id)"), Detail: &detail, Kind: protocol.SymbolKindClass,
		Range: snap.RangeFromSpan(whole), SelectionRange: snap.RangeFromSpan(selection), Children: children,
	}
}

// outline builds the tree of one entry.
type outline struct {
	snap     *Snapshot
	entry    tsast.Entry
	children map[string][]*tsast.Module
	shown    map[*tsast.Module]bool
}

func (o *outline) symbols(modules []*tsast.Module, depth int) []protocol.DocumentSymbol {
	var out []protocol.DocumentSymbol
	for _, m := range modules {
		if o.shown[m] {
			continue
		}
		o.shown[m] = true
		kind := protocol.SymbolKindField
		if m.Type.Value == "block" {
			kind = protocol.SymbolKindModule
		}
		detail := moduleDetail(m)
		symbol := protocol.DocumentSymbol{
			Name: symbolName(m.Name, "(no name)"), Detail: &detail, Kind: kind,
			Range:          o.snap.RangeFromSpan(span(o.entry, m.Span)),
			SelectionRange: o.snap.RangeFromSpan(span(o.entry, m.NameSpan)),
		}
		below := o.children[m.Name]
		if depth < maxDepth {
			symbol.Children = o.symbols(below, depth+1)
			out = append(out, symbol)
			continue
		}
		out = append(out, symbol)
		out = append(out, o.symbols(below, depth)...)
	}
	return out
}

func moduleDetail(m *tsast.Module) string {
	var parts []string
	if m.Count.IsInt {
		parts = append(parts, fmt.Sprintf("×%d", m.Count.Int))
	}
	if n := len(m.Definitions.Items); n > 0 {
		parts = append(parts, fmt.Sprintf("%d Definitions", n))
	}
	return strings.Join(parts, ", ")
}

// symbolName returns a name that the protocol takes, which is not blank.
func symbolName(name, otherwise string) string {
	if strings.TrimSpace(name) == "" {
		return otherwise
	}
	return name
}

// flatSymbols is the older form, a list.
func flatSymbols(snap *Snapshot) protocol.SymbolInformationSlice {
	out := protocol.SymbolInformationSlice{}
	for _, e := range snap.File.Entries {
		out = append(out, symbolInformation(snap, e, nil))
		for _, m := range e.Model.Modules {
			out = append(out, symbolInformation(snap, e, m))
		}
	}
	return out
}

// symbolInformation describes a model, or one of its modules.
func symbolInformation(snap *Snapshot, e tsast.Entry, m *tsast.Module) protocol.SymbolInformation {
	id := symbolName(e.Model.ID.Value, "(no id)")
	info := protocol.SymbolInformation{Location: snap.location(span(e, e.Model.Span))}
	info.Name, info.Kind = id, protocol.SymbolKindClass
	if m != nil {
		info.Name, info.Kind, info.ContainerName = symbolName(m.Name, "(no name)"), protocol.SymbolKindField, &id
		if m.Type.Value == "block" {
			info.Kind = protocol.SymbolKindModule
		}
		info.Location = snap.location(span(e, m.NameSpan))
	}
	return info
}
