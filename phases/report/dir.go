package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/fault"
)

// Dir is a directory of results. All access goes through an os.Root:
// no name, and no symbolic link in it, leads out of it.
type Dir struct {
	Path   string
	root   *os.Root
	unlock func()
	fresh  bool // it was made just now: nothing of an earlier run is in it
}

// OpenDir makes the directory when it is not there, locks it against
// other fib-ls processes until Close, and removes the unfinished files that a
// killed run left in it. A directory that was named by
// the user may be reached through a link; one with our own name
// (model_analysis_…) may not be one: a link of that name may have come with
// the workspace, and would lead our files wherever it likes.
func OpenDir(path string) (*Dir, error) {
	path = filepath.Clean(path)
	if err := refuseLink(path); err != nil {
		return nil, err
	}
	fresh := os.Mkdir(path, 0o755) == nil
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, &fault.Usage{Message: fmt.Sprintf("the output directory cannot be made: %v", err), Hint: "name another one with --output-dir"}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the output directory: %w", err)
	}
	unlock, err := disk.Lock(path, path)
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	if !fresh {
		for _, name := range FileOrder {
			_ = root.Remove(unfinished(name))
		}
	}
	return &Dir{Path: path, root: root, unlock: unlock, fresh: fresh}, nil
}

// Claimed is an output directory that a run will write into.
type Claimed struct {
	path string
	made []string // directories that were not there, the innermost last
}

// Claim makes the directory before any work is done: a run whose
// report cannot be written must not change models.ts first. A dry run makes
// nothing.
func Claim(path string, dryRun bool) (*Claimed, error) {
	c := &Claimed{path: filepath.Clean(path)}
	if dryRun {
		return c, refuseLink(path)
	}
	for dir := c.path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		c.made = append([]string{dir}, c.made...)
	}
	dir, err := OpenDir(path)
	if err != nil {
		return nil, err
	}
	err = dir.writable()
	if closeErr := dir.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		c.Release()
		return nil, err
	}
	return c, nil
}

// isNew reports whether the run made the directory itself: nothing of an earlier run
// is in it.
func (c *Claimed) isNew(path string) bool {
	return c != nil && c.path == path && len(c.made) > 0
}

// Release removes what was made and is still empty, as after a run that found
// nothing to write.
func (c *Claimed) Release() {
	for _, dir := range slices.Backward(c.made) {
		if os.Remove(dir) != nil { // not empty, or gone
			return
		}
	}
}

// writable says why no file can be written into the directory.
func (d *Dir) writable() error {
	probe := unfinished(FileConfig)
	if err := d.root.WriteFile(probe, nil, 0o644); err != nil {
		return &fault.Usage{Message: fmt.Sprintf("the output directory cannot be written: %v", err), Hint: "name another one with --output-dir"}
	}
	return d.root.Remove(probe)
}

// refuseLink refuses an output directory that is a link with our own name.
func refuseLink(path string) error {
	info, err := os.Lstat(filepath.Clean(path))
	if err != nil || info.Mode()&fs.ModeSymlink == 0 || !strings.HasPrefix(filepath.Base(path), DirPrefix) {
		return nil //nolint:nilerr // what is not there is made later, or that fails
	}
	return &fault.Usage{Message: fmt.Sprintf("the output directory %s is a symbolic link", path), Hint: "remove it, or name its target with --output-dir"}
}

// Tidy removes what a killed run left in a directory that is there;
// a run that ends without writing its files calls it.
func Tidy(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return
	}
	if dir, err := OpenDir(path); err == nil {
		_ = dir.Close()
	}
}

// DirPrefix begins the name of every output directory that we name.
const DirPrefix = "model_analysis_"

// unfinished is the name under which a file is written before it gets its own.
func unfinished(name string) string {
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp")
}

// Ignore keeps a directory that the user did not name out of the commits of the
// clone in which it stands. One that has a .gitignore keeps it.
func (d *Dir) Ignore() error {
	if _, err := d.root.Lstat(fileIgnore); err == nil {
		return nil
	}
	return d.Write(fileIgnore, []byte("*\n"))
}

const fileIgnore = ".gitignore"

// Close unlocks the directory.
func (d *Dir) Close() error {
	d.unlock()
	return d.root.Close()
}

// Write replaces one file of the directory. A link that stands in its place
// is removed, not followed.
func (d *Dir) Write(name string, data []byte) error {
	if err := d.clear(name); err != nil {
		return err
	}
	temp := unfinished(name)
	if err := d.root.WriteFile(temp, data, 0o644); err != nil {
		_ = d.root.Remove(temp)
		return fmt.Errorf("writing %s: %w", filepath.Join(d.Path, name), err)
	}
	if err := d.root.Rename(temp, name); err != nil {
		_ = d.root.Remove(temp)
		return fmt.Errorf("writing %s: %w", filepath.Join(d.Path, name), err)
	}
	return nil
}

// clear makes room for a file.
func (d *Dir) clear(name string) error {
	if d.fresh {
		return nil
	}
	if info, err := d.root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("writing %s: a directory of that name is in the way", filepath.Join(d.Path, name))
		}
		if err := d.root.Remove(name); err != nil {
			return fmt.Errorf("replacing %s: %w", filepath.Join(d.Path, name), err)
		}
	}
	_ = d.root.Remove(unfinished(name)) // what a killed run left
	return nil
}

// WriteJSON writes a value as indented JSON.
func (d *Dir) WriteJSON(name string, value any) error {
	data, err := MarshalJSON(value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return d.Write(name, data)
}

// Remove removes a file or a directory of an earlier run.
func (d *Dir) Remove(name string) error {
	err := d.root.RemoveAll(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", filepath.Join(d.Path, name), err)
	}
	return nil
}

// Mkdir makes a directory inside.
func (d *Dir) Mkdir(name string) error {
	if info, err := d.root.Lstat(name); err == nil && !info.IsDir() {
		if err := d.root.Remove(name); err != nil {
			return fmt.Errorf("replacing %s: %w", filepath.Join(d.Path, name), err)
		}
	}
	err := d.root.Mkdir(name, 0o755)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making %s: %w", filepath.Join(d.Path, name), err)
	}
	return nil
}
