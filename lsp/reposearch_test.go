package lsp

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// TestHubSearchHoldsUpNobody: a Hub that does not answer is waited for a
// moment, and forgotten when the user types on; what it has answered is not
// asked again.
func TestHubSearchHoldsUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		engine := &fakeEngine{repos: []Repo{{ID: "Qwen/Qwen3-0.6B", From: "cache"}}}
		var cancelled []string
		answer := make(chan struct{})
		engine.search = func(ctx context.Context, query string) ([]Repo, error) {
			select {
			case <-answer:
				return []Repo{{ID: "Qwen/Qwen3-8B", From: "hub", Downloads: 5}}, nil
			case <-ctx.Done():
				engine.mu.Lock()
				defer engine.mu.Unlock()
				cancelled = append(cancelled, query)
				return nil, ctx.Err()
			}
		}
		e := newEditor(t, editorOptions{engine: engine})
		find := func(typed string) []string {
			began := time.Now()
			found := e.server.findRepos(context.Background(), "/w/models.ts", typed, searchWait)
			if d := time.Since(began); d > searchWait {
				t.Errorf("%q: waited %s", typed, d)
			}
			ids := []string{found.note}
			for _, r := range found.repos {
				ids = append(ids, r.ID)
			}
			return ids
		}
		if got := find("Qwen"); !slices.Equal(got, []string{"the Hub has not answered yet", "Qwen/Qwen3-0.6B"}) {
			t.Errorf("while the Hub is silent: %q", got)
		}
		find("Qwen/")
		e.settle()
		engine.mu.Lock()
		if !slices.Equal(cancelled, []string{"Qwen"}) {
			t.Errorf("cancelled %q, want the question that was typed over", cancelled)
		}
		engine.mu.Unlock()
		close(answer)
		e.settle()
		for range 3 {
			if got := find("qwen/"); !slices.Contains(got, "Qwen/Qwen3-8B") {
				t.Errorf("after the Hub has answered: %q", got)
			}
		}
		if got := locked(e, func() []string { return engine.searches }); !slices.Equal(got, []string{"Qwen", "Qwen/"}) {
			t.Errorf("asked %q, want each once", got)
		}
		engine.search = func(context.Context, string) ([]Repo, error) { return nil, errors.New("the Hub is on fire\nnext line") }
		if got := find("Qwen/Qwen3-8"); !slices.Equal(got, []string{"the Hub could not be searched: the Hub is on fire"}) {
			t.Errorf("with a Hub that fails: %q", got)
		}
	})
}
