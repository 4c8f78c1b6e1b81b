// Package prose makes text for people: what strangers wrote is made safe for
// terminals and Markdown, and the few forms of words that many messages share
// are made in one place.
package prose

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hidden reports whether a character must not reach a terminal, a report or an
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
// lines and tabs stay, every other hidden character becomes U+FFFD, and no line
// is a command to GitHub's runner, which reads what a step prints.
func Terminal(s string) string {
	if strings.Contains(s, "::") || strings.Contains(s, "##[") {
		s = runnerCommand.ReplaceAllString(s, "$1: :")
		s = strings.ReplaceAll(s, "##[", "## [")
	}
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

// runnerCommand is a line that begins as a command to GitHub's runner does;
// the runner ends lines at carriage returns, too.
var runnerCommand = regexp.MustCompile(`(?m)((?:^|\r)\s*)::`)

// Line makes text from outside one line without hidden characters.
func Line(s string) string {
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
