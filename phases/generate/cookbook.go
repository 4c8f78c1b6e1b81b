package generate

import (
	_ "embed" // the cookbook's layouts
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Recommended returns the TP and EP that sgl-cookbook recommends for a
// repository; ok is false when it recommends none.
func Recommended(repo string) (tp, ep int, ok bool) {
	s, ok := recommended(repo)
	if !ok {
		return 0, 0, false
	}
	return s.tp, s.ep, true
}

// CookbookDate is the day of the cookbook's embedded layouts, and CookbookCommit
// its commit.
const (
	CookbookDate   = "2026-05-01"
	CookbookCommit = "7b5bd9c"
)

// cookbookText lists, per repository, the layouts by machine.
//
//go:embed cookbook.txt
var cookbookText string

// Layout is one way of spreading a model over devices.
type Layout struct {
	TP int `json:"tp"`
	EP int `json:"ep"`
}

// Serving is how the cookbook serves a model: the layouts by machine
// ("h100"), each machine's default first.
type Serving map[string][]Layout

// All are the layouts of all machines, each once, in ascending order.
func (s Serving) All() []Layout {
	var all []Layout
	for _, list := range s {
		for _, l := range list {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	slices.SortFunc(all, func(a, b Layout) int {
		if a.TP != b.TP {
			return a.TP - b.TP
		}
		return a.EP - b.EP
	})
	return all
}

// usual is the layout of a model that nobody said a machine for: the default of
// the first of the machines that FlashInfer-Bench's serving configs begin with,
// else of the first by name; of no machine at all, the zero Layout.
func (s Serving) usual() Layout {
	machines := append([]string{"b200", "h200", "h100"}, slices.Sorted(maps.Keys(s))...)
	for _, machine := range machines {
		if list := s[machine]; len(list) > 0 {
			return list[0]
		}
	}
	return Layout{}
}

// cookbookRow is how the cookbook serves a repository.
type cookbookRow struct {
	repo    string
	serving Serving
}

// cookbookRows are the rows of the table.
var cookbookRows = sync.OnceValue(func() []cookbookRow {
	var rows []cookbookRow
	for line := range strings.Lines(cookbookText) {
		cells := strings.Fields(line)
		if len(cells) < 2 || cells[0] == "#" {
			continue
		}
		s := Serving{}
		for _, cell := range cells[1:] {
			machine, list, _ := strings.Cut(cell, "=")
			for _, pair := range strings.Split(list, ",") {
				var l Layout
				if _, err := fmt.Sscanf(pair, "%dx%d", &l.TP, &l.EP); err == nil {
					s[machine] = append(s[machine], l)
				}
			}
		}
		rows = append(rows, cookbookRow{cells[0], s})
	}
	return rows
})

// CookbookRepos are the repositories that the cookbook serves, in the table's
// order.
func CookbookRepos() []string {
	var repos []string
	for _, row := range cookbookRows() {
		repos = append(repos, row.repo)
	}
	return repos
}

// bareName is a repository's name without its organization, in lower case.
func bareName(repo string) string {
	return strings.ToLower(repo[strings.LastIndexByte(repo, '/')+1:])
}

// CookbookServing is how the cookbook serves a repository's model: its own row,
// else that of the model of which it is a variant (a suffix more or less, as
// "-0905", "-Instruct"). Nil when it has none.
func CookbookServing(repo string) Serving {
	name := bareName(repo)
	distilled := strings.Contains(name, "distill") // of another architecture than its name says
	var best cookbookRow
	for _, row := range cookbookRows() {
		other := bareName(row.repo)
		if other == name {
			return row.serving
		}
		longer, shorter := name, other
		if len(other) > len(name) {
			longer, shorter = other, name
		}
		rest, related := strings.CutPrefix(longer, shorter+"-")
		nearer := len(other) > len(best.repo) || len(other) == len(best.repo) && other < best.repo
		if related && !distilled && variantOnly(rest) && nearer {
			best = cookbookRow{other, row.serving}
		}
	}
	return best.serving
}

// variantOnly reports whether words after a model's name say nothing of its
// sizes or its type: a date, a way of training.
func variantOnly(words string) bool {
	return !slices.ContainsFunc(strings.Split(words, "-"), func(w string) bool {
		return strings.Trim(w, "0123456789") != "" && !slices.Contains([]string{"instruct", "thinking", "base", "chat", "it", "exp", "hf"}, w)
	})
}
