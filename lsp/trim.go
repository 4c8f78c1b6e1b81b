package lsp

import (
	"sync"
	"time"
)

// largeText is from which size on reading a document leaves much memory to
// give back, trimDelay how long after.
const (
	largeText = 1 << 20
	trimDelay = time.Second
)

// trimmer gives memory back when nothing has been read for a while: a large
// text that is opened leaves several times its size, one that is broken thirty
// times, and both when it is sound again.
type trimmer struct {
	trim func()

	mu     sync.Mutex
	timer  *time.Timer
	broken bool // a large text was, since the last one that was sound
}

// after follows the reading of a snapshot.
func (t *trimmer) after(snap *Snapshot, fresh bool) {
	if t.trim == nil || snap.text.Len() < largeText {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	broken := len(snap.File.Problems) > 0
	if !fresh && !broken && !t.broken {
		return
	}
	t.broken = broken
	if t.timer == nil {
		t.timer = time.AfterFunc(trimDelay, t.trim)
	} else {
		t.timer.Reset(trimDelay)
	}
}
