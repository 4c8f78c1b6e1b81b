package modelsfile

import (
	"os"
	"path/filepath"
)

// Root returns the directory of a flashinfer-bench clone in which dir stands:
// the nearest one, from dir upward, that has DefaultPath. It is "" where there
// is none up to the root of the repository.
func Root(dir string) string {
	for {
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(DefaultPath))); err == nil && info.Mode().IsRegular() {
			return dir
		}
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		up := filepath.Dir(dir)
		if err == nil || up == dir {
			return ""
		}
		dir = up
	}
}

// Default returns models.ts where no file is named, relative to dir: that of
// the clone in which dir stands, else DefaultPath.
func Default(dir string) string {
	return below(dir, filepath.FromSlash(DefaultPath))
}

// DefaultDir returns where a directory of that name goes that nobody named,
// relative to dir: beside web in the clone in which dir stands, else in dir.
func DefaultDir(dir, name string) string { return below(dir, name) }

func below(dir, name string) string {
	root := Root(dir)
	if root == "" || root == dir {
		return name
	}
	rel, err := filepath.Rel(dir, filepath.Join(root, name))
	if err != nil {
		return filepath.Join(root, name)
	}
	return rel
}
