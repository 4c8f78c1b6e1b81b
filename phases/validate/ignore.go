package validate

import (
	"slices"
	"sort"
	"strings"

	"github.com/fib-ls/fib-ls/tsast"
)

// ignoreMark begins an ignore comment: `// fib: ignore RULE[, RULE]`; with
// fileMark behind it, it is for the whole file.
const (
	ignoreMark = "fib: ignore"
	fileMark   = "-file"
)

// ignore is one ignore comment.
type ignore struct {
	comment tsast.Span
	// rules are the ids with the places where they stand.
	rules []ruleWord
	// lines are the first and last byte of the lines it silences; whole says
	// that it silences the entry that it stands in or above.
	lines tsast.Span
	whole bool
	// file: it was written for the whole file.
	file bool
}

type ruleWord struct {
	id   string
	span tsast.Span
}

// parseIgnore reads a comment; ok is false when it is not an ignore comment. What
// follows the list after "--" or a second sentence is a remark.
func parseIgnore(c tsast.Comment) (ig ignore, ok bool) {
	if !c.Begins(ignoreMark) {
		return ignore{}, false
	}
	rest := strings.Index(c.Text, ignoreMark) + len(ignoreMark)
	if after, found := strings.CutPrefix(c.Text[rest:], fileMark); found && (after == "" || strings.ContainsRune(" \t:*", rune(after[0]))) {
		ig.file = true
		rest += len(fileMark)
	}
	text := c.Text[rest:]
	if text != "" && !strings.ContainsRune(" \t:*", rune(text[0])) {
		return ignore{}, false
	}
	ig.comment = c.Span
	for i := 0; i < len(text); {
		for i < len(text) && strings.IndexByte(" \t,:", text[i]) >= 0 {
			i++
		}
		start := i
		for i < len(text) && (text[i] == '-' || text[i] >= 'a' && text[i] <= 'z' || text[i] >= '0' && text[i] <= '9' || text[i] >= 'A' && text[i] <= 'Z' || text[i] == '_') {
			i++
		}
		if i == start || strings.HasPrefix(text[start:], "--") {
			break
		}
		span := tsast.Span{Start: c.Span.Start + rest + start, End: c.Span.Start + rest + i}
		ig.rules = append(ig.rules, ruleWord{text[start:i], span})
		// A comma must follow for the list to go on.
		for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
			i++
		}
		if i < len(text) && text[i] != ',' {
			break
		}
	}
	return ig, true
}

// reach works out what an ignore comment silences in a text: its own line
// when something stands before it on the line, else the next line that is not
// a comment.
func (ig *ignore) reach(text string, next *nextCode) {
	start := strings.LastIndexByte(text[:ig.comment.Start], '\n') + 1
	if strings.TrimSpace(text[start:ig.comment.Start]) != "" {
		ig.lines = tsast.Span{Start: start, End: lineEnd(text, ig.comment.End)}
		return
	}
	// On its own line: from there to the end of the first line with code.
	ig.lines = tsast.Span{Start: start, End: next.after(text, ig.comment.End)}
}

// nextCode finds the first line with code behind a comment, and remembers it for
// the comments between: a row of them is gone through once.
type nextCode struct{ from, begin, end int }

// after returns where that line ends, or the text.
func (n *nextCode) after(text string, from int) int {
	if n.from <= from && from < n.begin {
		return n.end
	}
	*n = nextCode{from, len(text), len(text)}
	for at := from; at < len(text); {
		end := lineEnd(text, at)
		if line := strings.TrimSpace(text[at:end]); line != "" && !strings.HasPrefix(line, "//") {
			n.begin, n.end = at, end
			break
		}
		at = end + 1
	}
	return n.end
}

