package hub

import (
	"fmt"
	"time"
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

// ExitCode is that of a network problem or of something missing.
func (Subject) ExitCode() int { return exitMissing }

func (Subject) cacheOK() bool                { return true }
func (Subject) retry() (bool, time.Duration) { return false, 0 }

// id is the repository as the user named it, with the revision unless it is main.
func (s Subject) id() string {
	if s.Revision == "" || s.Revision == DefaultRevision {
		return s.RepoID
	}
	return s.RepoID + "@" + s.Revision
}

func (s Subject) page() string { return s.Endpoint + "/" + s.RepoID }

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

const loginHint = "log in with `hf auth login` or set HF_TOKEN"

// InvalidNameError is a repository id, revision or file name that cannot be one.
type InvalidNameError struct {
	Subject
	What, Value, Reason string
}

func (e *InvalidNameError) Error() string {
	return fmt.Sprintf("%q is not a %s: %s", clip(e.Value, 120), e.What, e.Reason)
}

// Kind is "invalid-name".
func (e *InvalidNameError) Kind() string { return "invalid-name" }

// Hint is what to write instead.
func (e *InvalidNameError) Hint() string {
	if e.What == "repository id" || e.What == "repository address" {
		return "Give a repository as ORG/NAME, for example moonshotai/Kimi-K2-Instruct, or its address on huggingface.co."
	}
	return "Give the " + e.What + " as the Hub's web page shows it."
}

// ExitCode is that of a usage error.
func (e *InvalidNameError) ExitCode() int { return exitUsage }
func (e *InvalidNameError) cacheOK() bool { return false }

// ConfigError is an environment variable that cannot be used.
type ConfigError struct {
	Subject
	Variable, Reason string
}

func (e *ConfigError) Error() string { return e.Variable + " cannot be used: " + e.Reason }

// Kind is "config".
func (e *ConfigError) Kind() string { return "config" }

// Hint is how to set the variable.
func (e *ConfigError) Hint() string {
	return "Set " + e.Variable + " to an address such as " + DefaultEndpoint + ", or unset it."
}

// ExitCode is that of a configuration error.
func (e *ConfigError) ExitCode() int { return exitUsage }

// OfflineError is a file that is not in the cache while the network is off.
type OfflineError struct {
	Subject
	Why     string   // the flag or variable that says so
	Cached  []string // commits of the repository that the cache has the file for
	HasRepo bool     // the cache knows the repository
}

func (e *OfflineError) Error() string {
	return fmt.Sprintf("%s of %s is not in the cache and the network is off (%s)", e.Filename, e.id(), e.Why)
}

// Kind is "offline".
func (e *OfflineError) Kind() string { return "offline" }

// Hint names the cached commits, if there are any.
func (e *OfflineError) Hint() string {
	if len(e.Cached) > 0 {
		return "The cache has it for commit " + joinOr(e.Cached) + ": name one with --revision, or go online."
	}
	return "Go online once to fetch it, or give the file with --config."
}

// cached commits are listed in full, since only full ones can be named offline.
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

// TooLargeError is a file beyond the size cap of its kind.
type TooLargeError struct {
	Subject
	Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s of %s is larger than %d MiB", e.Filename, e.id(), e.Limit>>20)
}

// Kind is "too-large".
func (e *TooLargeError) Kind() string { return "too-large" }

// Hint says what it may be instead.
func (e *TooLargeError) Hint() string {
	return "No file of this kind is that large: check the repository, or give the file with --config."
}

// IntegrityError is content that is not what the Hub announced.
type IntegrityError struct {
	Subject
	Reason string
	again  bool // the first time may have been bad luck
}

func (e *IntegrityError) retry() (bool, time.Duration) { return e.again, 0 }

func (e *IntegrityError) Error() string {
	return fmt.Sprintf("%s of %s arrived damaged: %s%s", e.Filename, e.id(), e.Reason, e.tail())
}

// Kind is "integrity".
func (e *IntegrityError) Kind() string { return "integrity" }

// Hint is to try again.
func (e *IntegrityError) Hint() string {
	return "Try again; if it stays, something between here and " + e.Host + " changes the content (a proxy, a mirror, HF_ENDPOINT)."
}

// RedirectError is a redirect that must not or cannot be followed.
type RedirectError struct {
	Subject
	Reason string
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s redirects in a way that is not followed: %s%s", e.Host, e.Reason, e.tail())
}

// Kind is "redirect".
func (e *RedirectError) Kind() string { return "redirect" }

// Hint is to check the endpoint.
func (e *RedirectError) Hint() string {
	return "Check HF_ENDPOINT and the network: a Hub does not redirect like this."
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// what is the repository, or what stands for one when the Hub itself was asked.
func (s Subject) what() string {
	if s.RepoID == "" {
		return "the page that was asked for"
	}
	return s.RepoID
}
