package tsast

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape returns the value of a string literal's inside (the text between
// its quotes) as TypeScript reads it. A lone surrogate, which UTF-8 cannot
// hold, becomes the three bytes that UTF-8 would give it; Print turns these
// back into an escape.
func unescape(s string) string {
	if plain(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
		if i == len(s) {
			break // a lone backslash at the end of a broken literal
		}
		var unit rune
		var n int
		unit, n = escape(s[i:])
		i += n
		if unit >= 0 {
			b = appendUnit(b, unit)
		}
	}
	return string(b)
}

// plain reports whether a literal's inside is its own value.
func plain(s string) bool {
	return strings.IndexByte(s, '\\') < 0 && utf8.ValidString(s)
}

// escape reads what follows a backslash: the character it stands for (-1 for
// none, as after a line continuation) and its length in bytes.
func escape(s string) (rune, int) {
	switch c := s[0]; c {
	case 'b':
		return '\b', 1
	case 't':
		return '\t', 1
	case 'n':
		return '\n', 1
	case 'v':
		return '\v', 1
	case 'f':
		return '\f', 1
	case 'r':
		return '\r', 1
	case '\n':
		return -1, 1
	case '\r':
		if len(s) > 1 && s[1] == '\n' {
			return -1, 2
		}
		return -1, 1
	case 'x':
		if v, ok := hex(s, 1, 3); ok {
			return v, 3
		}
		return 'x', 1
	case 'u':
		return unicodeEscape(s)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return octal(s)
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == '\u2028' || r == '\u2029' {
		return -1, n
	}
	return r, n
}

// unicodeEscape reads uXXXX or u{X…}.
func unicodeEscape(s string) (rune, int) {
	if v, ok := hex(s, 1, 5); ok {
		return v, 5
	}
	if len(s) > 1 && s[1] == '{' {
		if end := strings.IndexByte(s, '}'); end > 2 {
			digits := strings.TrimLeft(s[2:end], "0")
			if digits == "" {
				return 0, end + 1
			}
			if v, ok := hex(digits, 0, len(digits)); ok && len(digits) <= 6 && v <= utf8.MaxRune {
				return v, end + 1
			}
		}
	}
	return 'u', 1
}

// octal reads the escapes of old: at most three digits, at most \377.
func octal(s string) (rune, int) {
	limit := 2
	if s[0] <= '3' {
		limit = 3
	}
	var v rune
	n := 0
	for n < len(s) && n < limit && s[n] >= '0' && s[n] <= '7' {
		v = v*8 + rune(s[n]-'0')
		n++
	}
	return v, n
}

// hex reads s[from:to] as hexadecimal digits.
func hex(s string, from, to int) (rune, bool) {
	if len(s) < to {
		return 0, false
	}
	var v rune
	for _, c := range []byte(s[from:to]) {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			v = v<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			v = v<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// appendUnit appends an escape's character; the second half of a surrogate
// pair joins the first.
func appendUnit(b []byte, unit rune) []byte {
	if unit < 0xD800 || unit > 0xDFFF {
		return utf8.AppendRune(b, unit)
	}
	if unit >= 0xDC00 {
		if high, ok := surrogate(b, len(b)-3); ok && high < 0xDC00 {
			return utf8.AppendRune(b[:len(b)-3], (high-0xD800)<<10+(unit-0xDC00)+0x10000)
		}
	}
	return append(b, 0xE0|byte(unit>>12), 0x80|byte(unit>>6)&0xBF, 0x80|byte(unit)&0xBF)
}

// surrogate reads the three-byte form of a surrogate at b[at:].
func surrogate[T ~string | ~[]byte](b T, at int) (rune, bool) {
	if at < 0 || at+3 > len(b) || b[at] != 0xED || b[at+1] < 0xA0 || b[at+1] > 0xBF || b[at+2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | rune(b[at+1]&0x3F)<<6 | rune(b[at+2]&0x3F), true
}

// number returns the value of a number literal as TypeScript reads it; false
// for what is not a number (a bigint among them).
func number(raw string) (float64, bool) {
	negative := false
	for raw != "" && (raw[0] == '-' || raw[0] == '+') {
		negative = negative != (raw[0] == '-')
		raw = strings.TrimLeft(raw[1:], " \t\r\n")
	}
	v, ok := unsigned(strings.ReplaceAll(raw, "_", ""))
	if negative {
		v = -v
	}
	return v, ok
}

func unsigned(s string) (float64, bool) {
	if len(s) > 1 && s[0] == '0' {
		base := 0
		switch s[1] | 0x20 {
		case 'x':
			base = 16
		case 'o':
			base = 8
		case 'b':
			base = 2
		}
		if base > 0 {
			return wide(s[2:], base)
		}
		if strings.Trim(s, "01234567") == "" {
			return wide(s[1:], 8)
		}
	}
	if strings.ContainsAny(s, "xXpPiInN") { // no hexadecimal floats, no words
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// wide reads digits of any length.
func wide(digits string, base int) (float64, bool) {
	n, ok := new(big.Int).SetString(digits, base)
	if !ok || n.Sign() < 0 {
		return 0, false
	}
	v, _ := new(big.Float).SetInt(n).Float64()
	return v, true
}

// numericKey spells a number as JavaScript spells it as a property name.
func numericKey(v float64) string {
	if math.IsInf(v, 0) {
		return "Infinity"
	}
	if v == 0 || (v >= 1e-6 && v < 1e21) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
}

// integer says whether a number is whole and fits an int64.
func integer(v float64) (int64, bool) {
	if v != math.Trunc(v) || math.Abs(v) >= 1<<63 {
		return 0, false
	}
	return int64(v), true
}
