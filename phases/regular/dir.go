package regular

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a directory as an fs.FS: of its files the regular ones alone can be
// opened, as Open does it. Links are followed, also out of the directory, as
// package managers lay trees out.
func Dir(dir string) fs.FS { return dirFS(dir) }

type dirFS string

// Open implements fs.FS.
func (d dirFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	path := filepath.Join(string(d), filepath.FromSlash(name))
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return os.Open(path)
	}
	return Open(path)
}
