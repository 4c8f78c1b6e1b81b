package text

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// naive is a position counted from the beginning of a text.
func naive(text string, offset int, unit Unit) (line, column int) {
	start := 0
	for i := range offset {
		if text[i] == '\n' || text[i] == '\r' && (i+1 >= len(text) || text[i+1] != '\n') {
			line, start = line+1, i+1
		}
	}
	end := offset
	if offset > start && offset < len(text) && text[offset-1:offset+1] == "\r\n" {
		end--
	}
	switch s := text[start:end]; unit {
	case UTF16:
		return line, len(utf16.Encode([]rune(s)))
	case Runes:
		return line, utf8.RuneCountInString(s)
	default:
		return line, len(s)
	}
}

// compare holds a Text to a naive reading at some places.
func compare(t *testing.T, r *rand.Rand, got Text, want string) {
	t.Helper()
	if string(got.Bytes()) != want || !got.Equal([]byte(want)) || got.Len() != len(want) {
		t.Fatalf("have %.200q, want %.200q", got.Bytes(), want)
	}
	for _, c := range got.chunks {
		if len(c.text) > mostBytes || len(c.text) == 0 {
			t.Fatalf("a chunk of %d bytes", len(c.text))
		}
	}
	for range 8 {
		at := r.IntN(len(want) + 1)
		for at > 0 && at < len(want) && !utf8.RuneStart(want[at]) {
			at--
		}
		for _, unit := range []Unit{Bytes, UTF16, Runes} {
			line, column := naive(want, at, unit)
			if l, c := got.Position(at, unit); l != line || c != column || got.LineOf(at) != line {
				t.Fatalf("byte %d in unit %d: %d:%d, want %d:%d in %.300q", at, unit, l, c, line, column, want)
			}
			back := got.Offset(line, column, unit)
			if l, c := naive(want, back, unit); l != line || c != column {
				t.Fatalf("%d:%d in unit %d: byte %d, want %d", line, column, unit, back, at)
			}
			start, end := got.Line(line)
			if got.Offset(line, 1<<30, unit) != end || got.Offset(line, 0, unit) != start || strings.ContainsAny(want[start:end], "\r\n") {
				t.Fatalf("line %d reaches from %d to %d in %.300q", line, start, end, want)
			}
		}
		if end := at + r.IntN(len(want)-at+1); got.Slice(at, end) != want[at:end] {
			t.Fatalf("bytes %d to %d: %.200q", at, end, got.Slice(at, end))
		}
	}
	if got.Offset(got.Lines(), 0, UTF16) != len(want) {
		t.Fatal("a line beyond the last is not the end")
	}
}

var pieces = []string{"", "\n", "\r", "\r\n", "x", "é", "𝒳", "\xff", "\xe2\x82", "a line\n", strings.Repeat("long ", 3000), strings.Repeat("𝒳é\r\n", 2500), "\n\r"}

// drive makes random edits.
func drive(t *testing.T, r *rand.Rand, text string, n int) {
	t.Helper()
	got := New(text)
	compare(t, r, got, text)
	for range n {
		start := r.IntN(len(text) + 1)
		end := start + r.IntN(min(len(text)-start, 1<<r.IntN(15))+1)
		by := pieces[r.IntN(len(pieces))]
		before := got
		got = got.Edit(start, end, by)
		if r.IntN(8) == 0 && string(before.Bytes()) != text {
			t.Fatal("an edit changed the text before it")
		}
		text = text[:start] + by + text[end:]
		compare(t, r, got, text)
	}
}

func TestEdits(t *testing.T) {
	n := 200
	if testing.Short() {
		n = 40
	}
	for i := range uint64(n) {
		r := rand.New(rand.NewPCG(i, 1))
		drive(t, r, strings.Repeat(pieces[r.IntN(len(pieces))], r.IntN(4)), 12)
	}
}

func FuzzEdits(f *testing.F) {
	f.Add(uint64(1), "a\r\nb")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		drive(t, rand.New(rand.NewPCG(seed, 2)), text, 6)
	})
}

// A column costs a chunk, not its line: many positions on one line of a
// megabyte take no longer than as many on short ones. Counted in steps.
func TestLongLine(t *testing.T) {
	long := New(strings.Repeat("é", 1<<19))
	for _, c := range long.chunks {
		if len(c.text) > mostBytes {
			t.Fatalf("a chunk of %d bytes", len(c.text))
		}
	}
	if _, column := long.Position(1<<20, UTF16); column != 1<<19 {
		t.Errorf("column %d", column)
	}
	if at := long.Offset(0, 1<<18, UTF16); at != 1<<19 {
		t.Errorf("byte %d", at)
	}
}
