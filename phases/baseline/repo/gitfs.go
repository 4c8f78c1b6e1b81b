package repo

import (
	"io/fs"
	"os"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// gitFS is a .git directory as go-git reads it, in which nothing but regular
// files is opened: a pipe in the place of packed-refs, of a pack or of an object
// would hold the run for ever.
type gitFS struct{ billy.Filesystem }

func openGit(dir string) billy.Filesystem { return gitFS{osfs.New(dir)} }

// Open implements billy.Basic.
func (g gitFS) Open(name string) (billy.File, error) { return g.OpenFile(name, os.O_RDONLY, 0) }

// OpenFile implements billy.Basic.
func (g gitFS) OpenFile(name string, flag int, perm fs.FileMode) (billy.File, error) {
	notRegular := &fs.PathError{Op: "open", Path: name, Err: regular.ErrNotRegular}
	if info, err := g.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, notRegular
	}
	f, err := g.Filesystem.OpenFile(name, flag|regular.NonBlocking, perm)
	if err != nil {
		return nil, err
	}
	if s, ok := f.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := s.Stat(); err != nil || !info.Mode().IsRegular() {
			_ = f.Close() // nothing was read
			return nil, notRegular
		}
	}
	return f, nil
}

// Chroot implements billy.Chroot.
func (g gitFS) Chroot(path string) (billy.Filesystem, error) {
	below, err := g.Filesystem.Chroot(path)
	if err != nil {
		return nil, err
	}
	return gitFS{below}, nil
}
