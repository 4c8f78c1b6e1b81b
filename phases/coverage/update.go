package coverage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/fib-ls/fib-ls/phases/dataset"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// Update refreshes a docs/model_coverage.mdx that people wrote: in the section
// of each model of the report the status of every Definition's row, rows that
// are lacking, the count behind "**Coverage**:", and the model's cell in the
// summary. Models that the document lacks are appended. Everything else, words
// and rows of others among it, stays byte for byte. lookup is Dataset.Lookup.
// notes are words of others that are not true any more.
func (r *Report) Update(text string, lookup func(name string) (present bool, workloads int)) (after string, notes []string) {
	newline := "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	d := &coverageDocument{lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), lookup: lookup}
	for _, m := range r.Models {
		d.refresh(m)
	}
	return strings.ReplaceAll(strings.Join(d.lines, "\n"), "\n", newline), d.notes
}

// coverageDocument is the document as lines.
type coverageDocument struct {
	lines  []string
	lookup func(string) (bool, int)
	notes  []string
}

var (
	headingLine  = regexp.MustCompile(`^(#{2,3})\s+(.+?)\s*$`)
	tableLine    = regexp.MustCompile(`^\s*\|`)
	ruleLine     = regexp.MustCompile(`^\s*\|[\s:|-]+\|\s*$`)
	nameCell     = regexp.MustCompile("^`([a-z0-9_]+)`$")
	coverageLine = regexp.MustCompile(`^\*\*Coverage\*\*: \d+ / [\d?]+ ((?:referenced )?definitions present\.)(.*)$`)
	// ourWords are the sentences that Coverage.Sentence writes behind the
	// count, at the beginning or behind somebody else's sentence.
	ourWords = regexp.MustCompile("(^|[.!?)])(?: Fully covered\\.| Missing: `[a-z0-9_]+`(?:, `[a-z0-9_]+`)*\\.| Workloads not yet collected for \\d+\\.| Unmapped modules: \\d+\\.)+")
)

// refresh brings one model's section and summary cell up to date.
func (d *coverageDocument) refresh(m Model) {
	from, to := d.section(m)
	if from < 0 {
		d.append(m)
		return
	}
	first, last := d.table(from, to)
	if first < 0 {
		return // words only: nothing of ours to refresh
	}
	listed := map[string]bool{}
	tally := dataset.Coverage{Overall: dataset.NotCovered}
	var stale []string
	for i := first; i < last; i++ {
		if name := d.row(i, m, listed, &tally); name != "" {
			stale = append(stale, prose.Code(name))
		}
	}
	if len(stale) > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%s: not counted, as neither its entry nor its config requires them: %s", m.ID, strings.Join(stale, ", ")))
	}
	var lacking []dataset.Row
	for _, row := range m.Rows {
		if row.Definition != "" && !listed[row.Definition] {
			lacking = append(lacking, row)
		}
	}
	if len(lacking) > 0 {
		extra := dataset.Cover(lacking, d.lookup)
		for i, row := range extra.Rows {
			d.lines = slices.Insert(d.lines, last+i, row.Markdown())
		}
		to += len(extra.Rows)
		tally.Plus(extra)
	}
	d.count(m, from, to, tally)
	d.summary(m, tally.Overall)
}

// section returns the lines below the model's heading: the one that has its
// name, else the one that has it but for words that say nothing of its sizes.
func (d *coverageDocument) section(m Model) (from, to int) {
	if from, to = d.sectionBy(func(heading string) bool { return names(heading, m) }); from < 0 {
		from, to = d.sectionBy(func(heading string) bool { return namesLoosely(heading, m) })
	}
	return from, to
}

func (d *coverageDocument) sectionBy(means func(heading string) bool) (from, to int) {
	from = -1
	for i, line := range d.lines {
		heading := headingLine.FindStringSubmatch(line)
		switch {
		case heading == nil:
		case from >= 0:
			return from, i
		case means(heading[2]):
			from = i + 1
		}
	}
	return from, len(d.lines)
}

