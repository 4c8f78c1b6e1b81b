package hub

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// RevisionNotFoundError is a branch, tag or commit that the repository lacks.
type RevisionNotFoundError struct{ Subject }

func (e *RevisionNotFoundError) Error() string {
	return fmt.Sprintf("%s has no branch, tag or commit %q%s", e.RepoID, e.Revision, e.tail())
}

// Kind is "revision-not-found".
func (e *RevisionNotFoundError) Kind() string { return "revision-not-found" }

// Hint is where its revisions are listed.
func (e *RevisionNotFoundError) Hint() string {
	return "Leave the revision out to use main, or choose one that " + e.page() + "/tree/main lists."
}
func (e *RevisionNotFoundError) cacheOK() bool { return false }

// EntryNotFoundError is a file that the repository lacks at a revision.
type EntryNotFoundError struct {
	Subject
	Commit    string // "" when the server did not say
	FromCache bool   // the cache remembers it; the Hub was not asked
}

func (e *EntryNotFoundError) Error() string {
	at := ""
	if e.Commit != "" && e.Commit != e.Revision {
		at = " (commit " + short(e.Commit) + ")"
	}
	return fmt.Sprintf("%s has no %s%s%s", e.id(), e.Filename, at, e.tail())
}

// Kind is "entry-not-found".
func (e *EntryNotFoundError) Kind() string { return "entry-not-found" }

// Hint says what kinds of repositories have no config.json.
func (e *EntryNotFoundError) Hint() string {
	if e.Filename != "config.json" {
		return "See the repository's files at " + e.page() + "/tree/main."
	}
	return "It may hold only GGUF weights, an adapter (adapter_config.json) or Mistral's params.json: " +
		"name the base model's repository, or give the file with --config."
}
func (e *EntryNotFoundError) cacheOK() bool { return false }

// GatedNoTokenError is a gated repository asked for without a valid token.
type GatedNoTokenError struct{ Subject }

func (e *GatedNoTokenError) Error() string {
	if e.TokenSource != "" {
		return fmt.Sprintf("%s is gated and the token from %s is not accepted%s", e.RepoID, e.TokenSource, e.tail())
	}
	return fmt.Sprintf("%s is gated and no token was sent%s", e.RepoID, e.tail())
}

// Kind is "gated-no-token".
func (e *GatedNoTokenError) Kind() string { return "gated-no-token" }

// Hint is to log in and accept the terms.
func (e *GatedNoTokenError) Hint() string {
	return "Accept the terms at " + e.page() + ", then " + loginHint + "."
}

// ExitCode is that of an authentication problem.
func (e *GatedNoTokenError) ExitCode() int { return exitAuth }

// GatedNotGrantedError is a gated repository that the token's account may not read yet.
type GatedNotGrantedError struct{ Subject }

func (e *GatedNotGrantedError) Error() string {
	who := "access has not been granted"
	if e.TokenSource != "" {
		who += " to the account of the token from " + e.TokenSource
	}
	return fmt.Sprintf("%s is gated and %s%s", e.RepoID, who, e.tail())
}

// Kind is "gated-not-granted".
func (e *GatedNotGrantedError) Kind() string { return "gated-not-granted" }

// Hint is to ask for access.
func (e *GatedNotGrantedError) Hint() string {
	return "Ask for access at " + e.page() + " and try again once it is granted."
}

// ExitCode is that of an authentication problem.
func (e *GatedNotGrantedError) ExitCode() int { return exitAuth }

// DisabledError is a repository that the Hub's operators have closed.
type DisabledError struct{ Subject }

func (e *DisabledError) Error() string {
	return fmt.Sprintf("access to %s is disabled by the Hub%s", e.RepoID, e.tail())
}

// Kind is "disabled".
func (e *DisabledError) Kind() string { return "disabled" }

// Hint is to take another repository.
func (e *DisabledError) Hint() string {
	return "Name another repository of the model, or give its config.json with --config."
}

// RepoNotFoundError is the Hub's answer to a valid token: there is no such
// repository, or the token may not see it.
type RepoNotFoundError struct{ Subject }

func (e *RepoNotFoundError) Error() string {
	if e.TokenSource != "" {
		return fmt.Sprintf("%s does not exist on %s, or the token from %s may not see it%s", e.what(), e.Endpoint, e.TokenSource, e.tail())
	}
	return fmt.Sprintf("%s does not exist on %s%s", e.what(), e.Endpoint, e.tail())
}

// Kind is "repo-not-found".
func (e *RepoNotFoundError) Kind() string { return "repo-not-found" }

// Hint is to check the spelling and the token.
func (e *RepoNotFoundError) Hint() string {
	return "Check the spelling of ORG/NAME; a private repository needs a token that may read it."
}

// MissingOrPrivateError is the Hub's answer to an anonymous request for a
// repository that is missing or private: it does not say which.
type MissingOrPrivateError struct{ Subject }

func (e *MissingOrPrivateError) Error() string {
	return fmt.Sprintf("%s does not exist on %s, or it is private%s", e.what(), e.Endpoint, e.tail())
}

// Kind is "missing-or-private".
func (e *MissingOrPrivateError) Kind() string { return "missing-or-private" }

// Hint says both what to check and how to log in.
func (e *MissingOrPrivateError) Hint() string {
	h := "Check the spelling of ORG/NAME; for a private repository " + loginHint + "."
	if e.TokenUnsent != "" {
		h += " Note: " + e.TokenUnsent + "."
	}
	return h
}

