package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// verifyTitle is the title of what verifies an entry.
const verifyTitle = "Verify against the checkpoint"

// verifyCommand starts a comparison of an entry with its model's checkpoint, and
// answers with the job's id at once; with wait it answers with what came out.
func (s *Server) verifyCommand(ctx context.Context, a arguments) (any, error) {
	req := addRequest{verify: true, uri: uri.URI(a.text("uri", 1)), wait: a.yes("wait")}
	req.Request = phases.Request{ModelName: a.text("modelId", 0), HFRepoID: a.text("repoId", -1), Revision: a.text("revision", -1)}
	if req.ModelName == "" {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: which entry? give its id", commandVerify)
	}
	if req.HFRepoID != "" {
		id, ok := repoFromText(req.HFRepoID)
		if !ok {
			return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %q is not a repository ORG/NAME", commandVerify, clip(req.HFRepoID))
		}
		req.HFRepoID = id
	}
	j, err := s.jobs.start(req)
	if err != nil {
		return nil, err
	}
	if !req.wait {
		return map[string]any{"jobId": j.id, "modelId": req.ModelName}, nil
	}
	if err := j.waitForEnd(ctx); err != nil {
		return nil, err
	}
	return verdictOf(j), nil
}

// verdict is what fib-ls.verify answers with wait, and what the extension is
// told at the end of the job.
type verdict struct {
	JobID string `json:"jobId"`
	*phases.Verification
	URI      uri.URI `json:"uri"`
	Markdown string  `json:"markdown"`
}

func verdictOf(j *job) verdict {
	return verdict{JobID: j.id, Verification: j.verdict, URI: j.target.uri, Markdown: j.verdict.Markdown()}
}

// runVerify is the job: it reads, asks the Hub, compares, and tells.
func (j *job) runVerify() {
	j.err = j.verify()
	if memory := j.outOfMemory(); memory != nil && j.err != nil {
		j.err = memory
	}
	if j.progress != nil {
		j.progress.end(j.verifyEnd())
	}
	s := j.server
	if j.err == nil {
		s.log.Info("verified", "job", j.id, "model", j.req.ModelName, "level", j.verdict.Level)
	} else {
		s.log.Warn("not verified", "job", j.id, "model", j.req.ModelName, "error", j.err)
	}
	if j.req.wait || s.ctx.Err() != nil || j.tellVerified() {
		return
	}
	switch {
	case j.err == nil:
		s.notifyUser(verdictKind(j.verdict), fmt.Sprintf("%s is %s", j.verdict.ModelID, j.verdict.Line))
	case j.cancelled():
		s.notifyUser(protocol.MessageTypeInfo, "Verifying "+j.req.ModelName+" was cancelled.")
	default:
		s.notifyUser(protocol.MessageTypeError, fmt.Sprintf("%s was not verified: %v", j.req.ModelName, j.err))
	}
}

// verdictKind is how loud a verdict is.
func verdictKind(v *phases.Verification) protocol.MessageType {
	for _, p := range v.Problems {
		if p.Severity == validate.Error || p.Severity == validate.Warning {
			return protocol.MessageTypeWarning
		}
	}
	return protocol.MessageTypeInfo
}

func (j *job) verifyEnd() string {
	switch {
	case j.cancelled():
		return "cancelled"
	case j.err != nil:
		return "failed"
	}
	return string(j.verdict.Level)
}

// verify does the work. What it finds is shown in the document until the entry
// changes.
func (j *job) verify() error {
	s := j.server
	var err error
	if j.target, err = s.findTarget(j.req.uri); err != nil {
		return err
	}
	j.workspace = s.workspace(j.target.path)
	text, err := j.target.read(s)
	if err != nil {
		return err
	}
	f := tsast.Parse(text)
	i := modelsfile.Find(f, j.req.ModelName)
	if i < 0 {
		return fmt.Errorf("models.ts has no entry %q", clip(j.req.ModelName))
	}
	j.progress = s.beginProgress(j.id, "Verifying "+j.req.ModelName)
	j.workspace.Progress = j.progress.event
	req := j.req.Request
	req.ModelName = ""
	if j.verdict, err = s.engine.Verify(j.ctx, j.workspace, f, i, req); err != nil {
		return err
	}
	if err := j.ctx.Err(); err != nil {
		return err
	}
	j.verdict.Line = editorWords(j.verdict.Line)
	s.verifications.put(j.target.key, f, i, j.verdict)
	s.forgetConfig(j.verdict.RepoID) // its config is in the cache by now
	s.worldChanged(j.ctx)
	return nil
}

// verifyAction offers to verify the entry around the cursor.
func (a *actions) verifyAction() {
	i, ok := entryAt(a.snap.File, a.at.Start)
	if !ok || a.snap.File.Entries[i].Broken || a.snap.File.Entries[i].Model.ID.Value == "" {
		return
	}
	kind := protocol.CodeActionKindRefactorRewrite
	id := a.snap.File.Entries[i].Model.ID.Value
	title := verifyTitle + ": " + id
	a.add(&protocol.CodeAction{Title: title, Kind: &kind, Command: a.s.commandOf(commandVerify, title, map[string]any{
		"modelId": id, "uri": string(a.snap.URI),
	})})
}
