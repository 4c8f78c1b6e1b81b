package wire

import (
	"context"
	"sync"

	"go.lsp.dev/jsonrpc2"
)

// Calls are the calls in flight, for $/cancelRequest.
type Calls struct {
	mu      sync.Mutex
	cancels map[jsonrpc2.ID]*callEntry
	wait    sync.WaitGroup
}

// callEntry makes a call distinguishable from a later one of the same id.
type callEntry struct{ cancel context.CancelFunc }

// Begin registers a call. Its context hangs off the server's: the context of
// the request is recycled by the library when the handler returns.
func (c *Calls) Begin(ctx context.Context, id jsonrpc2.ID) (context.Context, func()) {
	callCtx, cancel := context.WithCancel(ctx)
	entry := &callEntry{cancel}
	c.wait.Add(1)
	c.mu.Lock()
	if c.cancels == nil {
		c.cancels = make(map[jsonrpc2.ID]*callEntry)
	}
	c.cancels[id] = entry
	c.mu.Unlock()
	return callCtx, func() {
		c.mu.Lock()
		if c.cancels[id] == entry {
			delete(c.cancels, id)
		}
		c.mu.Unlock()
		cancel()
		c.wait.Done()
	}
}

// Cancel cancels a call, if it is in flight.
func (c *Calls) Cancel(id jsonrpc2.ID) {
	c.mu.Lock()
	entry := c.cancels[id]
	c.mu.Unlock()
	if entry != nil {
		entry.cancel()
	}
}

// Wait waits for the calls in flight.
func (c *Calls) Wait() { c.wait.Wait() }
