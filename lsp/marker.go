package lsp

import (
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// markerMark begins the comment that asks for a model.
const markerMark = "fib: add"

// marker is a comment `// fib: add ORG/NAME [key=value …]`.
type marker struct {
	span tsast.Span // of the comment
	repo string     // "" when it is still to be filled in
	// params are the key=value words, unquoted.
	params map[string]any
	// blank are keys without a value, to be filled in.
	blank []string
}

// repoID is how the Hub writes the name of a repository.
var repoID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$`)

// isRepoID says whether a word can be a repository on the Hub.
func isRepoID(s string) bool {
	return repoID.MatchString(s) && !strings.Contains(s, "--") && !strings.Contains(s, "..") &&
		!strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "-") && !strings.HasSuffix(s, ".git")
}

// parseMarker reads a comment; ok is false when it is no marker.
func parseMarker(c tsast.Comment) (m marker, ok bool) {
	body := strings.TrimLeft(commentBody(c.Text), " \t")
	rest, found := strings.CutPrefix(body, markerMark)
	if !found || rest != "" && !strings.ContainsRune(" \t", rune(rest[0])) {
		return marker{}, false
	}
	m = marker{span: c.Span, params: map[string]any{}}
	for _, word := range markerWords(rest) {
		key, value, assigned := strings.Cut(word, "=")
		switch {
		case !assigned && m.repo == "":
			m.repo = strings.TrimPrefix(word, "https://huggingface.co/")
		case !assigned:
			m.params[word] = true
		case value == "":
			m.blank = append(m.blank, key)
		default:
			m.put(key, value)
		}
	}
	return m, true
}

// put sets a parameter; a key that no parameter of add has is a config field.
func (m *marker) put(key, value string) {
	if field, ok := strings.CutPrefix(key, "set."); ok {
		key = field
	} else if _, ok := requestKeys[foldKey(key)]; ok {
		m.params[key] = value
		return
	}
	set, _ := m.params["set"].(map[string]any)
	if set == nil {
		set = map[string]any{}
		m.params["set"] = set
	}
	set[key] = value
}

// commentBody takes the delimiters off.
func commentBody(text string) string {
	if rest, ok := strings.CutPrefix(text, "//"); ok {
		return rest
	}
	rest := strings.TrimPrefix(text, "/*")
	return strings.TrimRight(strings.TrimSuffix(rest, "*/"), " \t\r\n")
}

// markerWords splits at blanks outside double quotes.
func markerWords(s string) []string {
	var words []string
	var word strings.Builder
	quoted, any := false, false
	for _, r := range s {
		switch {
		case r == '"':
			quoted, any = !quoted, true
		case !quoted && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			if any {
				words = append(words, word.String())
			}
			word.Reset()
			any = false
		default:
			word.WriteRune(r)
			any = true
		}
	}
	if any {
		words = append(words, word.String())
	}
	return words
}

// arguments are the marker's as the command takes them.
func (m marker) arguments() map[string]any {
	args := make(map[string]any, len(m.params)+1)
	for k, v := range m.params {
		args[k] = v
	}
	args["repoId"] = m.repo
	return args
}

// markers are all markers of a file.
func markers(f *tsast.File) []marker {
	var out []marker
	for _, c := range f.Comments {
		if m, ok := parseMarker(c); ok {
			out = append(out, m)
		}
	}
	return out
}
