// Package modelsfile is models.ts on disk: it is read whole, written atomically
// under a lock, and keeps its mode and its owner.
package modelsfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/regular"
	"github.com/fib-ls/fib-ls/tsast"
)

// File is a models.ts on disk, with the bytes it had when it was read:
// Write refuses when it has others by then.
type File struct {
	// Path is the file itself: symbolic links are resolved, so that writing
	// replaces what the link points to and keeps the link.
	Path string
	// Text is nil when there is no such file yet.
	Text []byte
	info fs.FileInfo // nil: there is no such file yet
}

// ChangedError says that models.ts was changed by somebody else meanwhile.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s was changed by another program while the entry was being made; nothing was written, run the command again", e.Path)
}

// DefaultPath is where FlashInfer-Bench keeps its models, from the root of its
// repository.
const DefaultPath = "web/apps/web/data/models.ts"

// tempPrefix begins the name of every temporary file beside models.ts, so
// that the next run finds what a killed one left.
const tempPrefix = ".fib-ls-"

// Read reads a models.ts. A missing file is not an error, a missing
// directory is.
func Read(path string) (*File, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", path, err)
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return missingModels(abs)
	}
	if err != nil {
		return nil, fmt.Errorf("following %s: %w", path, err)
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, &fault.Usage{Message: fmt.Sprintf("%s is not a regular file", path)}
	}
	if info.Size() > tsast.MaxText {
		return nil, &fault.Usage{Message: fmt.Sprintf("%s has %d MiB; a models.ts of at most %d MiB is read (upstream's has 34 KB)", path, (info.Size()+1<<20-1)>>20, tsast.MaxText>>20)}
	}
	text, err := regular.Read(resolved, tsast.MaxText)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if err := refuseEncoding(path, text); err != nil {
		return nil, err
	}
	return &File{Path: resolved, Text: text, info: info}, nil
}

// refuseEncoding refuses a text whose every line would be misread: UTF-16, and
// lines that end as on the first Macintosh.
func refuseEncoding(path string, text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return &fault.Usage{Message: path + " is written in UTF-16", Hint: "save it as UTF-8"}
	case bytes.IndexByte(text, '\r') >= 0 && bytes.IndexByte(text, '\n') < 0:
		return &fault.Usage{Message: path + " ends its lines with carriage returns alone", Hint: "save it with LF or CRLF line ends"}
	}
	return nil
}

// missingModels answers for a path at which nothing stands: the file may be
// made there when its directory exists. A dangling link is refused.
func missingModels(abs string) (*File, error) {
	if _, err := os.Lstat(abs); err == nil {
		return nil, &fault.Usage{Message: abs + " is a symbolic link to nothing", Hint: "remove the link or make its target"}
	}
	dir := filepath.Dir(abs)
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, &fault.Missing{Err: fmt.Errorf("there is no %s, nor its directory\nrun fib-ls in a flashinfer-bench clone, or name the file with --models-ts", abs)}
	}
	return &File{Path: filepath.Join(resolved, filepath.Base(abs))}, nil
}

// NewNote says that there was no such file when it was read, and which one
// beside it may have been meant; "" for a file that was there.
func (m *File) NewNote() string {
	if m.info != nil {
		return ""
	}
	dir, name := filepath.Split(m.Path)
	note := name + " is created: there was no such file"
	var beside []string
	entries, _ := os.ReadDir(dir) // what cannot be listed suggests nothing
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != name && strings.HasSuffix(e.Name(), ".ts") {
			beside = append(beside, e.Name())
		}
	}
	meant := prose.Nearest(name, beside)
	if usual := filepath.Base(DefaultPath); meant == "" && slices.Contains(beside, usual) {
		meant = usual
	}
	if meant != "" {
		note += "; did you mean " + meant + ", which stands there?"
	}
	return note
}

