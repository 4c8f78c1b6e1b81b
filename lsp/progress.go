package lsp

import (
	"context"
	"fmt"
	"sync"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
)

// progressPrefix begins our progress tokens; the job's id follows.
const progressPrefix = "fib-ls/"

// progress reports a job with a phase and a percentage that never falls. The
// messages go out with the session's context: a cancelled job still ends its
// report.
type progress struct {
	server *Server
	token  protocol.String

	mu      sync.Mutex
	begun   bool
	ended   bool
	percent uint32
	message string
	title   string
}

// beginProgress asks the client for a progress report. A client that cannot show one,
// or does not answer, changes nothing for the job.
func (s *Server) beginProgress(jobID, title string) *progress {
	p := &progress{server: s, token: protocol.String(progressPrefix + jobID), title: title}
	if !s.caps.progress {
		p.ended = true
		return p
	}
	s.goBackground(func(ctx context.Context) {
		err := s.client.WorkDoneProgressCreate(ctx, &protocol.WorkDoneProgressCreateParams{Token: p.token})
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil || p.ended {
			p.ended = true
			return
		}
		p.begun = true
		p.send(&protocol.WorkDoneProgressBegin{
			Kind: "begin", Title: title, Cancellable: new(true), Message: &p.message, Percentage: &p.percent,
		})
	})
	return p
}

// event reports a step of the phases.
func (p *progress) event(e phases.Event) {
	const share = 100 / len(phases.PhaseNames)
	fraction := min(max(e.Fraction, 0), 1)
	text := fmt.Sprintf("%d/%d %s", e.Phase, len(phases.PhaseNames), e.Name)
	if e.Message != "" {
		text += ": " + e.Message
	}
	p.report(uint32(float64(e.Phase-1)*float64(share)+fraction*float64(share)), text)
}

func (p *progress) report(percent uint32, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	percent, message = min(max(percent, p.percent), 100), editorWords(message)
	if percent == p.percent && message == p.message {
		return
	}
	p.percent, p.message = percent, message
	if p.begun && !p.ended {
		p.send(&protocol.WorkDoneProgressReport{Kind: "report", Cancellable: new(true), Message: &message, Percentage: &percent})
	}
}

// end takes the report away.
func (p *progress) end(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun && !p.ended {
		p.send(&protocol.WorkDoneProgressEnd{Kind: "end", Message: &message})
	}
	p.ended = true
}

// send writes one report. mu is held, which keeps begin, report and end in
// order.
func (p *progress) send(value any) {
	raw, err := protocol.Marshal(value)
	if err == nil {
		err = p.server.client.Progress(p.server.ctx, &protocol.ProgressParams{Token: p.token, Value: raw})
	}
	if err != nil {
		p.server.log.Debug("reporting progress", "error", err)
	}
}
