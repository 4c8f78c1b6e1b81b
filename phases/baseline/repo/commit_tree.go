package repo

import (
	"fmt"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// commitTree reads the files of one commit from a repository's objects.
type commitTree struct {
	store *objectStore
	files []treeFile
	byKey map[string]plumbing.Hash
	// available, when set, says which files' contents are there (a partial
	// clone); List leaves the others out.
	available func(treeFile) bool
}

// openCommit lists the part of a commit that belongs to SGLang's Python
// sources: the files that are fetched, or all.
func openCommit(store *objectStore, c commitInfo, onlyFetched bool) (*commitTree, error) {
	t := &commitTree{store: store, byKey: map[string]plumbing.Hash{}}
	enter := func(dir string) bool {
		top, _, _ := strings.Cut(dir, "/")
		return top == "python" || top == "sgl-kernel" || top == "sglang" || top == "srt"
	}
	if onlyFetched {
		enter = mayHoldFetched
	}
	err := store.walkTree(c.tree, enter, func(f treeFile) {
		if !onlyFetched || isFetched(f.path) {
			t.files = append(t.files, f)
		}
	})
	if err != nil {
		return nil, err
	}
	if !t.findLayout() {
		return nil, fmt.Errorf("%w: commit %s has no %s", ErrNotSGLang, short(c.hash.String()), modelsDir)
	}
	sort.Slice(t.files, func(i, j int) bool { return t.files[i].path < t.files[j].path })
	for _, f := range t.files {
		t.byKey[f.path] = f.hash
	}
	return t, nil
}

// findLayout puts the paths of the interface on the files.
func (t *commitTree) findLayout() bool {
	for _, strip := range []string{"", "python/", "python/sglang/"} {
		want := strings.TrimPrefix(modelsDir, strip) + "/"
		for _, f := range t.files {
			if strings.HasPrefix(f.path, want) {
				for i := range t.files {
					t.files[i].path = strip + t.files[i].path
				}
				return true
			}
		}
	}
	return false
}

// countModels counts the model files and those of them whose content is there.
func (t *commitTree) countModels() (all, present int) {
	for _, f := range t.files {
		if strings.HasPrefix(f.path, modelsDir+"/") && strings.HasSuffix(f.path, ".py") {
			all++
			if t.store.has(f.hash) {
				present++
			}
		}
	}
	return all, present
}

func (t *commitTree) readFile(name string) ([]byte, error) {
	h, ok := t.byKey[name]
	if !ok {
		return nil, notExist("read", name)
	}
	data, err := t.store.read(plumbing.BlobObject, h, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func (t *commitTree) list(dir string) ([]Entry, error) {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	first := sort.Search(len(t.files), func(i int) bool { return t.files[i].path >= prefix })
	var out []Entry
	found := false
	for _, f := range t.files[first:] {
		if !strings.HasPrefix(f.path, prefix) {
			break
		}
		found = true
		if t.available == nil || t.available(f) {
			out = append(out, Entry{Path: f.path, BlobID: f.hash.String()})
		}
	}
	if !found {
		return nil, notExist("list", dir)
	}
	return out, nil
}

func (t *commitTree) close() error { return t.store.close() }
