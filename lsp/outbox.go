package lsp

import (
	"errors"
	"io"
	"strconv"
	"sync"
)

// outbox takes messages without waiting for the client to read them, up to a
// backlog: a client may well send a thousand requests before it reads an
// answer. Beyond the backlog writers wait, and so does the reader, so that
// memory stays bounded whatever the client does.
type outbox struct {
	w       io.Writer
	backlog int

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // frames that are due
	spare   []byte // the buffer that was written last
	writing bool
	closed  bool
	err     error
}

var errOutboxClosed = errors.New("the connection is closed")

func newOutbox(w io.Writer, backlog int) *outbox {
	o := &outbox{w: w, backlog: backlog}
	o.changed = sync.NewCond(&o.mu)
	go o.run()
	return o
}

// headerRoom is the longest header: name, 20 digits, two line ends.
const headerRoom = len("Content-Length: ") + 20 + len("\r\n\r\n")

// put frames what appendBody appends.
func (o *outbox) put(appendBody func([]byte) []byte) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waitForRoom()
	switch {
	case o.err != nil:
		return 0, o.err
	case o.closed:
		return 0, errOutboxClosed
	}
	start := len(o.waiting)
	o.waiting = append(o.waiting, make([]byte, headerRoom)...)
	o.waiting = appendBody(o.waiting)
	length := len(o.waiting) - start - headerRoom
	header := append(make([]byte, 0, headerRoom), "Content-Length: "...)
	header = strconv.AppendInt(header, int64(length), 10)
	header = append(header, "\r\n\r\n"...)
	// The header is shorter than its room: the body moves up to it.
	copy(o.waiting[start:], header)
	copy(o.waiting[start+len(header):], o.waiting[start+headerRoom:])
	o.waiting = o.waiting[:start+len(header)+length]
	o.changed.Broadcast()
	return int64(len(header) + length), nil
}

// room waits until the backlog has room.
func (o *outbox) room() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waitForRoom()
}

// waitForRoom waits with mu held.
func (o *outbox) waitForRoom() {
	for len(o.waiting) > o.backlog && o.err == nil && !o.closed {
		o.changed.Wait()
	}
}

// run writes what is due until the outbox is closed and empty.
func (o *outbox) run() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		for len(o.waiting) == 0 && !o.closed && o.err == nil {
			o.changed.Wait()
		}
		if len(o.waiting) == 0 || o.err != nil {
			return
		}
		batch := o.waiting
		o.waiting, o.spare = o.spare[:0], nil
		o.writing = true
		o.mu.Unlock()
		_, err := o.w.Write(batch)
		o.mu.Lock()
		o.writing = false
		if cap(batch) <= keepBuffer {
			o.spare = batch
		}
		if err != nil {
			o.err = err
		}
		o.changed.Broadcast()
	}
}

// flush waits until everything is written.
func (o *outbox) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for (len(o.waiting) > 0 || o.writing) && o.err == nil {
		o.changed.Wait()
	}
}

func (o *outbox) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.changed.Broadcast()
	return nil
}
