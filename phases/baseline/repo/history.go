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
	"github.com/go-git/go-git/v5/plumbing/filemode"
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
	found, ok, err := findGitDir(dir)
	if err != nil || !ok {
		return nil, false, fmt.Errorf("the history of %s: %w", dir, ErrNone)
	}
	g, err := openGitDir(found)
	if err != nil {
		return nil, false, fmt.Errorf("the history of %s: %w", dir, err)
	}
	defer func() { _ = g.store.close() }() // only read from
	now, err := g.resolve("")
	if err != nil {
		return nil, false, fmt.Errorf("the history of %s: %w", dir, err)
	}
	present, err := g.store.folder(now.tree, folder)
	if err != nil {
		return nil, false, fmt.Errorf("the history of %s: %w", dir, err)
	}
	after := listing{present.hash, maps.Clone(present.files)}
	for range maxHistory {
		if now.date.Before(since) {
			return files, true, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, false, fmt.Errorf("the history of %s: %w", dir, context.Cause(ctx))
		}
		parent, first, ok := g.store.parent(now)
		if !ok && !first {
			return files, false, nil // the history was cut here
		}
		before := listing{}
		if !first {
			if before, err = g.store.folder(parent.tree, folder); err != nil {
				return files, false, nil // an object that a partial clone does not have ends it as well
			}
		}
		if before.hash != after.hash {
			for _, name := range slices.Sorted(maps.Keys(after.files)) {
				if !before.files[name] && present.files[name] {
					files = append(files, Added{Path: path.Join(folder, name), On: now.date})
					delete(present.files, name) // its newest arrival counts
				}
			}
		}
		if first {
			return files, true, nil
		}
		now, after = parent, before
	}
	return files, false, nil
}

// parent is a commit's first parent; first says that it has none. ok is false
// when it has one that is not there.
func (s *objectStore) parent(c commitInfo) (parent commitInfo, first, ok bool) {
	data, err := s.read(plumbing.CommitObject, c.hash, maxCommit)
	if err != nil {
		return commitInfo{}, false, false
	}
	hash, has := headerValue(data, "parent")
	if !has {
		return commitInfo{}, true, false
	}
	if !isHash(hash) {
		return commitInfo{}, false, false
	}
	parent, err = s.commit(plumbing.NewHash(hash))
	return parent, false, err == nil
}

// listing is a folder of a commit: its hash, and the names of its files.
type listing struct {
	hash  plumbing.Hash
	files map[string]bool
}

// folder lists the files of one folder of a tree; one that is not there has
// none.
func (s *objectStore) folder(tree plumbing.Hash, folder string) (listing, error) {
	at := tree
	for _, part := range strings.Split(folder, "/") {
		var next plumbing.Hash
		data, err := s.read(plumbing.TreeObject, at, maxTreeObject)
		if err != nil {
			return listing{}, err
		}
		err = eachTreeEntry(data, func(mode filemode.FileMode, name string, h plumbing.Hash) error {
			if name == part && mode == filemode.Dir {
				next = h
			}
			return nil
		})
		if err != nil || next.IsZero() {
			return listing{}, err
		}
		at = next
	}
	l := listing{hash: at, files: map[string]bool{}}
	data, err := s.read(plumbing.TreeObject, at, maxTreeObject)
	if err != nil {
		return listing{}, err
	}
	return l, eachTreeEntry(data, func(mode filemode.FileMode, name string, _ plumbing.Hash) error {
		if mode == filemode.Regular || mode == filemode.Executable || mode == filemode.Deprecated {
			l.files[name] = true
		}
		return nil
	})
}
