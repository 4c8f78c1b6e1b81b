package lsp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// searchWait is how long a completion waits for the Hub: typing goes on
	// meanwhile, but some editors show nothing before the answer is there.
	searchWait = 250 * time.Millisecond
	// searchKept is how long an answer of the Hub holds.
	searchKept = 10 * time.Minute
	// searchHits is how many repositories are asked for.
	searchHits = 30
	// maxSearches bounds the answers that are kept.
	maxSearches = 256
	// shortestSearch is from how many characters on the Hub is asked.
	shortestSearch = 3
)

// repoSearch asks the Hub for repositories while somebody types: one question
// at a time, the newest; answers are kept.
type repoSearch struct {
	mu      sync.Mutex
	answers map[searchKey]*searchAnswer
	// current is the question under way.
	current *searchAnswer
}

type searchKey struct {
	dir, endpoint, query string
}

// searchAnswer is one question and what came of it; its fields are read after
// done is closed.
type searchAnswer struct {
	done   chan struct{}
	cancel context.CancelFunc
	asked  time.Time
	hits   []Repo
	err    error
}

// ended reports whether an answer is there.
func (a *searchAnswer) ended() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// askHub returns the answer to a question, which may still be on its way.
func (s *Server) askHub(w Workspace, query string) *searchAnswer {
	key := searchKey{w.Dir, w.HubEndpoint, strings.ToLower(query)}
	r := &s.search
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.answers[key]; known != nil && time.Since(known.asked) < searchKept && (!known.ended() || !errors.Is(known.err, context.Canceled)) {
		return known
	}
	if r.current != nil {
		r.current.cancel() // who types on does not want to know any more
	}
	if r.answers == nil || len(r.answers) >= maxSearches {
		r.answers = make(map[searchKey]*searchAnswer)
	}
	a := &searchAnswer{done: make(chan struct{}), asked: time.Now()}
	ctx, cancel := context.WithCancel(s.ctx)
	a.cancel = cancel
	r.answers[key], r.current = a, a
	s.goBackground(func(context.Context) {
		defer close(a.done)
		defer cancel()
		a.hits, a.err = s.engine.Search(ctx, w, query, searchHits)
		if ctx.Err() != nil && a.err == nil {
			a.err = ctx.Err()
		}
	})
	return a
}

// findRepos returns the repositories that match what was typed: those that are
// known here, and those that the Hub finds within some time. What takes it
// longer is there at the next character.
func (s *Server) findRepos(ctx context.Context, file, typed string, wait time.Duration) foundRepos {
	w := s.workspace(file)
	known := s.repos(file)
	var out foundRepos
	switch {
	case len(typed) < shortestSearch:
		out.note = "type at least three characters to search the Hub"
	case w.Offline:
		out.note = "offline: only models that are known here are offered"
	default:
		known, out.note = s.withHub(ctx, w, known, typed, wait)
	}
	out.repos = matchRepos(known, typed)
	s.markPresent(out.repos)
	return out
}

// withHub adds what the Hub finds; note says why it found nothing.
func (s *Server) withHub(ctx context.Context, w Workspace, known []Repo, typed string, wait time.Duration) (all []Repo, note string) {
	a := s.askHub(w, typed)
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case <-a.done:
	case <-late.C:
		return known, "the Hub has not answered yet"
	case <-ctx.Done():
		return known, "the search was cancelled"
	}
	if a.err != nil {
		return known, "the Hub could not be searched: " + firstLine(a.err)
	}
	byID := map[string]int{}
	for i, r := range known {
		byID[strings.ToLower(r.ID)] = i
	}
	all = slices.Clone(known)
	for _, hit := range a.hits {
		if i, here := byID[strings.ToLower(hit.ID)]; here {
			all[i].Downloads = hit.Downloads
		} else if isRepoID(hit.ID) {
			all = append(all, hit)
		}
	}
	return all, "the Hub knows no such repository"
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
