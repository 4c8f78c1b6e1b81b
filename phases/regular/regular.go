// Package regular opens files that strangers may have planted: a pipe of a
// name that we read would hold a run for ever, a device might do anything.
// Every path that can come with a repository, a workspace or a shared cache is
// opened here.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is the reason for not opening what is not a file with content: a
// pipe, a socket, a device, a directory.
var ErrNotRegular = errors.New("it is not a regular file")

// ErrTooLarge is the reason for not reading a file beyond its bound.
var ErrTooLarge = errors.New("it is too large")

// Open opens a regular file for reading; links are followed. It never waits
// for the other end of a pipe: what is not a regular file is not opened, and what
// becomes one between the look and the opening is opened without blocking and
// closed again.
func Open(path string) (*os.File, error) {
	return open(path, os.Stat, os.OpenFile)
}

// OpenIn is Open for a name below a root, which no link leads out of.
func OpenIn(root *os.Root, name string) (*os.File, error) {
	return open(name, root.Stat, root.OpenFile)
}

func open(path string, stat func(string) (fs.FileInfo, error), openFile func(string, int, fs.FileMode) (*os.File, error)) (*os.File, error) {
	info, err := stat(path)
	if err != nil {
		return nil, err
	}
	if err := check(path, info); err != nil {
		return nil, err
	}
	f, err := openFile(path, os.O_RDONLY|NonBlocking, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = check(path, info)
	}
	if err != nil {
		_ = f.Close() // nothing was read
		return nil, err
	}
	return f, nil
}

func check(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return nil
}

// Check says why a path cannot be opened as a regular file; links are
// followed.
func Check(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return check(path, info)
}

// CheckOrAbsent is Check for a path that will be made when nothing is there,
// such as a lock.
func CheckOrAbsent(path string) error {
	err := Check(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Read reads a regular file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return ReadFrom(f, path, limit)
}

// ReadFrom reads at most limit bytes; more of them is an error.
func ReadFrom(r io.Reader, name string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, limit)}
	}
	return data, nil
}
