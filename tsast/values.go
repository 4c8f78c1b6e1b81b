package tsast

import "strings"

// keyOf returns the name of a property by the record of its key; false when it
// is computed from anything but a literal. text begins at the byte base of what
// is read.
func keyOf(records []record, at int, text string, base int) (string, bool) {
	rec := &records[at]
	raw := cut(text, rec, base)
	switch rec.kind {
	case kPropertyIdentifier:
		return unescape(raw), true
	case kString:
		return inside(raw), true
	case kNumber:
		if v, ok := number(raw); ok {
			return numericKey(v), true
		}
		return strings.TrimSuffix(raw, "n"), true
	case kComputed:
		for i := at + 1; i < rec.next; i = records[i].next {
			if k := records[i].kind; k == kString || k == kNumber {
				return keyOf(records, i, text, base)
			}
		}
	}
	return raw, false
}

// inside returns the value of a string literal. A literal that a syntax error
// cut short has no closing quote.
func inside(literal string) string {
	if literal == "" {
		return ""
	}
	body := literal[1:]
	if len(body) > 0 && body[len(body)-1] == literal[0] {
		body = body[:len(body)-1]
	}
	return unescape(body)
}

// literal passes `as const`, which changes no value.
func (m *modelReader) literal(at int) int {
	if m.records[at].kind != kAs {
		return at
	}
	first, last := 0, 0
	for i := at + 1; i < m.records[at].next; i = m.records[i].next {
		if m.records[i].kind != kComment {
			if first == 0 {
				first = i
			}
			last = i
		}
	}
	if last > first && m.records[last].name() == "const" {
		return first
	}
	return at
}

// valueKind says what the value at a record is.
func (m *modelReader) valueKind(at int) ValueKind {
	switch m.records[at].kind {
	case kString:
		return StringLiteral
	case kNumber:
		return NumberLiteral
	case kUnary:
		return m.signedKind(at)
	case kTrue, kFalse:
		return BoolLiteral
	case kNull:
		return NullLiteral
	case kArray:
		return ArrayLiteral
	case kObject:
		return ObjectLiteral
	}
	return OpaqueValue
}

// signedKind tells -1 and +1 from other unary expressions.
func (m *modelReader) signedKind(at int) ValueKind {
	sign := m.at(&m.records[at])
	if !strings.HasPrefix(sign, "-") && !strings.HasPrefix(sign, "+") {
		return OpaqueValue
	}
	for i := at + 1; i < m.records[at].next; i = m.records[i].next {
		if m.records[i].kind == kNumber {
			if end := m.records[i].end; end == m.records[at].end {
				return NumberLiteral
			}
		}
	}
	return OpaqueValue
}

func (m *modelReader) str(p Property, v value) String {
	s := String{Kind: v.kind, Property: p.Span, Span: p.ValueSpan}
	if v.kind == StringLiteral {
		s.Value = inside(m.at(&m.records[v.index]))
	}
	return s
}

func (m *modelReader) number(p Property, v value) Number {
	n := Number{Kind: v.kind, Property: p.Span, Span: p.ValueSpan}
	if v.kind == NumberLiteral {
		n.Raw = m.at(&m.records[v.index])
		if f, ok := number(n.Raw); ok {
			n.Int, n.IsInt = integer(f)
		}
	}
	return n
}

// strings reads an array of strings. A hole between two commas is kept as an
// opaque element of no width.
func (m *modelReader) strings(p Property, v value) Strings {
	s := Strings{Kind: v.kind, Property: p.Span, Span: p.ValueSpan}
	if v.kind != ArrayLiteral {
		return s
	}
	vacant := true // no element since the last comma
	for i := v.index + 1; i < m.records[v.index].next; {
		rec := &m.records[i]
		switch k := rec.kind; {
		case k == kError:
			i++
			continue
		case k == kComment || rec.is(flagMissing):
		case k == kComma:
			if vacant {
				at := m.span(rec).Start
				s.Items = append(s.Items, String{Kind: OpaqueValue, Span: Span{at, at}, Property: Span{at, at}})
			}
			vacant = true
		case !isPunctuation(rec.name()):
			s.Items = append(s.Items, m.item(i))
			vacant = false
		}
		i = rec.next
	}
	return s
}

func (m *modelReader) item(at int) String {
	span := m.span(&m.records[at])
	s := String{Kind: m.valueKind(at), Span: span, Property: span}
	if s.Kind == StringLiteral {
		s.Value = inside(m.at(&m.records[at]))
	}
	return s
}

// cut is the text of a record, of a text that begins at the byte base.
func cut(text string, r *record, base int) string {
	n := len(text)
	return text[min(max(r.start-base, 0), n):min(max(r.end-base, 0), n)]
}
