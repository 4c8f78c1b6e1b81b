package lsp

import (
	"encoding/json"
	"slices"

	"go.lsp.dev/protocol"
)

// capabilities is what the client can do, read leniently: a field of an
// unexpected type counts as absent, since a client that has one thing wrong
// must still get a server.
type capabilities struct {
	utf8 bool

	applyEdit        bool
	documentChanges  bool
	configuration    bool
	configRegister   bool
	watchRegister    bool
	watchRelative    bool
	progress         bool
	showDocument     bool
	pullDiagnostics  bool
	refreshPull      bool
	refreshLens      bool
	refreshHints     bool
	related          bool
	codeDescription  bool
	diagnosticTags   bool
	actionLiterals   bool
	actionDisabled   bool
	actionPreferred  bool
	snippets         bool
	hierarchy        bool
	markdown         bool
	messageQuestions bool
	createFile       bool
	// changeAnnotations: shows an edit and asks the user about it.
	changeAnnotations bool
	// besideTypeScript: the client has TypeScript's own server beside ours, and
	// would show the outline and the references of keys twice.
	besideTypeScript bool
	input            bool // has our extension's input box
	jobs             bool // wants methodJobDone
	verified         bool // wants methodVerified
}

// jsonTree is any JSON value, for lookups by path.
type jsonTree struct{ value any }

func parseTree(raw []byte) jsonTree {
	var t jsonTree
	if err := json.Unmarshal(raw, &t.value); err != nil {
		return jsonTree{}
	}
	return t
}

func (t jsonTree) at(path ...string) jsonTree {
	for _, key := range path {
		object, ok := t.value.(map[string]any)
		if !ok {
			return jsonTree{}
		}
		t = jsonTree{object[key]}
	}
	return t
}

func (t jsonTree) yes(path ...string) bool {
	b, _ := t.at(path...).value.(bool)
	return b
}

func (t jsonTree) has(path ...string) bool { return t.at(path...).value != nil }

func (t jsonTree) strings(path ...string) []string {
	list, _ := t.at(path...).value.([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// readCapabilities picks what the server acts on.
func readCapabilities(raw []byte) capabilities {
	t := parseTree(raw)
	workspace, text, window := t.at("workspace"), t.at("textDocument"), t.at("window")
	push, action := text.at("publishDiagnostics"), text.at("codeAction")
	c := capabilities{
		utf8: slices.Contains(t.strings("general", "positionEncodings"), string(protocol.PositionEncodingKindUTF8)),

		applyEdit:         workspace.yes("applyEdit"),
		documentChanges:   workspace.yes("workspaceEdit", "documentChanges"),
		configuration:     workspace.yes("configuration"),
		configRegister:    workspace.yes("didChangeConfiguration", "dynamicRegistration"),
		watchRegister:     workspace.yes("didChangeWatchedFiles", "dynamicRegistration"),
		watchRelative:     workspace.yes("didChangeWatchedFiles", "relativePatternSupport"),
		refreshPull:       workspace.yes("diagnostics", "refreshSupport"),
		refreshLens:       workspace.yes("codeLens", "refreshSupport"),
		refreshHints:      workspace.yes("inlayHint", "refreshSupport"),
		progress:          window.yes("workDoneProgress"),
		showDocument:      window.yes("showDocument", "support"),
		messageQuestions:  window.has("showMessage") || !t.has("window"),
		createFile:        slices.Contains(workspace.strings("workspaceEdit", "resourceOperations"), "create"),
		changeAnnotations: workspace.has("workspaceEdit", "changeAnnotationSupport"),
		input:             t.yes("experimental", "fibLs", "input"),
		jobs:              t.yes("experimental", "fibLs", "jobs"),
		verified:          t.yes("experimental", "fibLs", "verified"),
		pullDiagnostics:   text.has("diagnostic"),
		related:           push.yes("relatedInformation"),
		codeDescription:   push.yes("codeDescriptionSupport"),
		diagnosticTags:    push.has("tagSupport"),
		actionLiterals:    action.has("codeActionLiteralSupport"),
		actionDisabled:    action.yes("disabledSupport"),
		actionPreferred:   action.yes("isPreferredSupport"),
		snippets:          text.yes("completion", "completionItem", "snippetSupport"),
		hierarchy:         text.yes("documentSymbol", "hierarchicalDocumentSymbolSupport"),
		markdown:          slices.Contains(text.strings("hover", "contentFormat"), "markdown"),
	}
	if c.pullDiagnostics {
		pull := text.at("diagnostic")
		c.related = c.related || pull.yes("relatedInformation") || pull.yes("relatedDocumentSupport")
		c.codeDescription = c.codeDescription || pull.yes("codeDescriptionSupport")
		c.diagnosticTags = c.diagnosticTags || pull.has("tagSupport")
	}
	return c
}
