// Package limit is the last line of defence against work that no other bound
// ended: it holds the process to an amount of memory.
//
// Evaluation, configurations and files have bounds of their own, which end
// one piece of work with an error that names it. A fault in one of them must
// not take the machine or the language server with it: when the process holds
// more memory than it may, every registered run is cancelled with a
// *MemoryError, and when that does not help, the process ends.
package limit

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// Memory is what a process may hold. The largest run there is, a batch of
// hundreds of models, needs a tenth of it.
const Memory = 2 << 30

// MemoryError says that a run was ended because of the memory it took.
type MemoryError struct{ Limit uint64 }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("gave up: more than %d MiB of memory would be needed", e.Limit>>20)
}

// Hint says what the user can do.
func (e *MemoryError) Hint() string {
	return "No real config.json, models.ts or SGLang tree needs that much: please report this input."
}

// Watch bounds the memory of the process.
type Watch struct {
	limit uint64
	// end ends the process; it is called when cancelling all runs did not
	// free the memory.
	end   func(error)
	grace time.Duration

	mu     sync.Mutex
	runs   map[int]context.CancelCauseFunc
	last   int
	closed chan struct{}
}

// every is how often the memory is measured: at the rate at which Go can
// allocate, some 100 MiB come between two measurements.
const every = 20 * time.Millisecond

// Start watches the process until Close. The garbage collector works harder
// as the limit comes near, unless the user set GOMEMLIMIT.
func Start(limit uint64, grace time.Duration, end func(error)) *Watch {
	w := &Watch{limit: limit, end: end, grace: grace, runs: map[int]context.CancelCauseFunc{}, closed: make(chan struct{})}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(limit))
	}
	go w.loop()
	return w
}

// Close ends the watch.
func (w *Watch) Close() { close(w.closed) }

// Run derives a context that is cancelled, with a *MemoryError as its cause,
// when the process holds too much memory. A nil Watch never cancels it.
func (w *Watch) Run(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if w == nil {
		return ctx, func() { cancel(nil) }
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	id := w.last
	w.runs[id] = cancel
	return ctx, func() {
		w.mu.Lock()
		delete(w.runs, id)
		w.mu.Unlock()
		cancel(nil)
	}
}

type contextKey struct{}

// NewContext returns a context that carries the watch of its process.
func NewContext(ctx context.Context, w *Watch) context.Context {
	return context.WithValue(ctx, contextKey{}, w)
}

// FromContext returns the watch that a context carries; nil when it has none.
func FromContext(ctx context.Context) *Watch {
	w, _ := ctx.Value(contextKey{}).(*Watch)
	return w
}

func (w *Watch) loop() {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var since time.Time // over the limit since
	for {
		select {
		case <-w.closed:
			return
		case <-tick.C:
		}
		switch {
		case held() <= w.limit:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
			w.cancelAll()
		case time.Since(since) > w.grace:
			w.end(&MemoryError{w.limit})
			return
		}
	}
}

func (w *Watch) cancelAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, cancel := range w.runs {
		cancel(&MemoryError{w.limit})
	}
}

// held is what the process holds in objects and in stacks. Objects that are
// garbage count until they are swept, which the collector does as the limit
// comes near.
func held() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() + sample[1].Value.Uint64()
}
