package lsp

import (
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// standings are how sure entries were when they were added or verified in this
// session. One holds as long as the entry's text stays as it was.
type standings struct {
	mu   sync.Mutex
	kept map[standingKey]standing
}

type standingKey struct {
	document uri.URI
	model    string
}

type standing struct {
	text string // of the entry
	*phases.Verification
	// findings are those that only a look at the checkpoint gives, with
	// entry-relative spans.
	findings []validate.Problem
}

// maxStandings bounds the memory.
const maxStandings = 512

// keep remembers how an entry stands.
func (k *standings) keep(document uri.URI, f *tsast.File, i int, v *phases.Verification) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= maxStandings {
		k.kept = make(map[standingKey]standing)
	}
	e := f.Entries[i]
	made := standing{text: strings.Clone(f.Text(span(e, e.Model.Span))), Verification: v}
	for _, p := range v.Problems {
		switch p.Rule {
		case report.RuleContradiction, report.RuleDisagreement:
			p.Span = placeOf(e.Model, p.Module)
		case "checkpoint", "checkpoint-missing":
			p.Span = p.Span.Shift(-e.Offset)
		default:
			continue // the rules find it by the config, which is in the cache by now
		}
		p.Related, p.Fixes = nil, nil
		made.findings = append(made.findings, p)
	}
	k.kept[standingKey{document, strings.Clone(e.Model.ID.Value)}] = made
}

// of returns how an entry stands; nil when that is not known of its text.
func (k *standings) of(snap *Snapshot, e tsast.Entry) *standing {
	k.mu.Lock()
	known, ok := k.kept[standingKey{snap.key, e.Model.ID.Value}]
	k.mu.Unlock()
	if !ok || e.Broken || known.text != snap.File.Text(span(e, e.Model.Span)) {
		return nil
	}
	return &known
}

// any reports whether something is known of a document's entries.
func (k *standings) any(document uri.URI) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.kept {
		if key.document == document {
			return true
		}
	}
	return false
}

// standingFindings are what the checkpoints of verified entries have against
// them, and where their witnesses differ, each with all values.
func (s *Server) standingFindings(snap *Snapshot) []validate.Problem {
	if !s.standings.any(snap.key) {
		return nil
	}
	overrides := s.config.forPath(snap.Path).Severity
	var problems []validate.Problem
	for _, e := range snap.File.Entries {
		known := s.standings.of(snap, e)
		if known == nil {
			continue
		}
		for _, p := range known.findings {
			if severity, ok := overrides[p.Rule]; ok {
				p.Severity = severity
			}
			if p.Severity != validate.Off {
				p.Span = span(e, p.Span)
				problems = append(problems, p)
			}
		}
	}
	return problems
}

// placeOf is where a finding of a module is shown, or of the entry.
func placeOf(m *tsast.Model, module string) tsast.Span {
	if i := slices.IndexFunc(m.Modules, func(x *tsast.Module) bool { return x.Name == module }); i >= 0 {
		return m.Modules[i].NameSpan
	}
	return m.ID.Span
}