// BadTokenError is a token that the Hub does not accept; it spoils requests
// for public repositories too.
type BadTokenError struct{ Subject }

func (e *BadTokenError) Error() string {
	return fmt.Sprintf("the Hub rejects the token from %s, for public repositories too%s", e.TokenSource, e.tail())
}

// Kind is "bad-token".
func (e *BadTokenError) Kind() string { return "bad-token" }

// Hint is to renew or remove the token.
func (e *BadTokenError) Hint() string {
	return "Log in again with `hf auth login`, make a new token at " + e.Endpoint +
		"/settings/tokens, or remove it to go without (HF_HUB_DISABLE_IMPLICIT_TOKEN=1)."
}

// ExitCode is that of an authentication problem.
func (e *BadTokenError) ExitCode() int { return exitAuth }

// ForbiddenError is a refusal for another reason, such as a token's scope.
type ForbiddenError struct{ Subject }

func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("%s refuses access to %s%s", e.Endpoint, e.RepoID, e.tail())
}

// Kind is "forbidden".
func (e *ForbiddenError) Kind() string { return "forbidden" }

// Hint is to widen the token's scope.
func (e *ForbiddenError) Hint() string {
	if e.TokenSource == "" {
		return "If the repository needs an account, " + loginHint + "."
	}
	return "The token from " + e.TokenSource + " may lack a permission: see " + e.Endpoint + "/settings/tokens."
}

// ExitCode is that of an authentication problem.
func (e *ForbiddenError) ExitCode() int { return exitAuth }

// RateLimitError is a 429.
type RateLimitError struct {
	Subject
	Bucket string        // "" when the server did not name one
	Quota  int           // requests per window, 0 unknown
	Window time.Duration // 0 unknown
	Reset  time.Duration // until requests are answered again, 0 unknown
}

func (e *RateLimitError) Error() string {
	m := "the Hub's rate limit is used up"
	if e.Bucket != "" {
		m = fmt.Sprintf("the Hub's rate limit %q is used up", e.Bucket)
	}
	if e.Quota > 0 && e.Window > 0 {
		m += fmt.Sprintf(" (%d requests in %s)", e.Quota, seconds(e.Window))
	}
	if e.Reset > 0 {
		m += "; it resets in " + seconds(e.Reset)
	}
	return m + e.tail()
}

// Kind is "rate-limited".
func (e *RateLimitError) Kind() string { return "rate-limited" }

// Hint is to wait, and to log in for a higher limit.
func (e *RateLimitError) Hint() string {
	h := "Try again later"
	if e.Reset > 0 {
		h = "Try again in " + seconds(e.Reset)
	}
	if e.TokenSource == "" {
		h += ", or " + loginHint + ": the limit is higher with an account"
	}
	return h + "."
}
func (e *RateLimitError) retry() (bool, time.Duration) { return true, e.Reset }

// ServerError is a 408 or a 5xx.
type ServerError struct {
	Subject
	RetryAfter time.Duration
}

func (e *ServerError) Error() string {
	return fmt.Sprintf("%s answers %d %s%s", e.Host, e.Status, http.StatusText(e.Status), e.tail())
}

// Kind is "server".
func (e *ServerError) Kind() string { return "server" }

// Hint is to try later.
func (e *ServerError) Hint() string {
	return "The problem is at the server: try again later, or see https://status.huggingface.co."
}

func (e *ServerError) retry() (bool, time.Duration) {
	switch e.Status {
	case 408, 500, 502, 503, 504:
		return true, e.RetryAfter
	}
	return false, 0
}

// StatusError is an answer that this package has no name for.
type StatusError struct{ Subject }

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answers %d %s for %s of %s%s", e.Host, e.Status, http.StatusText(e.Status), e.Filename, e.id(), e.tail())
}

// Kind is "status".
func (e *StatusError) Kind() string { return "status" }

// Hint is to check the endpoint.
func (e *StatusError) Hint() string {
	if e.Host != "" && !strings.HasPrefix(e.Endpoint+"/", e.Host+"/") {
		return "The Hub keeps the file at " + e.Host + ": check that a firewall or proxy lets you there, and try again."
	}
	return "Check that HF_ENDPOINT names a Hub and that no proxy answers in its place."
}

// NotHubError is an answer without a Hub's headers.
type NotHubError struct {
	Subject
	Reason string
}

func (e *NotHubError) Error() string {
	return fmt.Sprintf("%s does not answer like a HuggingFace Hub: %s%s", e.Host, e.Reason, e.tail())
}

// Kind is "not-a-hub".
func (e *NotHubError) Kind() string { return "not-a-hub" }

// Hint is to check the endpoint, the proxy and the network's login page.
func (e *NotHubError) Hint() string {
	return "Check HF_ENDPOINT and the proxy variables; the login page of a network answers like this too."
}

func short(commit string) string {
	if len(commit) > 7 {
		return commit[:7]
	}
	return commit
}

// seconds writes a duration as a person would: "55 s", "5 min", "3 h". What a
// server asks for beyond a day is not worth its digits.
func seconds(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case d > 24*time.Hour:
		return "more than a day"
	case s >= 7200:
		return fmt.Sprintf("%d h", (s+1800)/3600)
	case s >= 120 && s%60 == 0:
		return fmt.Sprintf("%d min", s/60)
	case s >= 600:
		return fmt.Sprintf("%d min", (s+30)/60)
	}
	return fmt.Sprintf("%d s", s)
}
