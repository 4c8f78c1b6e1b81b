package lsp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/report"
)

// maxJobs bounds the jobs that work at the same time, maxWaiting those that wait
// for a person.
const (
	maxJobs    = 8
	maxWaiting = 64
)

// job is one Add model or Update model in the background.
type job struct {
	id        string
	server    *Server
	ctx       context.Context
	cancel    context.CancelFunc
	req       addRequest
	workspace Workspace
	progress  *progress
	done      chan struct{}
	// askers counts the questions to a person that are open.
	askers atomic.Int32

	// The fields below are written by the job's goroutine before done is
	// closed, and read after it.
	target  target
	result  *phases.Result
	verdict *phases.Verification // of a job that verifies
	err     error
	applied bool
	text    string // dry run: the change as a diff
}

// jobs are the session's.
type jobs struct {
	server *Server

	mu      sync.Mutex
	last    int
	running map[string]*job
	// finished is the last job that has a report.
	finished []*job
	// placing holds a value while one job changes a document, so that two
	// insertions never meet.
	placing chan struct{}
	recent  []string // repositories, newest first
}

var errTooManyJobs = fmt.Errorf("%d models are being added already: wait for one of them, or cancel it", maxJobs)

// start makes a job and runs it. One that does the same already is given
// instead.
func (js *jobs) start(req addRequest) (*job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.running {
		if j.req.verify == req.verify && j.req.HFRepoID == req.HFRepoID && j.req.ModelName == req.ModelName && j.req.uri == req.uri &&
			!req.wait && (req.HFRepoID != "" || req.verify) {
			return j, nil
		}
	}
	working := 0
	for _, j := range js.running {
		if j.askers.Load() == 0 {
			working++
		}
	}
	if working >= maxJobs || len(js.running) >= maxWaiting {
		return nil, errTooManyJobs
	}
	js.last++
	kind, run := "add-", (*job).run
	if req.verify {
		kind, run = "verify-", (*job).runVerify
	}
	j := &job{id: kind + strconv.Itoa(js.last), server: js.server, req: req, done: make(chan struct{})}
	j.ctx, j.cancel = js.server.opts.Memory.Run(js.server.ctx)
	if js.running == nil {
		js.running = make(map[string]*job)
	}
	js.running[j.id] = j
	js.server.goBackground(func(context.Context) {
		defer js.finish(j)
		run(j)
	})
	return j, nil
}

// finish takes a job off the list.
func (js *jobs) finish(j *job) {
	j.cancel()
	js.mu.Lock()
	defer js.mu.Unlock()
	delete(js.running, j.id)
	if j.result != nil {
		js.finished = append(js.finished, j)
		if len(js.finished) > maxJobs {
			js.finished = js.finished[1:]
		}
	}
	close(j.done)
}

func (js *jobs) cancelID(id string) bool {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.running[id]
	if j != nil {
		j.cancel()
	}
	return j != nil
}

func (js *jobs) cancelAll() {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.running {
		j.cancel()
	}
}

// reported finds the job of an id that has a report; "" is the last one.
func (js *jobs) reported(id string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	for i := len(js.finished) - 1; i >= 0; i-- {
		if id == "" || js.finished[i].id == id {
			return js.finished[i]
		}
	}
	return nil
}

// remember keeps a repository as a recent one.
func (js *jobs) remember(repo string) {
	js.mu.Lock()
	defer js.mu.Unlock()
	recent := []string{repo}
	for _, r := range js.recent {
		if r != repo && len(recent) < 8 {
			recent = append(recent, r)
		}
	}
	js.recent = recent
}

// workDoneProgressCancel is the cancel button of a progress report.
func (s *Server) workDoneProgressCancel(p *protocol.WorkDoneProgressCancelParams) error {
	token, ok := p.Token.(protocol.String)
	if !ok {
		return errors.New("cancelling a progress that is none of ours")
	}
	s.jobs.cancelID(strings.TrimPrefix(string(token), progressPrefix))
	return nil
}

// outcome is what fib-ls.addModel answers with wait, and what is logged.
type outcome struct {
	JobID   string  `json:"jobId"`
	RepoID  string  `json:"repoId"`
	ModelID string  `json:"modelId,omitempty"`
	URI     uri.URI `json:"uri,omitempty"`
	Applied bool    `json:"applied"`
	// OldText and NewText are the whole document before and after, Changes what
	// an update changes in it: of a preview.
	OldText  *string           `json:"oldText,omitempty"`
	NewText  *string           `json:"newText,omitempty"`
	Changes  []phases.Change   `json:"changes,omitempty"`
	Updated  bool              `json:"updated,omitempty"`
	Diff     string            `json:"diff,omitempty"`
	Entry    string            `json:"entry,omitempty"`
	Problems []report.Problem  `json:"problems,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Files    map[string]string `json:"files,omitempty"`
}

func (j *job) outcome() outcome {
	o := outcome{JobID: j.id, RepoID: j.req.HFRepoID, URI: j.target.uri, Applied: j.applied, Diff: j.text}
	if r := j.result; r != nil {
		o.ModelID, o.Updated, o.Entry = r.Model.ID, r.Updated, r.EntryText
		o.Problems, o.Warnings, o.Files = r.Problems, r.Warnings, r.Files
		if j.req.preview {
			before, after := string(r.Original), string(r.Edited)
			o.OldText, o.NewText, o.Changes = &before, &after, r.Changes()
		}
	}
	return o
}

// summaryPath is the report on disk, "" when none was written.
func (j *job) summaryPath() string {
	if j.result == nil {
		return ""
	}
	path := j.result.Files[report.FileSummary]
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(j.workspace.Dir, path)
	}
	return path
}
