package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/tsast"
)

// inlayHint shows how many of a module there are in each of its parent, and
// how much of its Definitions the dataset has. It is off unless the settings
// ask for it.
func (s *Server) inlayHint(_ context.Context, snap *Snapshot, p *protocol.InlayHintParams) ([]protocol.InlayHint, error) {
	out := []protocol.InlayHint{}
	if !s.config.forPath(snap.Path).InlayHints {
		return out, nil
	}
	within := snap.SpanFromRange(p.Range)
	dataset := s.dataset(snap.Path)
	hint := func(e tsast.Entry, at tsast.Span, label string) {
		pad := true
		out = append(out, protocol.InlayHint{
			Position: snap.PositionFromOffset(span(e, at).End), Label: protocol.String(label), PaddingLeft: &pad,
		})
	}
	for _, e := range snap.File.Entries {
		whole := span(e, e.Model.Span)
		if whole.End < within.Start || whole.Start > within.End {
			continue
		}
		counts := map[string]int64{}
		for _, m := range e.Model.Modules {
			if m.Count.IsInt {
				counts[m.Name] = m.Count.Int
			}
		}
		for _, m := range e.Model.Modules {
			at := span(e, m.Span)
			if at.End < within.Start || at.Start > within.End {
				continue
			}
			if parent := counts[m.Parent.Value]; parent > 1 && m.Count.IsInt && m.Count.Int%parent == 0 {
				hint(e, m.Count.Span, fmt.Sprintf("= %d × %s", m.Count.Int/parent, m.Parent.Value))
			}
			if n := len(m.Definitions.Items); n > 0 && dataset != nil {
				have := 0
				for _, d := range m.Definitions.Items {
					if ok, _ := dataset.Has(d.Value); ok {
						have++
					}
				}
				hint(e, m.Definitions.Span, fmt.Sprintf("%d/%d in the dataset", have, n))
			}
		}
	}
	return out, nil
}
