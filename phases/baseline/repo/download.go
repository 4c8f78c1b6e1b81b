package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// fetched is what one fetch brought.
type fetched struct {
	commit commitInfo
	// filtered: the remote left out what we did not ask for.
	filtered bool
}

// fetchObjects brings the commit of a target, its directories and its wanted
// files into the object directory below dir. have says what need not come
// again. dir is the caller's to throw away when this fails.
func fetchObjects(ctx context.Context, r *remote, t target, dir string, have func(plumbing.Hash) bool) (fetched, error) {
	filter := r.refs.Capabilities.Supports(capability.Filter) && r.refs.Capabilities.Supports(capability.Shallow)
	if !r.refs.Capabilities.Supports(capability.Shallow) {
		return fetched{}, &Error{Op: "fetching", Subject: r.url, Kind: ErrUnsupported,
			Hint: "the server cannot give one commit without its history; clone it with git and name the clone with --sglang-path"}
	}
	if filter {
		f, err := fetchFiltered(ctx, r, t, dir, have)
		if err == nil || !fallsBack(err) || ctx.Err() != nil {
			return f, err
		}
		r.report(Progress{Phase: "retrying", Message: "the server does not serve single files; fetching the whole commit"})
		if err := emptyObjects(dir); err != nil {
			return fetched{}, err
		}
	}
	store, closeStore, err := newStore(dir)
	if err != nil {
		return fetched{}, err
	}
	defer closeStore()
	if err := r.download(ctx, request{wants: []plumbing.Hash{t.want}, depth: 1, phase: "fetching"}, store.stores[0]); err != nil {
		return fetched{}, err
	}
	c, missing, err := inspect(ctx, r, store, t, func(plumbing.Hash) bool { return false })
	if err == nil && len(missing) > 0 {
		err = &Error{Op: "fetching", Subject: r.url, Kind: ErrIncomplete, Err: fmt.Errorf("%d files did not come", len(missing))}
	}
	return fetched{commit: c}, err
}

// fallsBack reports whether a download failed because it asked for less than
// everything.
func fallsBack(err error) bool {
	return errors.Is(err, errRefused) || errors.Is(err, ErrIncomplete)
}

// fetchFiltered asks for the commit and its directories, then for the files
// that are wanted and not there.
func fetchFiltered(ctx context.Context, r *remote, t target, dir string, have func(plumbing.Hash) bool) (fetched, error) {
	store, closeStore, err := newStore(dir)
	if err != nil {
		return fetched{}, err
	}
	defer closeStore()
	if err := r.download(ctx, request{wants: []plumbing.Hash{t.want}, depth: 1, filter: true, phase: "listing"}, store.stores[0]); err != nil {
		return fetched{}, err
	}
	c, missing, err := inspect(ctx, r, store, t, have)
	if err != nil {
		return fetched{}, err
	}
	if len(missing) > 0 {
		if err := r.download(ctx, request{wants: missing, phase: "fetching"}, store.stores[0]); err != nil {
			return fetched{}, err
		}
	}
	for _, h := range missing {
		if !store.has(h) {
			return fetched{}, &Error{Op: "fetching", Subject: r.url, Kind: ErrIncomplete, Err: fmt.Errorf("file %s did not come", h)}
		}
	}
	return fetched{commit: c, filtered: true}, nil
}

// inspect reads what came: the commit, and the wanted files still missing.
func inspect(ctx context.Context, r *remote, store *objectStore, t target, have func(plumbing.Hash) bool) (commitInfo, []plumbing.Hash, error) {
	c, err := store.commit(t.want)
	if err != nil {
		return c, nil, r.content(err)
	}
	tree, err := openCommit(store, c, true)
	if err != nil {
		return c, nil, r.content(err)
	}
	seen := map[plumbing.Hash]bool{}
	var missing []plumbing.Hash
	for _, f := range tree.files {
		if ctx.Err() != nil {
			return c, nil, context.Cause(ctx)
		}
		if !seen[f.hash] && !have(f.hash) && !store.has(f.hash) {
			missing = append(missing, f.hash)
		}
		seen[f.hash] = true
	}
	return c, missing, nil
}

// content is an error about what the remote sent.
func (r *remote) content(err error) error {
	e := &Error{Op: "fetching", Subject: r.url, Err: err}
	if e.Kind = kindOf(err, ErrTooLarge, ErrIncomplete, ErrNotSGLang); e.Kind == nil {
		e.Kind = ErrCorrupt
	}
	if errors.Is(e.Kind, ErrNotSGLang) {
		e.Hint = "check --sglang-url and --sglang-ref"
	}
	return e
}

// newStore opens the object directory below dir for writing.
func newStore(dir string) (*objectStore, func(), error) {
	if err := os.MkdirAll(filepath.Join(dir, "objects", "pack"), 0o755); err != nil {
		return nil, nil, &Error{Op: "writing", Subject: dir, Kind: ErrCache, Err: err}
	}
	s := &objectStore{stores: []*filesystem.Storage{filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRU(objectCacheBytes))}}
	return s, func() { _ = s.close() }, nil // only read descriptors are open
}

// emptyObjects throws away what a failed try left.
func emptyObjects(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, "objects")); err != nil {
		return &Error{Op: "clearing", Subject: dir, Kind: ErrCache, Err: err}
	}
	return nil
}

// movePacks puts whole packs into another object directory: the index first,
// so that whoever finds a pack finds its index too. They are marked as coming
// from a remote that has the rest, as git marks them.
func movePacks(from, to string) error {
	dst := filepath.Join(to, "objects", "pack")
	for _, ext := range []string{".idx", ".pack"} {
		for _, f := range packFiles(from, ext) {
			name := filepath.Base(f)
			if ext == ".idx" {
				if err := markPromisor(dst, name); err != nil {
					return err
				}
			}
			if err := os.Rename(f, filepath.Join(dst, name)); err != nil {
				return fmt.Errorf("moving pack into place: %w", err)
			}
		}
	}
	return nil
}

// markPromisor writes a pack's empty .promisor file.
func markPromisor(packDir, idxName string) error {
	name := strings.TrimSuffix(idxName, ".idx") + ".promisor"
	err := os.WriteFile(filepath.Join(packDir, name), nil, 0o644)
	if err != nil {
		return fmt.Errorf("marking pack: %w", err)
	}
	return nil
}

// packFiles are the files of a repository's packs that have an extension.
func packFiles(dir, ext string) []string {
	packs := filepath.Join(dir, "objects", "pack")
	entries, _ := os.ReadDir(packs) // a repository without the directory has none
	var out []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ext {
			out = append(out, filepath.Join(packs, e.Name()))
		}
	}
	return out
}

// removeIfEmpty removes directories that we made and that hold nothing.
func removeIfEmpty(dirs []string) {
	for _, d := range dirs {
		if err := os.Remove(d); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
}
