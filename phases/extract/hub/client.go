package hub

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"
)

// Options say how a Client works. The zero value is that of the command line:
// the process's environment, a budget of BudgetCLI, no log.
type Options struct {
	// Getenv looks a variable up; nil is os.Getenv. It is called by New only.
	Getenv func(string) string
	// Home is the user's home directory; "" asks the system.
	Home string
	// Offline forbids every request, whatever the environment says.
	Offline bool
	// Budget bounds one Fetch with all its retries; 0 is BudgetCLI.
	Budget time.Duration
	// Version is the program's version, for the User-Agent header.
	Version string
	// Logger gets a record of every request, without secrets; nil discards.
	Logger *slog.Logger
	// Progress is called (from any goroutine) as a Fetch advances; may be nil.
	Progress func(Progress)
	// Clock is the time; nil is the system's.
	Clock Clock
	// Transport sends requests; nil is one made from the environment. It must
	// not follow redirects (an http.RoundTripper never does).
	Transport http.RoundTripper
	// Headers keeps what was read of safetensors files between runs; nil keeps
	// nothing.
	Headers HeaderCache
	// Jitter gives a random number in [0,1); nil is math/rand.
	Jitter func() float64
}

// Progress is one step of a Fetch.
type Progress struct {
	RepoID, Filename string
	// Stage is StageAsk, StageWait, StageLock, StageDownload or StageDone.
	Stage string
	// Text is the step in words for a user.
	Text string
	// Done and Total are bytes of a download; Total is -1 when it is unknown.
	Done, Total int64
	// Wait is how long the pause before the next try is.
	Wait time.Duration
}

// The values of Progress.Stage.
const (
	StageAsk      = "ask"
	StageWait     = "wait"
	StageLock     = "lock"
	StageDownload = "download"
	StageDone     = "done"
)

// Client fetches files of model repositories. It is safe for concurrent use.
type Client struct {
	set       *settings
	http      http.RoundTripper
	clock     Clock
	jitter    func() float64
	budget    time.Duration
	log       *slog.Logger
	redact    *redactor
	progress  func(Progress)
	cache     *cache
	headers   HeaderCache
	downloads sharedDownloads
	official  func(origin string) bool // isOfficial; tests let a fake Hub count as official

	mu     sync.Mutex
	warned map[string]bool // topics of X-HF-Warning that were shown
}

// New makes a Client. It reads the environment and the token file once and
// does not touch the network or the cache. What is wrong with the environment
// is told by Describe, and by Fetch if it cannot work at all.
func New(o Options) *Client {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Home == "" {
		o.Home, _ = os.UserHomeDir() // without a home there is no default cache; Describe says so
	}
	set := readSettings(o.Getenv, o)
	c := &Client{
		set: set, http: o.Transport, clock: o.Clock, jitter: o.Jitter, budget: o.Budget,
		progress: o.Progress, redact: newRedactor(set.token), warned: map[string]bool{},
		official: isOfficial, headers: o.Headers,
	}
	if c.http == nil {
		c.http = ownTransport(sync.OnceValue(func() *http.Transport { return newTransport(set) }))
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.jitter == nil {
		c.jitter = rand.Float64
	}
	if c.budget <= 0 {
		c.budget = BudgetCLI
	}
	handler := slog.DiscardHandler
	if o.Logger != nil {
		handler = &redactHandler{next: o.Logger.Handler(), r: c.redact, level: set.level}
	}
	c.log = slog.New(handler)
	c.cache = newCache(set, c.clock, c.log)
	return c
}

func (c *Client) report(p Progress) {
	if c.progress != nil {
		c.progress(p)
	}
}

// Close lets go of idle connections.
func (c *Client) Close() {
	if t, ok := c.http.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
