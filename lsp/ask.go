package lsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// ask shows a question with answers to choose from; "" means that none was
// chosen, or that the client cannot ask.
func (s *Server) ask(ctx context.Context, kind protocol.MessageType, message string, answers ...string) string {
	p := &protocol.ShowMessageRequestParams{Type: kind, Message: editorWords(message)}
	for _, a := range answers {
		p.Actions = append(p.Actions, protocol.MessageActionItem{Title: a})
	}
	chosen, err := s.client.ShowMessageRequest(ctx, p)
	if err != nil {
		s.log.Debug("asking", "error", err)
		return ""
	}
	if chosen == nil {
		return ""
	}
	return chosen.Title
}

const answerType = "Type a repository…"

// chooseRepo offers recent repositories, for a call that names none.
func (j *job) chooseRepo() error {
	s := j.server
	if err := j.placeable(); err != nil {
		return err // whatever were chosen
	}
	var answers []string
	for _, r := range s.repos(j.target.path) {
		if len(answers) == 4 {
			break
		}
		if !slices.Contains(answers, r.ID) {
			answers = append(answers, r.ID)
		}
	}
	which := addTitle + ": which model?"
	if len(answers) == 0 {
		which = addTitle + ": no model is known here yet; which one?"
	}
	answers = append(answers, answerType)
	defer j.asking()()
	switch chosen := s.ask(j.ctx, protocol.MessageTypeInfo, which, answers...); chosen {
	case "":
		return errDeclined
	case answerType:
		if err := j.insertMarker(nil); err != nil {
			return err
		}
		return errDeclined
	default:
		j.req.HFRepoID = chosen
	}
	return nil
}

// placeable says why no entry can be put into the document, nil when one can.
func (j *job) placeable() error {
	text, err := j.target.read(j.server)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	if _, err := tsast.Insert(tsast.Parse(text), tsast.NewModel{ID: "any", Name: "any"}); err != nil {
		return &phases.PlacementError{Path: relativeTo(j.workspace.Dir, j.target.path), Err: err}
	}
	return nil
}

// offerUpdate asks what to do when the entry is there already.
func (j *job) offerUpdate() error {
	text, err := j.target.read(j.server)
	if err != nil || j.req.Update {
		return err
	}
	id := j.req.ModelName
	if id == "" {
		id = phases.SuggestModelName(j.req.HFRepoID)
	}
	f := tsast.Parse(text)
	at := slices.IndexFunc(f.Entries, func(e tsast.Entry) bool { return e.Model.ID.Value == id })
	if at < 0 {
		return nil
	}
	line := bytes.Count(text[:f.Entries[at].Offset], []byte{'\n'}) + 1
	if j.req.wait {
		return &phases.DuplicateError{ID: id, Line: line}
	}
	if source := validate.SourceRepo(f.Entries[at].Model); strings.EqualFold(source, j.req.HFRepoID) && j.asksBeforeApplying() && (j.server.caps.changeAnnotations || j.server.caps.messageQuestions) {
		j.req.Update = true // what changes is shown before it is applied
		return nil
	}
	update := "Update " + id
	defer j.asking()()
	message := fmt.Sprintf("models.ts has an entry %q already (line %d). Refresh it from its config?", id, line)
	if j.server.ask(j.ctx, protocol.MessageTypeInfo, message, update, "Leave it") != update {
		return errDeclined
	}
	j.req.Update = true
	return nil
}

// inputMethod is our extension's request for a line of text. Other clients do
// not advertise it and are never sent it.
const inputMethod = "fib-ls/input"

type inputParams struct {
	Title  string `json:"title"`
	Prompt string `json:"prompt"`
	Value  string `json:"value"`
}

