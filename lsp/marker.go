package lsp

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/tsast"
)

// markerMark begins the comment that asks for a model.
const markerMark = "fib: add"

// maxMarkerWords is more words than there are parameters and fields to set: each
// may be a finding of its own.
const maxMarkerWords = 100

// marker is a comment `// fib: add ORG/NAME [key=value …]`.
type marker struct {
	span tsast.Span // of the comment
	repo string     // "" when it is still to be filled in
	// params are the key=value words, unquoted.
	params map[string]any
	// blank are keys without a value, to be filled in.
	blank []string
	// faults are words that say nothing to add.
	faults []markerFault
}

// markerFault is a word of a marker that cannot be what was meant.
type markerFault struct {
	span    tsast.Span
	message string
}

// repoID is how the Hub writes the name of a repository.
var repoID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`)

// isRepoID reports whether a word can be a repository on the Hub.
func isRepoID(s string) bool {
	owner, name, _ := strings.Cut(s, "/")
	return max(len(owner), len(name)) <= 96 && repoID.MatchString(s) && !strings.Contains(s, "--") && !strings.Contains(s, "..") &&
		!strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "-") && !strings.HasSuffix(s, ".git")
}

// parseMarker reads a comment; ok is false when it is not a marker.
func parseMarker(c tsast.Comment) (m marker, ok bool) {
	body := strings.TrimLeft(commentBody(c.Text), " \t")
	rest, found := strings.CutPrefix(body, markerMark)
	if !found || rest != "" && !strings.ContainsRune(" \t", rune(rest[0])) {
		return marker{}, false
	}
	m = marker{span: c.Span, params: map[string]any{}}
	begin := c.Span.Start + strings.Index(c.Text, body) + len(markerMark)
	words := markerWords(rest)
	if len(words) > maxMarkerWords {
		over := tsast.Span{Start: begin + words[maxMarkerWords].start, End: begin + words[len(words)-1].end}
		m.faults = append(m.faults, markerFault{over, fmt.Sprintf("a marker has at most %d words: what follows is not read", maxMarkerWords)})
		words = words[:maxMarkerWords]
	}
	for _, w := range words {
		word := w.text
		key, value, assigned := strings.Cut(word, "=")
		if fault := markerWordFault(m.repo != "", key, value, assigned); fault != "" {
			m.faults = append(m.faults, markerFault{tsast.Span{Start: begin + w.start, End: begin + w.end}, fault})
		}
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

// markerWordFault says what is wrong with a word, "" when nothing is. A key that
// is not a parameter of add is a field of the config, unless it is written almost
// like a parameter.
func markerWordFault(named bool, key, value string, assigned bool) string {
	name, known := requestKeys[foldKey(key)]
	switch {
	case !assigned && !named: // the repository
		return ""
	case !assigned && !known:
		return fmt.Sprintf("%q is not a parameter of add: write key=value", clip(key))
	case !assigned:
		value = "true"
	case value == "", strings.HasPrefix(key, "set."):
		return ""
	case !known:
		if near := prose.Nearest(key, markerKeys); near != "" {
			return fmt.Sprintf("there is no parameter %s; did you mean %s? (a field of the config is written set.%s=%s)", clip(key), near, clip(key), clip(value))
		}
		return ""
	}
	return argumentFault(key, name, value)
}

// markerWord is a word of a marker, unquoted, with where it stands.
type markerWord struct {
	text       string
	start, end int
}

// markerWords splits at blanks outside double quotes.
func markerWords(s string) []markerWord {
	var words []markerWord
	var word strings.Builder
	quoted, any, start := false, false, 0
	for i, r := range s {
		if !any {
			start = i
		}
		switch {
		case r == '"':
			quoted, any = !quoted, true
		case !quoted && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			if any {
				words = append(words, markerWord{word.String(), start, i})
			}
			word.Reset()
			any = false
		default:
			word.WriteRune(r)
			any = true
		}
	}
	if any {
		words = append(words, markerWord{word.String(), start, len(s)})
	}
	return words
}

// arguments are the marker's as the command takes them.
func (m marker) arguments() map[string]any {
	args := make(map[string]any, len(m.params)+1)
	maps.Copy(args, m.params)
	args["repoId"] = m.repo
	return args
}

// markers are all markers of a file.
func markers(f *tsast.File) []marker {
	var out []marker
	for _, c := range f.Comments {
		if c.ToUs {
			if m, ok := parseMarker(c); ok {
				out = append(out, m)
			}
		}
	}
	return out
}

// markerKeys are the parameters that a marker takes, in the order in which they
// are offered and written; beside them every config field is one.
var markerKeys = []string{
	"name", "display-name", "description", "revision", "tp", "ep", "page-size", "quantization", "sglang-path", "output-dir", "skip-sglang",
	"infer", "config", "dataset", "weights", "definitions", "gemm", "sglang-url", "sglang-ref", "offline", "update",
}

// markerWords writes the job's parameters as a marker has them: those that
// differ from the settings, the config fields, and those to be filled in.
func (j *job) markerWords(fields []string) string {
	given, defaults := requestValues(j.req.Request), requestValues(j.server.config.forPath(j.target.path).AddModel)
	words := []string{j.req.HFRepoID}
	for _, key := range markerKeys {
		name := requestKeys[foldKey(key)]
		value := given[name]
		if value == "" || value == defaults[name] || name == "modelName" && value == phases.SuggestModelName(j.req.HFRepoID) {
			continue
		}
		words = append(words, key+"="+markerValue(value))
	}
	for _, field := range slices.Sorted(maps.Keys(j.req.Set)) {
		if !slices.Contains(fields, field) && j.req.Set[field] != "" {
			words = append(words, fieldKey(field)+"="+markerValue(j.req.Set[field]))
		}
	}
	for _, field := range fields {
		words = append(words, fieldKey(field)+"=")
	}
	return strings.Join(words, " ")
}

// fieldKey is how a marker names a config field: one that is called like a
// parameter of add needs to be told from it.
func fieldKey(field string) string {
	if _, ok := requestKeys[foldKey(field)]; ok {
		return "set." + field
	}
	return field
}

// requestValues are a request's plain parameters as words.
func requestValues(r phases.Request) map[string]string {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	values := map[string]string{}
	object, _ := parseTree(raw).value.(map[string]any)
	for key, v := range object {
		switch v := v.(type) {
		case nil, map[string]any:
		case []any:
			parts := make([]string, len(v))
			for i, part := range v {
				parts[i] = plain(part)
			}
			values[key] = strings.Join(parts, ",")
		default:
			values[key] = plain(v)
		}
	}
	return values
}

// markerValue writes a value as one word, which ends neither its quotes nor
// its comment.
func markerValue(s string) string {
	s = strings.NewReplacer("\"", "'", "\n", " ", "\r", " ", "\u2028", " ", "\u2029", " ", "*/", "* /").Replace(s)
	if strings.ContainsAny(s, " \t") {
		return `"` + s + `"`
	}
	return s
}

// markerComment makes a comment of a marker's words. One that began as
// /* … */ stays one: code may follow it on its line.
func markerComment(words string, block bool) string {
	if block {
		return "/* " + markerMark + " " + words + " */"
	}
	return "// " + markerMark + " " + words
}
