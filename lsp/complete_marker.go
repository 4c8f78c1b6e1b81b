package lsp

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// maxRepos bounds the repositories of one list: who does not see the right one
// types on.
const maxRepos = 50

// marker completes a marker comment: a repository, then parameters. Its list
// is asked for again at every character, so that what is shown begins as typed.
func (c *completer) marker(ctx context.Context) {
	start, _ := c.snap.text.Line(c.snap.text.LineOf(c.at))
	line := c.snap.text.Slice(start, c.at)
	at := strings.LastIndex(line, markerMark+" ")
	if at < 0 {
		return
	}
	typed := line[at+len(markerMark)+1:]
	word := wordAround(c.snap.bytes(), c.at, func(b byte) bool { return b != ' ' && b != '\t' && b != '\n' && b != '\r' })
	if strings.ContainsAny(strings.TrimLeft(typed, " \t"), " \t") {
		for _, key := range append(slices.Clone(markerKeys), "set.FIELD") {
			c.add(key+"=", protocol.CompletionItemKindProperty, word, "parameter of add", "")
		}
		return
	}
	c.more = true
	typed = strings.TrimSpace(typed)
	found := c.s.findRepos(ctx, c.snap.Path, typed, searchWait)
	for _, r := range found.repos[:min(len(found.repos), maxRepos)] {
		c.add(r.ID, protocol.CompletionItemKindReference, word, r.words(), "")
	}
	if len(found.repos) == 0 && typed != "" { // what was typed stays, and the list says why it is empty
		c.add(typed, protocol.CompletionItemKindReference, word, found.note, "")
	}
}

// origins says where a repository is known from, as the extension's list does.
var origins = map[string]string{
	"recent": "used lately", "cache": "in the HuggingFace cache", "catalogue": "ships with fib-ls", "hub": "on the Hub", "models.ts": "",
}

// words says what a repository is, beside its id.
func (r Repo) words() string {
	words, known := origins[r.From]
	if !known {
		words = r.From
	}
	parts := []string{}
	if r.Entry != "" {
		parts = append(parts, "in models.ts already, as "+r.Entry)
	}
	for _, w := range []string{words, r.Class} {
		if w != "" {
			parts = append(parts, w)
		}
	}
	if r.Downloads > 0 {
		parts = append(parts, people(r.Downloads)+" downloads")
	}
	return strings.Join(parts, ", ")
}

// people writes a number of downloads as people do.
func people(n int) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1f M", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%d k", n/1e3)
	}
	return strconv.Itoa(n)
}

// foundRepos are the repositories that match what was typed, best first; note
// says why there are no more.
type foundRepos struct {
	repos []Repo
	note  string
}

// matchRepos keeps of the repositories those that match what was typed, the
// best first: how they match, the family whose name is typed, downloads where
// they are known, the order in which they came, sizes in order.
func matchRepos(repos []Repo, typed string) []Repo {
	typed = strings.ToLower(typed)
	type ranked struct {
		Repo
		tier, order int
		family      string
	}
	var kept []ranked
	for i, r := range repos {
		if tier := matchTier(strings.ToLower(r.ID), typed); tier < noMatch {
			order := i
			if r.From == "catalogue" || r.From == "hub" { // they come in no order that says anything
				order = len(repos)
			}
			kept = append(kept, ranked{r, tier, order, familyOf(r.ID)})
		}
	}
	slices.SortStableFunc(kept, func(a, b ranked) int {
		if typed == "" {
			return 0
		}
		return cmp.Or(
			cmp.Compare(a.tier, b.tier),
			cmp.Compare(len(a.family), len(b.family)), strings.Compare(a.family, b.family),
			cmp.Compare(b.Downloads, a.Downloads),
			cmp.Compare(a.order, b.order),
			compareNaturally(a.ID, b.ID),
		)
	})
	out := make([]Repo, len(kept))
	for i := range kept {
		out[i] = kept[i].Repo
	}
	return out
}

const noMatch = 4

// matchTier says how a repository matches what was typed: it begins so and a
// word ends there, it begins so, its name begins so, it has it somewhere.
func matchTier(id, typed string) int {
	_, name, _ := strings.Cut(id, "/")
	switch {
	case strings.HasPrefix(id, typed) && (len(id) == len(typed) || strings.ContainsRune("-_./", rune(id[len(typed)]))):
		return 0
	case strings.HasPrefix(id, typed):
		return 1
	case strings.HasPrefix(name, typed):
		return 2
	case strings.Contains(id, typed):
		return 3
	}
	return noMatch
}

// sizeOn begins at the size in a repository's name: "-0.6B-Base".
var sizeOn = regexp.MustCompile(`[-_.](\d+x)?\d+(\.\d+)?[bBmMtT]([-_.].*)?$`)

// familyOf is a repository's id without its size and what follows.
func familyOf(id string) string { return strings.ToLower(sizeOn.ReplaceAllString(id, "")) }

// number is a number in a name.
var number = regexp.MustCompile(`\d+(\.\d+)?`)

// compareNaturally compares names with the numbers in them as numbers.
func compareNaturally(a, b string) int {
	x, y := number.FindAllString(a, -1), number.FindAllString(b, -1)
	if number.ReplaceAllString(a, "0") == number.ReplaceAllString(b, "0") {
		for i := range x {
			m, _ := strconv.ParseFloat(x[i], 64)
			n, _ := strconv.ParseFloat(y[i], 64)
			if m != n {
				return cmp.Compare(m, n)
			}
		}
	}
	return strings.Compare(a, b)
}

// entriesOf maps repositories to the entries that the open files have of them,
// and ids to themselves.
func (s *Server) entriesOf() (bySource map[string]string, ids map[string]bool) {
	bySource, ids = map[string]string{}, map[string]bool{}
	for _, snap := range s.docs.all() {
		for _, e := range snap.File.Entries {
			id := e.Model.ID.Value
			ids[id] = true
			if repo := validate.SourceRepo(e.Model); repo != "" {
				bySource[strings.ToLower(repo)] = id
			}
		}
	}
	return bySource, ids
}

// markPresent notes which repositories have an entry already.
func (s *Server) markPresent(repos []Repo) {
	bySource, ids := s.entriesOf()
	for i := range repos {
		r := &repos[i]
		if id := phases.SuggestModelName(r.ID); ids[id] {
			r.Entry = id
		}
		if id := bySource[strings.ToLower(r.ID)]; id != "" {
			r.Entry = id
		}
	}
}
