// Package repo finds, fetches and keeps SGLang source trees. It hands out
// bytes: nothing of a tree is executed, checked out, or followed out of it.
// It imports nothing of ours, so that the reader above it can be given any
// tree.
package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// DefaultURL is the repository that is fetched when no other one is named.
const DefaultURL = "https://github.com/sgl-project/sglang.git"

// DefaultMaxAge is how long a copy of ours counts as up to date.
const DefaultMaxAge = time.Hour

// defaultDir is the directory that is looked for when no path is given.
const defaultDir = "sglang"

// Options say where an SGLang tree may come from.
type Options struct {
	// Path is the tree that the user named (--sglang-path); "" for none. A
	// path that does not exist is fetched into, unless Offline.
	Path string
	// WorkDir is where "./sglang" is looked for when Path is empty; "" is
	// the current directory.
	WorkDir string
	// CacheDir holds our copies and the locks; "" is fib-ls in the user's
	// cache directory.
	CacheDir string
	// URL is the repository to fetch: https, http, file or a local path; ""
	// is DefaultURL.
	URL string
	// Ref is a branch, a tag, a full ref name or a commit; "" is what the
	// tree is at (a clone's work tree, a remote's default branch).
	Ref string
	// Offline forbids the network.
	Offline bool
	// MaxAge is how old the last look at the remote may be before a copy of
	// ours is updated: 0 is DefaultMaxAge, negative means always.
	MaxAge time.Duration
	// Progress, when set, is called as a fetch goes on, from one goroutine at
	// a time. It must return soon.
	Progress func(Progress)
	// Logger gets what is of interest to a developer only; nil is silence.
	Logger *slog.Logger

	// tune replaces waiting times and bounds; tests make them small.
	tune *tuning
}

// Entry is one file of a tree: its path from the top of the tree
// ("python/sglang/srt/models/llama.py") and its git blob hash, "" in a tree of
// plain files, which have to be read for it.
type Entry struct {
	Path   string
	BlobID string
}

// Open finds a tree in this order: the given path; ./sglang where it is an
// SGLang tree; our own copy, fetched or updated when that is allowed. An error
// that is ErrNone means that there is no tree but that nothing the user asked
// for is wrong: the caller goes on with the index in the binary. Any other
// error is the user's to solve (*Error has a hint), or the context's.
func Open(ctx context.Context, o Options) (*Source, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkRefName(o.Ref); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Path != "" {
		return openGiven(ctx, o)
	}
	var notes []string
	implicit := filepath.Join(o.WorkDir, defaultDir)
	if _, err := os.Stat(implicit); err == nil {
		src, err := openExisting(ctx, o, implicit)
		if err == nil {
			return src, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if !errors.Is(err, ErrNotSGLang) {
			notes = append(notes, fmt.Sprintf("%s is not used: %v", implicit, err))
		}
		o.Logger.Debug("implicit SGLang tree not used", "dir", implicit, "error", err)
	}
	m, err := newManaged(o, filepath.Join(o.CacheDir, "sglang", cacheKey(o.URL)))
	if err != nil {
		return nil, err
	}
	src, err := m.open(ctx)
	if err != nil {
		return nil, err
	}
	src.notes = append(src.notes, notes...)
	return src, nil
}

// openGiven opens the path that the user named.
func openGiven(ctx context.Context, o Options) (*Source, error) {
	st, err := os.Stat(o.Path)
	switch {
	case err == nil && st.IsDir():
		if empty, err := isEmptyDir(o.Path); err != nil {
			return nil, &Error{Op: "opening", Subject: o.Path, Kind: ErrNotSGLang, Err: err}
		} else if !empty {
			return openExisting(ctx, o, o.Path)
		}
	case err == nil:
		return nil, &Error{Op: "opening", Subject: o.Path, Kind: ErrNotSGLang,
			Hint: "--sglang-path names a directory: a clone, an unpacked archive or an installed sglang package"}
	case !errors.Is(err, os.ErrNotExist):
		return nil, &Error{Op: "opening", Subject: o.Path, Kind: ErrNotSGLang, Err: err}
	}
	m, err := newManaged(o, o.Path)
	if err != nil {
		return nil, err
	}
	return m.open(ctx)
}

// openExisting opens a directory that is there: a copy that we made is kept up
// to date, everything else is only read.
func openExisting(ctx context.Context, o Options, dir string) (*Source, error) {
	if isManaged(dir) {
		m, err := newManaged(o, dir)
		if err != nil {
			return nil, err
		}
		return m.open(ctx)
	}
	return openLocal(dir, o.Ref)
}

// withDefaults fills what the caller left out and makes the paths absolute, so
// that a later change of directory is not a concern.
func (o Options) withDefaults() (Options, error) {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.MaxAge == 0 {
		o.MaxAge = DefaultMaxAge
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.tune == nil {
		t := defaultTuning()
		o.tune = &t
	}
	var err error
	if o.WorkDir, err = filepath.Abs(o.WorkDir); err != nil {
		return o, fmt.Errorf("finding the current directory: %w", err)
	}
	if o.CacheDir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			base = os.TempDir()
		}
		o.CacheDir = filepath.Join(base, "fib-ls")
	}
	if o.CacheDir, err = filepath.Abs(o.CacheDir); err != nil {
		return o, fmt.Errorf("resolving cache directory: %w", err)
	}
	if o.Path != "" && !filepath.IsAbs(o.Path) {
		o.Path = filepath.Join(o.WorkDir, o.Path)
	}
	return o, nil
}

// isEmptyDir says whether a directory has no entry at all.
func isEmptyDir(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	_, err = f.Readdirnames(1)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// tuning holds the waiting times and bounds.
type tuning struct {
	firstDelay   time.Duration // before the second try
	tries        int           // of one fetch
	stall        time.Duration // longest silence of a remote
	checkBudget  time.Duration // for the remote's list of refs
	maxPack      int64         // bytes of one download
	maxRefs      int64         // bytes of the remote's list of refs
	maxPacks     int           // pack files before a copy is made anew
	now          func() time.Time
	beforeRename func() // a test's hook: the copy is whole, not yet in place
}

func defaultTuning() tuning {
	return tuning{
		firstDelay: 500 * time.Millisecond, tries: 4,
		stall: 20 * time.Second, checkBudget: 20 * time.Second,
		maxPack: 1 << 30, maxRefs: 64 << 20, maxPacks: 24,
		now: time.Now, beforeRename: func() {},
	}
}
