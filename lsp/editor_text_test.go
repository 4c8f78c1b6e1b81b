package lsp

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (e *editor) open(uri, text string) {
	e.mu.Lock()
	e.texts[uri] = text
	e.versions[uri] = 1
	e.mu.Unlock()
	b, _ := json.Marshal(text)
	e.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%s}}`, uri, b))
}

func (e *editor) close(uri string) {
	e.notify("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, uri))
	e.mu.Lock()
	delete(e.texts, uri)
	delete(e.versions, uri)
	e.mu.Unlock()
}

// change applies edits that all refer to the present text, as one version,
// last first, as editors do.
func (e *editor) change(uri string, edits ...textEditJSON) {
	sort.SliceStable(edits, func(i, j int) bool { return less(edits[j].Range.Start, edits[i].Range.Start) })
	var parts []string
	e.mu.Lock()
	text := e.texts[uri]
	for _, edit := range edits {
		start, end := e.offset(text, edit.Range.Start), e.offset(text, edit.Range.End)
		text = text[:start] + edit.NewText + text[end:]
		b, _ := json.Marshal(edit.NewText)
		parts = append(parts, fmt.Sprintf(`{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%s}`,
			edit.Range.Start.Line, edit.Range.Start.Character, edit.Range.End.Line, edit.Range.End.Character, b))
	}
	e.texts[uri] = text
	e.versions[uri]++
	version := e.versions[uri]
	e.mu.Unlock()
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[%s]}`, uri, version, strings.Join(parts, ",")))
}

// replaceText changes the first place where old stands.
func (e *editor) replaceText(uri, old, now string) {
	e.t.Helper()
	e.mu.Lock()
	text := e.texts[uri]
	e.mu.Unlock()
	at := strings.Index(text, old)
	if at < 0 {
		e.t.Fatalf("%q is not in the text", old)
	}
	e.change(uri, textEditJSON{rangeJSON{e.position(text, at), e.position(text, at+len(old))}, now})
}

func (e *editor) text(uri string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.texts[uri]
}

func less(a, b positionJSON) bool {
	return a.Line < b.Line || a.Line == b.Line && a.Character < b.Character
}

// offset and position are the naive model of positions: line by line, rune by
// rune, from the start.
func (e *editor) offset(text string, p positionJSON) int {
	start := 0
	for range p.Line {
		n := lineLength(text[start:])
		if n < 0 {
			return len(text)
		}
		start += n
	}
	units := 0
	for i, r := range text[start:] {
		if r == '\n' || r == '\r' || units >= p.Character {
			return start + i
		}
		w := e.width(r)
		if units+w > p.Character {
			return start + i
		}
		units += w
	}
	return len(text)
}

// lineLength is the first line with its end; -1 when there is no line end.
func lineLength(s string) int {
	i := strings.IndexAny(s, "\r\n")
	if i < 0 {
		return -1
	}
	if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
		return i + 2
	}
	return i + 1
}

func (e *editor) width(r rune) int {
	if e.opts.utf8 {
		return utf8.RuneLen(r)
	}
	return utf16.RuneLen(r)
}

func (e *editor) position(text string, offset int) positionJSON {
	line, start := 0, 0
	for {
		n := lineLength(text[start:])
		if n < 0 || start+n > offset {
			break
		}
		start += n
		line++
	}
	units := 0
	for _, r := range text[start:offset] {
		if r == '\r' || r == '\n' {
			break
		}
		units += e.width(r)
	}
	return positionJSON{line, units}
}

// diagnostics are those that the client shows.
func (e *editor) diagnostics(uri string) []diagnosticJSON {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.published[uri]
	if len(p) == 0 {
		return nil
	}
	list := slices.Clone(p[len(p)-1].Diagnostics)
	for i := range list {
		list[i].RelatedInformation = slices.Clone(list[i].RelatedInformation)
	}
	return list
}

func (e *editor) publications(uri string) []published {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.published[uri])
}
