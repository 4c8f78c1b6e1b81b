package lsp

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/fib-ls/fib-ls/phases/validate"
)

// publisher checks documents in the background and publishes what it finds.
// One worker, and per document one place for the newest snapshot: what was
// overtaken is never checked. The rules of publishing:
//
//   - the first result after a pause goes out at once;
//   - within a burst of edits a finding that was not shown before waits until
//     the burst is over, one that is gone is taken away at once;
//   - a set that equals the last one is not sent again;
//   - closing a document clears it.
type publisher struct {
	server *Server

	mu      sync.Mutex
	docs    map[uri.URI]*publication
	queue   []uri.URI // documents with work, in order
	wake    chan struct{}
	working sync.Mutex // held while one document is checked and published
}

// publication is what the publisher knows of one document.
type publication struct {
	uri      uri.URI // as the client writes it
	path     string
	edits    uint64 // counts what was put into the queue
	queued   bool
	closed   bool
	fresh    bool // opened anew: what was sent before counts no more
	lastEdit time.Time
	burst    bool        // the last edit followed the one before closely
	timer    *time.Timer // ends the burst

	// The fields below belong to whoever holds working.
	checker    *validate.Checker
	generation uint64
	shown      []validate.Group // what the client has
	sent       []byte           // the same as it was published, without the version; nil: nothing yet
	encoded    map[*validate.Found]encoded
}

func (p *publisher) init() {
	p.docs = make(map[uri.URI]*publication)
	p.wake = make(chan struct{}, 1)
}

// opened takes a document on.
func (p *publisher) opened(doc *document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.document(doc)
	d.lastEdit = time.Time{}
	d.burst, d.fresh = false, true
	p.enqueue(doc.key, d)
}

// edited follows an edit.
func (p *publisher) edited(doc *document) {
	delay := p.server.config.forPath(doc.path).DiagnosticsDelay
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.document(doc)
	d.burst = now.Sub(d.lastEdit) < delay
	d.lastEdit = now
	d.calm()
	if d.burst {
		d.timer = time.AfterFunc(delay, func() { p.pause(doc.key) })
	}
	p.enqueue(doc.key, d)
}

// calm stops the timer that ends a burst.
func (d *publication) calm() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// pause ends a burst: what was held back may go out.
func (p *publisher) pause(key uri.URI) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.docs[key]; d != nil {
		d.burst = false
		p.enqueue(key, d)
	}
}

// refresh checks all documents again: settings or the world have changed.
func (p *publisher) refresh() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, d := range p.docs {
		p.enqueue(key, d)
	}
}

// closed clears a document that was closed, or is not known any more.
func (p *publisher) closed(doc *document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.docs[doc.key]; d != nil {
		d.calm()
		d.closed = true
		p.enqueue(doc.key, d)
	}
}

// document finds or makes a publication. mu is held.
func (p *publisher) document(doc *document) *publication {
	d := p.docs[doc.key]
	if d == nil {
		d = &publication{}
		p.docs[doc.key] = d
	}
	d.uri, d.path, d.closed = doc.uri, doc.path, false
	return d
}

// enqueue gives the worker a document, once. mu is held.
func (p *publisher) enqueue(key uri.URI, d *publication) {
	d.edits++
	if !d.queued {
		d.queued = true
		p.queue = append(p.queue, key)
	}
	select {
	case p.wake <- struct{}{}:
	default: // it is awake, or will be
	}
}

// run is the worker.
func (p *publisher) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		for p.step(ctx) {
		}
	}
}

// step works on one document; false when there is none.
func (p *publisher) step(ctx context.Context) (more bool) {
	var err error
	defer func() { more = more || err != nil }() // a document that panics holds up no other
	defer p.server.recovered("diagnostics", &err)
	params, more := p.work()
	if params != nil {
		p.notify(ctx, params)
	}
	return more
}

// work checks one document and gives what is to be published of it, nil for
// nothing. It is published by the caller, who holds nothing by then: a client
// that does not read must hold up nobody who wants to answer it.
func (p *publisher) work() (params []byte, more bool) {
	p.working.Lock()
	defer p.working.Unlock()
	p.mu.Lock()
	if len(p.queue) == 0 {
		p.mu.Unlock()
		return nil, false
	}
	key := p.queue[0]
	p.queue = p.queue[1:]
	d := p.docs[key]
	d.queued = false
	closed, edits, fresh := d.closed, d.edits, d.fresh
	if closed {
		delete(p.docs, key)
	}
	if fresh {
		d.fresh, d.sent, d.shown, d.encoded = false, nil, nil, nil
	}
	p.mu.Unlock()
	if closed {
		return p.cleared(d), true
	}
	snap := p.server.docs.newest(key)
	if snap == nil {
		return nil, true // it is being closed
	}
	if !p.server.caps.pullDiagnostics { // else the client asks
		params = p.check(d, snap, edits)
	}
	p.server.worked(snap, fresh)
	return params, true
}