// table returns the rows of the section's first table.
func (d *coverageDocument) table(from, to int) (first, last int) {
	for i := from; i < to; i++ {
		if !ruleLine.MatchString(d.lines[i]) {
			continue
		}
		last = i + 1
		for last < to && tableLine.MatchString(d.lines[last]) {
			last++
		}
		return i + 1, last
	}
	return -1, -1
}

// row refreshes the status of one row that names a Definition, and counts it.
// One that the model does not require is not counted: its name is returned.
func (d *coverageDocument) row(i int, m Model, listed map[string]bool, tally *dataset.Coverage) (stale string) {
	cells := splitCells(d.lines[i])
	if len(cells) < 5 {
		return ""
	}
	status := len(cells) - 2
	name := nameCell.FindStringSubmatch(strings.TrimSpace(cells[1]))
	if name == nil {
		tally.Plus(dataset.Coverage{Unmapped: 1})
		return ""
	}
	one := dataset.Cover([]dataset.Row{{Definition: name[1]}}, d.lookup)
	listed[name[1]] = true
	mark := one.Rows[0].Status.Mark()
	if old := strings.TrimSpace(cells[status]); !strings.HasPrefix(old, mark) {
		cells[status] = " " + mark + " "
		d.lines[i] = strings.Join(cells, "|")
	}
	if !m.requires(name[1]) {
		return name[1]
	}
	tally.Plus(one)
	return ""
}

// requires reports whether the model needs a Definition, be it under another TP
// or EP than its entry has: a document lists all of them. Of a model whose
// config is not known, whatever people list is taken to be needed.
func (m Model) requires(name string) bool {
	asked, err := definition.Parse(name)
	return m.Config == "" || slices.ContainsFunc(m.Rows, func(row dataset.Row) bool {
		if row.Definition == name {
			return true
		}
		required, rowErr := definition.Parse(row.Definition)
		return err == nil && rowErr == nil && sameButDivided(required, asked)
	})
}

// sameButDivided reports whether two names differ only in what TP and EP
// divide.
func sameButDivided(a, b definition.Name) bool {
	if a.Family != b.Family {
		return false
	}
	for i, f := range a.Family.Fields {
		switch f.Divisor {
		case definition.ByTP, definition.ByTPFloor1, definition.ByEP:
		case definition.Undivided, definition.AsCalled:
			if a.Values[i] != b.Values[i] {
				return false
			}
		}
	}
	return true
}

// count refreshes the number behind "**Coverage**:", and of the words after it
// those that are ours.
func (d *coverageDocument) count(m Model, from, to int, tally dataset.Coverage) {
	for i := from; i < min(to, len(d.lines)); i++ {
		parts := coverageLine.FindStringSubmatch(d.lines[i])
		if parts == nil {
			continue
		}
		words := strings.TrimPrefix(tally.Sentence(), fmt.Sprintf("%d / %d definitions present.", tally.Present, tally.Total))
		words = withWords(parts[2], words)
		d.lines[i] = fmt.Sprintf("**Coverage**: %d / %d %s%s", tally.Present, tally.Total, parts[1], words)
		if tally.Missing == 0 && strings.Contains(words, "Missing") {
			d.notes = append(d.notes, fmt.Sprintf("%s: no Definition is missing any more; the words after the count say otherwise and were not written by fib-ls: correct them", m.ID))
		}
		return
	}
}

// withWords puts our words where our older ones stand among other people's.
// Where there are other people's words alone, they are all.
func withWords(old, words string) string {
	if strings.TrimSpace(old) == "" {
		return words
	}
	return ourWords.ReplaceAllStringFunc(old, func(found string) string {
		before := ""
		if found[0] != ' ' {
			before = found[:1]
		}
		put := words
		words = ""
		return before + put
	})
}

// summary refreshes the model's cell in the summary table.
func (d *coverageDocument) summary(m Model, overall dataset.Overall) {
	i := d.summaryRow(m)
	if i < 0 {
		return
	}
	cells := splitCells(d.lines[i])
	if strings.TrimSpace(cells[3]) != overall.Mark() {
		cells[3] = " " + overall.Mark() + " "
		d.lines[i] = strings.Join(cells, "|")
	}
}