// askField asks for a config field that nothing gives. Where the client has
// an input box it is used; elsewhere a proposal can be accepted, and anything
// else is typed into the marker.
func (j *job) askField(ctx context.Context, field, question, proposal string) (string, error) {
	s := j.server
	defer j.asking()()
	if s.caps.input {
		var answer *string
		p := inputParams{Title: j.req.HFRepoID + ": " + field, Prompt: editorWords(question), Value: proposal}
		raw, err := rawJSON(p)
		if err != nil {
			return "", err
		}
		if _, err := s.conn.Call(ctx, inputMethod, raw, &answer); err == nil {
			if answer == nil {
				return "", nil
			}
			return strings.TrimSpace(*answer), nil
		} else if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	if proposal == "" {
		return "", nil
	}
	use := "Use " + proposal
	if s.ask(ctx, protocol.MessageTypeInfo, question, use, "Fill it in by hand") == use {
		return proposal, nil
	}
	return "", nil
}

// confirm asks before an entry with serious findings is inserted, and before
// one that is there is changed.
func (j *job) confirm() error {
	message, yes := j.confirmation()
	if message == "" {
		return nil
	}
	defer j.asking()()
	switch j.server.ask(j.ctx, protocol.MessageTypeWarning, message, yes, "Open report", "Cancel") {
	case yes:
		return nil
	case "Open report":
		if err := j.writeFiles(); err != nil {
			return err
		}
		j.server.openReport(j.ctx, j, true)
		return j.confirm()
	}
	if err := j.ctx.Err(); err != nil {
		return err
	}
	return errDeclined
}

// confirmation is what the user is asked before the entry is put into the text,
// and the answer that lets it go on; "" when nothing is asked.
func (j *job) confirmation() (message, yes string) {
	setting := j.server.config.forPath(j.target.path).Confirm
	serious := seriousProblems(j.result)
	if j.req.wait || setting == "never" {
		return "", ""
	}
	update := j.result.Updated && j.asksBeforeApplying() && !j.wantsAnnotations() && j.server.caps.messageQuestions
	var changes []phases.Change
	if update {
		changes = j.result.Changes()
	}
	if len(changes) == 0 && setting != "always" && serious == 0 {
		return "", ""
	}
	message = fmt.Sprintf("%s: %d modules, %d Definitions, %d findings. Insert the entry?",
		j.result.Model.ID, len(j.result.Model.Modules), len(j.result.Definitions), serious)
	yes = "Insert"
	if len(changes) > 0 {
		message = fmt.Sprintf("%s: %s in the entry that is there. Apply?%s", j.result.Model.ID, prose.Count(len(changes), "change"), changeLines(changes))
		yes = "Apply"
	}
	for _, p := range j.result.Problems[:min(3, len(j.result.Problems))] {
		message += "\n" + p.Severity + ": " + p.Message
	}
	return message, yes
}

// asking marks a job as one that waits for a person until the function that it
// gives is called: such a job keeps no other from being started.
func (j *job) asking() func() {
	j.askers.Add(1)
	return func() { j.askers.Add(-1) }
}

// insertMarker puts a marker comment with what is to be filled in before the
// end of the models array, or replaces the one that the job came from.
func (j *job) insertMarker(fields []string) error {
	text, err := j.target.read(j.server)
	if err != nil {
		return err
	}
	f := tsast.Parse(text)
	words := j.markerWords(fields)
	for _, c := range f.Comments {
		if j.req.marker != "" && c.Text == j.req.marker {
			return j.edit(text, []tsast.TextEdit{{Span: c.Span, NewText: markerComment(words, strings.HasPrefix(c.Text, "/*"))}})
		}
	}
	if f.Array == (tsast.Span{}) {
		return errors.New("the file has no models array to put a marker into")
	}
	at := f.Array.End - 1 // the bracket
	start := at
	for start > 0 && (text[start-1] == ' ' || text[start-1] == '\t') {
		start--
	}
	indent, eol := f.Style.Indent, f.Style.EOL
	if indent == "" {
		indent = "  "
	}
	if eol == "" {
		eol = "\n"
	}
	line := indent + markerComment(words, false) + eol
	if start > 0 && text[start-1] != '\n' && text[start-1] != '\r' {
		start, line = at, eol+line
	}
	return j.edit(text, []tsast.TextEdit{{Span: tsast.Span{Start: start, End: start}, NewText: line}})
}

// repos are the repositories that can be offered: recent ones, then what the
// phases know, then what the open files name.
func (s *Server) repos(file string) []Repo {
	var out []Repo
	seen := map[string]bool{}
	add := func(r Repo) {
		if !seen[r.ID] && isRepoID(r.ID) {
			seen[r.ID] = true
			out = append(out, r)
		}
	}
	s.jobs.mu.Lock()
	recent := slices.Clone(s.jobs.recent)
	s.jobs.mu.Unlock()
	for _, id := range recent {
		add(Repo{ID: id, From: "recent"})
	}
	for _, r := range s.engine.Repos(s.workspace(file)) {
		add(r)
	}
	for _, snap := range s.docs.all() {
		for _, e := range snap.File.Entries {
			if id := validate.SourceRepo(e.Model); id != "" {
				add(Repo{ID: id, From: "models.ts"})
			}
		}
	}
	return out
}
