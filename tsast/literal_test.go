package tsast

import (
	"strings"
	"testing"
)

func TestUnescape(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`plain é 𝒳`, "plain é 𝒳"},
		{`\b\t\n\v\f\r\0`, "\b\t\n\v\f\r\x00"},
		{`\'\"\\\a\$`, `'"\a$`},
		{`\x41\xe9`, "Aé"},
		{`\u0041\u{1F600}\u{000041}\u{0}`, "A😀A\x00"},
		{`\ud83d\ude00`, "😀"},
		{`\u{d83d}\ude00`, "😀"},
		{`\ud83d`, "\xed\xa0\xbd"},
		{`\ude00\ud83d`, "\xed\xb8\x80\xed\xa0\xbd"},
		{"a\\\nb\\\r\nc\\\rd\\\u2028e\\\u2029f", "abcdef"},
		{"raw \u2028", "raw \u2028"},
		{`\101\377\400\8\08`, "A\u00ff\u00200" + "8\x008"},
		{`\xg1 \u12 \u{110000} \u{}`, "xg1 u12 u{110000} u{}"},
		{"\xff", "\ufffd"},
		{`\`, ""},
		{`\u`, "u"},
		{`\u{00000000041}`, "A"},
	} {
		if got := unescape(c.in); got != c.want {
			t.Errorf("unescape(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		raw   string
		want  int64
		isInt bool
	}{
		{"32", 32, true}, {"0x20", 32, true}, {"0X2_0", 32, true}, {"0b101", 5, true}, {"0o17", 15, true}, {"017", 15, true}, {"019", 19, true},
		{"1_000", 1000, true}, {"1e3", 1000, true}, {"1E+3", 1000, true}, {"1.0", 1, true}, {"1.", 1, true}, {"-1", -1, true}, {"- 1", -1, true}, {"+1", 1, true},
		{"0", 0, true}, {"-0", 0, true}, {".5", 0, false}, {"1.5", 0, false}, {"1e400", 0, false}, {"10n", 0, false},
		{"9007199254740993", 9007199254740992, true}, {"1e19", 0, false}, {"0xffffffffffffffff", 0, false}, {"9223372036854775807", 0, false},
	} {
		f := Parse([]byte("const models: Model[] = [{ modules: { m: { count: " + c.raw + " } } }]"))
		if len(f.Entries) != 1 || len(f.Entries[0].Model.Modules) != 1 {
			t.Fatalf("%s: %v", c.raw, f.Problems)
		}
		n := f.Entries[0].Model.Modules[0].Count
		if n.Kind != NumberLiteral || n.Raw != c.raw || n.IsInt != c.isInt || n.Int != c.want {
			t.Errorf("%s: %+v", c.raw, n)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		key, want string
		opaque    bool
	}{
		{`plain`, "plain", false}, {`"a-b"`, "a-b", false}, {`'\u0041'`, "A", false}, {`\u0041b`, "Ab", false}, {`default`, "default", false},
		{`16`, "16", false}, {`0x10`, "16", false}, {`1e21`, "1e+21", false}, {`1e-7`, "1e-7", false}, {`.5`, "0.5", false}, {`1_0`, "10", false}, {`1e400`, "Infinity", false},
		{`"__proto__"`, "__proto__", true}, {`__proto__`, "__proto__", true}, {`["__proto__"]`, "__proto__", false},
		{`["x"]`, "x", false}, {`[7]`, "7", false}, {`[x]`, "[x]", true}, {"[`x`]", "[`x`]", true}, {`["a" + "b"]`, `["a" + "b"]`, true}, {`é`, "é", false}, {`""`, "", false},
	} {
		f := Parse([]byte("const models: Model[] = [{ " + c.key + ": 1 }]"))
		if len(f.Problems) > 0 || len(f.Entries) != 1 || len(f.Entries[0].Model.Properties) != 1 {
			t.Errorf("%s: %+v", c.key, f)
			continue
		}
		if p := f.Entries[0].Model.Properties[0]; p.Key != c.want || p.Opaque != c.opaque {
			t.Errorf("%s: key %q opaque %v", c.key, p.Key, p.Opaque)
		}
	}
}

func TestPrintedStrings(t *testing.T) {
	lone := "\xed\xa0\xbd"
	for _, c := range []struct{ in, double, single string }{
		{``, `""`, `''`},
		{`é→𝒳😀`, `"é→𝒳😀"`, `'é→𝒳😀'`},
		{`it's`, `"it's"`, `"it's"`},
		{`say "hi"`, `'say "hi"'`, `'say "hi"'`},
		{`'"`, `"'\""`, `'\'"'`},
		{"a\nb\\", `"a\nb\\"`, `'a\nb\\'`},
		{"\x00\x1f\x7f\u0085", `"\u0000\u001f\u007f\u0085"`, `'\u0000\u001f\u007f\u0085'`},
		{"\u2028\u2029\ufeff", `"\u2028\u2029\ufeff"`, `'\u2028\u2029\ufeff'`},
		{"\u202eabc\u2066", `"\u202eabc\u2066"`, `'\u202eabc\u2066'`},
		{"\U000e0041", `"\u{e0041}"`, `'\u{e0041}'`},
		{lone + "x", `"\ud83dx"`, `'\ud83dx'`},
		{"\xff\xed\xa0", `"\ufffd\ufffd\ufffd"`, `'\ufffd\ufffd\ufffd'`},
		{"👩‍👩‍👧", `"👩‍👩‍👧"`, `'👩‍👩‍👧'`},
		{"*/ // ${x} `", "\"*/ // ${x} `\"", "'*/ // ${x} `'"},
	} {
		if got := (Style{Quote: '"'}).String(c.in); got != c.double {
			t.Errorf("%q: %s, want %s", c.in, got, c.double)
		}
		if got := (Style{Quote: '\''}).String(c.in); got != c.single {
			t.Errorf("%q: %s, want %s", c.in, got, c.single)
		}
	}
}

func TestCommentTextStaysAComment(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                       "plain",
		"a\nb\r\u2028c\u2029d":        "a b  c d",
		"*/ \u202e":                   `*/ \u202e`,
		"@ts-ignore":                  "- @ts-ignore",
		"/ <reference path='x' />":    "- / <reference path='x' />",
		"fib: ignore all":             "- fib: ignore all",
		" \t ":                        "",
		"--- Local (5 of 6 = 40) ---": "--- Local (5 of 6 = 40) ---",
	} {
		if got := commentText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	f.Add(`\ud83d\ude00 \x41 \u{1f}`)
	f.Add("\\\r\n'\"")
	f.Fuzz(func(t *testing.T, s string) {
		value := unescape(s)
		for _, style := range []Style{{Quote: '"'}, {Quote: '\''}} {
			literal := style.String(value)
			if got := inside(literal); got != value {
				t.Fatalf("%q -> %q -> %s -> %q", s, value, literal, got)
			}
			if strings.ContainsAny(literal, "\n\r\u2028\u2029\u202e") {
				t.Fatalf("unsafe literal %q", literal)
			}
		}
	})
}
