package hub

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxServerText = 300 // characters of a server's message that are shown

var (
	// tokenShape is what the Hub's tokens look like (user, organization, OAuth).
	tokenShape  = regexp.MustCompile(`\b(hf_[A-Za-z0-9_]{6,}|api_[A-Za-z0-9_]{20,}|hf_oauth_[A-Za-z0-9._-]{6,})`)
	bearerShape = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}`)
	queryShape  = regexp.MustCompile(`(https?://[^\s"'<>?]+)\?[^\s"'<>]+`)
	userShape   = regexp.MustCompile(`([a-z][a-z0-9+.-]*://)[^\s/@"']+@`)
)

// redactor removes secrets from text: the known token, whatever has the shape
// of one, credentials in addresses and the query strings of addresses (a
// signed CDN address is a password for the file).
type redactor struct {
	plain   [][]byte
	secrets []*regexp.Regexp // the same, however they are written
}

func newRedactor(secrets ...string) *redactor {
	r := &redactor{}
	for _, s := range secrets {
		if s != "" {
			r.plain, r.secrets = append(r.plain, []byte(s)), append(r.secrets, spellings(s))
		}
	}
	return r
}

// spellings matches a secret as servers may write it: in any case of its
// letters, as in a host name, each of them escaped or not, as in an address or
// in JSON.
func spellings(secret string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?i)")
	for _, c := range []byte(secret) {
		fmt.Fprintf(&b, `(?:%s|%%%02x|\\u00%02x)`, regexp.QuoteMeta(string(rune(c))), c, c)
	}
	return regexp.MustCompile(b.String())
}

// leastSecret is the length from which a secret in a file is no accident: the
// Hub's tokens have 37 characters, but a placeholder ("none", "true") may be a
// word of any config.
const leastSecret = 16

// echoed reports whether what a server sent has a secret in it, which nobody
// but this program told it.
func (r *redactor) echoed(body []byte) bool {
	escaped := bytes.Contains(body, []byte(`\u00`)) || bytes.Contains(body, []byte("%"))
	for i, secret := range r.plain {
		if len(secret) < leastSecret {
			continue
		}
		if bytes.Contains(body, secret) || escaped && r.secrets[i].Match(body) {
			return true
		}
	}
	return false
}

func (r *redactor) clean(s string) string {
	for _, secret := range r.secrets {
		s = secret.ReplaceAllString(s, "[token]")
	}
	s = tokenShape.ReplaceAllString(s, "[token]")
	s = bearerShape.ReplaceAllString(s, "$1 [token]")
	s = queryShape.ReplaceAllString(s, "$1?[redacted]")
	return userShape.ReplaceAllString(s, "$1")
}

// server makes text that a server sent fit to be shown: no secrets, one line,
// no control or direction-changing characters, bounded.
func (r *redactor) server(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "")
	}
	s = ansiEscape.ReplaceAllString(s, "")
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c), unicode.Is(unicode.Bidi_Control, c):
			return -1
		}
		return c
	}, s)
	s = r.clean(strings.Join(strings.Fields(s), " "))
	if utf8.RuneCountInString(s) > maxServerText {
		s = string([]rune(s)[:maxServerText]) + "…"
	}
	return s
}

var ansiEscape = regexp.MustCompile("\x1b(\\[[0-9;?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?)")

// redactHandler is a slog.Handler that cleans every text it passes on.
type redactHandler struct {
	next  slog.Handler
	r     *redactor
	level *slog.Level // HF_DEBUG, HF_HUB_VERBOSITY; nil: the next handler decides
}

func (h *redactHandler) Enabled(ctx context.Context, l slog.Level) bool {
	if h.level != nil {
		return l >= *h.level
	}
	return h.next.Enabled(ctx, l)
}

func (h *redactHandler) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, h.r.clean(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, out)
}

func (h *redactHandler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		var group []any
		for _, g := range v.Group() {
			group = append(group, h.attr(g))
		}
		return slog.Group(a.Key, group...)
	case slog.KindString:
		return slog.String(a.Key, h.r.clean(v.String()))
	case slog.KindAny:
		return slog.String(a.Key, h.r.clean(fmt.Sprint(v.Any())))
	default:
		return a
	}
}

func (h *redactHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return &redactHandler{next: h.next.WithAttrs(clean), r: h.r, level: h.level}
}

func (h *redactHandler) WithGroup(name string) slog.Handler {
	return &redactHandler{next: h.next.WithGroup(name), r: h.r, level: h.level}
}
