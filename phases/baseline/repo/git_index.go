package repo

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// TracksFolder reports whether the repository whose work tree is at root has a file
// below a folder of that name (node_modules), wherever the folder is. It reads
// the index alone: what is committed and checked out is in it.
func TracksFolder(root, folder string) (tracks bool, err error) {
	defer recovered(&err)
	dir, ok, err := findGitDir(root)
	if err != nil || !ok {
		return false, err
	}
	entries, err := readIndex(dir)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(entries, func(e *index.Entry) bool { return strings.Contains("/"+e.Name, "/"+folder+"/") }), nil
}

// maxIndex bounds a clone's index file (SGLang's has about 1 MB).
const maxIndex = 64 << 20

// readIndex reads the index of a repository.
func readIndex(gitDir string) ([]*index.Entry, error) {
	data, err := readBounded(filepath.Join(gitDir, "index"), maxIndex)
	var idx index.Index
	if err == nil {
		err = index.NewDecoder(bytes.NewReader(data)).Decode(&idx)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the index: %w", err)
	}
	return idx.Entries, nil
}

// changed lists the wanted files of a work tree that differ from the commit: by
// the hash that is staged, or by size and time, which git's index holds as they
// were when git last hashed the file. Where files need not be what their blobs
// are it lists none.
func (t *fileTree) changed(g *gitDir, commit map[string]plumbing.Hash) (list []string, err error) {
	if runtime.GOOS == "windows" || g.meta.converts {
		return nil, nil
	}
	defer recovered(&err)
	entries, err := readIndex(g.dir)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*index.Entry, len(entries))
	for _, e := range entries {
		byName[e.Name] = e
	}
	for name, hash := range commit {
		e, ok := byName[name]
		local, inTree := t.layout.toLocal(name)
		if !isFetched(name) || ok && e.SkipWorktree || !inTree {
			continue
		}
		st, err := t.root.Lstat(local)
		if !ok || e.Hash != hash || err != nil || !sameFile(e, st) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list, nil
}

func sameFile(e *index.Entry, st fs.FileInfo) bool {
	if !st.Mode().IsRegular() || uint32(st.Size()) != e.Size || st.ModTime().Unix() != e.ModifiedAt.Unix() { // git keeps the low 32 bits of the size
		return false
	}
	nsec := e.ModifiedAt.Nanosecond()
	return nsec == 0 || nsec == st.ModTime().Nanosecond()
}
