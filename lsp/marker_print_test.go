package lsp

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// human writes a range in lines and characters from 1, whatever the encoding.
func (r *markerRun) human(x rangeJSON) string {
	text := r.e.text(r.uri)
	col := func(p positionJSON) string {
		offset := r.e.offset(text, p)
		start := strings.LastIndexAny(text[:offset], "\r\n") + 1
		return fmt.Sprintf("%d:%d", p.Line+1, len([]rune(text[start:offset]))+1)
	}
	return col(x.Start) + "-" + col(x.End)
}

func (r *markerRun) printf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		r.out.WriteString("  " + strings.TrimRight(line, " ") + "\n")
	}
}

var severityNames = []string{"?", "error", "warning", "info", "hint"}

func (r *markerRun) printDiagnostics(list []diagnosticJSON) {
	if len(list) == 0 {
		r.printf("none")
	}
	for _, d := range list {
		tags := ""
		for _, tag := range d.Tags {
			tags += []string{"", " (unnecessary)", " (deprecated)"}[tag]
		}
		r.printf("%s %s %s%s: %s", r.human(d.Range), severityNames[d.Severity], d.Code, tags, d.Message)
		if d.Source != "fib-ls" {
			r.printf("  source %s", d.Source)
		}
		if d.CodeDescription != nil && d.CodeDescription.Href != "https://example.org/rules.md#"+d.Code {
			r.printf("  href %s", d.CodeDescription.Href)
		}
		for _, x := range d.RelatedInformation {
			r.printf("  %s %s", r.human(x.Location.Range), x.Message)
		}
	}
}

func (r *markerRun) printList(list []string) {
	for _, s := range list {
		r.printf("%s", s)
	}
	if len(list) == 0 {
		r.printf("none")
	}
}

// rules prints the findings without their words, which are validate's.
func (r *markerRun) rules([]string) {
	r.settle()
	list := r.e.diagnostics(r.uri)
	for i := range list {
		list[i].Message = ""
		for j := range list[i].RelatedInformation {
			list[i].RelatedInformation[j].Message = "also here"
		}
	}
	r.printDiagnostics(list)
}

