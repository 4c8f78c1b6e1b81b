package validate

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/fib-ls/fib-ls/tsast"
)

// Options say what to hold an entry to. The zero value checks what the file
// alone can show, with the default severities. Its functions may be called by
// several goroutines at once.
type Options struct {
	// Severity overrides the severity of rules by id; Off silences a rule.
	Severity map[string]Severity
	// Dataset tells whether a dataset has a Definition, and how many workloads
	// it has for it. Nil: no dataset is at hand.
	Dataset func(name string) (present bool, workloads int)
	// Written tells whether it has one under exactly this name, where Dataset
	// also knows the other spellings of the same kernel.
	Written func(name string) bool
	// Listed says by which list of names the dataset is known; "" for a clone.
	// What a list lacks is a finding only where Severity has that rule: the
	// list may be older than the entry.
	Listed string
	// Expected gives what the model's own config says of an entry; nil when
	// that is not known. It must be quick: it is asked on every change.
	Expected func(m *tsast.Model) *ExpectedEntry
}

// Check applies every rule to a file and gives the findings in source order.
func Check(f *tsast.File, opts Options) []Problem { return NewChecker(opts).Check(f) }

// CheckEntry applies the rules that one entry alone can show, in source
// order. Ignore comments inside the entry are honoured, those outside are
// not. A broken entry has no findings: its meaning is not to be judged.
func CheckEntry(f *tsast.File, i int, opts Options) []Problem {
	e := f.Entries[i]
	return shift(checkModel(f, i, opts, spellings{}), e.Offset)
}

// CheckFile applies the rules that need the whole file: syntax, the array,
// duplicate ids, and ignore comments outside entries.
func CheckFile(f *tsast.File, opts Options) []Problem {
	problems := checkFile(f, opts, outerIgnores(f))
	Sort(problems)
	return problems
}

// checkModel returns an entry's findings with entry-relative spans, so that
// they can be kept for as long as the Model is the same.
func checkModel(f *tsast.File, i int, opts Options, known spellings) []Problem {
	e := f.Entries[i]
	if e.Broken || e.Model == nil {
		return nil
	}
	p := newEntryPass(f, e, opts, known)
	for _, check := range entryChecks {
		check(p)
	}
	problems := p.ignores.filter(p.problems)
	Sort(problems)
	return problems
}

func checkFile(f *tsast.File, opts Options, outer fileIgnores) []Problem {
	return newFilePass(f, opts, outer).check()
}

func newFilePass(f *tsast.File, opts Options, outer fileIgnores) *filePass {
	return &filePass{f: f, reporter: reporter{opts: opts}, ignores: outer}
}

func (p *filePass) check() []Problem {
	for _, check := range fileChecks {
		check(p)
	}
	return p.ignores.drop(p.problems)
}

// Sort puts problems into source order; the order of equal places is that of
// the rule ids and messages, so that it never depends on chance.
func Sort(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Span.End, b.Span.End),
			strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Message, b.Message),
		)
	})
}

// shift moves entry-relative problems to where the entry stands. The input is
// left as it is.
func shift(problems []Problem, by int) []Problem {
	if len(problems) == 0 {
		return nil
	}
	moved := slices.Clone(problems)
	if by == 0 {
		return moved
	}
	for i := range moved {
		p := &moved[i]
		p.Span = p.Span.Shift(by)
		p.Related = slices.Clone(p.Related)
		for j := range p.Related {
			p.Related[j].Span = p.Related[j].Span.Shift(by)
		}
		p.Fixes = slices.Clone(p.Fixes)
		for j := range p.Fixes {
			edits := slices.Clone(p.Fixes[j].Edits)
			for k := range edits {
				edits[k].Span = edits[k].Span.Shift(by)
			}
			p.Fixes[j].Edits = edits
		}
	}
	return moved
}

