package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// maxGitText bounds the small text files of a repository.
const maxGitText = 1 << 20

// maxAlternates bounds how far object directories point on to others (git's
// own limit is 5).
const maxAlternates = 5

// objectCacheBytes is how much go-git may keep of what it inflated.
const objectCacheBytes = 16 << 20

// gitDir is a repository's metadata on disk. It is opened by its storage, not
// by git.Open, which refuses every extension it does not know; which of them
// matter to a reader is reported by meta.
type gitDir struct {
	dir    string // HEAD, index
	common string // objects, refs; another directory in a linked worktree
	meta   gitMeta
	refs   *filesystem.Storage
	store  *objectStore
}

// gitMeta is what a repository's configuration says about reading it.
type gitMeta struct {
	sha256, reftable bool // unreadable to us
	partial, sparse  bool
	converts         bool // core.autocrlf: files differ from blobs
}

// findGitDir returns the metadata directory of a work tree at root: .git, or
// what the .git file of a linked worktree or submodule names. ok is false when
// there is none.
func findGitDir(root string) (dir string, ok bool, err error) {
	if root == "" {
		return "", false, nil
	}
	dot := filepath.Join(root, ".git")
	st, err := os.Stat(dot)
	if err != nil {
		return "", false, nil //nolint:nilerr // no .git is an answer, not a failure
	}
	if st.IsDir() {
		return dot, true, nil
	}
	text, err := readSmall(dot)
	if err != nil {
		return "", true, fmt.Errorf("reading %s: %w", dot, err)
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir:")
	if !ok {
		return "", true, fmt.Errorf("%s names no gitdir", dot)
	}
	return absolute(root, strings.TrimSpace(target)), true, nil
}

// isGitDir reports whether a directory looks like a repository's metadata (a bare
// clone, or a .git directory).
func isGitDir(dir string) bool {
	if st, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil || !st.Mode().IsRegular() {
		return false
	}
	return slices.ContainsFunc([]string{"objects", "commondir"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// openGitDir opens a repository for reading. The error is ErrUnsupported for
// formats whose objects or refs we cannot read, ErrCorrupt for what is none.
func openGitDir(dir string) (*gitDir, error) {
	if !isGitDir(dir) {
		return nil, fmt.Errorf("%w: %s has no HEAD or no objects", ErrCorrupt, dir)
	}
	g := &gitDir{dir: dir, common: dir}
	if text, err := readSmall(filepath.Join(dir, "commondir")); err == nil {
		g.common = absolute(dir, strings.TrimSpace(string(text)))
	}
	g.readMeta()
	if g.meta.sha256 {
		return g, fmt.Errorf("%w: its objects are named by SHA-256", ErrUnsupported)
	}
	if g.meta.reftable {
		return g, fmt.Errorf("%w: its refs are in a reftable", ErrUnsupported)
	}
	fsys := openGit(dir)
	if g.common != dir {
		fsys = dotgit.NewRepositoryFilesystem(openGit(dir), openGit(g.common))
	}
	lru := cache.NewObjectLRU(objectCacheBytes)
	g.refs = filesystem.NewStorage(fsys, lru)
	g.store = &objectStore{stores: []*filesystem.Storage{g.refs}}
	g.store.addAlternates(filepath.Join(g.common, "objects"), lru)
	return g, nil
}

// readMeta reads the configuration files; what cannot be parsed says nothing.
func (g *gitDir) readMeta() {
	for _, name := range []string{filepath.Join(g.common, "config"), filepath.Join(g.dir, "config.worktree")} {
		text, err := readSmall(name)
		if err != nil {
			continue
		}
		c := config.New()
		if err := config.NewDecoder(bytes.NewReader(text)).Decode(c); err != nil {
			continue
		}
		ext, core := c.Section("extensions"), c.Section("core")
		g.meta.sha256 = g.meta.sha256 || strings.EqualFold(ext.Option("objectformat"), "sha256")
		g.meta.reftable = g.meta.reftable || strings.HasPrefix(strings.ToLower(ext.Option("refstorage")), "reftable")
		g.meta.partial = g.meta.partial || ext.Option("partialclone") != ""
		g.meta.sparse = g.meta.sparse || strings.EqualFold(core.Option("sparsecheckout"), "true")
		g.meta.converts = g.meta.converts || strings.EqualFold(core.Option("autocrlf"), "true")
		for _, remote := range c.Section("remote").Subsections {
			g.meta.partial = g.meta.partial || strings.EqualFold(remote.Option("promisor"), "true")
		}
	}
}

// resolve finds the commit of a ref; "" is HEAD.
func (g *gitDir) resolve(ref string) (commitInfo, error) {
	if isHash(ref) {
		return g.store.commit(plumbing.NewHash(ref))
	}
	names := refCandidates(ref)
	if ref == "" {
		names = []string{"HEAD"}
	}
	for _, name := range names {
		r, err := storer.ResolveReference(g.refs, plumbing.ReferenceName(name))
		if err == nil {
			return g.store.commit(r.Hash())
		}
		if !errors.Is(err, plumbing.ErrReferenceNotFound) {
			return commitInfo{}, fmt.Errorf("%w: reading %s: %w", ErrCorrupt, name, err)
		}
	}
	if isHex(ref) && len(ref) >= 7 && len(ref) < 40 {
		if h, ok := g.store.abbreviated(ref); ok {
			return g.store.commit(h)
		}
	}
	return commitInfo{}, plumbing.ErrReferenceNotFound
}

// refNames lists the full names of all refs; what cannot be read is left out.
func (g *gitDir) refNames() []string {
	var names []string
	iter, err := g.refs.IterReferences()
	if err != nil {
		return nil
	}
	defer iter.Close()
	_ = iter.ForEach(func(r *plumbing.Reference) error { // what is there is enough for a hint
		names = append(names, r.Name().String())
		return nil
	})
	return names
}

// rawHead reads HEAD's hash without go-git, for the formats it cannot open.
func (g *gitDir) rawHead() string {
	text, err := readSmall(filepath.Join(g.dir, "HEAD"))
	if err != nil {
		return ""
	}
	head := strings.TrimSpace(string(text))
	name, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return hexOnly(head)
	}
	if refNameProblem(name) != "" {
		return ""
	}
	if text, err := readSmall(filepath.Join(g.common, filepath.FromSlash(name))); err == nil {
		return hexOnly(strings.TrimSpace(string(text)))
	}
	packed, err := readBounded(filepath.Join(g.common, "packed-refs"), 16*maxGitText)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(packed)) {
		if hash, ref, ok := strings.Cut(strings.TrimSpace(line), " "); ok && ref == name {
			return hexOnly(hash)
		}
	}
	return ""
}

func hexOnly(s string) string {
	if isHex(s) && (len(s) == 40 || len(s) == 64) {
		return s
	}
	return ""
}

// absolute resolves a path that a git file names.
func absolute(base, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// readSmall reads one of git's small text files.
func readSmall(name string) ([]byte, error) { return readBounded(name, maxGitText) }

// readBounded reads a regular file of at most limit bytes; a named pipe or a
// device would block or never end.
func readBounded(name string, limit int64) ([]byte, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return readLimited(f, limit)
}

// readLimited reads everything, and fails rather than cut.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	return data, nil
}

// Head is the commit that a clone at dir is at, "" where there is no clone or
// it cannot be read. It reads two small files.
func Head(dir string) string {
	found, ok, err := findGitDir(dir)
	if !ok || err != nil {
		return ""
	}
	g := &gitDir{dir: found, common: found}
	if text, err := readSmall(filepath.Join(found, "commondir")); err == nil {
		g.common = absolute(found, strings.TrimSpace(string(text)))
	}
	return g.rawHead()
}