// Write replaces the file by text, atomically: a reader sees the old or the
// new bytes. It holds a lock against other fib-ls processes, refuses when the
// file is not as it was read, and removes what killed runs left behind.
func (m *File) Write(text []byte) error {
	unlock, err := disk.Lock(filepath.Dir(m.Path), m.Path)
	if err != nil {
		return err
	}
	defer unlock()
	removeLeftovers(m.Path)
	temp, err := m.writeTemp(text)
	if err != nil {
		return err
	}
	if err := m.unchanged(); err != nil {
		_ = os.Remove(temp)
		return err
	}
	if err := os.Rename(temp, m.Path); err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("replacing %s: %w", m.Path, err)
	}
	m.Text = text
	syncDir(filepath.Dir(m.Path))
	return nil
}

// Tidy removes what killed runs left beside the file; a run that has nothing
// to write calls it. Another fib-ls that is writing is left alone.
func (m *File) Tidy() {
	if len(leftovers(m.Path)) == 0 {
		return
	}
	unlock, err := disk.Lock(filepath.Dir(m.Path), m.Path)
	if err != nil {
		return
	}
	defer unlock()
	removeLeftovers(m.Path)
}

// writeTemp writes text beside the file, flushed to disk, with its mode and
// its owner.
func (m *File) writeTemp(text []byte) (temp string, err error) {
	if err := m.writable(); err != nil {
		return "", err
	}
	// A new file has the mode that the user's umask gives it.
	perm := fs.FileMode(0o666)
	if m.info != nil {
		perm = 0o600
	}
	name := filepath.Join(filepath.Dir(m.Path), tempName(m.Path)+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm) // #nosec G304 -- beside the file the user names
	if err != nil {
		return "", fmt.Errorf("writing beside %s: %w", m.Path, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(name)
		}
	}()
	if _, err = f.Write(text); err != nil {
		return "", fmt.Errorf("writing beside %s: %w", m.Path, err)
	}
	if m.info != nil {
		keepOwner(f, m.info)
		if err = f.Chmod(m.info.Mode().Perm()); err != nil {
			return "", fmt.Errorf("setting the mode of %s: %w", m.Path, err)
		}
	}
	if err = f.Sync(); err != nil {
		return "", fmt.Errorf("flushing %s: %w", m.Path, err)
	}
	if err = f.Close(); err != nil {
		return "", fmt.Errorf("writing beside %s: %w", m.Path, err)
	}
	return name, nil
}

// writable refuses a file that may not be written, though a rename over it
// would succeed: a read-only file stays as it is.
func (m *File) writable() error {
	if m.info == nil {
		return nil
	}
	f, err := os.OpenFile(m.Path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("writing %s: %w", m.Path, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", m.Path, err)
	}
	if m.info.Mode().Perm()&0o222 == 0 { // root may open it nevertheless
		return fmt.Errorf("writing %s: %w (the file is read-only)", m.Path, fs.ErrPermission)
	}
	return nil
}

// unchanged compares the file with what was read.
func (m *File) unchanged() error {
	now, err := regular.Read(m.Path, tsast.MaxText)
	switch {
	case errors.Is(err, fs.ErrNotExist) && m.Text == nil:
		return nil
	case err != nil:
		return fmt.Errorf("reading %s again: %w", m.Path, err)
	case m.Text == nil || !bytes.Equal(now, m.Text):
		return &ChangedError{Path: m.Path}
	}
	return nil
}

// tempName begins the names of the temporary files beside path.
func tempName(path string) string {
	name := tempPrefix + filepath.Base(path)
	return name[:min(len(name), 200)] + "-" // a file name has at most 255 bytes
}

// leftovers lists the temporary files beside path.
func leftovers(path string) []string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), tempName(path)) {
			names = append(names, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return names
}

// removeLeftovers removes the temporary files that killed runs left beside path.
// It is called with the lock held: no run owns one then.
func removeLeftovers(path string) {
	for _, name := range leftovers(path) {
		_ = os.Remove(name)
	}
}

// syncDir makes a rename durable; file systems that cannot are left alone.
func syncDir(dir string) {
	d, err := os.Open(dir) // #nosec G304 -- the directory of the file just written
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
