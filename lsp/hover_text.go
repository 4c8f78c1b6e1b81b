package lsp

import (
	"fmt"
	"strings"

	"go.lsp.dev/protocol"
)

// hoverText is a text for people: markdown, or plain where the client shows none.
// What comes from the file goes in through code and text, which keep it from
// being markup: a description is somebody else's, and hovers may hold links
// and images.
type hoverText struct {
	strings.Builder
	markdown bool
}

// printf appends; a Builder's Write never fails.
func (p *hoverText) printf(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) }

// code is inline code.
func (p *hoverText) code(s string) string {
	s = strings.NewReplacer("\n", " ", "\r", " ").Replace(s)
	if !p.markdown {
		return s
	}
	return "`" + strings.ReplaceAll(s, "`", "'") + "`"
}

// strong stresses a text of ours.
func (p *hoverText) strong(s string) string {
	if !p.markdown {
		return s
	}
	return "**" + s + "**"
}

// text is any other text.
func (p *hoverText) text(s string) string {
	s = strings.NewReplacer("\n", " ", "\r", " ").Replace(s)
	if !p.markdown {
		return s
	}
	return strings.NewReplacer(
		"\\", "\\\\", "`", "'", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", "!", "\\!", "#", "\\#",
	).Replace(s)
}

// content is the whole of it.
func (p *hoverText) content() *protocol.MarkupContent {
	kind := protocol.MarkupKindPlainText
	if p.markdown {
		kind = protocol.MarkupKindMarkdown
	}
	return &protocol.MarkupContent{Kind: kind, Value: strings.TrimSpace(p.String())}
}
