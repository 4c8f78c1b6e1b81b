package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// codeAction offers what can be done at a range: fixes of findings, adding
// the model that a marker, a string or a URL names, refreshing an entry. It
// looks at memory only: editors ask on every move of the cursor.
func (s *Server) codeAction(_ context.Context, snap *Snapshot, p *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
	a := &actions{s: s, snap: snap, params: p, at: snap.SpanFromRange(p.Range)}
	problems := s.publisher.pull(snap)
	quick, rewrite := a.wants(protocol.CodeActionKindQuickFix), a.wants(protocol.CodeActionKindRefactorRewrite) && a.invoked()
	if quick {
		a.markers(protocol.CodeActionKindQuickFix)
		a.fixes(problems)
		a.rules(problems)
	}
	if rewrite {
		if !quick {
			a.markers(protocol.CodeActionKindRefactorRewrite)
		}
		a.mentions()
		a.update()
		a.verifyAction()
		a.anywhere()
	}
	if a.wants(kindFixAll) && (a.invoked() || len(p.Context.Only) > 0) {
		a.fixAll(problems)
	}
	return a.out, nil
}

// actions collects the answer.
type actions struct {
	s      *Server
	snap   *Snapshot
	params *protocol.CodeActionParams
	at     tsast.Span
	out    []protocol.CommandOrCodeAction
	seen   []string // repositories that are offered already
}

// wants reports whether the client asked for a kind, or for all.
func (a *actions) wants(kind protocol.CodeActionKind) bool {
	only := a.params.Context.Only
	return len(only) == 0 || slices.ContainsFunc(only, func(o protocol.CodeActionKind) bool {
		return o == "" || o == kind || strings.HasPrefix(string(kind), string(o)+".")
	})
}

// invoked reports whether the user asked, not a moving cursor. Older clients do not
// say; they ask when the user does.
func (a *actions) invoked() bool {
	return a.params.Context.TriggerKind != protocol.CodeActionTriggerKindAutomatic
}

// add offers an action. Clients without literals get its command.
func (a *actions) add(action *protocol.CodeAction) {
	if !a.s.caps.actionLiterals {
		if action.Command.Command != "" && action.Edit == nil && action.Disabled.Reason == "" {
			command := action.Command
			a.out = append(a.out, &command)
		}
		return
	}
	a.out = append(a.out, action)
}

// markers offers to add the models of the markers in the range.
func (a *actions) markers(kind protocol.CodeActionKind) {
	for _, m := range markers(a.snap.File) {
		if m.span.Start > a.at.End || m.span.End < a.at.Start || !isRepoID(m.repo) {
			continue
		}
		args := m.arguments()
		args["uri"] = string(a.snap.URI)
		args["marker"] = a.snap.File.Text(m.span)
		a.offer(m.repo, args, kind, markerProblem(m, validate.Info))
	}
}

// offer offers to add a model, or to refresh it when it is there already.
func (a *actions) offer(repo string, args map[string]any, kind protocol.CodeActionKind, problems ...validate.Problem) {
	a.seen = append(a.seen, repo)
	action := &protocol.CodeAction{Title: addTitle + ": " + repo, Kind: &kind}
	for i := range problems {
		action.Diagnostics = append(action.Diagnostics, a.s.diagnosticFrom(a.snap, &problems[i], 0))
	}
	req := requestFrom(args, phases.Request{})
	id := req.ModelName
	if id == "" {
		id = phases.SuggestModelName(repo)
	}
	if !hasEntry(a.snap.File, id) || req.Update {
		action.Command = a.s.addCommand(action.Title, args)
		a.add(action)
		return
	}
	if a.s.caps.actionDisabled {
		disabled := *action
		disabled.Disabled.Reason = fmt.Sprintf("models.ts has an entry %q already", id)
		a.add(&disabled)
	}
	args["update"] = true
	action.Title = fmt.Sprintf("Update %s from HuggingFace: %s", id, repo)
	action.Command = a.s.addCommand(action.Title, args)
	a.add(action)
}

func hasEntry(f *tsast.File, id string) bool {
	return slices.ContainsFunc(f.Entries, func(e tsast.Entry) bool { return e.Model.ID.Value == id })
}

// touches reports whether a finding is in the range.
func (a *actions) touches(p *validate.Problem) bool {
	return p.Span.Start <= a.at.End && p.Span.End >= a.at.Start
}

// unsafeMark ends the title of a fix that is not certain from the text alone:
// it rests on what is known of the model, or is one of several ways.
const unsafeMark = " (unsafe)"

// fixes offers the fixes of the findings in the range.
func (a *actions) fixes(problems []validate.Problem) {
	for i := range problems {
		p := &problems[i]
		if !a.touches(p) {
			continue
		}
		for _, f := range p.Fixes {
			title := f.Title
			if !f.Safe {
				title += unsafeMark
			}
			a.quickFix(title, f.Edits, p, f.Preferred)
		}
	}
}

