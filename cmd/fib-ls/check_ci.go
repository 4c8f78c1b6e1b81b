package main

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/phases/check"
	"github.com/fib-ls/fib-ls/phases/report"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// rulesURL is where the rules are documented.
const rulesURL = "https://github.com/fib-ls/fib-ls/blob/main/docs/rules.md"

// printGitHub prints workflow commands. GitHub shows ten annotations of a
// type per step, so errors come first.
func printGitHub(w io.Writer, _ *globals, files []check.File) error {
	type row struct {
		path string
		p    validate.Problem
		at   place
	}
	var rows []row
	for _, f := range files {
		src := textOf(f.File)
		for _, p := range f.Problems {
			rows = append(rows, row{f.Path, p, placeOf(src, p.Span, text.Runes)})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.p.Severity.Rank(), b.p.Severity.Rank()) })
	command := map[validate.Severity]string{validate.Error: "error", validate.Warning: "warning", validate.Info: "notice", validate.Hint: "notice"}
	for _, r := range rows {
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,endLine=%d,endColumn=%d,title=%s::%s\n", command[r.p.Severity],
			githubProperty(filepath.ToSlash(r.path)), r.at.line, r.at.column, r.at.endLine, r.at.endColumn,
			githubProperty("fib-ls "+r.p.Rule), githubData(r.p.Message))
		if err != nil {
			return err
		}
	}
	return nil
}

// githubData and githubProperty escape as the runner's toolkit unescapes.
func githubData(s string) string {
	return clean(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s))
}

func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(s))
}

// printSARIF prints SARIF 2.1.0.
func printSARIF(w io.Writer, _ *globals, files []check.File) error {
	level := map[validate.Severity]string{validate.Error: "error", validate.Warning: "warning", validate.Info: "note", validate.Hint: "note"}
	index := map[string]int{}
	rules := []any{}
	for i, r := range validate.Rules() {
		index[r.ID] = i
		rules = append(rules, map[string]any{
			"id": r.ID, "shortDescription": map[string]string{"text": r.Doc},
			"helpUri":              rulesURL + "#" + r.ID,
			"defaultConfiguration": map[string]string{"level": orDefault(level[r.Severity], "none")},
		})
	}
	results := []any{}
	for _, f := range files {
		src := textOf(f.File)
		for _, p := range f.Problems {
			result := map[string]any{
				"ruleId": p.Rule, "level": level[p.Severity], "message": map[string]string{"text": p.Message},
				"locations": []any{map[string]any{"physicalLocation": map[string]any{
					"artifactLocation": map[string]string{"uri": sarifURI(f.Path)},
					"region":           sarifRegion(src, p),
				}}},
			}
			if i, ok := index[p.Rule]; ok {
				result["ruleIndex"] = i
			}
			results = append(results, result)
		}
	}
	v, _ := buildVersion()
	log := map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": map[string]any{
				"name": "fib-ls", "informationUri": "https://github.com/fib-ls/fib-ls", "version": v, "rules": rules,
			}},
			"columnKind": "utf16CodeUnits", "results": results,
		}},
	}
	data, err := report.MarshalJSON(log)
	if err != nil {
		return fmt.Errorf("printing SARIF: %w", err)
	}
	_, err = w.Write(data)
	return err
}

// sarifURI is a path as a URI reference.
func sarifURI(path string) string {
	slashed := filepath.ToSlash(path)
	if !filepath.IsAbs(path) {
		return (&url.URL{Path: slashed}).String()
	}
	if !strings.HasPrefix(slashed, "/") { // C:/repo
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}

func sarifRegion(src text.Text, p validate.Problem) map[string]int {
	at := placeOf(src, p.Span, text.UTF16)
	return map[string]int{"startLine": at.line, "startColumn": at.column, "endLine": at.endLine, "endColumn": at.endColumn}
}