func lineEnd(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

func (ig ignore) has(rule string) bool {
	return slices.ContainsFunc(ig.rules, func(w ruleWord) bool { return w.id == rule })
}

// ignores are the ignore comments inside one entry.
type ignores []ignore

// entryIgnores reads the ignore comments of an entry. One that stands before
// the first property silences the whole entry.
func entryIgnores(m *tsast.Model, text string) ignores {
	var list ignores
	var next nextCode
	first := m.Span.End
	if len(m.Properties) > 0 {
		first = m.Properties[0].Span.Start
	}
	for _, c := range m.Comments {
		if ig, ok := parseIgnore(c); ok && c.Span.End <= len(text) {
			ig.whole = c.Span.Start < first
			ig.reach(text, &next)
			list = append(list, ig)
		}
	}
	return list
}

func (list ignores) silences(p Problem) bool {
	return slices.ContainsFunc(list, func(ig ignore) bool { return ig.silences(p.Rule, p.Span.Start) })
}

// silences reports whether the comment silences a rule at one of some places.
func (ig ignore) silences(rule string, places ...int) bool {
	return ig.has(rule) && !ig.file && (ig.whole || slices.ContainsFunc(places, func(at int) bool {
		return ig.lines.Start <= at && at <= ig.lines.End
	}))
}

func (list ignores) filter(problems []Problem) []Problem {
	if len(list) == 0 {
		return problems
	}
	return slices.DeleteFunc(problems, list.silences)
}

// fileIgnores are the ignore comments outside entries, with file-relative
// spans.
type fileIgnores struct {
	list ignores
	// everywhere are the rules that are silenced in the whole file.
	everywhere map[string]bool
}

// outerIgnores reads the ignore comments that stand outside entries.
func outerIgnores(f *tsast.File) fileIgnores {
	var out fileIgnores
	var next nextCode
	text := ""
	for _, c := range f.Comments {
		if !c.ToUs || entryAt(f, c.Span.Start) >= 0 {
			continue
		}
		if ig, ok := parseIgnore(c); ok {
			if text == "" {
				text = string(f.Src())
			}
			ig.reach(text, &next)
			if ig.file {
				ig.lines = tsast.Span{Start: ig.comment.Start, End: ig.comment.Start}
				for _, w := range ig.rules {
					if out.everywhere == nil {
						out.everywhere = map[string]bool{}
					}
					out.everywhere[w.id] = true
				}
			}
			out.list = append(out.list, ig)
		}
	}
	return out
}

// entryAt is the entry in which a byte stands, -1 for none. Entries are in source
// order.
func entryAt(f *tsast.File, at int) int {
	i, found := slices.BinarySearchFunc(f.Entries, at, func(e tsast.Entry, at int) int { return e.Offset - at })
	if !found {
		i--
	}
	if i >= 0 && at < f.Entries[i].Span().End {
		return i
	}
	return -1
}

// around returns those that reach into some bytes. They are in source order,
// and a later one reaches as far as an earlier one, or further.
func (out fileIgnores) around(start, end int) []ignore {
	from := sort.Search(len(out.list), func(i int) bool { return out.list[i].lines.End >= start })
	to := sort.Search(len(out.list), func(i int) bool { return out.list[i].lines.Start > end })
	return out.list[from:max(from, to)]
}

// filter drops the problems of an entry that a comment above it silences.
func (out fileIgnores) filter(f *tsast.File, problems []Problem, i int) []Problem {
	if len(out.list) == 0 || len(problems) == 0 {
		return problems
	}
	problems = out.drop(problems)
	offset := f.Entries[i].Offset
	near := out.around(offset, offset+f.Entries[i].Model.Span.End)
	if len(near) == 0 {
		return problems
	}
	return slices.DeleteFunc(problems, func(p Problem) bool {
		return slices.ContainsFunc(near, func(ig ignore) bool { return ig.silences(p.Rule, offset, p.Span.Start) })
	})
}

// drop leaves out the findings of rules that are silenced in the whole file.
func (out fileIgnores) drop(problems []Problem) []Problem {
	if len(out.everywhere) == 0 {
		return problems
	}
	return slices.DeleteFunc(problems, func(p Problem) bool { return out.everywhere[p.Rule] })
}

// touch reports whether a comment outside of an entry may silence some of its
// problems.
func (out fileIgnores) touch(f *tsast.File, i int, problems []Problem) bool {
	if len(out.list) == 0 || len(problems) == 0 {
		return false
	}
	return len(out.around(f.Entries[i].Offset, f.Entries[i].Span().End)) > 0 ||
		len(out.everywhere) > 0 && slices.ContainsFunc(problems, func(p Problem) bool { return out.everywhere[p.Rule] })
}

// commentRules are the rules about ignore comments themselves.
func commentRules() []Rule {
	return []Rule{{
		ID: "unknown-ignore", Severity: Warning, Area: AreaFields,
		Doc: "An ignore comment names a rule that does not exist.",
		Long: "`// fib: ignore RULE[, RULE]` silences rules on its own line, or on the next line when it stands alone; " +
			"before the first property of an entry, or above the entry, it silences them in the whole entry. " +
			"`// fib: ignore-file RULE[, RULE]` outside of the entries silences rules in the whole file. " +
			"A misspelled rule silences nothing.",
		entry: func(p *entryPass) {
			for _, ig := range p.ignores {
				for _, problem := range ig.unknown(true) {
					problem.Model = p.model.ID.Value
					p.report(problem)
				}
			}
		},
		file: func(p *filePass) {
			for _, ig := range p.ignores.list {
				for _, problem := range ig.unknown(false) {
					p.report(problem)
				}
			}
		},
	}}
}

// known reports whether findings of a rule exist, be it in the table or not.
func known(rule string) bool {
	_, ok := RuleByID(rule)
	return ok || slices.Contains(elsewhere, rule)
}

// elsewhere are the rules whose findings are made outside of this package; a
// comment about them is not a slip.
var elsewhere = []string{"source-disagreement", "checkpoint-disagreement", "typescript"}

// unknown returns a problem for every rule that does not exist.
func (ig ignore) unknown(inside bool) []Problem {
	if len(ig.rules) == 0 {
		return []Problem{{Rule: "unknown-ignore", Span: ig.comment, Message: "this ignore comment names no rule: write // fib: ignore RULE"}}
	}
	var problems []Problem
	if ig.file && inside {
		problems = append(problems, Problem{Rule: "unknown-ignore", Span: ig.comment, Message: "this comment is for the whole file, but stands inside an entry, where it silences nothing: put it above the array"})
	}
	for _, w := range ig.rules {
		if known(w.id) {
			continue
		}
		p := Problem{Rule: "unknown-ignore", Span: w.span, Message: "there is no rule " + q(w.id)}
		if near := nearest(w.id, ruleIDs()); near != "" {
			p.Message += "; did you mean " + q(near) + "?"
			p.Fixes = []Fix{replace("Change to "+near, w.span, near, true)}
		}
		problems = append(problems, p)
	}
	return problems
}
