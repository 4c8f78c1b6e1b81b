package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// initialized asks the client for its settings and for news of files. Both
// are calls and run in the background: a call from here would wait for a
// reader that is waiting for us.
func (s *Server) initialized(*none) error {
	s.goBackground(func(ctx context.Context) {
		s.pullConfiguration(ctx)
		s.register(ctx) // the settings say what is to be watched
	})
	return nil
}

// register asks for what cannot be asked for statically.
func (s *Server) register(ctx context.Context) {
	var wanted []protocol.Registration
	if s.caps.watchRegister {
		if raw, err := protocol.Marshal(s.watchers()); err == nil {
			wanted = append(wanted, protocol.Registration{
				ID: "fib-ls/watch", Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: raw,
			})
		}
	}
	if s.caps.configRegister {
		raw, err := protocol.Marshal(&protocol.DidChangeConfigurationRegistrationOptions{
			Section: protocol.String(section),
		})
		if err == nil {
			wanted = append(wanted, protocol.Registration{
				ID: "fib-ls/configuration", Method: protocol.MethodWorkspaceDidChangeConfiguration, RegisterOptions: raw,
			})
		}
	}
	if len(wanted) == 0 {
		return
	}
	if err := s.client.RegisterCapability(ctx, &protocol.RegistrationParams{Registrations: wanted}); err != nil {
		s.log.Debug("registering", "error", err)
	}
}

// pullConfiguration asks for the settings of the session and of each folder.
func (s *Server) pullConfiguration(ctx context.Context) {
	if !s.caps.configuration {
		return
	}
	name := section
	items := []protocol.ConfigurationItem{{Section: &name}}
	folders := s.config.folders()
	for i := range folders {
		items = append(items, protocol.ConfigurationItem{Section: &name, ScopeURI: &folders[i].uri})
	}
	values, err := s.client.Configuration(ctx, &protocol.ConfigurationParams{Items: items})
	if err != nil || len(values) == 0 {
		s.log.Debug("asking for the configuration", "error", err)
		return
	}
	perRoot := make(map[uri.URI][]byte)
	for i, v := range values[1:] {
		if i < len(folders) {
			perRoot[folders[i].uri] = v
		}
	}
	s.config.set(values[0], perRoot)
	s.worldChanged(ctx)
}

// worldChanged makes everything that was computed with older settings, or
// about older files, be computed again.
func (s *Server) worldChanged(context.Context) {
	s.config.bump()
	for _, doc := range s.docs.list() {
		s.reclassify(doc)
	}
	s.publisher.refresh()
	// The client may take its time with its answers.
	s.goBackground(s.askForRefresh)
}

// askForRefresh has the client ask again for what it only gets when it asks.
func (s *Server) askForRefresh(ctx context.Context) {
	for _, refresh := range []struct {
		supported bool
		call      func(context.Context) error
	}{
		{s.caps.pullDiagnostics && s.caps.refreshPull, s.client.DiagnosticRefresh},
		{s.caps.refreshLens, s.client.CodeLensRefresh},
		{s.caps.refreshHints, s.client.InlayHintRefresh},
	} {
		if !refresh.supported {
			continue
		}
		if err := refresh.call(ctx); err != nil {
			s.log.Debug("asking for a refresh", "error", err)
		}
	}
}

// reclassify follows a change of what models files are called.
func (s *Server) reclassify(doc *document) {
	doc.mu.Lock()
	defer doc.mu.Unlock()
	if doc.closed {
		return
	}
	was := doc.tree != nil
	doc.reclassify()
	switch is := doc.tree != nil; {
	case is && !was:
		s.publisher.opened(doc)
	case was && !is:
		s.publisher.closed(doc)
	}
}
