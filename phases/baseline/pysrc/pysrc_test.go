package pysrc

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// TestSyntax holds what each construct becomes, written back as Python.
func TestSyntax(t *testing.T) {
	cases := []struct{ in, want string }{
		{"x = 1_000", "x = 1000"},
		{"x = 0x1F + 0b11 + 0o17", "x = (31 + 3) + 15"},
		{"x = 1e-5", "x = 1e-05"},
		{"x = -1.0", "x = -1.0"},
		{"x = 10 ** 30", "x = 10 ** 30"},
		{"x = a < b <= c", "x = a < b <= c"},
		{"x = a not in b is not c", "x = a not in b is not c"},
		{"x = not a and b or c", "x = ((not a) and b) or c"},
		{"x = a and b and c", "x = a and b and c"},
		{"x = a if b else c", "x = a if b else c"},
		{"x = a[1:2, ::3]", "x = a[1:2, ::3]"},
		{"x = a[:-1]", "x = a[:-1]"},
		{"x = (1,)", "x = (1,)"},
		{"x, (y, *z) = a", "(x, (y, *z)) = a"},
		{"x = y = 3", "x = y = 3"},
		{"x: int = 3", "x: 0 = 3"},
		{"x: int", "x: 0"},
		{"x //= 2", "x //= 2"},
		{"x = [a for b, c in d if e if f for g in h]", "x = [a for (b, c) in d if e if f for g in h]"},
		{"x = {k: v for k, v in d.items()}", "x = {k: v for (k, v) in d.items()}"},
		{"x = {**a, 'b': 1}", "x = {**a, 'b': 1}"},
		{"x = sum(a for a in b)", "x = sum((a for a in b))"},
		{"x = lambda a, *b, c=1, **d: (a, c)", "x = lambda a, *b, c=1, **d: (a, c)"},
		{"f(a, *b, c=1, **d)", "f(a, *b, c=1, **d)"},
		{"x = f'a{b!r:>{w}}c{{'", "x = f'a{b}c{{'"},
		{"x = f'{a=}'", "x = f'a={a}'"},
		{"x = 'a' \"b\"", "x = 'ab'"},
		{`x = "it's\n\x41\u00e9"`, `x = "it's\nAé"`},
		{`x = "\N{EN DASH}", "\N{EN", '\N{'`, `x = ('\\N{EN DASH}', '\\N{EN', '\\N{')`},
		{"x = 1 + \\\n" + strings.Repeat("\\\n", 30) + "2", "x = 1 + 2"},
		{"x = \"\"\"a\\\n" + strings.Repeat("\\\n", 30) + "b\"\"\"", "x = 'ab'"},
		{`x = r"\d"`, `x = '\\d'`},
		{"if (n := a) > 1: pass", "if (n := a) > 1:\n pass"},
		{"from ..x.y import (d, e as f)", "from ..x.y import d, e as f"},
		{"from q import *", "from q import *"},
		{"import a.b as c, d.e", "import a.b as c, d.e"},
		{"global a, b", "global a b"},
		{"raise E('no') from e", "raise E('no')"},
		{"assert a, 'b'", "assert a"},
		{"\xef\xbb\xbfx = 1", "x = 1"},
		{"x = 1\r\ny = 2\r\n", "x = 1\ny = 2"},
		{"match x:\n case 'a' | 'b': y = 1\n case None: y = 2\n case A.B: y = 3\n case _: y = 4",
			"match x:\n case (x == 'a') or (x == 'b'):\n  y = 1\n case x is None:\n  y = 2\n case x == A.B:\n  y = 3\n case _:\n  y = 4"},
		{"match x:\n case {'t': 'c', 'n': int(n), **r}: pass", "match x:\n case isinstance(x, dict) and ('t' in x) and (x['t'] == 'c') and ('n' in x) and " +
			"(isinstance(x['n'], int) and ((n := x['n']),)) and ((r := {k: x[k] for k in x if (k not in ('t', 'n'))}),):\n  pass"},
		{"match x:\n case [a, *_, -1]: pass\n case a, *b: pass\n case (1): pass\n case (1,): pass", "match x:\n" +
			" case isinstance(x, (list, tuple)) and (len(x) >= 2) and ((a := x[0]),) and (x[-1] == (-1)):\n  pass\n" +
			" case isinstance(x, (list, tuple)) and (len(x) >= 1) and ((a := x[0]),) and ((b := list(x[1:])),):\n  pass\n" +
			" case x == 1:\n  pass\n case isinstance(x, (list, tuple)) and (len(x) == 1) and (x[0] == 1):\n  pass"},
		{"match x:\n case P(1, y=None) as p if p: pass", "match x:\n case (isinstance(x, P) and (getattr(x, P.__match_args__[0]) == 1) and " +
			"hasattr(x, 'y') and (x.y is None)) and ((p := x),):\n  pass"},
		{"class A(B, metaclass=M):\n '''doc'''\n x = 1", "class A(B, metaclass=M):\n x = 1"},
		{"@d(1)\nasync def f(a, /, b, *, c: int = 2) -> int: return a", "@d(1)\nasync def f(a, b, *, c=2):\n return a"},
		{"try:\n a\nexcept (E, F) as e:\n b\nelse:\n c\nfinally:\n d", "try:\n a\nexcept E0:\n b\nelse:\n c\nfinally:\n d"},
		{"if a:\n b\nelif c:\n d\nelse:\n e", "if a:\n b\nelse:\n if c:\n  d\n else:\n  e"},
		{"with a as b, c: pass", "with a as b, c:\n pass"},
	}
	for _, c := range cases {
		m, err := Parse([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if have := strings.TrimSpace(sourceOf(m)); have != c.want {
			t.Errorf("%s\n have %s\n want %s", c.in, have, c.want)
		}
		back, err := Unmarshal(Marshal(m))
		if err != nil || sourceOf(back) != sourceOf(m) {
			t.Errorf("%s: comes back from its encoding as %v, %v", c.in, back, err)
		}
	}
}

func TestLines(t *testing.T) {
	m, err := Parse([]byte("# one\nx = f(\n  1,\n)\n\nclass A:\n    def g(self):\n        return 1\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Span{{2, 4}, {6, 8}}
	for i, s := range m.Body {
		if s.Lines() != want[i] {
			t.Errorf("statement %d: lines %v, want %v", i, s.Lines(), want[i])
		}
	}
	s, _ := m.Body[0].(*AssignStmt)
	if call, ok := s.Value.(*Call); !ok || call.Span != (Span{2, 4}) {
		t.Errorf("call: %+v", call)
	}
}

// TestIsLiteral: a field that is declared without a value has no literal.
func TestIsLiteral(t *testing.T) {
	m, err := Parse([]byte("a: int\na: int = -1\na = {'b': [None, (2.5, True)]}\na = [b]\na = not_here\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, true, false, false} {
		if got := IsLiteral(m.Body[i].(*AssignStmt).Value); got != want {
			t.Errorf("line %d: %v", i+1, got)
		}
	}
}

func TestOutline(t *testing.T) {
	m, err := ParseOutline([]byte("class A(B):\n    x = 1\n    def f(self, a=1):\n        return a\n"))
	if err != nil {
		t.Fatal(err)
	}
	if have := sourceOf(m); have != "class A(B):\n x = 1\n def f(self, a=1):\n  pass\n" {
		t.Errorf("outline:\n%s", have)
	}
}

func TestBounds(t *testing.T) {
	if _, err := Parse(make([]byte, MaxBytes+1)); err == nil {
		t.Error("a text over the bound was parsed")
	}
	for _, deep := range []string{
		"x = " + strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
		"x = " + strings.Repeat("1 + ", 20000) + "1",
		strings.Repeat("if a:\n ", 1) + strings.Repeat("x.", 20000) + "y",
	} {
		m, err := Parse([]byte(deep))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Unmarshal(Marshal(m)); err != nil {
			t.Errorf("deep tree: %v", err)
		}
	}
}

func TestDecodeGarbage(t *testing.T) {
	m, err := Parse([]byte("def f(a, b=[1, 'x']):\n    return {a: b for a in b}\n"))
	if err != nil {
		t.Fatal(err)
	}
	good := Marshal(m)
	for i := range good {
		for _, b := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			bad := append([]byte(nil), good...)
			bad[i] = b
			_, _ = Unmarshal(bad) // must not panic
		}
		if _, err := Unmarshal(good[:i]); err == nil {
			t.Errorf("the first %d bytes of %d are a tree", i, len(good))
		}
	}
}

// TestDecodeNestedLengths: lists in lists, each of which says that it is as long
// as the data, take no memory for what does not come.
func TestDecodeNestedLengths(t *testing.T) {
	var data []byte
	list := uint64(numberOfType[reflect.TypeFor[*ListExpr]()])
	const long = 1 << 20
	data = binary.AppendUvarint(data, formatVersion)
	data = binary.AppendUvarint(data, 1) // a statement
	data = binary.AppendUvarint(data, uint64(numberOfType[reflect.TypeFor[*ExprStmt]()]))
	data = append(data, 0, 0) // its lines
	for range 64 {
		data = binary.AppendUvarint(binary.AppendUvarint(data, list), long)
	}
	data = append(data, bytes.Repeat([]byte{0xff}, long)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Unmarshal(data); err == nil {
		t.Error("it is a tree")
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 32*long {
		t.Errorf("%d MB for %d MB", took>>20, len(data)>>20)
	}
}

// FuzzParse holds that any text gives a tree that survives its encoding.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"x = 1", "class A:\n def f(self): return f'{a}'", "match x:\n case 1: pass", "x = (", "\x00", "if a:\n\tb\n c"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		back, err := Unmarshal(Marshal(m))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if a, b := sourceOf(m), sourceOf(back); a != b {
			t.Fatalf("%q: %s, decoded %s", text, a, b)
		}
	})
}

// FuzzDecode holds that no bytes make the decoder panic.
func FuzzDecode(f *testing.F) {
	m, err := Parse([]byte("x = [1, 2.5, 'a', None]"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(Marshal(m))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = Unmarshal(data) })
}
