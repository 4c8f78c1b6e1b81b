// Package disk reads and locks files that the user named: nothing is read
// without a bound.
package disk

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/regular"
)

// Read reads a file that the user named, which may be a pipe, of at most that
// many bytes.
func Read(path string, most int64) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the user names this file
	if err != nil {
		return nil, &fault.Missing{Err: err}
	}
	defer func() { _ = f.Close() }()
	return ReadAll(f, path, most)
}

// ReadRegular reads a file that the user did not name: see package regular.
func ReadRegular(path string, most int64) ([]byte, error) {
	data, err := regular.Read(path, most)
	return data, asFault(path, most, err)
}

// ReadAll reads a stream of at most that many bytes; name is what an error
// calls it.
func ReadAll(r io.Reader, name string, most int64) ([]byte, error) {
	data, err := regular.ReadFrom(r, name, most)
	return data, asFault(name, most, err)
}

// Bound refuses data of more than that many bytes.
func Bound(data []byte, name string, most int64) error {
	if int64(len(data)) > most {
		return asFault(name, most, regular.ErrTooLarge)
	}
	return nil
}

func asFault(name string, most int64, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, regular.ErrTooLarge):
		return &fault.Usage{Message: fmt.Sprintf("%s has more than %d bytes, the most that is read of such a file", name, most)}
	case errors.Is(err, regular.ErrNotRegular):
		return &fault.Usage{Message: name + " is not a regular file"}
	}
	return &fault.Missing{Err: fmt.Errorf("reading %s: %w", name, err)}
}
