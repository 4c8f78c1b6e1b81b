package hub

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxErrorBody = 16 << 10

// subjectOf starts the description of an error about a request to u.
func (k *call) subjectOf(u *url.URL) Subject {
	return Subject{
		RepoID: k.repoID, Revision: k.revision, Filename: k.filename,
		Endpoint: k.c.set.Endpoint, Host: k.c.redact.server(displayOrigin(u)), TokenUnsent: k.c.set.TokenNote,
	}
}

// subject adds what an answer says about itself.
func (k *call) subject(a *answer) Subject {
	s := k.subjectOf(a.at)
	s.Status = a.StatusCode
	s.RequestID = k.c.redact.server(a.Header.Get("X-Request-Id"))
	if k.c.mayAuthorize(a.at, a.trusted) {
		s.TokenSource = k.c.set.TokenSource
	}
	return s
}

// statusError names an answer with an error status: the Hub's code first, its
// message next, the status last.
func (k *call) statusError(a *answer, method string) error {
	s := k.subject(a)
	code := a.Header.Get("X-Error-Code")
	message := a.Header.Get("X-Error-Message")
	if message == "" && method == http.MethodGet {
		message = bodyMessage(a)
	}
	s.ServerText = k.c.redact.server(message)
	if s.Status == http.StatusProxyAuthRequired {
		return proxyFailed(s, k.c.proxyName(a.at), "it answers 407 "+http.StatusText(s.Status))
	}
	if !a.trusted {
		return foreignStatus(s, a)
	}
	switch {
	case code == "RevisionNotFound":
		return revisionNotFound(s)
	case code == "EntryNotFound":
		s.ServerText = "" // "Entry not found" says it once more
		commit := a.Header.Get("X-Repo-Commit")
		if !IsCommit(commit) {
			commit = ""
		}
		return newEntryNotFoundError(s, commit, false)
	case code == "GatedRepo" && s.Status == http.StatusForbidden:
		return gatedNotGranted(s)
	case code == "GatedRepo":
		return gatedNoToken(s)
	case message == "Access to this resource is disabled.":
		s.ServerText = ""
		return disabled(s)
	case code == "RepoNotFound":
		s.ServerText = ""
		return repoNotFound(s)
	}
	return plainStatus(s, a, k.c.redact.server)
}

// plainStatus names an answer without a code.
func plainStatus(s Subject, a *answer, redact func(string) string) error {
	switch {
	case s.Status == http.StatusUnauthorized && s.TokenSource == "":
		s.ServerText = "" // "Invalid username or password." although none was sent
		return missingOrPrivate(s)
	case s.Status == http.StatusUnauthorized:
		return badToken(s)
	case s.Status == http.StatusForbidden:
		return forbidden(s)
	case s.Status == http.StatusTooManyRequests:
		return rateLimit(s, a, redact)
	case s.Status == http.StatusRequestTimeout, s.Status >= 500:
		return serverFault(s, retryAfter(a))
	}
	return otherStatus(s)
}

// foreignStatus names an answer of a storage host, whose statuses do not mean
// what the Hub's do.
func foreignStatus(s Subject, a *answer) error {
	switch {
	case s.Status == http.StatusTooManyRequests, s.Status == http.StatusRequestTimeout, s.Status >= 500:
		return serverFault(s, retryAfter(a))
	}
	return otherStatus(s)
}

// bodyMessage reads the message of a JSON error body: "error", or the
// "message" of the first of "errors".
func bodyMessage(a *answer) string {
	if !strings.Contains(a.Header.Get("Content-Type"), "json") {
		return ""
	}
	data, err := io.ReadAll(io.LimitReader(a.Body, maxErrorBody))
	if err != nil {
		return ""
	}
	var body struct {
		Error  any `json:"error"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(data, &body) != nil {
		return ""
	}
	if s, ok := body.Error.(string); ok && s != "" {
		return s
	}
	if len(body.Errors) > 0 {
		return body.Errors[0].Message
	}
	return ""
}

// rateLimit reads the bucket of a 429. The RateLimit headers come with every
// answer and mean the refusal only when nothing remains (r=0).
func rateLimit(s Subject, a *answer, redact func(string) string) error {
	s.ServerText = ""
	var q quota
	bucket, params := rateHeader(a.Header.Get("RateLimit"))
	if params["r"] == "0" {
		q.bucket = redact(bucket)
		q.reset = wholeSeconds(params["t"])
		for _, item := range strings.Split(a.Header.Get("RateLimit-Policy"), ",") {
			// "fixed window";"resolvers";q=3000;w=300
			if _, policy := rateHeader(item); policy["q"] != "" {
				q.requests, _ = strconv.Atoi(policy["q"]) // an unreadable quota stays unknown
				q.window = wholeSeconds(policy["w"])
				break
			}
		}
	}
	if q.reset == 0 {
		q.reset = retryAfter(a)
	}
	return rateLimited(s, q)
}

func rateHeader(v string) (name string, params map[string]string) {
	params = map[string]string{}
	for _, part := range strings.Split(v, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case ok:
			params[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		case len(key) > 2 && key[0] == '"':
			name = headerSafe(strings.Trim(key, `"`))
		}
	}
	return name, params
}

// retryAfter reads Retry-After: seconds, or a date relative to the answer's own.
func retryAfter(a *answer) time.Duration {
	v := strings.TrimSpace(a.Header.Get("Retry-After"))
	if d := wholeSeconds(v); d > 0 {
		return d
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil || !at.After(now) {
		return 0
	}
	return at.Sub(now)
}

func wholeSeconds(v string) time.Duration {
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// collectWarnings keeps the first X-HF-Warning of each topic ("topic; text").
func (k *call) collectWarnings(h http.Header) {
	for _, v := range h.Values("X-HF-Warning") {
		topic, text, ok := strings.Cut(v, ";")
		if !ok {
			topic, text = "", v
		}
		text = k.c.redact.server(text)
		if text == "" || !k.c.firstWarning(strings.TrimSpace(topic)) {
			continue
		}
		k.warnings = append(k.warnings, "the Hub says: "+text)
	}
}

const maxWarningTopics = 100 // a hostile server shall not fill the memory

func (c *Client) firstWarning(topic string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.warned[topic] || len(c.warned) >= maxWarningTopics {
		return false
	}
	c.warned[topic] = true
	return true
}
