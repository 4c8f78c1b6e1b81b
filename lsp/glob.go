package lsp

import (
	"regexp"
	"strings"
)

// globPattern is a compiled glob of the protocol's kind: `**` is any number
// of path segments, `*` and `?` stay within one, `{a,b}` are alternatives.
type globPattern struct{ re *regexp.Regexp }

// compileGlob never fails: what is not a glob matches nothing.
func compileGlob(glob string) globPattern {
	if glob == "" || len(glob) > 4096 {
		return globPattern{}
	}
	re, err := regexp.Compile("^" + globExpression(glob) + "$")
	if err != nil {
		return globPattern{}
	}
	return globPattern{re}
}

func (g globPattern) matches(path string) bool {
	return g.re != nil && g.re.MatchString(path)
}

// globExpression translates a glob into a regular expression.
func globExpression(glob string) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**/"):
			b.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '{':
			depth++
			b.WriteString(`(?:`)
		case c == '}' && depth > 0:
			depth--
			b.WriteByte(')')
		case c == ',' && depth > 0:
			b.WriteByte('|')
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	for ; depth > 0; depth-- {
		b.WriteByte(')')
	}
	return b.String()
}
