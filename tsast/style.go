package tsast

import "strings"

// defaultStyle is the style of upstream's models.ts.
func defaultStyle() Style {
	return Style{Indent: "  ", Quote: '"', TrailingComma: true, EOL: "\n", FinalNewline: true}
}

// habits counts how one module, one entry or all of them are written.
type habits struct {
	single, double       int32 // quotes
	commas, noCommas     int32 // after the last of several lines
	underscored, compact int32 // gemm_n_1_k_2, gemm_n1_k2
}

// add adds the counts of o so many times.
func (h *habits) add(o habits, times int32) {
	h.single += times * o.single
	h.double += times * o.double
	h.commas += times * o.commas
	h.noCommas += times * o.noCommas
	h.underscored += times * o.underscored
	h.compact += times * o.compact
}

// styleVotes counts the habits of one entry, or of a file.
type styleVotes struct {
	habits
	indent                   string // one level, as the first entry that shows it
	semicolons, noSemicolons int    // after statements
	fileSingle, fileDouble   int    // quotes outside entries
}

func (v *styleVotes) add(o *styleVotes) {
	if v.indent == "" {
		v.indent = o.indent
	}
	v.habits.add(o.habits, 1)
}

// statements counts semicolons and quotes among a file's statements.
func (v *styleVotes) statements(src string, top []child) {
	for _, s := range top {
		switch s.kind {
		case kImport, kExport, kLexical:
		default:
			continue
		}
		if s.end > s.start && src[s.end-1] == ';' {
			v.semicolons++
		} else {
			v.noSemicolons++
		}
		if s.kind == kImport {
			v.fileSingle += strings.Count(src[s.start:s.end], "'")
			v.fileDouble += strings.Count(src[s.start:s.end], `"`)
		}
	}
}

// style turns the counts into a style; what nothing was counted for is as
// upstream has it. eol and final are those of the text.
func (v *styleVotes) style(eol string, final bool) Style {
	s := defaultStyle()
	s.EOL, s.FinalNewline = eol, final
	if v.indent != "" {
		s.Indent = v.indent
	}
	single, double := int(v.single), int(v.double)
	if single+double == 0 {
		single, double = v.fileSingle, v.fileDouble
	}
	if single > double {
		s.Quote = '\''
	}
	s.TrailingComma = v.noCommas <= v.commas
	s.Semicolons = v.semicolons > v.noSemicolons
	s.GemmUnderscored = v.underscored > v.compact
	return s
}

// styleVotes counts the habits of the entry that was read.
func (m *modelReader) styleVotes() styleVotes {
	v := styleVotes{indent: m.indent(), habits: m.commas}
	model := m.model
	for _, s := range []String{model.ID, model.Name, model.Description} {
		v.quote(m, s)
	}
	for _, module := range model.Modules {
		h := module.habits
		h.commas, h.noCommas = 0, 0 // m.commas has them
		v.habits.add(h, 1)
	}
	return v
}

// moduleHabits counts the habits of a module that was read; before are the
// commas that were counted before it.
func (m *modelReader) moduleHabits(module *Module, before habits) habits {
	h := m.commas
	h.add(before, -1)
	h.quote(m, module.Parent)
	h.quote(m, module.Type)
	for _, d := range module.Definitions.Items {
		h.quote(m, d)
		rest, ok := strings.CutPrefix(d.Value, "gemm_n")
		switch {
		case !ok || rest == "":
		case rest[0] == '_':
			h.underscored++
		case rest[0] >= '0' && rest[0] <= '9':
			h.compact++
		}
	}
	return h
}

// quote counts the quotes of a string literal.
func (h *habits) quote(m *modelReader, s String) {
	if s.Kind != StringLiteral || s.Span.Start >= s.Span.End {
		return
	}
	if m.text[s.Span.Start] == '\'' {
		h.single++
	} else {
		h.double++
	}
}

// voteComma looks at what stands before the closing brace of an object that
// is written over several lines: its last token, which ends at lastEnd.
func (m *modelReader) voteComma(last kind, lastEnd, object int) {
	end := min(m.records[object].end-m.base, len(m.text)) - 1
	if lastEnd -= m.base; lastEnd <= 0 || lastEnd >= end || strings.IndexByte(m.text[lastEnd:end], '\n') < 0 {
		return
	}
	if last == kComma {
		m.commas.commas++
	} else {
		m.commas.noCommas++
	}
}

// indent returns one level of indentation: how far the first property stands
// in from the closing brace.
func (m *modelReader) indent() string {
	model := m.model
	if len(model.Properties) == 0 {
		return ""
	}
	inner, ok := lineIndent(m.text, model.Properties[0].Span.Start)
	outer, closed := lineIndent(m.text, len(m.text)-1)
	if !ok || !closed {
		return ""
	}
	level, ok := strings.CutPrefix(inner, outer)
	if !ok || level == "" || len(level) > 16 {
		return ""
	}
	return level
}

// lineIndent returns the whitespace before a token that is the first of its
// line; false when something else stands there.
func lineIndent(text string, at int) (string, bool) {
	start := strings.LastIndexAny(text[:at], "\n\r")
	if start < 0 {
		return "", false
	}
	blank := text[start+1 : at]
	return blank, strings.Trim(blank, " \t") == ""
}
