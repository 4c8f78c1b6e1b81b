package lsp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/limit"
	"github.com/fib-ls/fib-ls/phases/modelsfile"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// addTitle begins the title of everything that adds a model.
const addTitle = "Add model from HuggingFace"

// addModelCommand starts a job and gives its id at once.
func (s *Server) addModelCommand(ctx context.Context, a arguments) (any, error) {
	req, err := s.addRequestFrom(a)
	if err != nil {
		return nil, err
	}
	if req.HFRepoID == "" && req.Config == "" && req.wait {
		return nil, errors.New(`no model: give [{"repoId": "ORG/NAME"}]`)
	}
	j, err := s.jobs.start(req)
	if err != nil {
		return nil, err
	}
	if !req.wait {
		return map[string]any{"jobId": j.id, "repoId": req.HFRepoID}, nil
	}
	if err := j.waitForEnd(ctx); err != nil {
		return nil, err
	}
	return j.outcome(), nil
}

// waitForEnd waits for the job's end and returns its error. A request that is
// cancelled cancels its job.
func (j *job) waitForEnd(ctx context.Context) error {
	select {
	case <-ctx.Done():
		j.cancel()
		<-j.done
		return protocol.ErrRequestCancelled
	case <-j.done:
		return j.err
	}
}

// errDeclined ends a job that the user did not want to go on.
var errDeclined = errors.New("nothing was added")

// run is the job: choose, prepare, place, report. Every way out tells the
// user something, unless the user was the one who ended it.
func (j *job) run() {
	j.err = j.steps()
	if err := j.ctx.Err(); err != nil && errors.Is(j.err, errDeclined) {
		j.err = err // the question went away with the job: nobody declined
	}
	if memory := j.outOfMemory(); memory != nil && j.err != nil {
		j.err = memory
	}
	if j.progress != nil {
		j.progress.end(j.endMessage())
	}
	s := j.server
	told := j.tellDone()
	switch {
	case j.err == nil:
		s.log.Info("job done", "job", j.id, "repo", j.req.HFRepoID, "applied", j.applied)
	case errors.Is(j.err, errDeclined):
	case j.cancelled():
		s.log.Info("job cancelled", "job", j.id, "repo", j.req.HFRepoID)
		if !told && !j.req.wait && s.ctx.Err() == nil {
			s.notifyUser(protocol.MessageTypeInfo, fmt.Sprintf("Adding %s was cancelled; models.ts is as it was.", cmp.Or(j.req.HFRepoID, "a model")))
		}
	default:
		s.log.Warn("job failed", "job", j.id, "repo", j.req.HFRepoID, "error", j.err)
		if !told && !j.req.wait {
			j.explain()
		}
	}
}

// outOfMemory returns the error of a job that was ended because of the memory
// it took; nil for any other.
func (j *job) outOfMemory() error {
	if cause := context.Cause(j.ctx); errors.As(cause, new(*limit.MemoryError)) {
		return cause
	}
	return nil
}

// cancelled reports whether the user or the session ended the job.
func (j *job) cancelled() bool { return j.ctx.Err() != nil && j.outOfMemory() == nil }

func (j *job) endMessage() string {
	switch {
	case j.cancelled():
		return "cancelled"
	case j.err != nil:
		return "failed"
	case j.result != nil && j.result.Updated:
		return j.result.Model.ID + " updated"
	case j.result != nil:
		return j.result.Model.ID + " added"
	}
	return ""
}

// steps does the work in order.
func (j *job) steps() error {
	s := j.server
	var err error
	if j.target, err = s.findTarget(j.req.uri); err != nil {
		return err
	}
	j.workspace = s.workspace(j.target.path)
	if j.req.HFRepoID == "" && j.req.Config == "" {
		if err := j.chooseRepo(); err != nil {
			return err
		}
	}
	if err := j.offerUpdate(); err != nil {
		return err
	}
	s.jobs.remember(j.req.HFRepoID)
	j.progress = s.beginProgress(j.id, j.title())
	j.workspace.Progress = j.progress.event
	if !j.req.wait {
		j.workspace.Ask = j.askField
	}
	j.req.ModelsTS = relativeTo(j.workspace.Dir, j.target.path)
	j.result, err = s.engine.Prepare(j.ctx, j.workspace, j.req.Request)
	if err != nil {
		return j.withoutFields(err)
	}
	if err := j.ctx.Err(); err != nil {
		return err
	}
	if j.req.DryRun {
		return j.dryRun()
	}
	if err := j.place(); err != nil {
		return errors.Join(err, j.writeFiles())
	}
	if err := j.writeFiles(); err != nil {
		return fmt.Errorf("%s was added, but its files could not be written: %w", j.result.Model.ID, err)
	}
	j.keepVerification()
	// Its config is in the cache by now, perhaps as another revision.
	s.forgetConfig(j.req.HFRepoID)
	s.worldChanged(j.ctx)
	j.report()
	return nil
}

// relativeTo names a file as its workspace would, for reports.
func relativeTo(dir, file string) string {
	if dir != "" && within(dir, file) {
		if rel, err := filepath.Rel(dir, file); err == nil {
			return rel
		}
	}
	return file
}

