package repo

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// The kinds of failure. errors.Is finds them in what Open and Source return.
var (
	// ErrNone: no tree could be had, and the index in the binary is the
	// right thing to go on with.
	ErrNone = errors.New("no SGLang source tree")
	// ErrOffline: the network was needed and forbidden.
	ErrOffline = errors.New("not allowed to use the network")
	// ErrNetwork: the remote could not be reached, or failed.
	ErrNetwork = errors.New("the remote cannot be reached")
	// ErrAuth: the remote wants a login, or refused ours.
	ErrAuth = errors.New("the remote wants authentication")
	// ErrRemoteNotFound: the remote has no such repository, or an empty one.
	ErrRemoteNotFound = errors.New("no such repository")
	// ErrURL: the URL is of a kind that we do not fetch from.
	ErrURL = errors.New("unusable repository URL")
	// ErrRefName: the ref is not a name that git allows.
	ErrRefName = errors.New("not a valid ref name")
	// ErrRefNotFound: the tree or the remote has no such ref.
	ErrRefNotFound = errors.New("no such branch, tag or commit")
	// ErrNotSGLang: there is something, but not SGLang's source.
	ErrNotSGLang = errors.New("not an SGLang source tree")
	// ErrIncomplete: a clone lacks objects that are needed (a partial clone
	// without its files, a damaged one).
	ErrIncomplete = errors.New("objects are missing")
	// ErrUnsupported: a repository format or protocol that we cannot read.
	ErrUnsupported = errors.New("unsupported repository format")
	// ErrTooLarge: a file or a download beyond the bounds.
	ErrTooLarge = errors.New("too large")
	// ErrCorrupt: data that contradicts itself.
	ErrCorrupt = errors.New("damaged repository")
	// ErrCache: our own copy cannot be written.
	ErrCache = errors.New("the cache cannot be written")
)

// Error is a failure with what to do about it.
type Error struct {
	// Op and Subject say what was being done to what; a URL never shows its
	// password.
	Op, Subject string
	// Kind is one of the Err values above.
	Kind error
	// Err is the cause, nil when Kind says it all.
	Err error
	// Hint is what the user can do.
	Hint string
	// Nearest are the refs most like the one that was not found.
	Nearest []string
	// embedded: going on with the embedded index is right.
	embedded bool
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + " " + e.Subject)
	if e.Err == nil || !strings.Contains(e.Err.Error(), e.Kind.Error()) {
		b.WriteString(": " + e.Kind.Error())
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if len(e.Nearest) > 0 {
		b.WriteString(" (nearest: " + strings.Join(e.Nearest, ", ") + ")")
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap returns the kind, the cause, and ErrNone where it applies.
func (e *Error) Unwrap() []error {
	list := []error{e.Kind}
	if e.Err != nil {
		list = append(list, e.Err)
	}
	if e.embedded {
		list = append(list, ErrNone)
	}
	return list
}

// withFallback marks a failure to fetch as one after which the embedded index
// is used. What the user must correct (a ref that is not there, a URL that
// cannot be used) is not: silently reading another SGLang would be wrong.
func withFallback(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	if kindOf(e.Kind, ErrOffline, ErrNetwork, ErrAuth, ErrRemoteNotFound, ErrIncomplete, ErrUnsupported, ErrTooLarge, ErrCorrupt, ErrCache) == nil {
		return err
	}
	c := *e
	c.embedded = true
	return &c
}

// kindOf is the one of some kinds that an error is of; nil when it is of none.
func kindOf(err error, kinds ...error) error {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

// httpStatus finds the answer behind an error of the transport: its status (0
// when there was none) and the pause that it asks for.
func httpStatus(err error) (status int, pause time.Duration) {
	var unexpected *plumbing.UnexpectedError
	if errors.As(err, &unexpected) {
		err = unexpected.Err // go-git's wrapper does not unwrap
	}
	var e *githttp.Err
	if !errors.As(err, &e) || e.Response == nil {
		return 0, 0
	}
	after := e.Response.Header.Get("Retry-After")
	if sec, err := strconv.Atoi(after); err == nil && sec > 0 {
		return e.Response.StatusCode, time.Duration(min(sec, 3600)) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return e.Response.StatusCode, max(0, time.Until(at))
	}
	return e.Response.StatusCode, 0
}
