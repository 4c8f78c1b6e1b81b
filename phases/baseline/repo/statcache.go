package repo

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// stageMerged is the stage of a file without a merge conflict (go-git's own
// constant of that name is another stage).
const stageMerged index.Stage = 0

// statCache knows the blob ids of a work tree's files without reading them:
// git's index holds size and time of each file as it was when git last hashed
// it.
type statCache struct {
	entries map[string]*index.Entry
	written time.Time // of the index
}

// openStatCache reads a clone's index. It is nil, without an error, where files
// need not be what their blobs are.
func openStatCache(g *gitDir) (cache *statCache, err error) {
	if runtime.GOOS == "windows" || g.meta.converts {
		return nil, nil
	}
	defer recovered(&err)
	st, err := os.Stat(filepath.Join(g.dir, "index"))
	if err != nil {
		return nil, err
	}
	entries, err := readIndex(g.dir)
	if err != nil {
		return nil, err
	}
	cache = &statCache{entries: make(map[string]*index.Entry, len(entries)), written: st.ModTime()}
	for _, e := range entries {
		cache.entries[e.Name] = e
	}
	return cache, nil
}

// blobID returns a file's blob hash when its size and time are still those in
// the index, and "" otherwise. A file as young as the index may have changed
// since without showing it.
func (c *statCache) blobID(name string, d fs.DirEntry) string {
	e, ok := c.entries[name]
	if !ok || e.Stage != stageMerged {
		return ""
	}
	st, err := d.Info()
	if err != nil || !sameFile(e, st) || !st.ModTime().Before(c.written) {
		return ""
	}
	return e.Hash.String()
}

func sameFile(e *index.Entry, st fs.FileInfo) bool {
	if !st.Mode().IsRegular() || uint32(st.Size()) != e.Size || st.ModTime().Unix() != e.ModifiedAt.Unix() { // git keeps the low 32 bits of the size
		return false
	}
	nsec := e.ModifiedAt.Nanosecond()
	return nsec == 0 || nsec == st.ModTime().Nanosecond()
}

// changed lists the wanted files that differ, by size, time or staged hash,
// from the commit.
func (c *statCache) changed(t *fileTree, commit map[string]plumbing.Hash) []string {
	var list []string
	for name, hash := range commit {
		if !isFetched(name) {
			continue
		}
		e, ok := c.entries[name]
		if ok && e.SkipWorktree {
			continue
		}
		local, inTree := t.layout.toLocal(name)
		if !inTree {
			continue
		}
		st, err := t.root.Lstat(local)
		if !ok || e.Hash != hash || err != nil || !sameFile(e, st) {
			list = append(list, name)
		}
	}
	return list
}
