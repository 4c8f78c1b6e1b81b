package validate

import (
	"bytes"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fib-ls/fib-ls/tsast"
)

const threeEntries = `// file of models
const models: Model[] = [
  {
    // fib: ignore id-format
    id: "A B",
    name: "A", description: "a",
    modules: {
      M: { count: 1, type: "block" },
      // fib: ignore invalid-count, bad-definition
      // (they come from elsewhere)
      x: { count: 0, parent: "M", type: "layer", definitions: ["nonsense"] },
      y: { count: 0, parent: "M", type: "layer", definitions: [] }, // fib: ignore invalid-count -- for now
      z: { count: 0, parent: "M", type: "layer", definitions: [
        "nonsense", /* fib: ignore bad-definition */
        "nonsense too",
      ] },
    },
  },
  // fib: ignore duplicate-id, empty-modules
  { id: "A B", name: "B", description: "b", modules: {} },
  { id: "A B", name: "C", description: "c", modules: {
    // fib: ignoreinvalid-count
    M: { count: 0, type: "block" },
  } },
]
`

func rulesOf(problems []Problem) []string {
	var got []string
	for _, p := range problems {
		got = append(got, p.Rule+" "+p.Model+"/"+p.Module)
	}
	return got
}

func TestIgnoreComments(t *testing.T) {
	got := rulesOf(Check(tsast.Parse([]byte(threeEntries)), Options{}))
	want := []string{
		"invalid-count A B/z", "bad-definition A B/z",
		"id-format A B/",
		"duplicate-id A B/", "id-format A B/", "invalid-count A B/M",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSeverityOverride(t *testing.T) {
	f := tsast.Parse([]byte(threeEntries))
	for _, p := range Check(f, Options{Severity: map[string]Severity{"invalid-count": Hint, "id-format": Off}}) {
		if p.Rule == "id-format" || (p.Rule == "invalid-count" && p.Severity != Hint) {
			t.Errorf("%+v", p)
		}
	}
}

func TestBrokenEntriesAreNotJudged(t *testing.T) {
	src := strings.Replace(threeEntries, `count: 0, parent: "M", type: "layer", definitions: ["nonsense"]`, `count: , parent`, 1)
	for _, p := range Check(tsast.Parse([]byte(src)), Options{}) {
		if p.Rule != "syntax" && p.Module != "M" && p.Model != "A B" {
			t.Errorf("%+v", p)
		}
		if p.Module == "z" {
			t.Errorf("a broken entry is judged: %+v", p)
		}
	}
}

func TestHalvesAreTheWhole(t *testing.T) {
	f := tsast.Parse([]byte(threeEntries))
	if d := cmp.Diff(Check(f, Options{}), halves(f)); d != "" {
		t.Error(d)
	}
}

// halves are the findings of the file and of each entry, in source order.
func halves(f *tsast.File) []Problem {
	parts := CheckFile(f, Options{})
	outer := outerIgnores(f)
	for i := range f.Entries {
		parts = append(parts, outer.filter(f, CheckEntry(f, i, Options{}), i)...)
	}
	Sort(parts)
	return parts
}

var idValue = regexp.MustCompile(`id: "([^"]*)"`)

// TestCheckerAgreesWithCheck edits a text at random: the findings that are
// kept for unchanged entries must be those of a fresh check, which must be those
// of its halves, without a Checker.
func TestCheckerAgreesWithCheck(t *testing.T) {
	rng := rand.New(rand.NewSource(1)) // #nosec G404 -- a test wants the same numbers each time
	pieces := []string{"0", "1", "x", `"`, ",", "{", "}", "\n", "M", "// fib: ignore invalid-count\n", `"M"`, "count: 3, ", "  "}
	text := []byte(threeEntries)
	c := NewChecker(Options{})
	doc := tsast.Open(text)
	defer doc.Close()
	for i := range 600 {
		at := rng.Intn(len(text) + 1)
		end := min(len(text), at+rng.Intn(4))
		piece := pieces[rng.Intn(len(pieces))]
		if i%40 == 39 {
			at, end, piece = 0, len(text), threeEntries
		} else if ids := idValue.FindAllSubmatchIndex(text, -1); i%7 == 3 && len(ids) > 1 { // one entry takes another's id
			from, to := ids[rng.Intn(len(ids))], ids[rng.Intn(len(ids))]
			at, end, piece = to[2], to[3], string(text[from[2]:from[3]])
		}
		text = append(append(append([]byte{}, text[:at]...), piece...), text[end:]...)
		f := doc.Edit(tsast.TextEdit{Span: tsast.Span{Start: at, End: end}, NewText: piece})
		fresh := tsast.Parse(text)
		for _, want := range [][]Problem{Check(fresh, Options{}), halves(fresh)} {
			if d := cmp.Diff(want, c.Check(f)); d != "" {
				t.Fatalf("step %d:\n%s\n%s", i, text, d)
			}
		}
	}
}

// A fix is written as the file is: when most of its quotes change, the fixes
// of the entries that were not touched change, too.
func TestFixesFollowTheStyle(t *testing.T) {
	doc := tsast.Open([]byte("const models: Model[] = [{ id: \"a\" }, { id: 'b', name: 'b', description: 'b' }]"))
	defer doc.Close()
	c := NewChecker(Options{})
	before := c.Check(doc.File())
	at := bytes.Index(doc.File().Src(), []byte("name: 'b'"))
	f := doc.Edit(tsast.TextEdit{Span: tsast.Span{Start: at, End: at + 9}, NewText: `name: "b", x: ["b", "b", "b"]`})
	after := c.Check(f)
	if d := cmp.Diff(Check(tsast.Parse(f.Src()), Options{}), after); d != "" {
		t.Error(d)
	}
	if cmp.Equal(before[0].Fixes, after[0].Fixes) {
		t.Errorf("the fix is still %+v", after[0].Fixes)
	}
}

func TestFixAllNeverOverlaps(t *testing.T) {
	edit := func(start, end int, text string) tsast.TextEdit {
		return tsast.TextEdit{Span: tsast.Span{Start: start, End: end}, NewText: text}
	}
	fix := func(preferred bool, edits ...tsast.TextEdit) Problem {
		return Problem{Fixes: []Fix{{Preferred: preferred, Edits: edits}}}
	}
	got := FixAll([]Problem{
		fix(true, edit(10, 12, "a")),
		fix(true, edit(11, 13, "b")),                        // overlaps
		fix(true, edit(12, 12, "c")),                        // an insertion that touches
		fix(true, edit(12, 14, "g")),                        // touches: the text is another
		fix(false, edit(20, 21, "d")),                       // not preferred
		fix(true, edit(5, 6, "e"), edit(10, 12, "a")),       // shares an edit
		fix(true, edit(30, 31, "f"), edit(10, 11, "other")), // overlaps with one half
	}, AllFixes)
	want := []tsast.TextEdit{edit(5, 6, "e"), edit(10, 12, "a"), edit(12, 14, "g")}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// wholeCharacters reports whether a span lies in a text and cuts no character.
func wholeCharacters(src string, s tsast.Span) bool {
	edge := func(i int) bool { return i == len(src) || !utf8.ValidString(src) || utf8.RuneStart(src[i]) }
	return s.Start >= 0 && s.Start <= s.End && s.End <= len(src) && edge(s.Start) && edge(s.End)
}

func FuzzCheck(f *testing.F) {
	f.Add(threeEntries)
	f.Add("const models = [{ modules: { a: { parent: \"a\", count: 1e999 } } }]")
	f.Add("𝒳")
	f.Add("const models: Model[] = [{ modules: }𝒳")
	f.Fuzz(func(t *testing.T, src string) {
		file := tsast.Parse([]byte(src))
		problems := Check(file, Options{})
		for _, p := range problems {
			if !wholeCharacters(src, p.Span) {
				t.Fatalf("span %v of %d bytes: %+v", p.Span, len(src), p)
			}
			for _, r := range p.Related {
				if !wholeCharacters(src, r.Span) {
					t.Fatalf("related %+v", p)
				}
			}
			for _, fix := range p.Fixes {
				for _, e := range fix.Edits {
					if !wholeCharacters(src, e.Span) {
						t.Fatalf("edit %+v of %+v", e, p)
					}
				}
			}
		}
		if len(file.Problems) > 0 {
			return
		}
		// Fixing comes to an end, in a text that can still be read.
		text := []byte(src)
		for round := 0; ; round++ {
			edits := FixAll(problems, AllFixes)
			if len(edits) == 0 {
				return
			}
			if round == 12 {
				t.Fatalf("the fixes do not come to an end: %v\n%s\n---\n%s", edits, src, text)
			}
			text = apply(t, text, edits)
			again := tsast.Parse(text)
			if len(again.Problems) > 0 {
				t.Fatalf("the fixes break the syntax: %v\n%s\n---\n%s", again.Problems, src, text)
			}
			problems = Check(again, Options{})
		}
	})
}

func mostSevere(c *Checker, f *tsast.File, n int, more []Problem) (shown []Problem, all int) {
	groups, all := c.MostSevere(f, n, more)
	for _, g := range groups {
		for p := range g.Shows {
			placed := shift([]Problem{*p}, g.Offset)[0]
			placed.Fixes = nil
			shown = append(shown, placed)
		}
	}
	return shown, all
}

// MostSevere shows what Check finds: all of it, or the most severe.
func TestMostSevere(t *testing.T) {
	src := []byte(strings.Replace(threeEntries, "modules", "// fib: ignore no-root\n    modules", 1))
	doc := tsast.Open(src)
	defer doc.Close()
	c := NewChecker(Options{})
	for range 3 {
		all := Check(doc.File(), Options{})
		for i := range all {
			all[i].Fixes = nil
		}
		if shown, n := mostSevere(c, doc.File(), 1000, nil); n != len(all) || cmp.Diff(all, shown) != "" {
			t.Errorf("%d findings of %d:\n%s", n, len(all), cmp.Diff(all, shown))
		}
		more := []Problem{{Rule: "z", Severity: Error, Span: tsast.Span{Start: 1, End: 2}}}
		most := len(all) / 2
		shown, n := mostSevere(c, doc.File(), most, more)
		if n != len(all)+1 || len(shown) != most-1 || shown[0].Rule != "z" {
			t.Errorf("%d findings of %d: %v", len(shown), n, shown)
		}
		least := 0
		for _, p := range shown {
			least = max(least, p.Severity.Rank())
		}
		for _, p := range all {
			if p.Severity.Rank() < least && !slices.ContainsFunc(shown, func(s Problem) bool { return cmp.Diff(s, p) == "" }) {
				t.Errorf("not shown: %v", p)
			}
		}
		at := doc.File().Entries[1].Offset
		doc.Edit(tsast.TextEdit{Span: tsast.Span{Start: at, End: at}, NewText: "/* c */ "})
	}
}
