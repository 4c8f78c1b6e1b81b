package hub

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// LocalDir says whether an argument in the place of a repository id names an
// existing local directory, which then wins, as in transformers.
func LocalDir(arg string) bool {
	if arg == "" {
		return false
	}
	info, err := os.Stat(arg)
	return err == nil && info.IsDir()
}

// ReadLocal reads a file from the disk, with the size cap of its kind; "-" is
// standard input, read from in. A directory means its config.json.
func ReadLocal(path string, in io.Reader) (*File, error) {
	if path == "-" {
		data, err := io.ReadAll(io.LimitReader(in, maxConfigBytes+1))
		if err != nil {
			return nil, &LocalFileError{Path: "standard input", Reason: err.Error()}
		}
		if len(data) > maxConfigBytes {
			return nil, &LocalFileError{Path: "standard input", Reason: "it is too large"}
		}
		return &File{Bytes: data, Filename: "-", From: FromDisk, Note: "from standard input"}, nil
	}
	if LocalDir(path) {
		path = filepath.Join(path, "config.json")
	}
	data, err := readSmall(path, sizeLimit(path))
	if err != nil {
		return nil, &LocalFileError{Path: path, Reason: errText(err), missing: errors.Is(err, os.ErrNotExist)}
	}
	f := &File{Bytes: data, Filename: filepath.Base(path), From: FromDisk, Note: "from " + path}
	if info, err := os.Stat(path); err == nil {
		f.FetchedAt = info.ModTime()
	}
	return f, nil
}

// LocalFileError is a local file that cannot be read.
type LocalFileError struct {
	Subject
	Path, Reason string
	missing      bool
}

func (e *LocalFileError) Error() string { return "reading " + e.Path + ": " + e.Reason }

// Kind is "local-file".
func (e *LocalFileError) Kind() string { return "local-file" }

// Hint is what the path should name.
func (e *LocalFileError) Hint() string {
	if e.missing {
		return "Name an existing config.json, a directory that has one, or - for standard input."
	}
	return "Name a readable config.json of ordinary size."
}
