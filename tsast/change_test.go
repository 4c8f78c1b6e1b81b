package tsast

import (
	"strings"
	"testing"
)

// spanOf returns the span of the first occurrence of words.
func spanOf(t *testing.T, src, words string) Span {
	t.Helper()
	i := strings.Index(src, words)
	if i < 0 {
		t.Fatalf("%q is not in %q", words, src)
	}
	return Span{i, i + len(words)}
}

func TestDeleteElement(t *testing.T) {
	for _, c := range []struct{ name, src, element, want string }{
		{"own lines", "[\n  a,\n  b,\n  c,\n]", "b", "[\n  a,\n  c,\n]"},
		{"CRLF", "[\r\n  a,\r\n  b,\r\n]", "b", "[\r\n  a,\r\n]"},
		{"inline, middle", "[a, b, c]", "b", "[a, c]"},
		{"inline, first", "[a, b]", "a", "[b]"},
		{"inline, last", "[a, b]", "b", "[a]"},
		{"inline, last, comma", "[a, b,]", "b", "[a, ]"},
		{"only", "[a]", "a", "[]"},
		{"last without comma", "[\n  a,\n  b\n]", "b", "[\n  a\n]"},
		{"comment behind stays", "[\n  a,\n  b, // why\n]", "b", "[\n  a,\n  // why\n]"},
		{"comment before the comma stays", "[a, b /* why */, c]", "b", "[a, /* why */ c]"},
		{"comment above stays", "[\n  a,\n  // why\n  b,\n]", "b", "[\n  a,\n  // why\n]"},
		{"line with others", "[\n  a, b,\n  c,\n]", "b", "[\n  a,\n  c,\n]"},
	} {
		src := "const models: Model[] = " + c.src
		f := Parse([]byte(src))
		got, err := Apply(f.Src(), f.DeleteElement(spanOf(t, src, c.element).Shift(strings.Index(src[24:], c.element)+24-strings.Index(src, c.element))))
		if err != nil || string(got) != "const models: Model[] = "+c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func TestDeleteElements(t *testing.T) {
	for _, c := range []struct {
		src      string
		elements []string
		want     string
	}{
		{"['x', 'y', 'z']", []string{"'y'", "'z'"}, "['x', ]"},
		{"['x', 'y', 'z']", []string{"'z'", "'x'"}, "['y']"},
		{"['x', 'y', 'z']", []string{"'x'", "'y'", "'z'"}, "[]"},
		{"[\n  'x',\n  'y',\n  'z'\n]", []string{"'y'", "'z'"}, "[\n  'x',\n]"},
	} {
		f := Parse([]byte(c.src))
		var spans []Span
		for _, e := range c.elements {
			spans = append(spans, spanOf(t, c.src, e))
		}
		got, err := Apply(f.Src(), f.DeleteElements(spans)...)
		if err != nil || string(got) != c.want {
			t.Errorf("%q: %q, %v", c.src, got, err)
		}
	}
}

func TestInsertProperty(t *testing.T) {
	for _, c := range []struct{ name, object, after, want string }{
		{"behind a comma", "{\n    a: 1,\n    b: 2,\n  }", "a: 1", "{\n    a: 1,\n    n: 0,\n    b: 2,\n  }"},
		{"last, comma", "{\n    a: 1,\n  }", "a: 1", "{\n    a: 1,\n    n: 0,\n  }"},
		{"last, no comma", "{\n    a: 1\n  }", "a: 1", "{\n    a: 1,\n    n: 0\n  }"},
		{"comment behind the comma", "{\n    a: 1, // c\n  }", "a: 1", "{\n    a: 1, // c\n    n: 0,\n  }"},
		{"comment behind, no comma", "{\n    a: 1 // c\n  }", "a: 1", "{\n    a: 1, // c\n    n: 0\n  }"},
		{"one line", "{ a: 1, b: 2 }", "a: 1", "{ a: 1, n: 0, b: 2 }"},
		{"one line, last", "{ a: 1 }", "a: 1", "{ a: 1, n: 0 }"},
		{"one line, last, comma", "{ a: 1, }", "a: 1", "{ a: 1, n: 0, }"},
		{"first", "{\n    a: 1,\n  }", "", "{\n    n: 0,\n    a: 1,\n  }"},
		{"first, comment", "{ // c\n    a: 1,\n  }", "", "{ // c\n    n: 0,\n    a: 1,\n  }"},
		{"first, one line", "{ a: 1 }", "", "{ n: 0, a: 1 }"},
		{"empty", "{}", "", "{\n  n: 0,\n}"},
		{"empty over lines", "{\n  // c\n  }", "", "{\n  n: 0,\n  // c\n  }"},
		{"CRLF", "{\r\n    a: 1,\r\n  }", "a: 1", "{\r\n    a: 1,\r\n    n: 0,\r\n  }"},
	} {
		src := "const models: Model[] = [" + c.object + "]"
		f := Parse([]byte(src))
		var after Span
		if c.after != "" {
			after = spanOf(t, src, c.after)
		}
		got, err := Apply(f.Src(), f.InsertProperty(f.Entries[0].Span(), after, "n", "0")...)
		if err != nil || string(got) != "const models: Model[] = ["+c.want+"]" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if g := Parse(got); len(g.Problems) > 0 || len(g.Entries) != 1 {
			t.Errorf("%s: %v", c.name, g.Problems)
		}
	}
}

func TestReplaceStringAndKey(t *testing.T) {
	src := `const models: Model[] = [{ 'a': "x", b: 'y', ["c"]: z }]`
	f := Parse([]byte(src))
	for _, c := range []struct {
		edit TextEdit
		want string
	}{
		{f.ReplaceString(spanOf(t, src, `"x"`), `it's "q"`), `"it's \"q\""`},
		{f.ReplaceString(spanOf(t, src, `'y'`), "it's"), `'it\'s'`},
		{f.ReplaceString(spanOf(t, src, `z`), "w"), `"w"`},
		{f.RenameKey(spanOf(t, src, `'a'`), "k"), `'k'`},
		{f.RenameKey(spanOf(t, src, `b`), "k"), `k`},
		{f.RenameKey(spanOf(t, src, `b`), "k-1"), `"k-1"`},
		{f.RenameKey(spanOf(t, src, `'a'`), "__proto__"), `["__proto__"]`},
		{f.RenameKey(spanOf(t, src, `["c"]`), "k"), `["k"]`},
	} {
		if c.edit.NewText != c.want {
			t.Errorf("%s, want %s", c.edit.NewText, c.want)
		}
	}
}

func TestDeleteComment(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"a\n  // c\nb", "a\nb"}, {"a // c\nb", "a\nb"}, {"a /* c */ b", "a b"}, {"// c", ""}, {"// c\r\nb", "b"}, {"a\n// c", "a\n"},
	} {
		f := Parse([]byte(c.src))
		got, err := Apply(f.Src(), f.DeleteComment(f.Comments[0].Span))
		if err != nil || string(got) != c.want {
			t.Errorf("%q: %q, %v", c.src, got, err)
		}
	}
}
