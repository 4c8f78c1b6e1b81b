package lsp

import (
	"context"
	"strings"
	"sync"
)

// datasets are the flashinfer-trace clones in use, by workspace directory and
// setting. A clone has thousands of files: it is read in the background, and
// until then there is none; one that has changed stays as it was until it has
// been read again.
type datasets struct {
	mu   sync.Mutex
	open map[datasetKey]*openedDataset
	// reading counts those that are being read.
	reading int
}

type datasetKey struct{ dir, setting string }

type openedDataset struct {
	dataset Dataset // nil: there is none
	stale   bool
	reading bool
}

// dataset returns the dataset for a file; nil when there is none, or not yet.
func (s *Server) dataset(file string) Dataset {
	w := s.workspace(file)
	key := datasetKey{w.Dir, w.DatasetDir}
	d := &s.datasets
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.open[key]
	if known == nil {
		if len(d.open) >= maxDatasets {
			d.forgetUnused(s)
		}
		if d.open == nil {
			d.open = make(map[datasetKey]*openedDataset)
		}
		known = &openedDataset{stale: true}
		d.open[datasetKey{strings.Clone(key.dir), strings.Clone(key.setting)}] = known
	}
	if known.stale && !known.reading {
		known.stale, known.reading = false, true
		d.reading++
		s.goBackground(func(ctx context.Context) { s.readDataset(ctx, w, known) })
	}
	return known.dataset
}

// maxDatasets is from how many on those are let go that no open document uses.
const maxDatasets = 16

// forgetUnused lets datasets go. mu is held.
func (d *datasets) forgetUnused(s *Server) {
	used := make(map[datasetKey]bool)
	for _, doc := range s.docs.list() {
		w := s.workspace(doc.path)
		used[datasetKey{w.Dir, w.DatasetDir}] = true
	}
	for key, known := range d.open {
		if !used[key] && !known.reading {
			delete(d.open, key)
		}
	}
}

// readDataset reads a dataset and makes what rests on it be worked out again.
func (s *Server) readDataset(ctx context.Context, w Workspace, known *openedDataset) {
	read := s.engine.Dataset(w)
	d := &s.datasets
	d.mu.Lock()
	news := read != nil || known.dataset != nil
	known.dataset, known.reading = read, false
	d.mu.Unlock()
	if news && ctx.Err() == nil {
		s.worldChanged(ctx)
	}
	d.mu.Lock()
	d.reading--
	d.mu.Unlock()
}

// forget makes the datasets be read anew when they are asked for.
func (d *datasets) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, known := range d.open {
		known.stale = true
	}
}
