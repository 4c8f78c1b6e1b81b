package tsast

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// An edit within a plain module reads that module: the modules before it are
// the same ones, and the tree waits. What the module alone cannot tell is read
// with its entry.
func TestEditInModule(t *testing.T) {
	src := []byte(strings.Replace(small, "`t${x /* c */}`, ...more", "'b' /* c */", 1))
	for _, c := range []struct {
		name, old, new string
		alone          bool
	}{
		{"a longer value", "count: 0x10", "count: 1600", true},
		{"another kind of value", "0x10", `"16"`, true},
		{"as long as before", `"layer"`, `"block"`, true},
		{"a comment more", "parent:", "/* 𝒳 */ parent:", true},
		{"a comment gone", " /* c */", "", true},
		{"other quotes and no comma", "type: \"layer\",\n        definitions: [\"gemm_n1_k2\", 'b' /* c */],", "type: 'layer'", true},
		{"emptied", "count: 1, type: \"block\"", "", true},
		{"no plain data", "0x10", "f(1)", false},
		{"no text goes on behind a zero byte", "/* c */", "/* \x00 */", false},
		{"nor a comment in a line", "16,", "16, // \x00\n", false},
		{"a module becomes two", "parent: \"Top\",", "parent: \"Top\" }, more: { count: 2,", false},
		{"the end is commented out", "type: \"block\" }", "type: \"block\" // }", false},
		{"the name", `"low-er"`, `"lower"`, false},
		{"between the modules", `"low-er"`, `/* c */ "low-er"`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := src
			if c.alone { // hexadecimal numbers are not plain
				text = bytes.Replace(src, []byte("0x10"), []byte("16"), 1)
				c.old, c.new = strings.ReplaceAll(c.old, "0x10", "16"), strings.ReplaceAll(c.new, "0x10", "16")
			}
			doc := Open(text)
			defer doc.Close()
			before := doc.File()
			if len(before.Problems) > 0 {
				t.Fatal(before.Problems)
			}
			at := bytes.Index(text, []byte(c.old))
			got := doc.Edit(TextEdit{Span{at, at + len(c.old)}, c.new})
			equalFiles(t, c.name, got, Parse(bytes.Clone(got.Src)))
			if alone := len(doc.pending) == 1; alone != c.alone {
				t.Errorf("read alone: %v, want %v", alone, c.alone)
			}
			if was, now := before.Entries[0].Model, got.Entries[0].Model; c.alone && at > was.Modules[1].Span.Start+before.Entries[0].Offset && was.Modules[0] != now.Modules[0] {
				t.Error("the module before is read again")
			}
		})
	}
}

// The tree is told of what it missed, however much that was.
func TestTreeCatchesUp(t *testing.T) {
	src := fixture(t)
	doc := Open(src)
	defer doc.Close()
	for i := range 3 * mostPending {
		f := doc.File()
		e := f.Entries[i%len(f.Entries)]
		m := e.Model.Modules[i%len(e.Model.Modules)]
		f = doc.Edit(TextEdit{m.Count.Span.Shift(e.Offset), fmt.Sprint(1 + i)})
		if len(doc.pending) > mostPending+1 {
			t.Fatalf("%d changes wait", len(doc.pending))
		}
		if i%100 == 99 { // and an edit that needs the tree
			at := f.Entries[0].Offset
			f = doc.Edit(TextEdit{Span{at, at}, "/* c */ "})
			if len(doc.pending) > 0 {
				t.Fatalf("%d changes wait", len(doc.pending))
			}
			equalFiles(t, "caught up", f, Parse(bytes.Clone(f.Src)))
		}
	}
}