func (r *markerRun) pull([]string) {
	raw, ok := r.call("textDocument/diagnostic", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var report struct {
		Kind     string
		ResultID string `json:"resultId"`
		Items    []diagnosticJSON
	}
	r.decode(raw, &report)
	r.printf("%s", report.Kind)
	r.printDiagnostics(report.Items)
	raw, _ = r.call("textDocument/diagnostic", fmt.Sprintf(`{"textDocument":{"uri":%q},"previousResultId":%q}`, r.uri, report.ResultID))
	r.decode(raw, &report)
	r.printf("again: %s", report.Kind)
}

func (r *markerRun) hover(a []string) {
	raw, ok := r.call("textDocument/hover", "{"+r.position(a[0])+"}")
	if !ok {
		return
	}
	var h struct {
		Contents struct{ Kind, Value string }
		Range    rangeJSON
	}
	r.decode(raw, &h)
	r.printf("%s %s", r.human(h.Range), h.Contents.Kind)
	r.printf("%s", h.Contents.Value)
}

type locationJSON struct {
	URI   string    `json:"uri"`
	Range rangeJSON `json:"range"`
}

func (r *markerRun) locations(method, params string) {
	raw, ok := r.call(method, "{"+params+"}")
	if !ok {
		return
	}
	var list []locationJSON
	r.decode(raw, &list)
	if len(list) == 0 {
		r.printf("none")
	}
	for _, l := range list {
		if l.URI != r.uri {
			r.printf("%s", l.URI)
			continue
		}
		r.printf("%s %s", r.human(l.Range), r.quoted(l.Range))
	}
}

// quoted is the text of a range, shortened.
func (r *markerRun) quoted(x rangeJSON) string {
	text := r.e.text(r.uri)
	s := text[r.e.offset(text, x.Start):r.e.offset(text, x.End)]
	if len(s) > 60 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}

func (r *markerRun) references(a []string) {
	declaration := len(a) < 2 || a[1] != "uses"
	r.locations("textDocument/references", r.position(a[0])+fmt.Sprintf(`,"context":{"includeDeclaration":%v}`, declaration))
}

func (r *markerRun) highlight(a []string) {
	raw, ok := r.call("textDocument/documentHighlight", "{"+r.position(a[0])+"}")
	if !ok {
		return
	}
	var list []struct {
		Range rangeJSON
		Kind  int
	}
	r.decode(raw, &list)
	for _, h := range list {
		r.printf("%s %s", r.human(h.Range), []string{"", "text", "read", "write"}[h.Kind])
	}
}

func (r *markerRun) prepareRename(a []string) {
	raw, ok := r.call("textDocument/prepareRename", "{"+r.position(a[0])+"}")
	if !ok {
		return
	}
	var p struct {
		Range       rangeJSON
		Placeholder string
	}
	r.decode(raw, &p)
	r.printf("%s %q", r.human(p.Range), p.Placeholder)
}

type symbolJSON struct {
	Name, Detail, ContainerName string
	Kind                        int
	Range, SelectionRange       rangeJSON
	Location                    locationJSON
	Children                    []symbolJSON
}

func (r *markerRun) symbols([]string) {
	raw, ok := r.call("textDocument/documentSymbol", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var list []symbolJSON
	r.decode(raw, &list)
	var show func(list []symbolJSON, indent string)
	show = func(list []symbolJSON, indent string) {
		for _, s := range list {
			if s.Location.URI != "" {
				r.printf("%s in %q kind %d %s", s.Name, s.ContainerName, s.Kind, r.human(s.Location.Range))
				continue
			}
			r.printf("%s%s (%s) kind %d %s, name %s", indent, s.Name, s.Detail, s.Kind, r.human(s.Range), r.quoted(s.SelectionRange))
			show(s.Children, indent+"  ")
		}
	}
	show(list, "")
}

func (r *markerRun) workspaceSymbols(a []string) {
	raw, ok := r.call("workspace/symbol", fmt.Sprintf(`{"query":%q}`, a[0]))
	if !ok {
		return
	}
	var list []symbolJSON
	r.decode(raw, &list)
	for _, s := range list {
		r.printf("%s in %q %s", s.Name, s.ContainerName, r.human(s.Location.Range))
	}
}

func (r *markerRun) links([]string) {
	raw, ok := r.call("textDocument/documentLink", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var list []struct {
		Range   rangeJSON
		Target  string
		Tooltip string
	}
	r.decode(raw, &list)
	for _, l := range list {
		r.printf("%s %s -> %s (%s)", r.human(l.Range), r.quoted(l.Range), l.Target, l.Tooltip)
	}
}

func (r *markerRun) lenses([]string) {
	raw, ok := r.call("textDocument/codeLens", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, r.uri))
	if !ok {
		return
	}
	var list []struct {
		Range   rangeJSON
		Command struct {
			Title, Command string
			Arguments      json.RawMessage
		}
	}
	r.decode(raw, &list)
	if len(list) == 0 {
		r.printf("none")
	}
	for _, l := range list {
		r.printf("%s %s %s %s", r.human(l.Range), l.Command.Title, l.Command.Command, l.Command.Arguments)
	}
}

func (r *markerRun) hints([]string) {
	end := r.at("end")
	raw, ok := r.call("textDocument/inlayHint", fmt.Sprintf(`{"textDocument":{"uri":%q},"range":{"start":{"line":0,"character":0},"end":{"line":%d,"character":%d}}}`, r.uri, end.Line, end.Character))
	if !ok {
		return
	}
	var list []struct {
		Position positionJSON
		Label    string
	}
	r.decode(raw, &list)
	if len(list) == 0 {
		r.printf("none")
	}
	for _, h := range list {
		r.printf("%s %s", r.human(rangeJSON{h.Position, h.Position}), h.Label)
	}
}

type itemJSON struct {
	Label, Detail    string
	FilterText       string
	Preselect        bool
	InsertTextFormat int
	TextEdit         textEditJSON
	Documentation    *struct{ Value string }
}

// remarks are what an item has beyond its line: that it is preselected, and
// where its documentation begins with that, why.
func (i *itemJSON) remarks() string {
	remarks := ""
	if i.Preselect {
		remarks = ", preselected"
	}
	if i.Documentation != nil && strings.HasPrefix(i.Documentation.Value, i.Detail+",") {
		why, _, _ := strings.Cut(i.Documentation.Value, "\n")
		remarks += ": " + why
	}
	return remarks
}

func (r *markerRun) completionItems(place string) []itemJSON {
	raw, ok := r.call("textDocument/completion", "{"+r.position(place)+"}")
	if !ok {
		return nil
	}
	var list struct {
		IsIncomplete bool
		Items        []itemJSON
	}
	r.decode(raw, &list)
	if list.IsIncomplete {
		r.printf("incomplete")
	}
	return list.Items
}

func (r *markerRun) complete(a []string) {
	items := r.completionItems(a[0])
	for i, item := range items {
		if i == 12 {
			r.printf("… %d more", len(items)-i)
			break
		}
		if item.FilterText != item.Label {
			r.t.Errorf("%s is filtered as %q", item.Label, item.FilterText)
		}
		r.printf("%s (%s)%s at %s %s", item.Label, item.Detail, item.remarks(), r.human(item.TextEdit.Range), r.quoted(item.TextEdit.Range))
	}
}

// first prints what a completion list begins with.
func (r *markerRun) first(a []string) {
	items := r.completionItems(a[0])
	for _, item := range items[:min(3, len(items))] {
		r.printf("%s (%s)%s", item.Label, item.Detail, item.remarks())
	}
}
