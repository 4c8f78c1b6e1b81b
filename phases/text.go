package phases

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden says that a character must not reach a terminal, a report or an
// editor's message as it is: it steers terminals, cannot be seen, or changes
// the direction of the text around it. Line ends and tabs are among them. The
// joiners inside emoji, and in scripts that need them, are not.
func Hidden(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// Terminal makes text that may hold what strangers wrote safe to print: its
// lines and tabs stay, every other hidden character becomes U+FFFD.
func Terminal(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, Hidden) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && Hidden(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// plain makes text from outside one line without hidden characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case Hidden(r):
			return -1
		}
		return r
	}, s)
}

// markdownInline escapes what could become a link, an image, HTML or markup
// in the middle of a line of Markdown.
var markdownInline = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "[", "\\[", "]", "\\]", "~", "\\~", "&", "&amp;", "<", "&lt;", ">", "&gt;",
)

// inline makes text from outside safe as one line of Markdown: no line
// break, no markup, no HTML, and no heading or list at its beginning.
func inline(s string) string {
	s = strings.TrimLeft(plain(s), " ")
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	switch {
	case s == "":
		return s
	case digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')'):
		return s[:digits] + "\\" + markdownInline.Replace(s[digits:])
	case strings.IndexByte("#+-=_|", s[0]) >= 0:
		return "\\" + markdownInline.Replace(s)
	}
	return markdownInline.Replace(s)
}

// cell is inline text inside a table.
func cell(s string) string { return strings.ReplaceAll(inline(s), "|", "\\|") }

// code is text in backquotes, within which nothing but a backquote (and in a
// table a bar) has a meaning.
func code(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(plain(s), "`", "'"), "|", "\\|")
	if strings.TrimSpace(s) == "" {
		return "` `"
	}
	return "`" + s + "`"
}
