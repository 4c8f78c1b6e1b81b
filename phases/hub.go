package phases

import (
	"context"
	"errors"
	"time"

	"github.com/fib-ls/fib-ls/phases/extract/hub"
)

// ConnectHub makes the Hub client of the environment. version goes into the
// User-Agent; budget bounds one fetch with its retries (0: the command
// line's).
func (e *Env) ConnectHub(version string, offline bool, budget time.Duration) {
	client := hub.New(hub.Options{
		Getenv: e.Getenv, Offline: offline, Budget: budget, Version: version, Logger: e.log(),
		Progress: func(p hub.Progress) { e.progress(1, hubFraction(p), p.Text) },
	})
	e.Hub = &hubFetcher{client}
}

// hubFraction places a step of the download inside phase 1.
func hubFraction(p hub.Progress) float64 {
	switch p.Stage {
	case hub.StageDownload:
		if p.Total > 0 {
			return 0.3 + 0.3*float64(p.Done)/float64(p.Total)
		}
		return 0.3
	case hub.StageDone:
		return 0.6
	}
	return 0.1
}

// hubFetcher is the Hub client as phase 1 needs it.
type hubFetcher struct{ client *hub.Client }

// FetchConfig implements ConfigFetcher.
func (h *hubFetcher) FetchConfig(ctx context.Context, repoID, revision string, offline bool) (*FetchedConfig, error) {
	var f *hub.File
	var err error
	if offline {
		f, err = h.client.Cached(repoID, revision, "config.json")
	} else {
		f, err = h.client.Fetch(ctx, repoID, revision, "config.json")
	}
	if err != nil {
		return nil, err
	}
	return &FetchedConfig{
		Data: f.Bytes, RepoID: f.RepoID, Commit: f.Commit, From: f.From, Note: f.Note, Fetched: f.FetchedAt, Warnings: f.Warnings,
	}, nil
}

// Repos implements ConfigFetcher.
func (h *hubFetcher) Repos() []KnownRepo {
	var repos []KnownRepo
	for _, r := range h.client.ListCached() {
		repos = append(repos, KnownRepo{ID: r.ID, From: "cache", Used: r.LastUsed})
	}
	return repos
}

// answered says whether an error is the Hub's own answer (no such
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