// check returns what is to be published of a document's newest text.
func (p *publisher) check(d *publication, snap *Snapshot, edits uint64) (params []byte) {
	groups := p.server.shown(snap, p.checker(d, snap))
	if !p.newest(d, edits) {
		return nil
	}
	if p.held(d) {
		groups = d.known(groups)
	}
	return p.changed(d, snap, groups)
}

// worked follows each step: what had to wait for the findings is done now.
func (s *Server) worked(snap *Snapshot, fresh bool) {
	s.warm()
	s.trim.after(snap, fresh)
}

// newest reports whether nothing was put into the queue since.
func (p *publisher) newest(d *publication, edits uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return d.edits == edits && !d.closed
}

// held reports whether new findings must wait: a burst of edits goes on.
func (p *publisher) held(d *publication) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return d.burst && d.sent != nil
}

// checker is the one of a document; it keeps what it found of entries that did
// not change.
func (p *publisher) checker(d *publication, snap *Snapshot) *validate.Checker {
	generation := p.server.config.generation()
	if d.checker == nil || d.generation != generation {
		d.checker, d.generation = validate.NewChecker(p.server.checkOptions(snap)), generation
	}
	return d.checker
}

// findingKey is what makes a finding the same after an edit, wherever it
// stands by then and whichever lines its message names.
type findingKey struct{ rule, model, module string }

func keyOf(p *validate.Problem) findingKey { return findingKey{p.Rule, p.Model, p.Module} }

// known keeps of the findings those that the client has already.
func (d *publication) known(groups []validate.Group) []validate.Group {
	budget := map[findingKey]int{}
	for _, g := range d.shown {
		for p := range g.Shows {
			budget[keyOf(p)]++
		}
	}
	var kept []validate.Group
	for _, g := range groups {
		g = g.Keep(func(p *validate.Problem) bool {
			budget[keyOf(p)]--
			return budget[keyOf(p)] >= 0
		})
		if g.Shown != (validate.Counts{}) {
			kept = append(kept, g)
		}
	}
	return kept
}

// changed returns the diagnostics as they are published, nil when the client has
// the same set.
func (p *publisher) changed(d *publication, snap *Snapshot, groups []validate.Group) []byte {
	params := make([]byte, 0, len(d.sent)+4096)
	params = strconv.AppendInt(append(params, `{"version":`...), int64(snap.Version), 10)
	version := len(params)
	params, encoded, err := p.server.appendDiagnostics(params, snap, groups, d.encoded)
	if err != nil {
		p.server.log.Error("encoding diagnostics", "error", err)
		return nil
	}
	d.shown, d.encoded = groups, encoded
	if sent := params[version:]; d.sent == nil || !bytes.Equal(d.sent, sent) {
		d.sent = sent
		return params
	}
	return nil
}

// cleared takes all diagnostics of a document away.
func (p *publisher) cleared(d *publication) []byte {
	if d.sent == nil {
		return nil
	}
	encoded, err := protocol.Marshal(&protocol.PublishDiagnosticsParams{URI: d.uri})
	if err != nil || bytes.Equal(d.sent[1:], encoded[1:]) {
		return nil
	}
	return encoded
}

func (p *publisher) notify(ctx context.Context, params []byte) {
	err := p.server.conn.Notify(ctx, protocol.MethodTextDocumentPublishDiagnostics, jsonrpc2.RawMessage(params))
	if err != nil {
		p.server.log.Debug("publishing", "error", err)
	}
}

// pull checks a snapshot for a handler that needs the findings.
func (p *publisher) pull(snap *Snapshot) []validate.Problem {
	return pulled(p, snap, p.server.findings)
}

// pulled looks at a snapshot's findings for a client that asks. It shares the
// document's checker with the worker.
func pulled[T any](p *publisher, snap *Snapshot, look func(*Snapshot, *validate.Checker) T) T {
	p.working.Lock()
	defer p.working.Unlock()
	p.mu.Lock()
	d := p.docs[snap.key]
	p.mu.Unlock()
	defer p.server.warm()
	if d == nil { // closed meanwhile
		return look(snap, validate.NewChecker(p.server.checkOptions(snap)))
	}
	return look(snap, p.checker(d, snap))
}