// summaryRow is the line of the model's row in the summary; -1 when it has
// none.
func (d *coverageDocument) summaryRow(m Model) int {
	first, last := d.summaryTable()
	for _, means := range []func(string, Model) bool{names, namesLoosely} {
		for i := first; i >= 0 && i < last; i++ {
			if cells := splitCells(d.lines[i]); len(cells) == 5 && means(strings.TrimSpace(cells[1]), m) {
				return i
			}
		}
	}
	return -1
}

func (d *coverageDocument) summaryTable() (first, last int) {
	for i, line := range d.lines {
		if heading := headingLine.FindStringSubmatch(line); heading != nil && strings.EqualFold(heading[2], "summary") {
			return d.table(i+1, len(d.lines))
		}
	}
	return -1, -1
}

// append adds a model that the document lacks: a section at its end and, when
// the summary has none, a row there.
func (d *coverageDocument) append(m Model) {
	if first, last := d.summaryTable(); first >= 0 && d.summaryRow(m) < 0 {
		row := strings.TrimSuffix(m.summaryRow(), "\n")
		d.lines = slices.Insert(d.lines, last, row)
	}
	text := strings.TrimRight(strings.Join(d.lines, "\n"), "\n ")
	if !strings.HasSuffix(text, "---") {
		text += "\n\n---"
	}
	d.lines = strings.Split(text+"\n\n"+m.section(), "\n")
}

// splitCells splits a row at the bars that are not escaped.
func splitCells(row string) []string {
	var cells []string
	from := 0
	for i := 0; i < len(row); i++ {
		if row[i] == '|' && (i == 0 || row[i-1] != '\\') {
			cells = append(cells, row[from:i])
			from = i + 1
		}
	}
	return append(cells, row[from:])
}

// names reports whether a heading or a cell means the model: "DeepSeek V3 / R1"
// means DeepSeek V3 and DeepSeek R1.
func names(heading string, m Model) bool {
	for _, variant := range variants(heading) {
		if flat := letters(variant); flat != "" && slices.Contains([]string{letters(m.ID), letters(m.Name), letters(prose.Markdown(m.Name)), letters(prose.Cell(m.Name))}, flat) {
			return true
		}
	}
	return false
}

// namesLoosely is names without the words that tell variants of a model apart
// which have the same layers: "Qwen3 Next 80B A3B" means the Instruct model too.
func namesLoosely(heading string, m Model) bool {
	for _, variant := range variants(heading) {
		if flat := essence(variant); flat != "" && (flat == essence(m.ID) || flat == essence(m.Name)) {
			return true
		}
	}
	return false
}

// SameModel reports whether two names mean models of the same layers: they differ
// in spelling, or in words that say nothing of sizes.
func SameModel(a, b string) bool { return essence(a) != "" && essence(a) == essence(b) }

// Mentions reports whether a coverage document has a model of this name: a
// section, or a row of the summary.
func Mentions(document, name string) bool {
	d := &coverageDocument{lines: strings.Split(strings.ReplaceAll(document, "\r\n", "\n"), "\n")}
	m := Model{ID: name, Name: name}
	from, _ := d.section(m)
	return from >= 0 || d.summaryRow(m) >= 0
}

// idle are words of a name that say nothing of a model's sizes.
var idle = regexp.MustCompile(`^(?:instruct|it|chat|base|thinking|exp|hf|meta|nvidia|\d{4}|\d+k)$`)

// essence is a name without case, punctuation and idle words.
func essence(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' })
	return letters(strings.Join(slices.DeleteFunc(words, idle.MatchString), ""))
}

// variants takes a slash apart: the words beside it stand for one another.
func variants(heading string) []string {
	words := strings.Fields(strings.ReplaceAll(heading, "/", " / "))
	i := slices.Index(words, "/")
	if i < 1 || i+1 >= len(words) {
		return []string{heading}
	}
	left := strings.Join(slices.Concat(words[:i], words[i+2:]), " ")
	right := strings.Join(slices.Concat(words[:i-1], words[i+1:]), " ")
	return []string{heading, left, right}
}

// letters is a name without case, spaces and punctuation.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
