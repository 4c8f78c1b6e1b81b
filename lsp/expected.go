package lsp

import (
	"context"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// expectations are what models' own configs say of their entries. The first
// question about a model may read a config and is answered in the background:
// until then nothing is expected, and the documents are checked again when
// all answers are there. Later questions, asked on every change of the entry,
// go to the engine directly: a finding must not blink while one types.
type expectations struct {
	mu      sync.Mutex
	warm    map[expectationKey]bool
	waiting []coldQuestion
	working bool
}

// expectationKey is what a model is recognised by.
type expectationKey struct{ dir, repo, id, name string }

type coldQuestion struct {
	key       expectationKey
	workspace Workspace
	model     *tsast.Model
}

// maxWarm bounds the memory: who types an id asks about every letter of it.
const maxWarm = 16384

// forgetConfig has what rests on a repository's config asked anew, for "" what
// rests on any: it has changed on disk, or has come to be there.
func (s *Server) forgetConfig(repo string) {
	s.engine.Forget(repo)
	e := &s.expected
	e.mu.Lock()
	defer e.mu.Unlock()
	if repo == "" {
		e.warm, e.waiting = nil, nil
		return
	}
	for key := range e.warm {
		if key.repo == repo || key.repo == "" { // without a source it may be found by name
			delete(e.warm, key)
		}
	}
}

// expectedFor is validate's question for a document.
func (s *Server) expectedFor(snap *Snapshot) func(*tsast.Model) *validate.ExpectedEntry {
	w := s.workspace(snap.Path)
	return func(m *tsast.Model) *validate.ExpectedEntry {
		key := expectationKey{w.Dir, validate.SourceRepo(m), m.ID.Value, m.Name.Value}
		if s.expected.isWarm(key) {
			return s.engine.Expected(w, m)
		}
		s.expected.ask(coldQuestion{key, w, m})
		return nil
	}
}

func (e *expectations) isWarm(key expectationKey) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.warm[key]
}

// ask puts a question on the list.
func (e *expectations) ask(q coldQuestion) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = append(e.waiting, q)
}

// warm starts answering what waits. It is called when the findings that the
// questions came from are out: those come first.
func (s *Server) warm() {
	e := &s.expected
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) > 0 && !e.working {
		e.working = true
		s.goBackground(s.warmUp)
	}
}

// warmUp answers the waiting questions one after the other, and has the
// documents checked again when some were answered.
func (s *Server) warmUp(ctx context.Context) {
	e := &s.expected
	news := false
	for ctx.Err() == nil {
		q, more := e.question(!news)
		switch {
		case more:
			news = s.engine.Expected(q.workspace, q.model) != nil || news
			e.answered(q)
		case news:
			news = false
			s.worldChanged(ctx)
		default:
			return
		}
	}
}

// question takes the next question; when there is none, and done is set, the
// work counts as done.
func (e *expectations) question(done bool) (q coldQuestion, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.waiting) > 0 {
		q, e.waiting = e.waiting[0], e.waiting[1:]
		if !e.warm[q.key] {
			return q, true
		}
	}
	if done {
		e.working = false
	}
	return q, false
}

func (e *expectations) answered(q coldQuestion) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.warm == nil || len(e.warm) >= maxWarm {
		e.warm = make(map[expectationKey]bool)
	}
	// Part of a text would keep all of it alive.
	k := q.key
	e.warm[expectationKey{strings.Clone(k.dir), strings.Clone(k.repo), strings.Clone(k.id), strings.Clone(k.name)}] = true
}