func (j *job) title() string {
	verb := "Adding"
	if j.req.Update {
		verb = "Updating"
	}
	return verb + " " + j.req.HFRepoID
}

// dryRun places the entry nowhere and shows what would change.
func (j *job) dryRun() error {
	text, err := j.target.read(j.server)
	if err != nil {
		return err
	}
	if err := j.server.engine.Place(j.result, text); err != nil {
		return err
	}
	j.text = j.result.Diff()
	return nil
}

// writeFiles writes the files of the phases when there is a result to write.
func (j *job) writeFiles() error {
	if j.result == nil || j.result.EntryText == "" {
		return nil
	}
	return j.server.engine.Write(j.workspace, j.result)
}

// withoutFields handles a config that lacks fields: the user did not, or
// could not, answer, so the marker is put in with the fields to fill.
func (j *job) withoutFields(err error) error {
	var missing *extract.MissingFieldsError
	if !errors.As(err, &missing) || j.req.wait {
		return err
	}
	if insertErr := j.insertMarker(missing.Fields); insertErr != nil {
		return err
	}
	j.server.notifyUser(protocol.MessageTypeWarning, fmt.Sprintf(
		"%s\nThe marker comment in models.ts has them to fill in; then run the code action again.", err))
	return errDeclined
}

// explain tells the user why a job failed, and offers what can be done.
func (j *job) explain() {
	s := j.server
	actions := []string{"Retry"}
	if j.summaryPath() != "" {
		actions = append(actions, "Open report")
	}
	message := fmt.Sprintf("%s was not added: %v", cmp.Or(j.req.HFRepoID, "The model"), j.err)
	// The question outlives the job, whose place on the list is free by then.
	req := j.req
	s.goBackground(func(ctx context.Context) {
		switch s.ask(ctx, protocol.MessageTypeError, message, actions...) {
		case "Retry":
			if _, err := s.jobs.start(req); err != nil {
				s.notifyUser(protocol.MessageTypeError, err.Error())
			}
		case "Open report":
			s.openReport(ctx, j, true)
		}
	})
}

// report tells the user what was done, and opens the summary as the settings
// say.
func (j *job) report() {
	s, r := j.server, j.result
	verb := "Added"
	if r.Updated {
		verb = "Updated"
	}
	message := fmt.Sprintf("%s %s: %d modules, %d Definitions", verb, r.Model.ID, len(r.Model.Modules), len(r.Definitions))
	message += "."
	if line := j.confidence(); line != "" {
		message += " " + strings.ToUpper(line[:1]) + line[1:] + "."
	}
	serious := seriousProblems(r)
	if serious > 0 {
		message += fmt.Sprintf(" %d findings need a look.", serious)
	}
	if path := j.summaryPath(); path != "" {
		message += " Report: " + path
	}
	if j.req.wait || s.caps.jobs { // our extension is told when the job is done
		return
	}
	s.notifyUser(protocol.MessageTypeInfo, message+changeLines(r.Changes()))
	if s.caps.showDocument && j.wantsReport() { // else the message has said where it is
		s.goBackground(func(ctx context.Context) { s.openReport(ctx, j, false) })
	}
}

// confidence says in a line how sure the entry is; "" where that is not known.
func (j *job) confidence() string {
	r := j.result
	if r == nil || r.Confidence.Level == "" {
		return ""
	}
	return report.ConfidenceLine(&r.Confidence, "")
}

// keepVerification remembers how sure the entry is that was put into the text, for
// the hover, and what its witnesses differ in, for the findings.
func (j *job) keepVerification() {
	if j.result.Architecture == nil || j.result.Generated == nil {
		return
	}
	f := tsast.Parse(j.result.Edited)
	if i := modelsfile.Find(f, j.result.Model.ID); i >= 0 {
		j.server.verifications.put(j.target.key, f, i, j.result.Judge(f, i))
	}
}

// wantsReport reports whether the settings want the summary of a job opened.
func (j *job) wantsReport() bool {
	switch j.server.config.forPath(j.target.path).ReportOpen {
	case "always":
		return true
	case "onWarnings":
		return seriousProblems(j.result) > 0 || len(j.result.Warnings) > 0
	}
	return false
}

func seriousProblems(r *phases.Result) int {
	n := 0
	for _, p := range r.Problems {
		if p.Severity == string(validate.Error) || p.Severity == string(validate.Warning) {
			n++
		}
	}
	return n
}

// openReport shows the summary where the client can, else says where it is.
func (s *Server) openReport(ctx context.Context, j *job, focus bool) {
	path := j.summaryPath()
	if path == "" {
		return
	}
	if _, err := os.Stat(path); err != nil {
		s.notifyUser(protocol.MessageTypeWarning, "The report is gone: "+path)
		return
	}
	if !s.showDocument(ctx, path, focus) {
		s.notifyUser(protocol.MessageTypeInfo, "The report is "+path)
	}
}

// showDocument has the client show a file, and says whether it did. The focus
// is taken only by what the user has asked for.
func (s *Server) showDocument(ctx context.Context, path string, focus bool) bool {
	if !s.caps.showDocument {
		return false
	}
	r, err := s.client.ShowDocument(ctx, &protocol.ShowDocumentParams{URI: uri.File(path), TakeFocus: &focus})
	return err == nil && r != nil && r.Success
}
