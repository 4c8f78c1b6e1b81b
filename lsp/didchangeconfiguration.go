package lsp

import (
	"go.lsp.dev/protocol"
)

// didChangeConfigurationParams: some clients send the settings, some only the
// news that they changed.
type didChangeConfigurationParams struct {
	Settings protocol.LSPAny `json:"settings"`
}

// didChangeConfiguration takes new settings over at once.
func (s *Server) didChangeConfiguration(p *didChangeConfigurationParams) error {
	if s.caps.configuration {
		s.goBackground(s.pullConfiguration)
		return nil
	}
	s.config.set(p.Settings, nil)
	s.goBackground(s.worldChanged)
	return nil
}
