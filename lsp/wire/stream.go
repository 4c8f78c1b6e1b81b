// Package wire carries messages between a client and a server: framing, order,
// backlog and cancellation. It knows no method.
package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"go.lsp.dev/jsonrpc2"
)

// MaxFrame bounds one message. A models.ts of a thousand times upstream's
// size is 34 MB; what is larger is read past and refused.
const MaxFrame = 256 << 20

// maxSkipped bounds a body that is too large and read over all the same.
const maxSkipped = 2 * MaxFrame

// keepBuffer is the largest buffer that is kept between messages.
const keepBuffer = 1 << 20

// believed is how much room is made for a message before any of it is there.
const believed = 4 << 20

// Stream frames messages with LSP headers. The library's own framing ends the
// connection at the first malformed frame; this one answers with an error,
// finds the next header and goes on, so that a client's bug costs one message
// and not the session.
type Stream struct {
	in    *bufio.Reader
	out   *outbox
	frame []byte // the frame handed out by the last ReadFrame
}

// NewStream frames messages over in and out. backlog is how many bytes may
// wait for a client that does not read.
func NewStream(in io.Reader, out io.Writer, backlog int) *Stream {
	return &Stream{in: bufio.NewReaderSize(in, 64<<10), out: newOutbox(out, backlog)}
}

// errOversized is a frame that is longer than MaxFrame.
var errOversized = errors.New("message too large")

// ReadFrame returns the body of the next frame that the connection can take:
// one valid message or a batch of them. Everything else is answered here. The
// slice is valid until the next call.
func (s *Stream) ReadFrame(ctx context.Context) ([]byte, int64, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		// A client that does not read its answers is not asked for more questions.
		s.out.room()
		frame, err := s.readBody()
		switch {
		case errors.Is(err, errOversized):
			err = s.refuse(jsonrpc2.InvalidRequest, err.Error())
		case err != nil:
			return nil, 0, err
		default:
			problem := checkFrame(frame)
			if problem == nil {
				return frame, int64(len(frame)), nil
			}
			err = s.refuse(problem.Code, problem.Message)
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

// checkFrame says why the connection would give up on a frame, if it would:
// it decodes with the function that the connection falls back to.
func checkFrame(frame []byte) *jsonrpc2.Error {
	trimmed := bytes.TrimLeft(frame, " \t\r\n")
	var err error
	if len(trimmed) > 0 && trimmed[0] == '[' {
		_, err = jsonrpc2.ParseRequests(frame)
	} else {
		_, err = jsonrpc2.DecodeMessage(frame)
	}
	if err == nil {
		return nil
	}
	var coded *jsonrpc2.Error
	if errors.As(err, &coded) {
		return coded
	}
	return jsonrpc2.ErrParse
}

// refuse answers a frame whose id is not known.
func (s *Stream) refuse(code jsonrpc2.Code, message string) error {
	body := jsonrpc2.AppendResponse(nil, jsonrpc2.ID{}, nil, jsonrpc2.NewError(code, message))
	_, err := s.WriteFrame(context.Background(), body)
	return err
}

// Idle reports whether no further message has arrived. It is for the reader.
func (s *Stream) Idle() bool { return s.in.Buffered() == 0 }

// readBody reads one header block and its body.
func (s *Stream) readBody() ([]byte, error) {
	length, err := s.readHeader()
	if err != nil {
		return nil, err
	}
	if length > maxSkipped {
		// Such a body does not come: to read on to its end would leave the
		// server deaf. What follows is searched for the next header.
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", errOversized, length, MaxFrame)
	}
	if length > MaxFrame {
		if _, err := io.CopyN(io.Discard, s.in, length); err != nil {
			return nil, unexpectedEOF(err)
		}
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", errOversized, length, MaxFrame)
	}
	if cap(s.frame) > keepBuffer {
		s.frame = nil
	}
	// The buffer grows with what arrives: of what the header promises only so
	// much is believed.
	buf := bytes.NewBuffer(s.frame[:0])
	buf.Grow(int(min(length, believed)) + bytes.MinRead)
	if _, err := io.CopyN(buf, s.in, length); err != nil {
		return nil, unexpectedEOF(err)
	}
	s.frame = buf.Bytes()
	return s.frame, nil
}

var contentLength = []byte("content-length:")

// readHeader reads to the end of the next header block and gives its
// Content-Length. Lines that belong to no header (the rest of a body whose
// length was wrong) are skipped and answered once.
func (s *Stream) readHeader() (int64, error) {
	length, garbage, started := int64(-1), false, false
	for {
		line, err := s.readLine()
		if err != nil {
			if started {
				err = unexpectedEOF(err)
			}
			return 0, err
		}
		started = true
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			if length >= 0 {
				return length, nil
			}
			if garbage {
				if err := s.refuse(jsonrpc2.ParseError, "malformed header: no Content-Length"); err != nil {
					return 0, err
				}
			}
			length, garbage = -1, false
			continue
		}
		at := indexFold(line, contentLength)
		if at < 0 {
			garbage = garbage || length < 0
			continue
		}
		if n, ok := parseLength(line[at+len(contentLength):]); ok {
			length = n
		} else {
			length, garbage = -1, true
		}
	}
}

// indexFold is bytes.Index for any case of the letters. A line in lower case
// may have other bytes, and more of them, than the line.
func indexFold(line, word []byte) int {
	for i := 0; i+len(word) <= len(line); i++ {
		if bytes.EqualFold(line[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}

// readLine reads up to a line feed; of a line that does not fit the buffer it
// gives the end only, so that garbage without line feeds costs no memory.
func (s *Stream) readLine() ([]byte, error) {
	line, err := s.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	// A header may follow the garbage within the same line: keep the tail.
	tail := bytes.Clone(line[len(line)-256:])
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = s.in.ReadSlice('\n')
		tail = append(tail, line...)
		if len(tail) > 512 {
			tail = bytes.Clone(tail[len(tail)-512:])
		}
	}
	return tail, err
}

func parseLength(value []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
	return n, err == nil && n >= 0
}

func unexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Read implements jsonrpc2.Stream; connections use ReadFrame.
func (s *Stream) Read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	frame, n, err := s.ReadFrame(ctx)
	if err != nil {
		return nil, 0, err
	}
	msg, err := jsonrpc2.DecodeMessage(frame)
	return msg, n, err
}

// Write frames one message. The context does not stop it: an answer that
// says "cancelled" must still go out.
func (s *Stream) Write(_ context.Context, msg jsonrpc2.Message) (int64, error) {
	return s.out.put(func(buf []byte) []byte { return jsonrpc2.AppendMessage(buf, msg) })
}

// WriteFrame frames an encoded body: a batch of responses, or a refusal. Both
// may come from the reader, which must not wait for the client.
func (s *Stream) WriteFrame(_ context.Context, data []byte) (int64, error) {
	return s.out.post(func(buf []byte) []byte { return append(buf, data...) })
}

// Close implements jsonrpc2.Stream. What is due still goes out; the process's
// own streams are not closed, since a reader may sit in them.
func (s *Stream) Close() error { return s.out.close() }

// Flush waits until everything is written.
func (s *Stream) Flush() { s.out.flush() }

// Apart makes every answer come alone, and what the server says next come a
// moment later; see outbox.apart.
func (s *Stream) Apart(gap time.Duration) { s.out.apart(gap) }

// KeepQuiet keeps the server's own messages back for a while, where frames are
// held apart.
func (s *Stream) KeepQuiet(d time.Duration) { s.out.keepQuiet(d) }
