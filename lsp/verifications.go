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

// verifications are what adding or verifying entries in this session found: how
// sure they are, and what speaks against them. One holds as long as the entry's
// text stays as it was.
type verifications struct {
	mu   sync.Mutex
	kept map[verifiedEntry]verification
}

type verifiedEntry struct {
	document uri.URI
	model    string
}

type verification struct {
	text string // of the entry
	*phases.Verification
	// findings are those that only a look at the checkpoint gives, with
	// entry-relative spans.
	findings []validate.Problem
}

// maxVerifications bounds the memory.
const maxVerifications = 512

// put keeps what was found of an entry.
func (k *verifications) put(document uri.URI, f *tsast.File, i int, v *phases.Verification) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= maxVerifications {
		k.kept = make(map[verifiedEntry]verification)
	}
	e := f.Entries[i]
	made := verification{text: strings.Clone(f.Text(span(e, e.Model.Span))), Verification: v}
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
	k.kept[verifiedEntry{document, strings.Clone(e.Model.ID.Value)}] = made
}

// of returns what was found of an entry; nil when its text is another by now.
func (k *verifications) of(snap *Snapshot, e tsast.Entry) *verification {
	k.mu.Lock()
	known, ok := k.kept[verifiedEntry{snap.key, e.Model.ID.Value}]
	k.mu.Unlock()
	if !ok || e.Broken || known.text != snap.File.Text(span(e, e.Model.Span)) {
		return nil
	}
	return &known
}

// has reports whether something is known of a document's entries.
func (k *verifications) has(document uri.URI) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.kept {
		if key.document == document {
			return true
		}
	}
	return false
}

// verificationFindings are what the checkpoints of verified entries have against
// them, and where their witnesses differ, each with all values.
func (s *Server) verificationFindings(snap *Snapshot) []validate.Problem {
	if !s.verifications.has(snap.key) {
		return nil
	}
	overrides := s.config.forPath(snap.Path).Severity
	var problems []validate.Problem
	for _, e := range snap.File.Entries {
		known := s.verifications.of(snap, e)
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
