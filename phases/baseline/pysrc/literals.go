package pysrc

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func (c *converter) literal(n *raw) Expr {
	switch n.kind {
	case "none":
		return &Const{nil}
	case "true":
		return &Const{true}
	case "false":
		return &Const{false}
	case "integer":
		if v, err := strconv.ParseInt(c.text(n), 0, 64); err == nil {
			return &Const{int(v)}
		}
		if v, err := strconv.ParseInt(strings.ReplaceAll(c.text(n), "_", ""), 10, 64); err == nil {
			return &Const{int(v)} // 007
		}
	case "float":
		if v, err := strconv.ParseFloat(strings.ReplaceAll(c.text(n), "_", ""), 64); err == nil {
			return &Const{v}
		}
	case "string":
		return c.str(n)
	case "concatenated_string":
		return c.concatenated(n)
	}
	return nil
}

// str converts one string literal: a Const, or an FString when it is
// formatted. Bytes are Unsupported.
func (c *converter) str(n *raw) Expr {
	start, end := n.first("string_start"), n.first("string_end")
	if start == nil || end == nil {
		return &Unsupported{n.kind, c.excerpt(n)}
	}
	prefix := strings.ToLower(strings.TrimRight(c.text(start), `"'`))
	if strings.Contains(prefix, "b") {
		return &Unsupported{"bytes", c.excerpt(n)}
	}
	isRaw := strings.Contains(prefix, "r")
	if !strings.Contains(prefix, "f") {
		return &Const{unescape(string(c.src[start.end:end.start]), isRaw)}
	}
	f := &FString{}
	for _, k := range n.kids {
		switch k.kind {
		case "string_content":
			text := strings.NewReplacer("{{", "{", "}}", "}").Replace(c.text(k))
			f.Parts = append(f.Parts, &Const{unescape(text, isRaw)})
		case "interpolation":
			if eq := k.first("="); eq != nil { // f"{x=}"
				text := strings.TrimPrefix(string(c.src[k.start:eq.end]), "{")
				f.Parts = append(f.Parts, &Const{text})
			}
			f.Parts = append(f.Parts, c.field(k, "expression"))
		}
	}
	return f
}

// concatenated joins adjacent literals: "a" "b".
func (c *converter) concatenated(n *raw) Expr {
	var parts []Expr
	plain := true
	for _, k := range n.kids {
		switch e := c.str(k).(type) {
		case *Const:
			parts = append(parts, e)
		case *FString:
			plain = false
			parts = append(parts, e.Parts...)
		default:
			return &Unsupported{n.kind, c.excerpt(n)}
		}
	}
	if !plain {
		return &FString{parts}
	}
	var b strings.Builder
	for _, p := range parts {
		if s, ok := p.(*Const).Value.(string); ok {
			b.WriteString(s)
		}
	}
	return &Const{b.String()}
}

// unescape resolves a literal's backslash escapes; what is not an escape stays
// as written, as in Python.
func unescape(s string, isRaw bool) string {
	if isRaw || !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		i += 1 + escape(&b, s[i+1:])
	}
	return b.String()
}

// escape writes what the escape sequence at the start of s (after its
// backslash) stands for and gives its length.
func escape(b *strings.Builder, s string) int {
	const simple, values = `\'"abfnrtv`, "\\'\"\a\b\f\n\r\t\v"
	if i := strings.IndexByte(simple, s[0]); i >= 0 {
		b.WriteByte(values[i])
		return 1
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits > 0 && len(s) > digits {
		if v, err := strconv.ParseUint(s[1:1+digits], 16, 32); err == nil && utf8.ValidRune(rune(v)) {
			b.WriteRune(rune(v))
			return 1 + digits
		}
	}
	if s[0] == '\n' {
		return 1
	}
	n := 0
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	if n > 0 {
		if v, err := strconv.ParseUint(s[:n], 8, 16); err == nil {
			b.WriteRune(rune(v))
			return n
		}
	}
	b.WriteByte('\\')
	return 0
}
