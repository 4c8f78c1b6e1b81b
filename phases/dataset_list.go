package phases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/extract/hub"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// DatasetRepo is FlashInfer-Bench's dataset of Definitions on the Hub.
const DatasetRepo = "flashinfer-ai/flashinfer-trace"

// For how long the Hub is not asked for the list of Definitions again: after
// an answer, and after it did not answer, which may have cost some seconds.
const (
	listFresh = time.Hour
	listRetry = 10 * time.Minute
)

// hubList is the Hub's list of the dataset's files as it is kept between runs.
type hubList struct {
	Commit string `json:"commit"`
	// Asked is when the Hub last said that Commit is the newest, Tried when it
	// was last asked at all.
	Asked time.Time `json:"asked"`
	Tried time.Time `json:"tried"`
	Files []string  `json:"files"`
}

// listFolders are the folders of the dataset that are listed.
var listFolders = []string{"definitions", "workloads"}

// listKeeper keeps the list of one Hub: in memory and, where there is a cache,
// in a file.
type listKeeper struct {
	mu   sync.Mutex
	kept *hubList
	file factsCache
	key  string
}

func (e *Env) newListKeeper(client *hub.Client) *listKeeper {
	return &listKeeper{key: "dataset-list\x00" + client.Endpoint(), file: e.factsCache("datasets")}
}

// list is what is kept; empty when nothing is. mu is held.
func (k *listKeeper) list() hubList {
	var l hubList
	if data, ok := k.file.Get(k.key); ok && json.Unmarshal(data, &l) == nil && (len(l.Files) == 0 || hub.IsCommit(l.Commit)) {
		return l
	}
	if k.kept != nil {
		return *k.kept
	}
	return hubList{}
}

func (k *listKeeper) store(l hubList) {
	k.kept = &l
	if data, err := json.Marshal(l); err == nil {
		k.file.Put(k.key, data)
	}
}

// RefreshDataset asks the Hub for the list of the dataset's Definitions, where
// no clone takes its place and the list at hand is old. A Hub that cannot be
// asked changes nothing: KnownDataset goes on with what is at hand, and says
// how old that is.
func (e *Env) RefreshDataset(ctx context.Context, named, start string) {
	h := e.Hub
	if h == nil || named != "" {
		return
	}
	if dir, err := dataset.Find(start, e.Getenv); dir != "" || err != nil {
		return
	}
	k := h.lists
	k.mu.Lock()
	defer k.mu.Unlock()
	l, now := k.list(), e.now().UTC()
	if within(l.Asked, now, listFresh) || within(l.Tried, now, listRetry) {
		return
	}
	tree, err := h.client.DatasetTree(ctx, DatasetRepo, l.Commit, listFolders...)
	var offline *hub.OfflineError
	switch {
	case errors.As(err, &offline) || ctx.Err() != nil:
		return // it was not asked, or not to the end
	case err == nil && tree.Commit != l.Commit && len(dataset.FromFiles(tree.Files, "").Names()) == 0:
		err = fmt.Errorf("%s has no Definitions at %s", DatasetRepo, tree.Commit)
	}
	l.Tried = now
	if err != nil {
		e.log().Info("the dataset's list could not be asked for", "error", err)
	} else {
		if tree.Commit != l.Commit {
			l.Commit, l.Files = tree.Commit, tree.Files
		}
		l.Asked = now
	}
	k.store(l)
}

// refreshDataset does so beside phase 2, for a run whose config came from the
// Hub: one that was out of reach is not waited for twice. The channel is closed
// when it is done.
func (r *Result) refreshDataset(ctx context.Context, env *Env) <-chan struct{} {
	done := make(chan struct{})
	if from := r.Architecture.Source.From; r.Request.Offline || from != hub.FromHub && from != hub.FromCache {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		env.RefreshDataset(ctx, r.Request.Dataset, filepath.Dir(env.Path(r.Request.ModelsTS)))
	}()
	return done
}

// within reports whether a moment is at most so long ago. One that is still to
// come was written by another clock.
func within(moment, now time.Time, long time.Duration) bool {
	age := now.Sub(moment)
	return age >= 0 && age < long
}

// listedDataset is the dataset by the newest list at hand: the Hub's, else the
// built-in one.
func (e *Env) listedDataset() *dataset.Dataset {
	h := e.Hub
	if h == nil {
		return dataset.Embedded()
	}
	h.lists.mu.Lock()
	l := h.lists.list()
	h.lists.mu.Unlock()
	if len(l.Files) == 0 || l.Asked.Format(time.DateOnly) < dataset.EmbeddedDate {
		return dataset.Embedded()
	}
	d := dataset.FromFiles(l.Files, "the Hub's list of "+l.Asked.UTC().Format("2006-01-02 15:04")+" UTC"+ageWords(e.now().Sub(l.Asked)))
	d.Commit = l.Commit
	return d
}

// ageWords say how old a list is that may have changed since.
func ageWords(age time.Duration) string {
	switch days := int(age / (24 * time.Hour)); {
	case age < 2*listFresh:
		return ""
	case days < 1:
		return fmt.Sprintf(" (%d hours old)", int(age/time.Hour))
	default:
		return " (" + prose.Count(days, "day") + " old)"
	}
}
