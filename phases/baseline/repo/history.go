package repo

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxHistory bounds how many commits are looked at: SGLang has some 1,500 a
// month.
const maxHistory = 50_000

// Added is a file that a commit brought into a folder.
type Added struct {
	Path string
	On   time.Time // the commit's date
}

// AddedSince finds the files that came into a folder of a clone since a moment
// and are there still, along the first parents of what is checked out; the
// newest first. complete is false when the history ends before that moment, as
// in a shallow clone. A directory that is not a clone has no history: ErrNone.
func AddedSince(ctx context.Context, dir, folder string, since time.Time) (files []Added, complete bool, err error) {
	defer func() {
		if err != nil {
			files, err = nil, fmt.Errorf("the history of %s: %w", dir, err)
		}
	}()
	found, ok, err := findGitDir(dir)
	if err != nil || !ok {
		return nil, false, ErrNone
	}
	g, err := openGitDir(found)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = g.store.close() }() // only read from
	now, err := g.resolve("")
	if err != nil {
		return nil, false, err
	}
	after, err := g.store.folder(now.tree, folder)
	if err != nil {
		return nil, false, err
	}
	present := maps.Clone(after)
	for range maxHistory {
		if now.date.Before(since) {
			return files, true, nil
		}
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		var parent commitInfo
		var before map[string]bool
		if now.parent != "" {
			if parent, err = g.store.commit(plumbing.NewHash(now.parent)); err == nil {
				before, err = g.store.folder(parent.tree, folder)
			}
			if err != nil {
				return files, false, nil // the history was cut here, or a partial clone does not have the object
			}
		}
		var added []string
		for name := range present {
			if after[name] && !before[name] {
				added = append(added, name)
			}
		}
		slices.Sort(added)
		for _, name := range added {
			files = append(files, Added{Path: path.Join(folder, name), On: now.date})
			delete(present, name) // its newest arrival counts
		}
		if now.parent == "" {
			return files, true, nil
		}
		now, after = parent, before
	}
	return files, false, nil
}

// folder lists the names of the files of one folder of a tree; one that is not
// there has none.
func (s *objectStore) folder(tree plumbing.Hash, folder string) (map[string]bool, error) {
	names := map[string]bool{}
	onTheWay := func(dir string) bool { return dir == folder || strings.HasPrefix(folder, dir+"/") }
	err := s.walkTree(tree, onTheWay, func(f treeFile) {
		if name, inside := strings.CutPrefix(f.path, folder+"/"); inside {
			names[name] = true
		}
	})
	return names, err
}
