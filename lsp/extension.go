package lsp

import (
	"context"
	"errors"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/tsast"
)

// What our own VS Code extension uses beyond the protocol. It advertises each
// in its experimental capabilities; other clients are never sent any of it.
const (
	// methodModules gives the module trees of a document, for the drawing.
	methodModules = "fib-ls/modules"
	// methodRefusal tells what is certain to fail before anything is asked.
	methodRefusal = "fib-ls/refusal"
	// methodJobDone tells how a job ended, so that the extension can show the
	// entry and offer what helps. The server then shows no messages of its own.
	methodJobDone = "fib-ls/jobDone"
	// methodVerified tells how a job of fib-ls.verify ended.
	methodVerified = "fib-ls/verified"
)

// jobDone is the notification that ends a job.
type jobDone struct {
	JobID   string  `json:"jobId"`
	RepoID  string  `json:"repoId"`
	ModelID string  `json:"modelId,omitempty"`
	URI     uri.URI `json:"uri,omitempty"`
	// State is added, updated, cancelled, declined or failed.
	State string `json:"state"`
	// Message, Kind and Hint describe a failure; Kind is the Hub client's
	// stable name for it, such as "gated-no-token".
	Message string `json:"message,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Hint    string `json:"hint,omitempty"`

	Modules     int `json:"modules"`
	Definitions int `json:"definitions"`
	Findings    int `json:"findings"`
	// Baseline is where the layers' truth came from: clone, embedded or none.
	Baseline string `json:"baseline,omitempty"`
	// Level and Confidence say how sure the entry is: in a word, and in a line.
	Level      string `json:"level,omitempty"`
	Confidence string `json:"confidence,omitempty"`
	// Changes are what an update changed.
	Changes []phases.Change `json:"changes,omitempty"`
	// Report is the summary's path; OpenReport says that the settings want it
	// opened.
	Report     string `json:"report,omitempty"`
	OpenReport bool   `json:"openReport"`
}

// ended describes how a job ended.
func (j *job) ended() jobDone {
	d := jobDone{JobID: j.id, RepoID: j.req.HFRepoID, URI: j.target.uri, Report: j.summaryPath()}
	if r := j.result; r != nil {
		d.ModelID, d.Modules, d.Definitions, d.Findings = r.Model.ID, len(r.Model.Modules), len(r.Definitions), seriousProblems(r)
		d.Baseline = r.Baseline.Source
		d.Level, d.Confidence = string(r.Confidence.Level), j.confidence()
		if j.applied {
			d.Changes = r.Changes()
		}
	}
	switch {
	case j.err == nil && j.result != nil && j.result.Updated:
		d.State = "updated"
	case j.err == nil:
		d.State = "added"
	case errors.Is(j.err, errDeclined):
		d.State = "declined"
	case j.cancelled():
		d.State = "cancelled"
	default:
		d.State, d.Message = "failed", editorWords(j.err.Error())
		var kind interface{ Kind() string }
		if errors.As(j.err, &kind) {
			d.Kind = kind.Kind()
		}
		if placement := (*phases.PlacementError)(nil); errors.As(j.err, &placement) {
			d.Kind = kindBrokenFile
		}
		var hint interface{ Hint() string }
		if errors.As(j.err, &hint) {
			d.Hint = editorWords(hint.Hint())
		}
	}
	d.OpenReport = j.err == nil && d.Report != "" && j.wantsReport()
	return d
}

// tellDone sends the extension how a job ended; false when the client is
// another one, or waits for the answer instead.
func (j *job) tellDone() bool {
	s := j.server
	if !s.caps.jobs || j.req.wait || s.ctx.Err() != nil {
		return false
	}
	raw, err := rawJSON(j.ended())
	if err == nil {
		err = s.conn.Notify(s.ctx, methodJobDone, raw)
	}
	if err != nil {
		s.log.Debug("telling how a job ended", "job", j.id, "error", err)
	}
	return true
}

// verifiedEnd is the notification that ends a job of fib-ls.verify.
type verifiedEnd struct {
	JobID   string `json:"jobId"`
	ModelID string `json:"modelId"`
	// State is verified, cancelled or failed; Message says why it failed.
	State   string   `json:"state"`
	Message string   `json:"message,omitempty"`
	Verdict *verdict `json:"verdict,omitempty"`
}

// tellVerified sends the extension how a verification ended; false when the
// client is another one.
func (j *job) tellVerified() bool {
	s := j.server
	if !s.caps.verified {
		return false
	}
	end := verifiedEnd{JobID: j.id, ModelID: j.req.ModelName, State: "verified"}
	switch {
	case j.err == nil:
		v := verdictOf(j)
		end.Verdict = &v
	case j.cancelled():
		end.State = "cancelled"
	default:
		end.State, end.Message = "failed", editorWords(j.err.Error())
	}
	raw, err := rawJSON(end)
	if err == nil {
		err = s.conn.Notify(s.ctx, methodVerified, raw)
	}
	if err != nil {
		s.log.Debug("telling how a verification ended", "job", j.id, "error", err)
	}
	return true
}

// modulesParams names a document.
type modulesParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
}

// shownModel is a model as the drawing needs it. Absent values are what the
// text does not say.
type shownModel struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Range       protocol.Range `json:"range"`
	Modules     []shownModule  `json:"modules"`
}

type shownModule struct {
	Name        string         `json:"name"`
	Count       *int           `json:"count"`
	Parent      string         `json:"parent,omitempty"`
	Type        string         `json:"type"`
	Definitions []shownName    `json:"definitions"`
	Range       protocol.Range `json:"range"`
}

type shownName struct {
	Name  string         `json:"name"`
	Range protocol.Range `json:"range"`
}

// modules returns the module trees of a document.
func (s *Server) modules(ctx context.Context, snap *Snapshot, _ *modulesParams) ([]shownModel, error) {
	out := make([]shownModel, 0, len(snap.File.Entries))
	for _, e := range snap.File.Entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = append(out, showModel(snap, e))
	}
	return out, nil
}

func showModel(snap *Snapshot, e tsast.Entry) shownModel {
	m := e.Model
	shown := shownModel{
		ID: m.ID.Value, Name: m.Name.Value, Description: m.Description.Value,
		Range: snap.RangeFromSpan(span(e, m.Span)), Modules: []shownModule{},
	}
	for _, module := range m.Modules {
		x := shownModule{
			Name: module.Name, Parent: module.Parent.Value, Type: module.Type.Value,
			Range: snap.RangeFromSpan(span(e, module.NameSpan)), Definitions: []shownName{},
		}
		if module.Count.IsInt {
			n := int(module.Count.Int)
			x.Count = &n
		}
		for _, d := range module.Definitions.Items {
			if d.Kind == tsast.StringLiteral {
				x.Definitions = append(x.Definitions, shownName{d.Value, snap.RangeFromSpan(span(e, d.Span))})
			}
		}
		shown.Modules = append(shown.Modules, x)
	}
	return shown
}

// describedRepo is a repository as the pickers show it: with the id that its
// entry would get and the recommended parallelism (0: none is).
type describedRepo struct {
	Repo
	ModelID string `json:"modelId"`
	TP      int    `json:"tp,omitempty"`
	EP      int    `json:"ep,omitempty"`
}

func describeRepo(r Repo) describedRepo {
	d := describedRepo{Repo: r, ModelID: phases.SuggestModelName(r.ID)}
	d.TP, d.EP, _ = phases.RecommendedParallelism(r.ID)
	return d
}
