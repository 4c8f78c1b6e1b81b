package phases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// SGLangTrees keeps the SGLang trees of a process open, so that a batch or a
// language server reads each file once. It is safe for concurrent use.
type SGLangTrees struct {
	mu    sync.Mutex
	trees map[treeKey]*openTree
}

// treeKey is what tells trees apart.
type treeKey struct {
	path, workDir, url, ref string
	offline                 bool
}

// openTree is a tree that was opened once; err is why not.
type openTree struct {
	once   sync.Once
	reader *baseline.Reader
	source *repo.Source
	notes  []string
	err    error
}

// NewSGLangTrees makes an empty memory.
func NewSGLangTrees() *SGLangTrees { return &SGLangTrees{trees: map[treeKey]*openTree{}} }

// Close releases the trees and forgets them: what is asked for next is
// opened anew.
func (s *SGLangTrees) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.trees {
		if t.source != nil {
			_ = t.source.Close()
		}
	}
	s.trees = map[treeKey]*openTree{}
}

// reader returns the reader of the tree that a request means, in the order of
// the design: the given path, ./sglang, our own copy, the built-in index.
func (e *Env) reader(ctx context.Context, req *Request) (*openTree, error) {
	trees := e.SGLang
	if trees == nil {
		trees = NewSGLangTrees()
	}
	key := treeKey{path: e.Path(req.SGLangPath), workDir: e.WorkDir, url: req.SGLangURL, ref: req.SGLangRef, offline: req.Offline || e.NoSGLangFetch}
	trees.mu.Lock()
	t := trees.trees[key]
	if t == nil {
		t = &openTree{}
		trees.trees[key] = t
	}
	trees.mu.Unlock()
	t.once.Do(func() { e.openTree(ctx, key, t) })
	if t.err != nil {
		// A failure is not kept: the next request may fare better.
		trees.mu.Lock()
		if trees.trees[key] == t {
			delete(trees.trees, key)
		}
		trees.mu.Unlock()
	}
	return t, t.err
}

// openTree opens a tree. A tree that cannot be opened is not an error: the built-in
// index takes its place, and a note says why.
func (e *Env) openTree(ctx context.Context, key treeKey, t *openTree) {
	maxAge := time.Duration(0)
	if key.path != "" || key.url != "" || key.ref != "" {
		maxAge = -1 // what was named is meant as it is now
	}
	src, err := repo.Open(ctx, repo.Options{
		MaxAge: maxAge,
		Path:   key.path, WorkDir: key.workDir, CacheDir: e.CacheDir, URL: key.url, Ref: key.ref, Offline: key.offline, Logger: e.log(),
		Progress: func(p repo.Progress) { e.progress(2, fetchFraction(p), p.Phase+": "+p.Message) },
	})
	switch {
	case err == nil:
		t.source, t.notes = src, src.Notes()
		t.reader = baseline.NewReader(src, e.factsCache("facts"))
		return
	case ctx.Err() != nil:
		t.err = ctx.Err()
		return
	case !errors.Is(err, repo.ErrNone), key.path != "": // another tree must not take the place of the one that was named
		t.err = fmt.Errorf("opening SGLang's source: %w", err)
		return
	}
	// A remote that was named and cannot be used is noted offline, too.
	if why := prose.FirstLine(err); !key.offline || key.url != "" || key.ref != "" {
		t.notes = append(t.notes, why)
	}
	t.reader = Embedded()
}

// fetchFraction places a step of the fetch inside phase 2.
func fetchFraction(p repo.Progress) float64 {
	if p.Total <= 0 {
		return 0.1
	}
	return 0.1 + 0.4*float64(min(p.Done, p.Total))/float64(p.Total)
}

// joinNotes joins notes into one sentence.
func joinNotes(notes []string) string { return strings.Join(notes, "; ") }

// Embedded returns the reader of the index that is built into the binary: one
// for the process, as it never changes.
var Embedded = sync.OnceValue(func() *baseline.Reader {
	return baseline.NewReader(baseline.NewEmbedded(), nil)
})
