package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// fileTree reads plain files. os.Root keeps every symbolic link from leading
// out of the directory.
type fileTree struct {
	root   *os.Root
	layout layout
	// behind, when set, is the commit in which a sparse work tree's other
	// files are.
	behind *commitTree
}

func openFiles(l layout) (*fileTree, error) {
	root, err := os.OpenRoot(l.root)
	if err != nil {
		return nil, err
	}
	return &fileTree{root: root, layout: l}, nil
}

func (t *fileTree) readFile(name string) ([]byte, error) {
	data, err := t.readPlain(name)
	if t.behind != nil && errors.Is(err, fs.ErrNotExist) {
		return t.behind.readFile(name)
	}
	return data, err
}

func (t *fileTree) readPlain(name string) ([]byte, error) {
	local, ok := t.layout.toLocal(name)
	if !ok {
		return nil, notExist("read", name)
	}
	f, err := regular.OpenIn(t.root, local)
	if errors.Is(err, regular.ErrNotRegular) {
		return nil, notExist("read", name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer func() { _ = f.Close() }() // only read
	data, err := readLimited(f, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func (t *fileTree) list(dir string) ([]Entry, error) {
	seen := map[string]bool{}
	out, err := t.listPlain(dir, seen)
	if t.behind == nil || (err != nil && !errors.Is(err, fs.ErrNotExist)) {
		return out, err
	}
	more, moreErr := t.behind.list(dir)
	if moreErr != nil {
		if err != nil {
			return nil, err
		}
		return out, nil
	}
	for _, e := range more {
		if !seen[e.Path] {
			out = append(out, e)
		}
	}
	return out, nil
}

func (t *fileTree) listPlain(dir string, seen map[string]bool) ([]Entry, error) {
	local, ok := t.layout.toLocal(dir)
	if !ok {
		return nil, notExist("list", dir)
	}
	st, err := t.root.Stat(local)
	if err != nil || !st.IsDir() {
		return nil, notExist("list", dir)
	}
	var out []Entry
	count := 0
	err = fs.WalkDir(t.root.FS(), local, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if count++; count > maxEntries {
			return fmt.Errorf("%w: more than %d files", ErrTooLarge, maxEntries)
		}
		if d.IsDir() {
			if name := d.Name(); p != local && (strings.HasPrefix(name, ".") || name == "__pycache__") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		name := path.Join(t.layout.strip, p)
		seen[name] = true
		out = append(out, Entry{Path: name})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	return out, nil
}

func (t *fileTree) close() error {
	var behind error
	if t.behind != nil {
		behind = t.behind.close()
	}
	return errors.Join(t.root.Close(), behind)
}
