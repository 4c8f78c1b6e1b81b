package hub

import (
	"context"
	"sync"
)

// flights lets callers that ask for the same file at the same time share one
// download. The work goes on while at least one caller waits for it, and stops
// when the last one has given up.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	file    *File
	err     error
}

func (f *flights) do(ctx context.Context, key string, work func(context.Context) (*File, error)) (*File, error) {
	f.mu.Lock()
	if f.all == nil {
		f.all = map[string]*flight{}
	}
	fl, ok := f.all[key]
	if !ok {
		workCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		fl = &flight{done: make(chan struct{}), cancel: cancel}
		f.all[key] = fl
		go func() {
			defer cancel()
			fl.file, fl.err = work(workCtx)
			f.forget(key, fl)
			close(fl.done)
		}()
	}
	fl.waiters++
	f.mu.Unlock()

	select {
	case <-fl.done:
	case <-ctx.Done():
		f.leave(key, fl)
		return nil, context.Cause(ctx)
	}
	if fl.err != nil {
		return nil, fl.err
	}
	return fl.file.clone(), nil
}

// leave returns a flight up; the last waiter stops the work and waits for it to
// have stopped, so that nothing is written after a cancelled call returned.
func (f *flights) leave(key string, fl *flight) {
	f.mu.Lock()
	fl.waiters--
	last := fl.waiters == 0
	if last && f.all[key] == fl {
		delete(f.all, key) // a later caller starts afresh
	}
	f.mu.Unlock()
	if last {
		fl.cancel()
		<-fl.done
	}
}

func (f *flights) forget(key string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[key] == fl {
		delete(f.all, key)
	}
}
