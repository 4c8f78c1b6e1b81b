package hub

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// revisionNotFound says that the repository lacks the branch, tag or commit.
func revisionNotFound(s Subject) error {
	return &failure{Subject: s, kind: "revision-not-found", noCache: true,
		text: fmt.Sprintf("%s has no branch, tag or commit %q%s", s.RepoID, s.Revision, s.tail()),
		hint: "Leave the revision out to use main, or choose one that " + s.page() + "/tree/main lists."}
}

// EntryNotFoundError is a file that the repository lacks at a revision.
type EntryNotFoundError struct {
	failure
	Commit    string // "" when the server did not say
	FromCache bool   // the cache remembers it; the Hub was not asked
}

func newEntryNotFoundError(s Subject, commit string, fromCache bool) error {
	at := ""
	if commit != "" && commit != s.Revision {
		at = " (commit " + short(commit) + ")"
	}
	hint := "See the repository's files at " + s.page() + "/tree/main."
	if s.Filename == "config.json" {
		hint = "It may hold only GGUF weights, an adapter (adapter_config.json) or Mistral's params.json: " +
			"name the base model's repository, or give the file with --config."
	}
	return &EntryNotFoundError{Commit: commit, FromCache: fromCache, failure: failure{
		Subject: s, kind: "entry-not-found", noCache: true, hint: hint,
		text: fmt.Sprintf("%s has no %s%s%s", s.id(), s.Filename, at, s.tail())}}
}

// gatedNoToken says that a gated repository was asked for without a valid token.
func gatedNoToken(s Subject) error {
	why := "no token was sent"
	if s.TokenSource != "" {
		why = "the token from " + s.TokenSource + " is not accepted"
	}
	return &failure{Subject: s, kind: "gated-no-token", exit: exitAuth,
		text: fmt.Sprintf("%s is gated and %s%s", s.RepoID, why, s.tail()),
		hint: "Accept the terms at " + s.page() + ", then " + loginHint + "."}
}

// gatedNotGranted says that the token's account may not read the gated repository
// yet.
func gatedNotGranted(s Subject) error {
	who := "access has not been granted"
	if s.TokenSource != "" {
		who += " to the account of the token from " + s.TokenSource
	}
	return &failure{Subject: s, kind: "gated-not-granted", exit: exitAuth,
		text: fmt.Sprintf("%s is gated and %s%s", s.RepoID, who, s.tail()),
		hint: "Ask for access at " + s.page() + " and try again once it is granted."}
}

// disabled says that the Hub's operators have closed the repository.
func disabled(s Subject) error {
	return &failure{Subject: s, kind: "disabled",
		text: fmt.Sprintf("access to %s is disabled by the Hub%s", s.RepoID, s.tail()),
		hint: "Name another repository of the model, or give its config.json with --config."}
}

// repoNotFound is the Hub's answer to a valid token: there is no such
// repository, or the token may not see it.
func repoNotFound(s Subject) error {
	or := ""
	if s.TokenSource != "" {
		or = ", or the token from " + s.TokenSource + " may not see it"
	}
	return &failure{Subject: s, kind: "repo-not-found",
		text: fmt.Sprintf("%s does not exist on %s%s%s", s.what(), s.Endpoint, or, s.tail()),
		hint: "Check the spelling of ORG/NAME; a private repository needs a token that may read it."}
}

// missingOrPrivate is the Hub's answer to an anonymous request for a repository
// that is missing or private: it does not say which.
func missingOrPrivate(s Subject) error {
	hint := "Check the spelling of ORG/NAME; for a private repository " + loginHint + "."
	if s.TokenUnsent != "" {
		hint += " Note: " + s.TokenUnsent + "."
	}
	return &failure{Subject: s, kind: "missing-or-private", hint: hint,
		text: fmt.Sprintf("%s does not exist on %s, or it is private%s", s.what(), s.Endpoint, s.tail())}
}