// Checker checks one document again and again: an entry whose Model is the
// one of the last time costs nothing but the moving of its findings. It is
// for one goroutine; a change of the options needs a new Checker.
type Checker struct {
	opts  Options
	known map[*tsast.Model]*Found
	last  []*Found    // the entries of the last file, in order
	style tsast.Style // in which the fixes of known are written
	round int
	// distinct: no two entries of the last file had the same id.
	distinct bool
	// spellings belong to the goroutine that checks.
	spellings spellings
}

// Found are the findings of an entry, for as long as it stays as it is.
type Found struct {
	model    *tsast.Model
	problems []Problem // entry-relative
	counts   Counts
	broken   bool
	round    int // the last in which it was there
}

// NewChecker makes a Checker.
func NewChecker(opts Options) *Checker {
	return &Checker{opts: opts, known: map[*tsast.Model]*Found{}, spellings: spellings{}}
}

// Check returns what the function Check gives.
func (c *Checker) Check(f *tsast.File) []Problem {
	var problems []Problem
	for _, g := range c.groups(f, nil) {
		problems = append(problems, shift(g.all, g.Offset)...)
	}
	return problems
}

// file applies the rules that need the whole file. The ids of a thousand entries
// are not compared again after an edit that left them as they were.
func (c *Checker) file(f *tsast.File, outer fileIgnores) []Problem {
	p := newFilePass(f, c.opts, outer)
	p.distinct = c.distinct && c.sameIDs(f)
	problems := p.check()
	c.distinct = p.distinct
	return problems
}

// sameIDs reports whether the entries of a file have the ids of the last one's.
func (c *Checker) sameIDs(f *tsast.File) bool {
	return slices.EqualFunc(f.Entries, c.last, func(e tsast.Entry, was *Found) bool {
		return e.Broken == was.broken && (e.Model == was.model || idOf(e.Model) == idOf(was.model))
	})
}

// entries returns the findings of each entry. Those of an entry whose Model was
// there the last time are not looked for again.
func (c *Checker) entries(f *tsast.File) []*Found {
	c.round++
	if style := fixStyle(f); style != c.style {
		c.style, c.last = style, nil
		clear(c.known)
	}
	fresh := c.fresh(f)
	now := make([]*Found, len(f.Entries))
	for i, e := range f.Entries {
		var entry *Found
		if i < len(c.last) && c.last[i].model == e.Model {
			entry = c.last[i]
		} else {
			entry = c.known[e.Model]
		}
		if entry == nil || entry.broken != e.Broken {
			entry = &Found{model: e.Model, problems: fresh(i), broken: e.Broken}
			entry.counts = countsOf(entry.problems)
			c.known[e.Model] = entry
		}
		entry.round = c.round
		now[i] = entry
	}
	c.forget(len(f.Entries))
	c.last = now
	return now
}

// fixStyle is what of a file's style shows in the fixes inside an entry.
func fixStyle(f *tsast.File) tsast.Style {
	style := f.Style
	style.Semicolons, style.FinalNewline = false, false
	return style
}

// manyEntries is from how many entries on the first check of a file uses all
// processors.
const manyEntries = 64

// fresh returns the findings of an entry that is not known yet. When most of a
// large file is new, all of it is checked at once, in parallel.
func (c *Checker) fresh(f *tsast.File) func(i int) []Problem {
	if len(f.Entries) < manyEntries || len(c.known) > len(f.Entries)/2 {
		return func(i int) []Problem { return checkModel(f, i, c.opts, c.spellings) }
	}
	results := make([][]Problem, len(f.Entries))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			known := spellings{}
			for i := next.Add(1) - 1; i < int64(len(results)); i = next.Add(1) - 1 {
				results[i] = checkModel(f, int(i), c.opts, known)
			}
		})
	}
	workers.Wait()
	return func(i int) []Problem { return results[i] }
}

// forget drops models that are gone, once there are some: each keeps the text
// of its entry.
func (c *Checker) forget(there int) {
	if len(c.known) <= there+there/32+16 {
		return
	}
	for m, entry := range c.known {
		if entry.round != c.round {
			delete(c.known, m)
		}
	}
}
