package lsp

import "sync"

// datasets are the flashinfer-trace clones that were opened, by workspace
// directory and setting. "None" is remembered, too.
type datasets struct {
	mu   sync.Mutex
	open map[[2]string]Dataset
}

// dataset gives the dataset for a file; nil when there is none.
func (s *Server) dataset(file string) Dataset {
	w := s.workspace(file)
	key := [2]string{w.Dir, w.DatasetDir}
	s.datasets.mu.Lock()
	defer s.datasets.mu.Unlock()
	if d, known := s.datasets.open[key]; known {
		return d
	}
	if s.datasets.open == nil {
		s.datasets.open = make(map[[2]string]Dataset)
	}
	d := s.engine.Dataset(w)
	s.datasets.open[key] = d
	return d
}

// forget opens the datasets anew when they are asked for again.
func (d *datasets) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = nil
}
