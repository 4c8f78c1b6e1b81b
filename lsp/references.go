package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/tsast"
)

// use is one place where a thing is named.
type use struct {
	span        tsast.Span // of the literal or key
	declaration bool
}

// usesOf are all places in a file that name the thing at a spot: a module by
// its key and its children's parents, a Definition wherever it is listed, a
// model by its id.
func usesOf(f *tsast.File, at spot) []use {
	var out []use
	switch at.place {
	case onModuleName, onParent:
		for _, m := range at.entry.Model.Modules {
			if m.Name == at.value {
				out = append(out, use{span(at.entry, m.NameSpan), true})
			}
			if m.Parent.Kind == tsast.StringLiteral && m.Parent.Value == at.value {
				out = append(out, use{span(at.entry, m.Parent.Span), false})
			}
		}
	case onDefinition:
		for _, e := range f.Entries {
			for _, m := range e.Model.Modules {
				for _, d := range m.Definitions.Items {
					if d.Kind == tsast.StringLiteral && d.Value == at.value {
						out = append(out, use{span(e, d.Span), false})
					}
				}
			}
		}
	case onModelID:
		out = append(out, use{at.span, true})
	case nowhere, onCount, onComment:
	}
	return out
}

// references lists the uses of a module, a Definition or a model. Definitions
// are looked for in all open models files.
func (s *Server) references(_ context.Context, snap *Snapshot, p *protocol.ReferenceParams) ([]protocol.Location, error) {
	at := spotAt(snap.File, snap.OffsetFromPosition(p.Position))
	out := []protocol.Location{}
	// On a key TypeScript's server names the key itself, and no parent.
	keyIsNamed := s.caps.besideTypeScript && at.place == onModuleName
	add := func(in *Snapshot) {
		for _, u := range usesOf(in.File, at) {
			if !u.declaration || p.Context.IncludeDeclaration && !keyIsNamed {
				out = append(out, in.location(u.span))
			}
		}
	}
	add(snap)
	if at.place == onDefinition {
		for _, other := range s.docs.all() {
			if other.key != snap.key {
				add(other)
			}
		}
	}
	return out, nil
}
