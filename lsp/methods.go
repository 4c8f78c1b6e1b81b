package lsp

import (
	"context"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// method is one row of the table: a call or a notification.
type method struct {
	// call decodes and takes what it needs of the state, in wire order; what
	// it gives runs concurrently.
	call func(s *Server, params jsonrpc2.RawMessage) (run func(context.Context) (any, error), err error)
	// notify runs in wire order and must not wait for the client.
	notify func(s *Server, params jsonrpc2.RawMessage) error
	// anytime: allowed outside the time between initialize and shutdown.
	anytime bool
	// unlimited: takes no slot, because it may wait for the client.
	unlimited bool
}

// methods is the one table of what the server understands.
var methods = map[string]method{
	protocol.MethodInitialize:    {call: initialize, anytime: true},
	protocol.MethodInitialized:   notification((*Server).initialized),
	protocol.MethodShutdown:      {call: shutdown},
	protocol.MethodExit:          {notify: exit, anytime: true},
	protocol.MethodSetTrace:      notification((*Server).setTrace),
	protocol.MethodCancelRequest: anytime(notification(cancelRequest)),

	protocol.MethodTextDocumentDidOpen:   notification((*Server).didOpen),
	protocol.MethodTextDocumentDidChange: notification((*Server).didChange),
	protocol.MethodTextDocumentDidSave:   notification((*Server).didSave),
	protocol.MethodTextDocumentDidClose:  notification((*Server).didClose),
	protocol.MethodTextDocumentWillSave:  notification(ignored),

	protocol.MethodTextDocumentDiagnostic:        onSnapshot((*Server).diagnostic),
	protocol.MethodTextDocumentCodeAction:        onSnapshot((*Server).codeAction),
	protocol.MethodTextDocumentCompletion:        onSnapshot((*Server).completion),
	protocol.MethodTextDocumentHover:             onSnapshot((*Server).hover),
	protocol.MethodTextDocumentDefinition:        onSnapshot((*Server).definition),
	protocol.MethodTextDocumentReferences:        onSnapshot((*Server).references),
	protocol.MethodTextDocumentRename:            onSnapshot((*Server).rename),
	protocol.MethodTextDocumentPrepareRename:     onSnapshot((*Server).prepareRename),
	protocol.MethodTextDocumentDocumentHighlight: onSnapshot((*Server).documentHighlight),
	protocol.MethodTextDocumentDocumentSymbol:    onSnapshot((*Server).documentSymbol),
	protocol.MethodTextDocumentDocumentLink:      onSnapshot((*Server).documentLink),
	protocol.MethodTextDocumentCodeLens:          onSnapshot((*Server).codeLens),
	protocol.MethodTextDocumentInlayHint:         onSnapshot((*Server).inlayHint),
	protocol.MethodWorkspaceSymbol:               request((*Server).workspaceSymbol),
	methodModules:                                onSnapshot((*Server).modules),
	methodRefusal:                                request((*Server).refusal),

	protocol.MethodWorkspaceExecuteCommand:            {call: executeCommand, unlimited: true},
	protocol.MethodWorkspaceDidChangeConfiguration:    notification((*Server).didChangeConfiguration),
	protocol.MethodWorkspaceDidChangeWatchedFiles:     notification((*Server).didChangeWatchedFiles),
	protocol.MethodWorkspaceDidChangeWorkspaceFolders: notification((*Server).didChangeWorkspaceFolders),
	protocol.MethodWindowWorkDoneProgressCancel:       notification((*Server).workDoneProgressCancel),
	protocol.MethodProgress:                           notification(ignored),
}

// none stands for params that are absent or of no interest.
type none struct{}

func ignored(*Server, *none) error { return nil }

// decode reads params; what cannot be read is the caller's mistake.
func decode[P any](params jsonrpc2.RawMessage) (*P, error) {
	p := new(P)
	if _, ok := any(p).(*none); ok {
		return p, nil
	}
	if len(params) == 0 {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "missing params")
	}
	if err := protocol.Unmarshal(params, p); err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "invalid params: %v", err)
	}
	return p, nil
}

func notification[P any](handler func(*Server, *P) error) method {
	return method{notify: func(s *Server, params jsonrpc2.RawMessage) error {
		p, err := decode[P](params)
		if err != nil {
			return err
		}
		return handler(s, p)
	}}
}

func anytime(m method) method {
	m.anytime = true
	return m
}

func request[P, R any](handler func(*Server, context.Context, *P) (R, error)) method {
	return method{call: func(s *Server, params jsonrpc2.RawMessage) (func(context.Context) (any, error), error) {
		p, err := decode[P](params)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (any, error) { return handler(s, ctx, p) }, nil
	}}
}

// documentParams is what all params about a document have in common.
type documentParams struct {
	TextDocument struct {
		URI uri.URI `json:"uri"`
	} `json:"textDocument"`
}

// onSnapshot is a call about a document, answered from the snapshot that is
// the newest when the call is read. A document that is not open, is not a models
// file or is out of step gets the empty answer at once.
func onSnapshot[P, R any](handler func(*Server, context.Context, *Snapshot, *P) (R, error)) method {
	return method{call: func(s *Server, params jsonrpc2.RawMessage) (func(context.Context) (any, error), error) {
		p, err := decode[P](params)
		if err != nil {
			return nil, err
		}
		doc, err := decode[documentParams](params)
		if err != nil {
			return nil, err
		}
		snap := s.docs.newest(normalise(doc.TextDocument.URI))
		return func(ctx context.Context) (any, error) {
			if snap == nil {
				return emptyAnswer[R](), nil
			}
			return handler(s, ctx, snap, p)
		}, nil
	}}
}

// emptyAnswer is null, an empty list, or an empty diagnostic report.
func emptyAnswer[R any]() any {
	var r R
	if _, ok := any(&r).(*protocol.DocumentDiagnosticReport); ok {
		return fullReport(nil, "")
	}
	return r
}
