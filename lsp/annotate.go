package lsp

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
)

// wantsAnnotations reports whether the client shows a change and asks the user about
// it, and that nobody has been asked yet.
func (j *job) wantsAnnotations() bool {
	s := j.server
	return j.result.Updated && s.caps.changeAnnotations && s.caps.documentChanges && j.req.marker == "" && j.asksBeforeApplying()
}

// asksBeforeApplying reports whether the user is to see what an update changes before it is applied.
func (j *job) asksBeforeApplying() bool {
	return !j.req.wait && !j.req.confirmed && j.server.config.forPath(j.target.path).Confirm != "never"
}

// changeGroups name what a person decides about separately: a key that is
// called otherwise is not a correction of a number.
var changeGroups = map[phases.ChangeKind]string{
	phases.Corrected: "Numbers that were wrong",
	phases.Renamed:   "Keys that are called otherwise",
	phases.Moved:     "Parents", phases.Relisted: "Definitions that come and go",
	phases.Added: "Modules that come and go", phases.Removed: "Modules that come and go",
	phases.Reworded: "Words",
}

// annotate makes each edit of a workspace edit one that the user confirms, with
// what it changes and why.
func annotate(w *protocol.WorkspaceEdit, e *sentEdit) {
	w.ChangeAnnotations = map[protocol.ChangeAnnotationIdentifier]protocol.ChangeAnnotation{}
	i := 0
	for _, change := range w.DocumentChanges {
		document, ok := change.(*protocol.TextDocumentEdit)
		if !ok {
			continue
		}
		for k, edit := range document.Edits {
			plain, ok := edit.(*protocol.TextEdit)
			if !ok || i >= len(e.edits) {
				continue
			}
			id := protocol.ChangeAnnotationIdentifier(fmt.Sprintf("change-%d", i+1))
			label, description := e.described(i)
			w.ChangeAnnotations[id] = protocol.ChangeAnnotation{Label: label, Description: &description, NeedsConfirmation: new(true)}
			document.Edits[k] = &protocol.AnnotatedTextEdit{TextEdit: *plain, AnnotationID: id}
			i++
		}
	}
}

// lines are the first and last line, from 1, that an edit touches in the text
// before.
func (e *sentEdit) lines(i int) (from, to int) {
	span := e.edits[i].Span
	from = strings.Count(string(e.before[:span.Start]), "\n") + 1
	return from, from + strings.Count(string(e.before[span.Start:span.End]), "\n")
}

// described says what an edit changes: the groups of its changes, and each with
// its reason.
func (e *sentEdit) described(i int) (label, description string) {
	from, to := e.lines(i)
	var groups, lines []string
	for _, c := range e.changes {
		if c.Line < from || c.Line > to {
			continue
		}
		if group := changeGroups[c.Kind]; !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		lines = append(lines, c.String())
	}
	if len(groups) == 0 {
		if key := e.renamedOn(i); key != "" {
			return changeGroups[phases.Renamed], fmt.Sprintf("line %d: names %s", from, key)
		}
		return "What belongs to the other changes", fmt.Sprintf("line %d", from)
	}
	return strings.Join(groups, "; "), strings.Join(lines, "\n")
}

// renamedOn is a key that is called otherwise and that the lines of an edit
// name; "" where there is none.
func (e *sentEdit) renamedOn(i int) string {
	span := e.edits[i].Span
	start := bytes.LastIndexByte(e.before[:span.Start], '\n') + 1
	line := string(e.before[start:span.End])
	for _, c := range e.changes {
		if c.Kind == phases.Renamed && strings.Contains(line, c.Old) {
			return c.Old
		}
	}
	return ""
}

// mostLines bounds the changes that a question or a message lists.
const mostLines = 12

// changeLines lists changes for a message, one a line.
func changeLines(changes []phases.Change) string {
	var b strings.Builder
	for i, c := range changes {
		if i == mostLines {
			fmt.Fprintf(&b, "\n… and %d more", len(changes)-i)
			break
		}
		b.WriteString("\n" + c.String())
	}
	return b.String()
}
