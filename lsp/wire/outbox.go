package wire

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"
)

// outbox takes messages without waiting for the client to read them, up to a
// backlog: a client may well send a thousand requests before it reads an
// answer. Beyond the backlog writers wait, and so does the reader, so that
// memory stays bounded whatever the client does.
type outbox struct {
	w       io.Writer
	backlog int

	mu      sync.Mutex
	due     *sync.Cond // for run: there is something to write
	changed *sync.Cond // for everybody else: something was written
	waiting []byte     // frames that are due
	frames  []frame    // the frames of waiting
	spare   []byte     // the buffer that was written last
	writing bool
	closed  bool
	err     error
	// gap keeps what the server says on its own away from the answer before
	// it; see apart.
	gap   time.Duration
	quiet time.Time // until when nothing is said unasked
}

// frame is where a frame ends in waiting, and whether it is an answer.
type frame struct {
	end    int
	answer bool
}

var errOutboxClosed = errors.New("the connection is closed")

func newOutbox(w io.Writer, backlog int) *outbox {
	o := &outbox{w: w, backlog: backlog}
	o.due, o.changed = sync.NewCond(&o.mu), sync.NewCond(&o.mu)
	go o.run()
	return o
}

// headerRoom is the longest header: name, 20 digits, two line ends.
const headerRoom = len("Content-Length: ") + 20 + len("\r\n\r\n")

// answerStart is how an answer begins and nothing else does; a batch of
// answers is an array.
var answerStart = []byte(`{"jsonrpc":"2.0","id":`)

// put frames what appendBody appends, and writes it itself when nobody else
// is writing: to wake somebody who would takes longer than to write. Who must
// not wait for the client, or holds what others wait for, calls post.
func (o *outbox) put(appendBody func([]byte) []byte) (int64, error) {
	return o.add(appendBody, true)
}

// post frames what appendBody appends and leaves the writing to run.
func (o *outbox) post(appendBody func([]byte) []byte) (int64, error) {
	return o.add(appendBody, false)
}

func (o *outbox) add(appendBody func([]byte) []byte, write bool) (int64, error) {
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
	body := o.waiting[start+headerRoom:]
	answer := bytes.HasPrefix(body, answerStart) || len(body) > 0 && body[0] == '['
	header := append(make([]byte, 0, headerRoom), "Content-Length: "...)
	header = strconv.AppendInt(header, int64(len(body)), 10)
	header = append(header, "\r\n\r\n"...)
	// The header is shorter than its room: the body moves up to it.
	copy(o.waiting[start:], header)
	copy(o.waiting[start+len(header):], body)
	o.waiting = o.waiting[:start+len(header)+len(body)]
	o.frames = append(o.frames, frame{len(o.waiting), answer})
	size := int64(len(header) + len(body))
	// Where frames are held apart, one that comes alone and has not to wait is
	// written at once, too.
	if write && !o.writing && (o.gap == 0 || len(o.frames) == 1 && o.pause() == 0) {
		o.write()
		return size, o.err
	}
	o.due.Signal()
	return size, nil
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
	for o.err == nil {
		switch {
		case len(o.waiting) > 0 && !o.writing:
			o.write()
		case o.closed && !o.writing:
			return
		default:
			o.due.Wait()
		}
	}
}

// write writes what is due, or its first frame where frames are held apart.
// mu is held, but not while the client is waited for.
func (o *outbox) write() {
	pause := o.pause()
	batch := o.take()
	o.writing = true
	o.mu.Unlock()
	if pause > 0 {
		time.Sleep(pause)
	}
	_, err := o.w.Write(batch)
	o.mu.Lock()
	o.writing = false
	if cap(batch) <= keepBuffer {
		o.spare = batch
	}
	if err != nil {
		o.err = err
	}
	if len(o.waiting) > 0 || o.closed || o.err != nil {
		o.due.Signal()
	}
	o.changed.Broadcast()
}

// flood is how many frames must wait for none of them to be held apart.
const flood = 64

// apart makes every answer come alone, and what the server says next come a
// moment later. The jsonrpc.el of Emacs 28 leaves its loop over what has
// arrived when it finds the answer that somebody waits for: what came in the
// same read lies there until something else arrives, which may be never.
func (o *outbox) apart(gap time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gap = gap
}

// pause is how long the first frame has still to wait. mu is held.
func (o *outbox) pause() time.Duration {
	if o.gap == 0 || len(o.frames) >= flood || o.frames[0].answer {
		return 0
	}
	return max(0, time.Until(o.quiet))
}

// keepQuiet keeps the server's own messages back for a while, where frames are
// held apart: what follows an answer with work to do for the client must be
// heard even by an editor that is slow to come round to reading.
func (o *outbox) keepQuiet(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.after(d)
}

// after is keepQuiet with mu held.
func (o *outbox) after(d time.Duration) {
	if until := time.Now().Add(d); o.gap > 0 && until.After(o.quiet) {
		o.quiet = until
	}
}

// take takes what is to be written with one call: everything, or one frame
// where frames are held apart. mu is held.
func (o *outbox) take() []byte {
	if o.gap == 0 || len(o.frames) == 1 || len(o.frames) >= flood {
		if o.frames[len(o.frames)-1].answer {
			o.after(o.gap)
		}
		batch := o.waiting
		o.waiting, o.frames, o.spare = o.spare[:0], o.frames[:0], nil
		return batch
	}
	first := o.frames[0]
	if first.answer {
		o.after(o.gap)
	}
	batch := bytes.Clone(o.waiting[:first.end])
	o.waiting = append(o.waiting[:0], o.waiting[first.end:]...)
	o.frames = append(o.frames[:0], o.frames[1:]...)
	for i := range o.frames {
		o.frames[i].end -= first.end
	}
	return batch
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
	o.due.Signal()
	o.changed.Broadcast()
	return nil
}
