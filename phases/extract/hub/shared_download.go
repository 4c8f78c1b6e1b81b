package hub

import (
	"context"
	"sync"
)

// sharedDownloads lets callers that ask for the same file at the same time share one
// download. The work goes on while at least one caller waits for it, and stops
// when the last one has given up.
type sharedDownloads struct {
	mu  sync.Mutex
	all map[string]*sharedDownload
}

type sharedDownload struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	file    *File
	err     error
}

func (f *sharedDownloads) do(ctx context.Context, key string, work func(context.Context) (*File, error)) (*File, error) {
	f.mu.Lock()
	if f.all == nil {
		f.all = map[string]*sharedDownload{}
	}
	d, ok := f.all[key]
	if !ok {
		workCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		d = &sharedDownload{done: make(chan struct{}), cancel: cancel}
		f.all[key] = d
		go func() {
			defer cancel()
			d.file, d.err = work(workCtx)
			f.forget(key, d)
			close(d.done)
		}()
	}
	d.waiters++
	f.mu.Unlock()

	select {
	case <-d.done:
	case <-ctx.Done():
		f.leave(key, d)
		return nil, context.Cause(ctx)
	}
	if d.err != nil {
		return nil, d.err
	}
	return d.file.clone(), nil
}

// leave ends one caller's wait; the last waiter stops the work and waits for it to
// have stopped, so that nothing is written after a cancelled call returned.
func (f *sharedDownloads) leave(key string, d *sharedDownload) {
	f.mu.Lock()
	d.waiters--
	last := d.waiters == 0
	if last && f.all[key] == d {
		delete(f.all, key) // a later caller starts afresh
	}
	f.mu.Unlock()
	if last {
		d.cancel()
		<-d.done
	}
}

func (f *sharedDownloads) forget(key string, d *sharedDownload) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[key] == d {
		delete(f.all, key)
	}
}