// quickFix offers edits for a finding.
func (a *actions) quickFix(title string, edits []tsast.TextEdit, p *validate.Problem, preferred bool) {
	kind := protocol.CodeActionKindQuickFix
	action := &protocol.CodeAction{
		Title: title, Kind: &kind, Edit: a.s.workspaceEditOf(a.snap, edits),
		Diagnostics: []protocol.Diagnostic{a.s.diagnosticFrom(a.snap, p, 0)},
	}
	if preferred && a.s.caps.actionPreferred {
		action.IsPreferred = new(true)
	}
	a.add(action)
}

// mostRules bounds the rules at one place for which more than their fixes is
// offered.
const mostRules = 4

// rules offers what can be done about the rules of the findings in the range:
// all their fixes in the file, comments that silence them, their documentation.
func (a *actions) rules(problems []validate.Problem) {
	var seen []string
	for i := range problems {
		p := &problems[i]
		if !a.touches(p) || slices.Contains(seen, p.Rule) || len(seen) == mostRules {
			continue
		}
		seen = append(seen, p.Rule)
		a.fixRule(problems, p)
		if fix, ok := validate.IgnoreHere(a.snap.File, *p); ok {
			a.quickFix(fix.Title, fix.Edits, p, false)
		}
		if fix, ok := validate.IgnoreInFile(a.snap.File, p.Rule); ok {
			a.quickFix(fix.Title, fix.Edits, p, false)
		}
		a.explain(p)
	}
}

// fixRule offers the fixes of a rule in the whole file, where there are
// several: the safe ones, and with them those that are not.
func (a *actions) fixRule(problems []validate.Problem, p *validate.Problem) {
	safe, n := validate.FixesOf(problems, p.Rule, validate.SafeFixes)
	if n > 1 {
		a.quickFix(fmt.Sprintf("Fix all %s in this file (%d)", p.Rule, n), safe, p, false)
	}
	if all, m := validate.FixesOf(problems, p.Rule, validate.AllFixes); m > 1 && m > n {
		a.quickFix(fmt.Sprintf("Fix all %s in this file (%d)%s", p.Rule, m, unsafeMark), all, p, false)
	}
}

// explain offers the documentation of a finding's rule.
func (a *actions) explain(p *validate.Problem) {
	if _, ok := a.s.ruleByID(p.Rule); !ok {
		return
	}
	kind := protocol.CodeActionKindQuickFix
	title := "Explain " + p.Rule
	a.add(&protocol.CodeAction{
		Title: title, Kind: &kind, Diagnostics: []protocol.Diagnostic{a.s.diagnosticFrom(a.snap, p, 0)},
		Command: a.s.commandOf(commandExplain, title, map[string]any{"rule": p.Rule, "show": true}),
	})
}

// kindFixAll is our own kind of source.fixAll, which clients that ask for
// that get too.
const kindFixAll = protocol.CodeActionKindSourceFixAll + ".fib-ls"

// fixAll offers the safe fixes of the file at once: editors apply it on save,
// without asking.
func (a *actions) fixAll(problems []validate.Problem) {
	edits := validate.FixAll(problems, validate.SafeFixes)
	if len(edits) == 0 {
		return
	}
	kind := kindFixAll
	a.add(&protocol.CodeAction{
		Title: "Fix all fib-ls problems that are certain from the text", Kind: &kind, Edit: a.s.workspaceEditOf(a.snap, edits),
	})
}

// mentions offers the repositories that the lines of the range name.
func (a *actions) mentions() {
	start, _ := a.snap.text.Line(a.snap.text.LineOf(a.at.Start))
	_, end := a.snap.text.Line(a.snap.text.LineOf(a.at.End))
	if end-start > 64<<10 {
		return
	}
	for _, m := range possibleMentions(a.snap.text.Slice(start, end)) {
		if !slices.Contains(a.seen, m.repo) && len(a.seen) < 8 {
			a.offer(m.repo, map[string]any{"repoId": m.repo, "uri": string(a.snap.URI)}, protocol.CodeActionKindRefactorRewrite)
		}
	}
}

// update offers to refresh the entry around the cursor from its source.
func (a *actions) update() {
	i, ok := entryAt(a.snap.File, a.at.Start)
	if !ok {
		return
	}
	m := a.snap.File.Entries[i].Model
	repo := validate.SourceRepo(m)
	if repo == "" || m.ID.Value == "" || a.snap.File.Entries[i].Broken {
		return
	}
	kind := protocol.CodeActionKindRefactorRewrite
	title := fmt.Sprintf("Update %s from HuggingFace: %s", m.ID.Value, repo)
	a.add(&protocol.CodeAction{Title: title, Kind: &kind, Command: a.s.addCommand(title, map[string]any{
		"repoId": repo, "modelName": m.ID.Value, "uri": string(a.snap.URI), "update": true,
	})})
}

// anywhere offers to add a model that is still to be chosen.
func (a *actions) anywhere() {
	kind := protocol.CodeActionKindRefactorRewrite
	title := addTitle + "…"
	a.add(&protocol.CodeAction{Title: title, Kind: &kind, Command: a.s.addCommand(title, map[string]any{"uri": string(a.snap.URI)})})
}
