package lsp

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// initializeParams is what the server reads of initialize. Fields of an
// unexpected form are ignored: half a client is better served than none.
type initializeParams struct {
	ProcessID             protocol.LSPAny `json:"processId"`
	ClientInfo            protocol.LSPAny `json:"clientInfo"`
	RootPath              protocol.LSPAny `json:"rootPath"`
	RootURI               protocol.LSPAny `json:"rootUri"`
	WorkspaceFolders      protocol.LSPAny `json:"workspaceFolders"`
	Capabilities          protocol.LSPAny `json:"capabilities"`
	InitializationOptions protocol.LSPAny `json:"initializationOptions"`
	Trace                 protocol.LSPAny `json:"trace"`
}

// initialize sets the session up. It works before the call is released, so
// that whatever the client sends next finds the server running.
func initialize(s *Server, params jsonrpc2.RawMessage) (func(context.Context) (any, error), error) {
	if s.state.Load() != created {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the server is initialized already")
	}
	p, err := decode[initializeParams](params)
	if err != nil {
		return nil, err
	}
	s.caps = readCapabilities(p.Capabilities)
	s.caps.besideTypeScript = parseTree(p.InitializationOptions).yes("besideTypeScript")
	s.config.setRoots(p.roots())
	s.config.setInitial(p.InitializationOptions)
	s.setLevel(parseTree(p.Trace))
	info := parseTree(p.ClientInfo)
	if s.stream != nil && isEmacs(info) {
		s.stream.Apart(answerGap)
	}
	s.log.Info("initialize", "client", info.at("name").value, "version", info.at("version").value, "utf8", s.caps.utf8)
	if pid, err := strconv.Atoi(string(p.ProcessID)); err == nil && pid > 0 {
		s.watchParent(pid)
	}
	s.state.Store(running)
	return func(context.Context) (any, error) { return s.initializeResult(), nil }, nil
}

// answerGap is how long an Emacs gets an answer to itself.
const answerGap = 10 * time.Millisecond

// isEmacs reports whether the client is Emacs: older eglots do not say who they
// are, and nobody else in use today is silent.
func isEmacs(clientInfo jsonTree) bool {
	name, _ := clientInfo.at("name").value.(string)
	name = strings.ToLower(name)
	return name == "" || strings.Contains(name, "eglot") || strings.Contains(name, "emacs")
}

// roots are the workspace folders as the client named them, in any of the
// three ways that there have been.
func (p *initializeParams) roots() []uri.URI {
	var roots []uri.URI
	folders, _ := parseTree(p.WorkspaceFolders).value.([]any)
	for _, f := range folders {
		if u, ok := (jsonTree{f}).at("uri").value.(string); ok {
			roots = append(roots, uri.URI(u))
		}
	}
	if len(roots) > 0 {
		return roots
	}
	if u, ok := parseTree(p.RootURI).value.(string); ok && u != "" {
		return []uri.URI{uri.URI(u)}
	}
	if path, ok := parseTree(p.RootPath).value.(string); ok && filepath.IsAbs(path) {
		return []uri.URI{uri.File(path)}
	}
	return nil
}

// commandIDs are the stable commands, in the order of their table.
func commandIDs() []string {
	ids := make([]string, len(commands))
	for i, c := range commands {
		ids[i] = c.id
	}
	return ids
}

// completionTriggers begin a value, or a part of a repository's name. Without
// those of names VS Code filters no further in a comment: after "Qwen3-" a
// digit begins a word that it does not ask about, and the old list stays.
var completionTriggers = []string{`"`, "/", "-", ".", " "}

// initializeResult registers everything statically: dynamic registration
// would be a second code path for the same thing.
func (s *Server) initializeResult() *protocol.InitializeResult {
	sync := protocol.TextDocumentSyncKindIncremental
	encoding := protocol.PositionEncodingKindUTF16
	if s.caps.utf8 {
		encoding = protocol.PositionEncodingKindUTF8
	}
	r := &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "fib-ls", Version: protocol.NewOptional(s.opts.Version)},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: encoding,
			TextDocumentSync: &protocol.TextDocumentSyncOptions{
				OpenClose: new(true), Change: &sync, Save: &protocol.SaveOptions{},
			},
			CompletionProvider:        &protocol.CompletionOptions{TriggerCharacters: completionTriggers},
			HoverProvider:             protocol.Boolean(true),
			DefinitionProvider:        protocol.Boolean(true),
			ReferencesProvider:        protocol.Boolean(true),
			DocumentHighlightProvider: protocol.Boolean(true),
			DocumentSymbolProvider:    protocol.Boolean(true),
			WorkspaceSymbolProvider:   protocol.Boolean(true),
			RenameProvider:            &protocol.RenameOptions{PrepareProvider: new(true)},
			DocumentLinkProvider:      &protocol.DocumentLinkOptions{},
			CodeLensProvider:          &protocol.CodeLensOptions{},
			InlayHintProvider:         protocol.Boolean(true),
			CodeActionProvider: &protocol.CodeActionOptions{CodeActionKinds: []protocol.CodeActionKind{
				protocol.CodeActionKindQuickFix, protocol.CodeActionKindRefactorRewrite, kindFixAll,
			}},
			ExecuteCommandProvider: protocol.ExecuteCommandOptions{Commands: commandIDs()},
			Workspace: &protocol.WorkspaceOptions{WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
				Supported: new(true), ChangeNotifications: protocol.Boolean(true),
			}},
		},
	}
	if s.caps.besideTypeScript {
		r.Capabilities.DocumentSymbolProvider = nil
	}
	if s.caps.pullDiagnostics {
		name := source
		r.Capabilities.DiagnosticProvider = &protocol.DiagnosticOptions{Identifier: &name}
	}
	return r
}

// parentInterval is how often the client's process is looked for.
const parentInterval = 3 * time.Second

// watchParent ends the server when the process that started it is gone; a
// client that was killed does not always close the pipe (a child of its may
// hold it open).
func (s *Server) watchParent(pid int) {
	time.AfterFunc(parentInterval, func() {
		if s.ctx.Err() != nil {
			return
		}
		if s.opts.Alive(pid) {
			s.watchParent(pid)
			return
		}
		s.log.Warn("the client's process is gone", "pid", pid)
		s.exitWith(s.exitCode())
	})
}
