package lsp

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/wire"
	"github.com/fib-ls/fib-ls/phases/limit"
	"github.com/fib-ls/fib-ls/tsast"
)

// The states of the lifecycle, in order.
const (
	created int32 = iota
	running
	shutDown
)

// maxCalls bounds the calls that run at the same time. Handlers take
// microseconds; only a client that does not read its answers gets here.
const maxCalls = 256

// maxBacklog is how many bytes may wait for a client that does not read.
const maxBacklog = 32 << 20

// Options is what the server is given from outside. Zero values are replaced
// by what a process needs.
type Options struct {
	// Engine runs the phases; nil answers that commands are not available.
	Engine Engine
	// Version is the server's own, for serverInfo.
	Version string
	Log     *slog.Logger
	// Level follows $/setTrace when it is given.
	Level *slog.LevelVar
	// Alive says whether a process lives; the server ends with its parent.
	Alive func(pid int) bool
	// DocsURL is where the rules are documented, up to the fragment.
	DocsURL string
	// CacheDir is where documents are written that editors can only open as
	// files; "" means nowhere.
	CacheDir string
	// Trim gives memory back to the system; it is called some time after a
	// large document was read, which takes much more than keeping it.
	Trim func()
	// Memory cancels the jobs when the process holds too much; nil never does.
	Memory *limit.Watch
}

// Server is one session with one client.
type Server struct {
	opts   Options
	log    *slog.Logger
	engine Engine

	// ctx lives as long as the session: what outlives a request hangs off it.
	ctx    context.Context
	cancel context.CancelFunc

	stream *wire.Stream
	conn   jsonrpc2.Conn
	client protocol.Client

	backlog int
	state   atomic.Int32
	panics  atomic.Int32
	slots   chan struct{}
	calls   wire.Calls
	exited  chan int
	// background are the goroutines that Run waits for.
	background sync.WaitGroup

	caps          capabilities // written by initialize, before anything reads it
	docs          documents
	config        configs
	publisher     publisher
	jobs          jobs
	notices       notices
	datasets      datasets
	expected      expectations
	verifications verifications
	search        repoSearch
	trim          trimmer
}

// New makes a server; Run starts it.
func New(opts Options) *Server {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Alive == nil {
		opts.Alive = processAlive
	}
	if opts.Engine == nil {
		opts.Engine = noEngine{}
	}
	s := &Server{
		opts: opts, log: opts.Log, engine: opts.Engine,
		slots: make(chan struct{}, maxCalls), backlog: maxBacklog, exited: make(chan int, 1),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.publisher.server, s.jobs.server, s.config.server = s, s, s
	s.jobs.placing = make(chan struct{}, 1)
	s.publisher.init()
	if opts.Trim != nil {
		s.trim.trim = func() {
			opts.Trim()
			tsast.Trim()
		}
	}
	return s
}

// Run serves one client over in and out until it exits, disconnects, its
// process dies or ctx ends, and gives the exit code: 0 after a shutdown
// request, else 1. The caller should end the process then: a reader may still
// sit in a read of in.
func (s *Server) Run(ctx context.Context, in io.Reader, out io.Writer) int {
	defer s.stop()
	s.connect(in, out)
	s.goBackground(s.publisher.run)
	select {
	case code := <-s.exited:
		return code
	case <-s.conn.Done():
		if err := s.conn.Err(); err != nil {
			s.log.Warn("connection ended", "error", err)
		}
		// Of an exit notification and the end of input the former counts.
		select {
		case code := <-s.exited:
			return code
		default:
		}
		return s.exitCode()
	case <-ctx.Done():
		return s.exitCode()
	}
}

func (s *Server) exitCode() int {
	if s.state.Load() == shutDown {
		return 0
	}
	return 1
}

// stop ends what runs in the background and lets the answers that are due
// go out, for a moment.
func (s *Server) stop() {
	s.jobs.cancelAll()
	waitAtMost(250*time.Millisecond, s.calls.Wait)
	s.cancel()
	waitAtMost(250*time.Millisecond, s.background.Wait)
	waitAtMost(250*time.Millisecond, s.stream.Flush)
	select {
	case <-s.conn.Done():
		s.docs.closeAll()
	default: // the reader lives and may be at the trees; the process ends
	}
}

// waitAtMost waits for something, but not for a client that does not read.
func waitAtMost(d time.Duration, wait func()) {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
}

// goBackground runs f until the session ends; a panic ends f, not the session.
func (s *Server) goBackground(f func(context.Context)) {
	s.background.Add(1)
	go func() {
		defer s.background.Done()
		var err error
		defer s.recovered("background work", &err)
		f(s.ctx)
	}()
}
