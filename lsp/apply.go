package lsp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/tsast"
)

// edit applies edits of a text once, without looking for an entry in it.
func (j *job) edit(text []byte, edits []tsast.TextEdit) error {
	out, err := tsast.Apply(text, edits...)
	if err != nil {
		return err
	}
	landed, err := j.apply(&sentEdit{before: text, after: out, edits: edits})
	if errors.Is(err, errMoved) || err == nil && !landed {
		err = errStale
	}
	return err
}

// sentEdit is an edit of a document on its way through the client.
type sentEdit struct {
	before, after []byte
	edits         []tsast.TextEdit
	// changes are what the user is to confirm in the client; nil: nothing.
	changes []phases.Change
	hold    *holding
}

// apply asks the client to change a text. landed says that the
// document has, or had on its way, what the edit was to bring: that is read
// off the didChange that follows and not off the answer, since clients skip
// edits and say that they applied them.
func (j *job) apply(e *sentEdit) (landed bool, err error) {
	s := j.server
	snap, changed, open := s.docs.watch(j.target.key)
	if open && (snap == nil || !snap.text.Equal(e.before)) {
		return false, errMoved
	}
	if !open && e.before == nil && !s.caps.createFile {
		return true, createModels(j.target.path, e.after)
	}
	workspaceEdit := s.workspaceEdit(j.target, snap, e.before, e.edits)
	if len(e.changes) > 0 {
		annotate(&workspaceEdit, e)
	}
	result, err := j.answerOf(e, workspaceEdit)
	var refusal *jsonrpc2.Error
	switch {
	case errors.As(err, &refusal) && s.docs.moved(j.target.key, e.before):
		s.log.Warn("the editor refused an edit of an older text", "reason", refusal.Message)
		return false, nil // eglot answers so
	case err != nil:
		return false, err
	case result == nil: // it answered null: what it did shows in the text
	case !result.Applied:
		s.log.Warn("the editor refused the edit", "reason", result.FailureReason)
		if len(e.changes) == 0 {
			return false, nil
		}
		if s.docs.moved(j.target.key, e.before) {
			return false, errMoved
		}
		return false, errDeclined
	}
	if len(e.changes) > 0 { // the user may have taken some of them, or none
		if !j.awaitChange(e, changed) {
			return false, cmp.Or(j.ctx.Err(), errDeclined)
		}
		return true, nil
	}
	return j.await(e.after, open, changed), nil
}

// answerOf sends an edit and waits for the client's answer. Other jobs wait
// with it for a moment only: a person may have to decide.
func (j *job) answerOf(e *sentEdit, edit protocol.WorkspaceEdit) (*protocol.ApplyWorkspaceEditResult, error) {
	s := j.server
	label := addTitle + ": " + j.req.HFRepoID
	ctx, cancel := j.ctx, context.CancelFunc(func() {})
	if len(e.changes) == 0 {
		ctx, cancel = context.WithTimeout(j.ctx, answerWait)
	} else {
		defer j.asking()()
		e.hold.release()
	}
	defer cancel()
	type answer struct {
		result *protocol.ApplyWorkspaceEditResult
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		result, err := s.client.ApplyEdit(ctx, &protocol.ApplyWorkspaceEditParams{Label: &label, Edit: edit})
		answered <- answer{result, err}
	}()
	slow := time.NewTimer(holdWait)
	defer slow.Stop()
	var a answer
	select {
	case a = <-answered:
	case <-slow.C:
		e.hold.release()
		a = <-answered
	}
	switch {
	case j.ctx.Err() != nil:
		return nil, j.ctx.Err()
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the editor has not answered the edit for %s; the report has the complete entry", answerWait)
	case a.err != nil:
		return nil, fmt.Errorf("asking the editor to apply the edit: %w", a.err)
	}
	return a.result, nil
}

// awaitChange waits for the text to become another one.
func (j *job) awaitChange(e *sentEdit, changed <-chan struct{}) bool {
	late := time.NewTimer(landWait)
	defer late.Stop()
	for {
		snap, next, open := j.server.docs.watch(j.target.key)
		if !open || snap != nil && !snap.text.Equal(e.before) {
			return true
		}
		select {
		case <-j.ctx.Done():
			return false
		case <-late.C:
			return false
		case <-changed:
			changed = next
		}
	}
}

// await waits for the text that an applied edit gives.
func (j *job) await(edited []byte, wasOpen bool, changed <-chan struct{}) bool {
	s := j.server
	late := time.NewTimer(landWait)
	defer late.Stop()
	for {
		snap, next, open := s.docs.watch(j.target.key)
		if open && snap != nil && j.arrived(snap, edited) {
			return true
		}
		if open {
			changed = next
		}
		if !open && !wasOpen && j.onDisk(edited) {
			return true
		}
		select {
		case <-j.ctx.Done():
			return false
		case <-late.C:
			// A document that the client opened for the edit, and does not
			// tell us about, cannot be looked into: its word must do.
			return !open && !wasOpen
		case <-changed:
			if !wasOpen {
				changed = nil
			}
		}
	}
}
