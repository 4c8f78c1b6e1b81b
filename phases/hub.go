package phases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
)

// ConnectHub makes the Hub client of the environment. version goes into the
// User-Agent; budget bounds one fetch with its retries (0: the command
// line's).
func (e *Env) ConnectHub(version string, offline bool, budget time.Duration) {
	client := hub.New(hub.Options{
		Getenv: e.Getenv, Offline: offline, Budget: budget, Version: version, Logger: e.log(), Headers: e.factsCache("headers"),
		Progress: e.hubProgress,
	})
	e.Hub = &Hub{client, e.newListKeeper(client)}
}

// noticedWait is how long a pause must be for a run to say so where its progress
// is not drawn.
const noticedWait = 3 * time.Second

func (e *Env) hubProgress(p hub.Progress) {
	if e.Progress == nil {
		return
	}
	e.Progress(Event{Phase: 1, Name: PhaseNames[0], Message: p.Text, Fraction: hubFraction(p), Notice: p.Wait >= noticedWait})
}

// hubFraction places a step of the download inside phase 1.
func hubFraction(p hub.Progress) float64 {
	switch p.Stage {
	case hub.StageDownload:
		if p.Total > 0 {
			return 0.3 + 0.3*float64(min(p.Done, p.Total))/float64(p.Total) // a Hub may send more than it announced
		}
		return 0.3
	case hub.StageDone:
		return 0.6
	}
	return 0.1
}

// Hub is the Hub's client with what is kept of its answers.
type Hub struct {
	client *hub.Client
	lists  *listKeeper
}

// FetchConfig gives config.json of a repository at a revision ("" is main).
// offline allows the cache only.
func (h *Hub) FetchConfig(ctx context.Context, repoID, revision string, offline bool) (*hub.File, error) {
	var f *hub.File
	var err error
	if offline {
		f, err = h.client.Cached(repoID, revision, "config.json")
	} else {
		f, err = h.client.Fetch(ctx, repoID, revision, "config.json")
	}
	if err != nil {
		return nil, h.withSuggestions(ctx, err, repoID, offline)
	}
	if len(f.Retries) > 0 {
		f.Warnings = append(f.Warnings, fmt.Sprintf("the Hub was asked %d times: %s", len(f.Retries)+1, strings.Join(f.Retries, "; ")))
	}
	return f, nil
}

// SuggestedError is a repository that was not found, with ids like it. None
// of them is taken in its place.
type SuggestedError struct {
	Err         error
	Suggestions []string
}

func (e *SuggestedError) Error() string {
	return fmt.Sprintf("%v\ndid you mean %s", e.Err, strings.Join(e.Suggestions, ", "))
}

// Unwrap returns the Hub's own error.
func (e *SuggestedError) Unwrap() error { return e.Err }

// notFound are the kinds of error after which a misspelt id is likely.
var notFound = map[string]bool{"repo-not-found": true, "missing-or-private": true}

// withSuggestions adds repository ids like the one that was not found, or that
// cannot be asked for while the Hub is out of reach: from the cache and the
// catalogue, and, when it answers, from the Hub's own search.
func (h *Hub) withSuggestions(ctx context.Context, err error, repoID string, offline bool) error {
	var verdict hub.Error
	if !errors.As(err, &verdict) || !notFound[verdict.Kind()] && !unreachable[verdict.Kind()] {
		return err
	}
	const most = 4
	ids := catalog.Suggest(repoID)
	for _, r := range h.client.ListCached() {
		if levenshtein.ComputeDistance(strings.ToLower(r.ID), strings.ToLower(repoID)) <= 3 {
			ids = append(ids, r.ID)
		}
	}
	if !offline && notFound[verdict.Kind()] {
		_, name, _ := strings.Cut(repoID, "/")
		hits, searchErr := h.client.Search(ctx, name, most)
		for _, hit := range hits {
			ids = append(ids, hit.ID)
		}
		if searchErr != nil && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	ids = unique(ids, repoID)
	if len(ids) == 0 {
		return err
	}
	return &SuggestedError{Err: err, Suggestions: ids[:min(len(ids), most)]}
}

// unique drops repetitions and the id itself, whatever their case.
func unique(ids []string, but string) []string {
	seen := map[string]bool{strings.ToLower(but): true}
	var out []string
	for _, id := range ids {
		if key := strings.ToLower(id); !seen[key] {
			seen[key] = true
			out = append(out, id)
		}
	}
	return out
}

// HubClient is the client that ConnectHub made, or nil.
func (e *Env) HubClient() *hub.Client {
	if e.Hub == nil {
		return nil
	}
	return e.Hub.client
}

// HubCache is the directory of the Hub's cache, "" when there is none.
func (e *Env) HubCache() string {
	if e.Hub == nil {
		return ""
	}
	return e.Hub.client.CacheRoot()
}

// answered reports whether an error is the Hub's own answer (no such
// repository, no access): then built-in facts must not take its place.
func answered(err error) bool {
	var verdict interface {
		Kind() string
		ExitCode() int
	}
	if !errors.As(err, &verdict) {
		return false
	}
	return !unreachable[verdict.Kind()]
}

// unreachable are the kinds of error in which nothing was learnt about the
// repository: the built-in catalogue may answer then.
var unreachable = map[string]bool{
	"offline": true, "timeout": true, "dns": true, "connection": true, "tls": true, "proxy": true,
	"server": true, "rate-limited": true, "not-a-hub": true, "config": true, "status": true,
}
