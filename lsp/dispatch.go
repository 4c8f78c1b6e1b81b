package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strconv"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/wire"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// This file is the chain between the connection and the handlers. The rules
// that it keeps, each because the library does otherwise and each with a test
// in wire_test.go:
//
//   - Notifications run inline, in wire order, with the server's context.
//   - Every call, initialize included, is released with Async before its
//     handler runs; what it reads of the documents is taken before that.
//   - No context is ever derived from a request's own: those are recycled.
//   - A notification never gives an error, a panic never leaves a handler:
//     either would end the connection.
//   - Errors go out with the protocol's codes, never with 0.
//   - The connection is never closed by us: Close waits for a reader that
//     sits in a read of stdin. Run returns and the process ends.

// connect puts a connection over in and out and starts it. The reader lives
// as long as ctx, which is the server's.
func (s *Server) connect(in io.Reader, out io.Writer) {
	s.stream = wire.NewStream(in, out, s.backlog)
	s.conn = jsonrpc2.NewConn(s.stream, jsonrpc2.WithCodec(wire.Codec{}))
	s.client = protocol.ClientDispatcher(s.conn)
	s.conn.Go(s.ctx, s.handle)
}

// handle is the jsonrpc2.Handler. It runs on the reader's goroutine until a
// call is released.
func (s *Server) handle(ctx context.Context, req *jsonrpc2.Request) (result any, err error) {
	if req.IsCall() {
		result, err = s.call(ctx, req)
		return result, wire.Error(err)
	}
	if err := s.notification(req); err != nil {
		s.log.Warn("notification ignored", "method", clip(req.Method()), "error", err)
	}
	// Nothing else has arrived: who was woken by the notification runs now, on
	// this processor, instead of when the reader sits in its next read.
	if s.stream.Idle() {
		runtime.Gosched()
	}
	return nil, nil
}

// notification runs a notification inline.
func (s *Server) notification(req *jsonrpc2.Request) (err error) {
	defer s.recovered(req.Method(), &err)
	m, known := methods[req.Method()]
	switch {
	case !known || m.notify == nil:
		return errors.New("unknown notification")
	case s.state.Load() != running && !m.anytime:
		return errors.New("server is not running")
	}
	return m.notify(s, req.Params())
}

// call prepares a call inline, releases the reader and answers.
func (s *Server) call(ctx context.Context, req *jsonrpc2.Request) (result any, err error) {
	method := string(append([]byte(nil), req.Method()...))
	defer s.recovered(method, &err)
	run, release, err := s.prepare(req)
	if err != nil {
		// Answered after Async too: writing must not hold up the reader.
		jsonrpc2.Async(ctx)
		return nil, err
	}
	defer release()
	callCtx, done := s.calls.Begin(s.ctx, req.ID())
	defer done()
	jsonrpc2.Async(ctx)
	if callCtx.Err() != nil {
		return nil, protocol.ErrRequestCancelled
	}
	return run(callCtx)
}

// prepare does what must happen in wire order: lifecycle, decoding, taking
// the snapshot. It holds the reader up while too many calls are running, so
// that a flood costs the client time and not us memory.
func (s *Server) prepare(req *jsonrpc2.Request) (run func(context.Context) (any, error), release func(), err error) {
	m, known := methods[req.Method()]
	if !known || m.call == nil {
		if known {
			return nil, nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s is a notification", req.Method())
		}
		return nil, nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "method not found: %s", clip(req.Method()))
	}
	if err := s.admit(m); err != nil {
		return nil, nil, err
	}
	release = func() {}
	if !m.unlimited {
		select {
		case s.slots <- struct{}{}:
			release = func() { <-s.slots }
		case <-s.ctx.Done():
			return nil, nil, protocol.ErrRequestCancelled
		}
	}
	// A panic while preparing must give the slot back.
	ok := false
	defer func() {
		if !ok {
			release()
		}
	}()
	run, err = m.call(s, req.Params())
	ok = err == nil
	return run, release, err
}

// admit checks a call against the lifecycle.
func (s *Server) admit(m method) error {
	switch state := s.state.Load(); {
	case state == shutDown:
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, "the server is shut down")
	case state == created && !m.anytime:
		return jsonrpc2.NewError(jsonrpc2.ServerNotInitialized, "the server is not initialized")
	}
	return nil
}

// recovered turns a panic into an error and tells the user where to look.
func (s *Server) recovered(method string, err *error) {
	r := recover()
	if r == nil {
		return
	}
	*err = jsonrpc2.Errorf(jsonrpc2.InternalError, "internal error in %s: %v", clip(method), r)
	s.log.Error("panic", "method", clip(method), "panic", r, "stack", string(debug.Stack()))
	if n := s.panics.Add(1); n == 1 || n == 5 {
		s.notifyUser(protocol.MessageTypeError, fmt.Sprintf("fib-ls met an internal error in %s; its log has the details", clip(method)))
	}
}

// clip shortens a text from outside for messages and the log.
func clip(s string) string { return prose.Clip(s, 80) }

// cancelParams is $/cancelRequest with an id of any kind: the protocol's own
// type refuses ids beyond 32 bits.
type cancelParams struct {
	ID protocol.LSPAny `json:"id"`
}

// cancelRequest handles $/cancelRequest. An id that is none names no call.
func cancelRequest(s *Server, p *cancelParams) error {
	if n, err := strconv.ParseInt(string(p.ID), 10, 64); err == nil {
		s.calls.Cancel(jsonrpc2.NewNumberID(n))
		return nil
	}
	var text string
	if err := protocol.Unmarshal(p.ID, &text); err != nil {
		return fmt.Errorf("cancelling: %w", err)
	}
	s.calls.Cancel(jsonrpc2.NewStringID(text))
	return nil
}