// badToken says that the Hub does not accept the token, which then spoils requests
// for public repositories too.
func badToken(s Subject) error {
	return &failure{Subject: s, kind: "bad-token", exit: exitAuth,
		text: fmt.Sprintf("the Hub rejects the token from %s, for public repositories too%s", s.TokenSource, s.tail()),
		hint: "Log in again with `hf auth login`, make a new token at " + s.Endpoint +
			"/settings/tokens, or remove it to go without (HF_HUB_DISABLE_IMPLICIT_TOKEN=1)."}
}

// forbidden says that the Hub refuses for another reason, such as a token's scope.
func forbidden(s Subject) error {
	hint := "If the repository needs an account, " + loginHint + "."
	if s.TokenSource != "" {
		hint = "The token from " + s.TokenSource + " may lack a permission: see " + s.Endpoint + "/settings/tokens."
	}
	return &failure{Subject: s, kind: "forbidden", exit: exitAuth, hint: hint,
		text: fmt.Sprintf("%s refuses access to %s%s", s.Endpoint, s.RepoID, s.tail())}
}

// quota is what a 429 says of the limit that is used up.
type quota struct {
	bucket   string        // "" when the server did not name one
	requests int           // per window, 0 unknown
	window   time.Duration // 0 unknown
	reset    time.Duration // until requests are answered again, 0 unknown
}

// rateLimited is a 429.
func rateLimited(s Subject, q quota) error {
	text := "the Hub's rate limit is used up"
	if q.bucket != "" {
		text = fmt.Sprintf("the Hub's rate limit %q is used up", q.bucket)
	}
	if q.requests > 0 && q.window > 0 {
		text += fmt.Sprintf(" (%d requests in %s)", q.requests, seconds(q.window))
	}
	hint := "Try again later"
	if q.reset > 0 {
		text += "; it resets in " + seconds(q.reset)
		hint = "Try again in " + seconds(q.reset)
	}
	if s.TokenSource == "" {
		hint += ", or " + loginHint + ": the limit is higher with an account"
	}
	return &failure{Subject: s, kind: "rate-limited", text: text + s.tail(), hint: hint + ".", again: true, wait: q.reset}
}

// serverFault is a 408 or a 5xx.
func serverFault(s Subject, retryAfter time.Duration) error {
	f := &failure{Subject: s, kind: "server",
		text: fmt.Sprintf("%s answers %d %s%s", s.Host, s.Status, http.StatusText(s.Status), s.tail()),
		hint: "The problem is at the server: try again later, or see https://status.huggingface.co."}
	switch s.Status {
	case 408, 500, 502, 503, 504:
		f.again, f.wait = true, retryAfter
	}
	return f
}

// otherStatus is an answer that this package has no name for.
func otherStatus(s Subject) error {
	hint := "Check that HF_ENDPOINT names a Hub and that no proxy answers in its place."
	if s.Host != "" && !strings.HasPrefix(s.Endpoint+"/", s.Host+"/") {
		hint = "The Hub keeps the file at " + s.Host + ": check that a firewall or proxy lets you there, and try again."
	}
	return &failure{Subject: s, kind: "status", hint: hint,
		text: fmt.Sprintf("%s answers %d %s for %s of %s%s", s.Host, s.Status, http.StatusText(s.Status), s.Filename, s.id(), s.tail())}
}

// notHub says that an answer lacks a Hub's headers.
func notHub(s Subject, reason string) error {
	return &failure{Subject: s, kind: "not-a-hub",
		text: fmt.Sprintf("%s does not answer like a HuggingFace Hub: %s%s", s.Host, reason, s.tail()),
		hint: "Check HF_ENDPOINT and the proxy variables; the login page of a network answers like this too."}
}

// badRedirect says that a redirect must not or cannot be followed.
func badRedirect(s Subject, reason string) error {
	return &failure{Subject: s, kind: "redirect",
		text: fmt.Sprintf("%s redirects in a way that is not followed: %s%s", s.Host, reason, s.tail()),
		hint: "Check HF_ENDPOINT and the network: a Hub does not redirect like this."}
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
