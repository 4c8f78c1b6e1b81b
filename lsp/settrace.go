package lsp

import (
	"log/slog"

	"go.lsp.dev/protocol"
)

type setTraceParams struct {
	Value protocol.LSPAny `json:"value"`
}

// setTrace makes the log follow the client's trace setting.
func (s *Server) setTrace(p *setTraceParams) error {
	s.setLevel(parseTree(p.Value))
	return nil
}

func (s *Server) setLevel(trace jsonTree) {
	if s.opts.Level == nil {
		return
	}
	switch trace.value {
	case "verbose", "messages":
		s.opts.Level.Set(slog.LevelDebug)
	case "off":
		s.opts.Level.Set(slog.LevelInfo)
	}
}
