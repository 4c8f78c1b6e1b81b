package baseline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// maxSourceFile bounds one source file (SGLang's largest is 0.4 MB).
const maxSourceFile = 8 << 20

// Tree is a Source over a plain directory: a work tree, an unpacked archive,
// or an installed package (a directory that holds sglang/ itself instead of
// python/sglang).
type Tree struct {
	fsys   fs.FS
	prefix string // what the directory calls "python/": "python/" or ""
	notes  []string
}

// OpenTree opens the directory dir, which holds python/sglang or sglang, or
// is the sglang package itself. It is an error wrapping fs.ErrNotExist when
// none of them is there.
func OpenTree(dir string) (*Tree, error) {
	type layout struct{ root, prefix string }
	candidates := []layout{{dir, "python/"}, {dir, ""}}
	if filepath.Base(filepath.Clean(dir)) == "sglang" {
		candidates = append(candidates, layout{filepath.Dir(filepath.Clean(dir)), ""})
	}
	for _, c := range candidates {
		models := filepath.Join(c.root, filepath.FromSlash(c.prefix+"sglang/srt/models"))
		if st, err := os.Stat(models); err == nil && st.IsDir() {
			return &Tree{fsys: os.DirFS(c.root), prefix: c.prefix}, nil
		}
	}
	return nil, fmt.Errorf("opening SGLang tree %s: no sglang/srt/models in it: %w", dir, fs.ErrNotExist)
}

// name maps a path of the interface to the directory's own.
func (t *Tree) name(p string) (string, error) {
	p = path.Clean(p)
	rest, ok := strings.CutPrefix(p, "python/")
	if !ok || !fs.ValidPath(p) {
		return "", &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	}
	return t.prefix + rest, nil
}

// ReadFile implements Source.
func (t *Tree) ReadFile(p string) ([]byte, error) {
	name, err := t.name(p)
	if err != nil {
		return nil, err
	}
	st, err := fs.Stat(t.fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: p, Err: fs.ErrNotExist}
	case st.Size() > maxSourceFile:
		return nil, fmt.Errorf("reading %s: %d bytes is more than a source file has", p, st.Size())
	}
	return fs.ReadFile(t.fsys, name)
}

// List implements Source.
func (t *Tree) List(dir string) ([]Entry, error) {
	name, err := t.name(dir)
	if err != nil {
		return nil, err
	}
	var out []Entry
	err = fs.WalkDir(t.fsys, name, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if p == name || !errors.Is(err, fs.ErrPermission) {
				return err
			}
			return nil
		}
		if d.Type().IsRegular() {
			out = append(out, Entry{Path: "python/" + strings.TrimPrefix(p, t.prefix)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out, nil
}

// Commit implements Source: a plain directory does not know.
func (t *Tree) Commit() (hash, date string) { return "", "" }

// Kind implements Source.
func (t *Tree) Kind() string { return KindClone }

// Notes implements Source.
func (t *Tree) Notes() []string { return t.notes }
