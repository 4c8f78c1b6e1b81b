package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// headerOfFile reads the header of a safetensors file on this machine. spend is
// asked before memory is taken.
func headerOfFile(path, name string, spend func(int64) error) (*Header, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	start := make([]byte, headerPrefix)
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	length, reason := headerLength(start[:n], info.Size())
	if reason != "" {
		return nil, badHeader(Subject{Filename: name}, reason, false)
	}
	if err := spend(length); err != nil {
		return nil, err
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, fmt.Errorf("reading the header of %s: %w", name, err)
	}
	return &Header{Filename: name, JSON: text, Size: info.Size(), From: FromDisk}, nil
}

// ReadCheckpoint reads the headers of the safetensors files of a directory, as
// `save_pretrained` leaves them.
func ReadCheckpoint(dir string, cover Cover) (*Checkpoint, error) {
	single, err := headerOfFile(filepath.Join(dir, singleFile), singleFile, new(headerBudget).spend)
	if err == nil {
		return &Checkpoint{From: FromDisk, Headers: []Header{*single}, Files: 1}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	index, err := regular.Read(filepath.Join(dir, indexFile), maxIndexBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, newNoCheckpointError(Subject{}, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", indexFile, err)
	}
	var budget headerBudget
	ck, err := readSharded(context.Background(), index, Subject{}, cover, func(_ context.Context, name string) (*Header, error) {
		// The name was checked: an index does not lead out of its directory. Links
		// are followed, since the Hub's cache is made of such; only headers are read.
		h, err := headerOfFile(filepath.Join(dir, filepath.FromSlash(name)), name, budget.spend)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, badHeader(Subject{Filename: name}, "the index names it, and it is not there", false)
		}
		return h, err
	})
	if err == nil {
		ck.From = FromDisk
	}
	return ck, err
}
