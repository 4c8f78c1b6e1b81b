package lsp

import (
	"context"
	"regexp"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/tsast"
)

// maxLinks bounds the answer for a file with very many Definitions.
const maxLinks = 20_000

// sglangFile is a file of SGLang's tree in a comment, with the line and the
// commit when they are named: "python/sglang/srt/models/qwen3.py:12 at 30cb848d".
var sglangFile = regexp.MustCompile(`(python/sglang/[\w./-]+\.py)(?::(\d+)(?:-\d+)?)?(?:\s*(?:at|@)\s*([0-9a-f]{7,40}))?`)

// documentLink links repositories in comments to the Hub, files of SGLang to
// their source, and Definition names to their JSON in the dataset.
func (s *Server) documentLink(ctx context.Context, snap *Snapshot, _ *protocol.DocumentLinkParams) ([]protocol.DocumentLink, error) {
	out := []protocol.DocumentLink{}
	if !s.config.forPath(snap.Path).Links {
		return out, nil
	}
	add := func(at tsast.Span, target uri.URI, tooltip string) {
		if len(out) < maxLinks {
			out = append(out, protocol.DocumentLink{Range: snap.RangeFromSpan(at), Target: &target, Tooltip: &tooltip})
		}
	}
	for _, c := range snap.File.Comments {
		for _, m := range mentions(c.Text) {
			add(m.span.Shift(c.Span.Start), uri.URI("https://huggingface.co/"+m.repo), "Open "+m.repo+" on HuggingFace")
		}
		for _, at := range sglangFile.FindAllStringSubmatchIndex(c.Text, -1) {
			part := func(i int) string {
				if at[2*i] < 0 {
					return ""
				}
				return c.Text[at[2*i]:at[2*i+1]]
			}
			target := "https://github.com/sgl-project/sglang/blob/" + orDefault(part(3), "main") + "/" + part(1)
			if part(2) != "" {
				target += "#L" + part(2)
			}
			add(tsast.Span{Start: at[0], End: at[1]}.Shift(c.Span.Start), uri.URI(target), "Open in SGLang's source")
		}
	}
	dataset := s.dataset(snap.Path)
	if dataset == nil {
		return out, nil
	}
	for _, e := range snap.File.Entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, m := range e.Model.Modules {
			for _, d := range m.Definitions.Items {
				if d.Kind != tsast.StringLiteral {
					continue
				}
				if path := dataset.Path(d.Value); path != "" {
					add(inside(snap.bytes(), span(e, d.Span)), uri.File(path), "Open the Definition")
				}
			}
		}
	}
	return out, nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
