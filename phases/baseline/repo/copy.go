package repo

import (
	"context"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
)

// create makes the copy beside its place and renames it when it is whole.
func (m *managed) create(ctx context.Context, r *remote, t target, replace bool) (err error) {
	parent := filepath.Dir(m.dir)
	made, err := makeParents(parent)
	if err != nil {
		return &Error{Op: "making", Subject: parent, Kind: ErrCache, Err: err}
	}
	defer func() {
		if err != nil {
			removeIfEmpty(made)
		}
	}()
	b, err := newBuilding(parent, filepath.Base(m.dir))
	if err != nil {
		return err
	}
	defer b.discard()
	f, err := m.build(ctx, r, t, b.dir)
	if err != nil {
		return err
	}
	s := &state{Made: stateMade, Version: stateVersion, URL: m.url, Filtered: f.filtered, Refs: map[string]refState{}}
	if err := m.record(b.dir, s, t.name, f.commit.hash.String()); err != nil {
		return err
	}
	m.o.tune.beforeRename()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b.finished()
	return m.place(b.dir, replace)
}

// build fetches into an unfinished directory.
func (m *managed) build(ctx context.Context, r *remote, t target, dir string) (fetched, error) {
	if err := os.Chmod(dir, 0o755); err != nil { // as any directory of the user's, not as a temporary one
		return fetched{}, &Error{Op: "making", Subject: dir, Kind: ErrCache, Err: err}
	}
	f, err := fetchObjects(ctx, r, t, dir, func(plumbing.Hash) bool { return false })
	if err != nil {
		return f, err
	}
	for _, name := range packFiles(dir, ".idx") {
		if err := markPromisor(filepath.Dir(name), filepath.Base(name)); err != nil {
			return f, err
		}
	}
	return f, nil
}

// place moves a finished copy to where it belongs. An older copy of ours makes
// room; anything else that appeared there meanwhile stays, and is an error.
func (m *managed) place(from string, replace bool) error {
	if replace {
		old := from + ".old"
		if err := os.Rename(m.dir, old); err != nil {
			return &Error{Op: "replacing", Subject: m.dir, Kind: ErrCache, Err: err}
		}
		defer func() { _ = os.RemoveAll(old) }() // what stays is swept next time
	} else {
		_ = os.Remove(m.dir) // an empty directory; anything else stays, and the rename says so
	}
	if err := os.Rename(from, m.dir); err != nil {
		return &Error{Op: "moving the copy to", Subject: m.dir, Kind: ErrCache, Err: err}
	}
	return nil
}

// update adds to the copy what it lacks. Objects come into a directory of
// their own first; the marker changes last.
func (m *managed) update(ctx context.Context, r *remote, t target, s *state) error {
	sweep(m.dir, "incoming", m.o.tune.now())
	b, err := newBuilding(m.dir, "incoming")
	if err != nil {
		return err
	}
	defer b.discard()
	g, err := openGitDir(m.dir)
	if err != nil {
		return m.damaged(err)
	}
	f, err := fetchObjects(ctx, r, t, b.dir, g.store.has)
	closeErr := g.store.close()
	if err != nil {
		return err
	}
	if closeErr != nil {
		return m.damaged(closeErr)
	}
	m.o.tune.beforeRename()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := movePacks(b.dir, m.dir); err != nil {
		return &Error{Op: "updating", Subject: m.dir, Kind: ErrCache, Err: err}
	}
	s.Filtered = f.filtered
	return m.record(m.dir, s, t.name, f.commit.hash.String())
}

// makeParents makes a directory with its parents and lists, innermost first,
// those that were not there.
func makeParents(dir string) (made []string, err error) {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		made = append(made, d)
	}
	return made, os.MkdirAll(dir, 0o755)
}
