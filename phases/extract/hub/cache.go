package hub

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// cache is huggingface_hub's directory of downloaded files:
//
//	ROOT/models--ORG--NAME/blobs/<etag>                the content
//	ROOT/models--ORG--NAME/refs/<revision>             the commit of a branch
//	ROOT/models--ORG--NAME/snapshots/<commit>/<file>   a link to the blob, or the content itself
//	ROOT/models--ORG--NAME/.no_exist/<commit>/<file>   the commit has no such file
//	ROOT/.locks/models--ORG--NAME/<etag>.lock
type cache struct {
	root       string // "" for none
	noSymlinks bool
	clock      Clock
	log        *slog.Logger

	probe      sync.Once
	canSymlink bool

	step func(name string) // tests stop a write in the middle; nil otherwise
}

func newCache(s *settings, clock Clock, log *slog.Logger) *cache {
	return &cache{root: s.CacheRoot, noSymlinks: s.noSymlinks, clock: clock, log: log}
}

const repoPrefix = "models--"

func repoFolder(repoID string) string { return repoPrefix + strings.ReplaceAll(repoID, "/", "--") }

func (c *cache) repoDir(repoID string) string { return filepath.Join(c.root, repoFolder(repoID)) }

func (c *cache) pointer(repoID, commit, filename string) string {
	return filepath.Join(c.repoDir(repoID), "snapshots", commit, filepath.FromSlash(filename))
}

func (c *cache) blob(repoID, etag string) string {
	return filepath.Join(c.repoDir(repoID), "blobs", etag)
}

// entry is a file found in the cache.
type entry struct {
	bytes     []byte
	commit    string
	etag      string // the blob's name; "" for a regular file
	hashed    bool   // the content has the hash that the blob's name is
	fetchedAt time.Time
}

var errNoEntry = errors.New("not in the cache")

const maxRefBytes = 1 << 10

// commitOf returns the commit that a revision stands for in the cache. Beside
// commits a ref may hold a name made by hand ("local"), of one safe segment.
func (c *cache) commitOf(repoID, revision string) (string, bool) {
	if IsCommit(revision) {
		return revision, true
	}
	if c.root == "" {
		return "", false
	}
	data, err := readSmall(filepath.Join(c.repoDir(repoID), "refs", filepath.FromSlash(revision)), maxRefBytes)
	if err != nil {
		return "", false
	}
	commit := strings.TrimSpace(string(data))
	if commit == "" || strings.Contains(commit, "/") || ValidateFilename(commit) != nil {
		return "", false
	}
	return commit, true
}

// lookup finds the file that a revision stood for when it was last asked.
func (c *cache) lookup(repoID, revision, filename string) (*entry, error) {
	commit, ok := c.commitOf(repoID, revision)
	if !ok {
		return nil, errNoEntry
	}
	return c.read(repoID, commit, filename)
}

// read reads a file of a commit. A link that leads nowhere and content that
// does not have its blob's hash count as absent.
func (c *cache) read(repoID, commit, filename string) (*entry, error) {
	if c.root == "" {
		return nil, errNoEntry
	}
	path := c.pointer(repoID, commit, filename)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, errNoEntry
	}
	e := &entry{commit: commit, fetchedAt: info.ModTime()}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(path)
		if err != nil {
			return nil, errNoEntry
		}
		e.etag = filepath.Base(target)
	}
	e.bytes, err = readSmall(path, sizeLimit(filename))
	if err != nil {
		c.log.Info("cache entry unreadable", "path", path, "error", err)
		return nil, errNoEntry
	}
	if isHash(e.etag) {
		if e.hashed = hashMatches(e.bytes, e.etag); !e.hashed {
			c.log.Warn("cache entry damaged, ignored", "path", path)
			return nil, errNoEntry
		}
	}
	return e, nil
}

// readSmall reads a regular file of at most limit bytes.
func readSmall(path string, limit int64) ([]byte, error) { return regular.Read(path, limit) }

// knownAbsent reports whether the cache remembers that a commit has no such file.
func (c *cache) knownAbsent(repoID, commit, filename string) bool {
	if c.root == "" || !IsCommit(commit) {
		return false
	}
	_, err := os.Stat(filepath.Join(c.repoDir(repoID), ".no_exist", commit, filepath.FromSlash(filename)))
	return err == nil
}

// Repo is a model repository of which the cache has a file.
type Repo struct {
	ID string
	// LastUsed is when its snapshots last changed.
	LastUsed time.Time
}

// ListCached lists the model repositories in the cache, the latest first. A
// cache that is missing or unreadable is empty.
func (c *Client) ListCached() []Repo { return c.cache.list() }

func (c *cache) list() []Repo {
	if c.root == "" {
		return nil
	}
	dirs, err := os.ReadDir(c.root)
	if err != nil {
		return nil
	}
	var repos []Repo
	for _, d := range dirs {
		name, ok := strings.CutPrefix(d.Name(), repoPrefix)
		if !ok || !d.IsDir() {
			continue
		}
		id := strings.Replace(name, "--", "/", 1)
		if ValidateRepoID(id) != nil {
			continue
		}
		if commits, last := c.commits(id, ""); len(commits) > 0 {
			repos = append(repos, Repo{ID: id, LastUsed: last})
		}
	}
	slices.SortStableFunc(repos, func(a, b Repo) int { return b.LastUsed.Compare(a.LastUsed) })
	return repos
}

// commits lists the snapshots of a repository, the latest first; with a
// filename only those that have that file.
func (c *cache) commits(repoID, filename string) (commits []string, last time.Time) {
	dirs, err := os.ReadDir(filepath.Join(c.repoDir(repoID), "snapshots"))
	if err != nil {
		return nil, last
	}
	times := map[string]time.Time{}
	for _, d := range dirs {
		info, err := d.Info()
		if err != nil || !d.IsDir() {
			continue
		}
		if filename != "" {
			if _, err := c.read(repoID, d.Name(), filename); err != nil {
				continue
			}
		}
		times[d.Name()] = info.ModTime()
		commits = append(commits, d.Name())
	}
	slices.SortStableFunc(commits, func(a, b string) int { return times[b].Compare(times[a]) })
	if len(commits) > 0 {
		last = times[commits[0]]
	}
	return commits, last
}
