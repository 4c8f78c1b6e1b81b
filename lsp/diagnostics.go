package lsp

import (
	"fmt"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// maxDiagnostics is how many are published for a file; the last then says how
// many more there are.
const maxDiagnostics = 500

// The findings that only the editor has.
const (
	ruleMarker  = "add-model"        // a marker comment that waits for its code action
	ruleTooMany = "more-diagnostics" // the rest of more findings than are published
)

// checkOptions are the options for a document's checker.
func (s *Server) checkOptions(snap *Snapshot) validate.Options {
	c := s.config.forPath(snap.Path)
	opts := validate.Options{Severity: c.Severity, Expected: s.expectedFor(snap)}
	if dataset := s.dataset(snap.Path); dataset != nil {
		opts.Dataset, opts.Written, opts.Listed = dataset.Has, dataset.Written, dataset.Listed()
	}
	return opts
}

// findings are all findings about a snapshot in source order.
func (s *Server) findings(snap *Snapshot, checker *validate.Checker) []validate.Problem {
	c := s.config.forPath(snap.Path)
	if !c.DiagnosticsEnable {
		return nil
	}
	problems := checker.Check(snap.File)
	if more := s.ownFindings(snap); len(more) > 0 {
		problems = append(problems, more...)
		validate.Sort(problems)
	}
	return problems
}

// shown are the findings of a snapshot that a client gets: at most maxDiagnostics,
// the last of which says how many more there are.
func (s *Server) shown(snap *Snapshot, checker *validate.Checker) []validate.Group {
	if !s.config.forPath(snap.Path).DiagnosticsEnable {
		return nil
	}
	groups, all := checker.MostSevere(snap.File, maxDiagnostics, s.ownFindings(snap))
	if all <= maxDiagnostics {
		return groups
	}
	end := snap.text.Len()
	return append(groups, validate.Others([]validate.Problem{{
		Rule: ruleTooMany, Severity: validate.Info, Span: tsast.Span{Start: end, End: end},
		Message: fmt.Sprintf("%d more findings are not shown; `fib-ls check` lists all %d.", all-maxDiagnostics+1, all),
	}}))
}

// ownFindings are those that the rules do not make.
func (s *Server) ownFindings(snap *Snapshot) []validate.Problem {
	return append(s.markerFindings(snap), s.verificationFindings(snap)...)
}

// markerFindings are those about markers that wait for their code action.
func (s *Server) markerFindings(snap *Snapshot) []validate.Problem {
	severity, ok := s.config.forPath(snap.Path).Severity[ruleMarker]
	if !ok {
		severity = validate.Info
	}
	if severity == validate.Off {
		return nil
	}
	var problems []validate.Problem
	for _, m := range markers(snap.File) {
		problems = append(problems, markerProblem(m, severity))
		for _, f := range m.faults {
			problems = append(problems, validate.Problem{Rule: ruleMarker, Severity: validate.Warning, Span: f.span, Model: m.repo, Message: f.message})
		}
	}
	return problems
}

func markerProblem(m marker, severity validate.Severity) validate.Problem {
	p := validate.Problem{Rule: ruleMarker, Severity: severity, Span: m.span, Model: m.repo}
	switch {
	case m.repo == "":
		p.Message = "A model is to be added here: write its HuggingFace repository after \"add\", for example Qwen/Qwen3-32B."
	case !isRepoID(m.repo):
		p.Message = fmt.Sprintf("%q is not a HuggingFace repository: write ORG/NAME, for example Qwen/Qwen3-32B.", clip(m.repo))
	case len(m.blank) > 0:
		p.Message = fmt.Sprintf("%s waits for %s: fill in the value, then run the code action %q.", m.repo, m.blank[0], addTitle)
	default:
		p.Message = fmt.Sprintf("%s waits to be added: run the code action %q.", m.repo, addTitle)
	}
	return p
}

// encoded is a group of findings as it stands in what was published.
type encoded struct {
	shown validate.Counts
	start protocol.Position
	text  []byte
}

// appendDiagnostics writes the rest of publishDiagnostics' params, behind a
// version. What stands as it stood in what was published before is not encoded
// again; now says what is published by this.
func (s *Server) appendDiagnostics(params []byte, snap *Snapshot, groups []validate.Group, before map[*validate.Found]encoded) (_ []byte, now map[*validate.Found]encoded, err error) {
	params, err = protocol.AppendMarshal(append(params, `,"uri":`...), snap.URI)
	if err != nil {
		return nil, nil, err
	}
	params = append(params, `,"diagnostics":[`...)
	now = make(map[*validate.Found]encoded, len(groups))
	for i, g := range groups {
		if i > 0 {
			params = append(params, ',')
		}
		from, start := len(params), snap.PositionFromOffset(g.Offset)
		if known, ok := before[g.Of]; ok && known.shown == g.Shown && known.start == start {
			params = append(params, known.text...)
		} else if params, err = s.appendGroup(params, snap, g); err != nil {
			return nil, nil, err
		}
		if g.Of != nil {
			now[g.Of] = encoded{g.Shown, start, params[from:]}
		}
	}
	return append(params, "]}"...), now, nil
}

func (s *Server) appendGroup(params []byte, snap *Snapshot, g validate.Group) (_ []byte, err error) {
	var d protocol.Diagnostic
	from := len(params)
	for p := range g.Shows {
		if len(params) > from {
			params = append(params, ',')
		}
		d = s.diagnosticFrom(snap, p, g.Offset)
		if params, err = protocol.AppendMarshal(params, &d); err != nil {
			return nil, err
		}
	}
	return params, nil
}

// severityFrom numbers a severity as the protocol does: from 1, the most severe.
func severityFrom(s validate.Severity) protocol.DiagnosticSeverity {
	return protocol.DiagnosticSeverity(s.Rank() + 1)
}

// diagnosticFrom converts one finding, which is relative to a byte, for this
// client: what it cannot show in a field of its own stands in the message.
func (s *Server) diagnosticFrom(snap *Snapshot, p *validate.Problem, offset int) protocol.Diagnostic {
	d := protocol.Diagnostic{
		Range:    snap.RangeFromSpan(p.Span.Shift(offset)),
		Severity: severityFrom(p.Severity),
		Code:     protocol.String(p.Rule),
		Source:   protocol.NewOptional(source),
		Message:  protocol.String(p.Message),
	}
	if s.caps.codeDescription {
		d.CodeDescription = protocol.CodeDescription{Href: s.ruleURL(p.Rule)}
	} else {
		d.Message = protocol.String(p.Message + " [" + p.Rule + "]")
	}
	if s.caps.diagnosticTags {
		switch {
		case p.Unnecessary:
			d.Tags = protocol.NewDiagnosticTags(protocol.DiagnosticTagUnnecessary)
		case p.Deprecated:
			d.Tags = protocol.NewDiagnosticTags(protocol.DiagnosticTagDeprecated)
		}
	}
	if s.caps.related {
		for _, r := range p.Related {
			d.RelatedInformation = append(d.RelatedInformation, protocol.DiagnosticRelatedInformation{
				Location: protocol.Location{URI: snap.URI, Range: snap.RangeFromSpan(r.Span.Shift(offset))},
				Message:  r.Message,
			})
		}
	}
	return d
}

// ruleURL is where a rule is documented.
func (s *Server) ruleURL(rule string) uri.URI {
	base := s.opts.DocsURL
	if base == "" {
		base = "https://github.com/fib-ls/fib-ls/blob/main/docs/rules.md"
	}
	return uri.URI(base + "#" + rule)
}
