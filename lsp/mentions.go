package lsp

import (
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// mention is a repository that a text names.
type mention struct {
	repo string
	span tsast.Span // within the text
}

// hubURL is a page of the Hub; bareRepo a word of the form ORG/NAME.
var (
	hubURL   = regexp.MustCompile(`(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)`)
	bareRepo = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(,:;])([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:$|[\s"'` + "`" + `),:;.])`)
)

// hubPages are first path elements of the Hub that are not organisations.
var hubPages = map[string]bool{"datasets": true, "spaces": true, "docs": true, "papers": true, "models": true, "api": true, "blog": true, "collections": true}

// mentions finds the repositories that a text names as a Hub URL, or as the
// word of a marker.
func mentions(text string) []mention {
	var out []mention
	for _, at := range hubURL.FindAllStringSubmatchIndex(text, -1) {
		repo := strings.TrimRight(text[at[2]:at[3]], ".-")
		if org, _, _ := strings.Cut(repo, "/"); isRepoID(repo) && !hubPages[org] {
			out = append(out, mention{repo, tsast.Span{Start: at[0], End: at[2] + len(repo)}})
		}
	}
	return out
}

// possibleMentions finds repositories named in any way: also as a bare ORG/NAME, which
// other things look like, too.
func possibleMentions(text string) []mention {
	out := mentions(text)
	for _, at := range bareRepo.FindAllStringSubmatchIndex(text, -1) {
		repo := strings.TrimRight(text[at[2]:at[3]], ".-")
		if isRepoID(repo) && looksLikeModel(repo) {
			out = append(out, mention{repo, tsast.Span{Start: at[2], End: at[2] + len(repo)}})
		}
	}
	return out
}

// looksLikeModel tells names of models from paths and fractions ("lib/schemas",
// "and/or", "40/8"): a model's name has a digit or a capital beside a letter.
func looksLikeModel(repo string) bool {
	_, name, _ := strings.Cut(repo, "/")
	letters, digits, upper := false, false, false
	for _, r := range name {
		letters = letters || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		upper = upper || r >= 'A' && r <= 'Z'
		digits = digits || r >= '0' && r <= '9'
	}
	return letters && (digits || upper)
}
