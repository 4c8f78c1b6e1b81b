package hub

import (
	"fmt"
	"time"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// Error is what every error of this package can say (a cancelled context
// apart, which stays context.Canceled). Error() is one line for a user, Hint()
// the next step.
type Error interface {
	error
	// Kind is a stable machine name, such as "gated-no-token".
	Kind() string
	// Hint is what to do about it, in whole sentences.
	Hint() string
	// ExitCode is the command line's: 2 usage, 3 network or missing, 4 authentication.
	ExitCode() int

	cacheOK() bool                           // may a cached copy stand in?
	retry() (again bool, wait time.Duration) // wait > 0: as the server asked
}

// Exit codes of errors.
const (
	exitUsage   = 2
	exitMissing = 3
	exitAuth    = 4
)

// Subject is what an error is about. The text fields are fit to be shown: no
// secrets, no control characters.
type Subject struct {
	RepoID      string
	Revision    string
	Filename    string
	Endpoint    string // of the Hub, as configured
	Host        string // scheme://host of the request that failed
	Status      int    // HTTP status, 0 without an answer
	ServerText  string // the server's message
	RequestID   string
	TokenSource string // of the token that the request carried; "" for none
	TokenUnsent string // why a token that was found was not sent; "" otherwise
}

// id is the repository as the user named it, with the revision unless it is main.
func (s Subject) id() string {
	if s.Revision == "" || s.Revision == DefaultRevision {
		return s.RepoID
	}
	return s.RepoID + "@" + s.Revision
}

func (s Subject) page() string { return s.Endpoint + "/" + s.RepoID }

// what is the repository, or what stands for one when the Hub itself was asked.
func (s Subject) what() string {
	if s.RepoID == "" {
		return "the page that was asked for"
	}
	return s.RepoID
}

// tail ends a message with the server's words and the request id.
func (s Subject) tail() string {
	t := ""
	if s.ServerText != "" {
		t = ": the server says \"" + s.ServerText + "\""
	}
	if s.RequestID != "" {
		t += " [request " + s.RequestID + "]"
	}
	return t
}

// failure is an Error with its words and what they mean for the caller. Errors
// that a caller tells apart by their type embed one.
type failure struct {
	Subject
	kind, text, hint string
	exit             int           // exitMissing when 0
	noCache          bool          // a cached copy would answer another question
	again            bool          // a second try may succeed
	wait             time.Duration // before it, as the server asked
	dial             bool          // no connection was made
}

func (f *failure) Error() string                { return f.text }
func (f *failure) Kind() string                 { return f.kind }
func (f *failure) Hint() string                 { return f.hint }
func (f *failure) cacheOK() bool                { return !f.noCache }
func (f *failure) retry() (bool, time.Duration) { return f.again, f.wait }

func (f *failure) ExitCode() int {
	if f.exit == 0 {
		return exitMissing
	}
	return f.exit
}

const loginHint = "log in with `hf auth login` or set HF_TOKEN"

// invalidName says that a repository id, an address, a revision or a file name
// cannot be one.
func invalidName(what, value, reason string) error {
	f := &failure{kind: "invalid-name", exit: exitUsage, noCache: true,
		text: fmt.Sprintf("%q is not a %s: %s", prose.Clip(value, 120), what, reason),
		hint: "Give the " + what + " as the Hub's web page shows it."}
	if what == "repository id" || what == "repository address" {
		f.hint = "Give a repository as ORG/NAME, for example moonshotai/Kimi-K2-Instruct, or its address on huggingface.co."
	}
	return f
}

// badVariable says that an environment variable cannot be used.
func badVariable(name, reason string) error {
	return &failure{kind: "config", exit: exitUsage,
		text: name + " cannot be used: " + reason,
		hint: "Set " + name + " to an address such as " + DefaultEndpoint + ", or unset it."}
}

// OfflineError is a file that is not in the cache while the network is off.
type OfflineError struct{ failure }

// newOfflineError says why the network is off (the flag or variable that says
// so), and for which commits of the repository the cache has the file.
func newOfflineError(s Subject, why string, cached []string) error {
	e := &OfflineError{failure{Subject: s, kind: "offline",
		text: fmt.Sprintf("%s of %s is not in the cache and the network is off (%s)", s.Filename, s.id(), why),
		hint: "Go online once to fetch it, or give the file with --config."}}
	if len(cached) > 0 {
		e.hint = "The cache has it for commit " + joinOr(cached) + ": name one with --revision, or go online."
	}
	return e
}

// joinOr lists cached commits in full, since only full ones can be named offline.
func joinOr(list []string) string {
	const most = 5
	more := ""
	if len(list) > most {
		more = fmt.Sprintf(" (and %d more)", len(list)-most)
		list = list[:most]
	}
	out := list[0]
	for i, s := range list[1:] {
		if i == len(list)-2 && more == "" {
			out += " or " + s
		} else {
			out += ", " + s
		}
	}
	return out + more
}

// tooLarge says that a file is beyond the size bound of its kind, in bytes.
func tooLarge(s Subject, limit int64) error {
	return &failure{Subject: s, kind: "too-large",
		text: fmt.Sprintf("%s of %s is larger than %d MiB", s.Filename, s.id(), limit>>20),
		hint: "No file of this kind is that large: check the repository, or give the file with --config."}
}

// badContent says that content is not what the Hub announced; again where the
// first time may have been bad luck.
func badContent(s Subject, reason string, again bool) error {
	return &failure{Subject: s, kind: "integrity", again: again,
		text: fmt.Sprintf("%s of %s arrived damaged: %s%s", s.Filename, s.id(), reason, s.tail()),
		hint: "Try again; if it stays, something between here and " + s.Host + " changes the content (a proxy, a mirror, HF_ENDPOINT)."}
}

// badHeader says that a file begins otherwise than a safetensors file does, or
// that its beginning did not arrive whole (then again).
func badHeader(s Subject, reason string, again bool) error {
	of := ""
	if s.RepoID != "" {
		of = " of " + s.id()
	}
	return &failure{Subject: s, kind: "header", again: again,
		text: fmt.Sprintf("the header of %s%s cannot be read: %s%s", s.Filename, of, reason, s.tail()),
		hint: "The file is damaged, or no safetensors file: download it again, or go without with --weights off."}
}

// NoCheckpointError is a repository or a directory without safetensors files:
// GGUF, .bin, an adapter.
type NoCheckpointError struct{ failure }

func newNoCheckpointError(s Subject, where string) error {
	return &NoCheckpointError{failure{Subject: s, kind: "no-checkpoint",
		text: where + " has neither " + singleFile + " nor " + indexFile,
		hint: "The entry then rests on the config and the source."}}
}
