package prose

import "strings"

// markdownInline escapes what could become a link, an image, HTML or markup
// in the middle of a line of Markdown.
var markdownInline = strings.NewReplacer(
	"\\", "\\\\", "`", "\\`", "*", "\\*", "[", "\\[", "]", "\\]", "~", "\\~", "&", "&amp;", "<", "&lt;", ">", "&gt;",
)

// Markdown makes text from outside safe as one line of Markdown: no line
// break, no markup, no HTML, and no heading or list at its beginning.
func Markdown(s string) string {
	s = strings.TrimLeft(Line(s), " ")
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

// Cell is Markdown text inside a table.
func Cell(s string) string { return strings.ReplaceAll(Markdown(s), "|", "\\|") }

// Code is text in backquotes, within which nothing but a backquote (and in a
// table a bar) has a meaning.
func Code(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(Line(s), "`", "'"), "|", "\\|")
	if strings.TrimSpace(s) == "" {
		return "` `"
	}
	return "`" + s + "`"
}
