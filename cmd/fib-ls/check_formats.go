package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/phases/check"
	"github.com/fib-ls/fib-ls/phases/prose"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// checkFormats are the formats of check.
var checkFormats = map[string]func(io.Writer, *globals, []check.File) error{
	"text":   printText,
	"json":   printJSON,
	"github": printGitHub,
	"sarif":  printSARIF,
}

// place is a position as people count: lines and columns from 1, columns in
// characters.
type place struct{ line, column, endLine, endColumn int }

func placeOf(src text.Text, span tsast.Span, unit text.Unit) place {
	line, column := src.Position(span.Start, unit)
	endLine, endColumn := src.Position(span.End, unit)
	return place{line + 1, column + 1, endLine + 1, endColumn + 1}
}

// textOf is the text of a checked file, which knows its lines: a place in it
// costs the same wherever it is.
func textOf(f *tsast.File) text.Text { return text.New(string(f.Src())) }

// printText prints a line per finding with its source line and a caret.
func printText(w io.Writer, g *globals, files []check.File) error {
	var b strings.Builder
	paint := painter(w, g)
	counts := map[validate.Severity]int{}
	for _, f := range files {
		src := textOf(f.File)
		for _, p := range f.Problems {
			counts[p.Severity]++
			at := placeOf(src, p.Span, text.Runes)
			fmt.Fprintf(&b, "%s:%d:%d: %s: %s [%s]\n", clean(f.Path), at.line, at.column, paint(p.Severity, string(p.Severity)), clean(p.Message), p.Rule)
			if !g.quiet {
				excerpt(&b, src, at, paint, p.Severity)
			}
		}
	}
	fmt.Fprintf(&b, "%s checked: %s\n", prose.Count(len(files), "file"), tally(counts))
	_, err := io.WriteString(w, b.String())
	return err
}

func tally(counts map[validate.Severity]int) string {
	var parts []string
	for _, s := range validate.Severities {
		if n := counts[s]; n > 0 {
			name := string(s)
			if s == validate.Error || s == validate.Warning || s == validate.Hint {
				name = prose.Plural(n, name, name+"s")
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, name))
		}
	}
	if len(parts) == 0 {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}

// excerpt prints the line of a finding with the finding marked.
func excerpt(b *strings.Builder, src text.Text, at place, paint func(validate.Severity, string) string, severity validate.Severity) {
	const widest = 160
	if at.column > widest {
		return
	}
	start, end := src.Line(at.line - 1)
	// Of a line of megabytes no more is taken than is shown.
	end = min(end, src.Offset(at.line-1, widest+1, text.Runes))
	line := []rune(clean(strings.ReplaceAll(src.Slice(start, end), "\t", " ")))
	length := 1
	if at.endLine == at.line && at.endColumn > at.column {
		length = at.endColumn - at.column
	} else if at.endLine > at.line {
		length = max(1, len(line)-at.column+1)
	}
	if len(line) > widest {
		line = append(line[:widest-1], '…')
		length = min(length, widest-at.column+1)
	}
	from := min(at.column-1, len(line))
	to := min(from+length, len(line))
	pad, carets := cells(line[:from]), max(1, cells(line[from:to]))
	fmt.Fprintf(b, "  %5d | %s\n        | %s%s\n", at.line, string(line), strings.Repeat(" ", pad), paint(severity, strings.Repeat("^", carets)))
}

// cells is how many cells of a terminal a text takes: a wide character two,
// a combining one none.
func cells(text []rune) int {
	n := 0
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Cf, r):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// painter colours text by severity when the output wants colour.
func painter(w io.Writer, g *globals) func(validate.Severity, string) string {
	if !wantsColor(w, g) {
		return func(_ validate.Severity, s string) string { return s }
	}
	colors := map[validate.Severity]string{validate.Error: "31", validate.Warning: "33", validate.Info: "36", validate.Hint: "90"}
	return func(s validate.Severity, words string) string { return "\x1b[" + colors[s] + "m" + words + "\x1b[0m" }
}

// clean makes text that may hold a file's words one line that steers no
// terminal; it stays as many characters wide.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' '
		case prose.Hidden(r):
			return '\uFFFD'
		}
		return r
	}, s)
}

// checkJSON is the JSON form, as the design lays it down.
type checkJSON struct {
	Files []checkJSONFile `json:"files"`
}

type checkJSONFile struct {
	Path     string             `json:"path"`
	Problems []checkJSONProblem `json:"problems"`
}

type checkJSONProblem struct {
	Rule      string            `json:"rule"`
	Severity  string            `json:"severity"`
	Message   string            `json:"message"`
	Model     string            `json:"model"`
	Module    string            `json:"module"`
	Line      int               `json:"line"`
	Column    int               `json:"column"`
	EndLine   int               `json:"end_line"`
	EndColumn int               `json:"end_column"`
	Expected  string            `json:"expected"`
	Evidence  map[string]string `json:"evidence"`
}

func printJSON(w io.Writer, _ *globals, files []check.File) error {
	out := checkJSON{Files: []checkJSONFile{}}
	for _, f := range files {
		file := checkJSONFile{Path: f.Path, Problems: []checkJSONProblem{}}
		src := textOf(f.File)
		for _, p := range f.Problems {
			at := placeOf(src, p.Span, text.Runes)
			evidence := p.Evidence
			if evidence == nil {
				evidence = map[string]string{}
			}
			file.Problems = append(file.Problems, checkJSONProblem{
				Rule: p.Rule, Severity: string(p.Severity), Message: p.Message, Model: p.Model, Module: p.Module,
				Line: at.line, Column: at.column, EndLine: at.endLine, EndColumn: at.endColumn, Expected: p.Expected, Evidence: evidence,
			})
		}
		out.Files = append(out.Files, file)
	}
	return writeJSON(w, out)
}
