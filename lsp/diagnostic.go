package lsp

import (
	"context"
	"hash/fnv"
	"strconv"

	"go.lsp.dev/protocol"
)

// diagnostic answers textDocument/diagnostic: the client asks instead of
// being told. The same findings come with the same result id.
func (s *Server) diagnostic(_ context.Context, snap *Snapshot, p *protocol.DocumentDiagnosticParams) (protocol.DocumentDiagnosticReport, error) {
	var diagnostics []protocol.Diagnostic
	for _, g := range pulled(&s.publisher, snap, s.shown) {
		for p := range g.Shows {
			diagnostics = append(diagnostics, s.diagnosticFrom(snap, p, g.Offset))
		}
	}
	encoded, err := protocol.Marshal(&protocol.PublishDiagnosticsParams{Diagnostics: diagnostics})
	if err != nil {
		return nil, err
	}
	sum := fnv.New64a()
	_, _ = sum.Write(encoded) // a hash's Write never fails
	id := strconv.FormatUint(sum.Sum64(), 36)
	if p.PreviousResultID != nil && *p.PreviousResultID == id {
		return &protocol.RelatedUnchangedDocumentDiagnosticReport{
			UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
		}, nil
	}
	return fullReport(diagnostics, id), nil
}

// fullReport names its kind: the library leaves it empty.
func fullReport(items []protocol.Diagnostic, id string) protocol.DocumentDiagnosticReport {
	r := &protocol.RelatedFullDocumentDiagnosticReport{}
	r.Kind, r.Items = "full", items
	if items == nil {
		r.Items = []protocol.Diagnostic{}
	}
	if id != "" {
		r.ResultID = &id
	}
	return r
}
