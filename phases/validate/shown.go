package validate

import (
	"slices"

	"github.com/fib-ls/fib-ls/tsast"
)

// Group is a run of findings that are shown together: of one entry, or others.
type Group struct {
	// Of is the entry that they are of, nil for others: groups of the same Of and
	// the same Shown have the same findings.
	Of     *Found
	Shown  Counts
	Offset int       // to which the findings are relative
	all    []Problem // in source order; Shown says how many of them are shown
}

// Others are findings of no entry.
func Others(problems []Problem) Group {
	return Group{Shown: countsOf(problems), all: problems}
}

// Shows goes over the findings that are shown.
func (g Group) Shows(yield func(*Problem) bool) {
	left := g.Shown
	for i := range g.all {
		if w := g.all[i].Severity.Rank(); left[w] > 0 {
			left[w]--
			if !yield(&g.all[i]) {
				return
			}
		}
	}
}

// Keep is the group with those of its findings alone that a function is true of.
func (g Group) Keep(keep func(*Problem) bool) Group {
	var kept []Problem
	for p := range g.Shows {
		if keep(p) {
			kept = append(kept, *p)
		}
	}
	if counts := countsOf(kept); counts != g.Shown {
		return Group{Shown: counts, Offset: g.Offset, all: kept}
	}
	return g
}

// Counts are how many findings there are of each severity, the most severe
// first.
type Counts [4]int

func countsOf(problems []Problem) (c Counts) {
	for i := range problems {
		c[problems[i].Severity.Rank()]++
	}
	return c
}

// MostSevere returns what Check returns and more findings, in source order, and
// how many there are in all. Where they are more than n, it returns the n-1 most
// severe, of equals the first. An entry that did not change costs the look at its
// counts.
func (c *Checker) MostSevere(f *tsast.File, n int, more []Problem) (groups []Group, all int) {
	groups = c.groups(f, more)
	var sum Counts
	for _, g := range groups {
		for w, k := range g.Shown {
			sum[w] += k
			all += k
		}
	}
	if all <= n {
		return groups, all
	}
	n-- // for the one that says how many more there are
	for w, k := range sum {
		sum[w] = min(k, n)
		n -= sum[w]
	}
	for i := range groups {
		for w, k := range groups[i].Shown {
			groups[i].Shown[w] = min(k, sum[w])
			sum[w] -= groups[i].Shown[w]
		}
	}
	return slices.DeleteFunc(groups, func(g Group) bool { return g.Shown == Counts{} }), all
}

// groups are all findings: of each entry those that stand in it, between them
// the others.
func (c *Checker) groups(f *tsast.File, more []Problem) []Group {
	outer := outerIgnores(f)
	loose := append(c.file(f, outer), more...)
	Sort(loose)
	groups := make([]Group, 0, len(f.Entries)+1)
	others := func(problems []Problem) {
		if len(problems) > 0 {
			groups = append(groups, Others(problems))
		}
	}
	before := func(end int) []Problem {
		i := 0
		for i < len(loose) && loose[i].Span.Start < end {
			i++
		}
		taken := loose[:i:i]
		loose = loose[i:]
		return taken
	}
	for i, found := range c.entries(f) {
		e := f.Entries[i]
		others(before(e.Offset))
		switch inside := before(e.Span().End + 1); {
		case len(inside) > 0 || outer.touch(f, i, found.problems):
			inside = append(inside, outer.filter(f, shift(found.problems, e.Offset), i)...)
			Sort(inside)
			others(inside)
		case len(found.problems) > 0:
			groups = append(groups, Group{Of: found, Shown: found.counts, Offset: e.Offset, all: found.problems})
		}
	}
	others(loose)
	return groups
}
