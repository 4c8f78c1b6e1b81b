package prose

import (
	"regexp"
	"strings"
)

// markdownEscapes escape what could become an image, HTML, JSX or markup in
// the middle of a line of Markdown.
var markdownEscapes = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "[", "\\[", "]", "\\]", "~", "\\~", "&", "&amp;", "<", "&lt;", ">", "&gt;", "{", "\\{",
)

var (
	word = regexp.MustCompile(`[^ ]+`)
	// active are the words that GitHub makes something of where they stand: web
	// and mail addresses, mentions, references to issues, hashes of commits.
	// A backslash does not keep it from that, a code span does.
	active = regexp.MustCompile(`(?i)[@#]|://|www\.|mailto:|xmpp:|\bGH-\d|\b[0-9a-f]{7,}\b`)
)

// Markdown makes text from outside safe as one line of Markdown that may stand
// in a pull request: no line break, no markup, no HTML, no heading or list at
// its beginning, and nothing that links, mentions somebody or closes an issue.
// Words that would are shown as code.
func Markdown(s string) string {
	s = strings.TrimLeft(Line(s), " ")
	if s == "" {
		return s
	}
	out := word.ReplaceAllStringFunc(s, func(w string) string {
		if active.MatchString(w) {
			bare := strings.TrimRight(w, ",;.") // the sentence's, not the word's
			return Code(bare) + w[len(bare):]
		}
		return markdownEscapes.Replace(w)
	})
	digits := len(out) - len(strings.TrimLeft(out, "0123456789"))
	switch {
	case digits > 0 && digits < len(out) && (out[digits] == '.' || out[digits] == ')'):
		return out[:digits] + "\\" + out[digits:]
	case strings.IndexByte("+-=_|", out[0]) >= 0:
		return "\\" + out
	}
	return out
}

// Cell is Markdown text inside a table.
func Cell(s string) string { return bar.ReplaceAllString(Markdown(s), `\|`) }

// bar is a bar that is not escaped yet.
var bar = regexp.MustCompile(`\\?\|`)

// Code is text in backquotes, within which nothing but a backquote (and in a
// table a bar) has a meaning.
func Code(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(Line(s), "`", "'"), "|", "\\|")
	if strings.TrimSpace(s) == "" {
		return "` `"
	}
	return "`" + s + "`"
}
