package tsast

import (
	"bytes"
	"fmt"
	"testing"
)

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 100} {
		src := times(benchSource(b), n)
		b.Run(fmt.Sprintf("%dx", n), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(src)
			}
		})
	}
}

// BenchmarkEdit turns a count into a string and back.
func BenchmarkEdit(b *testing.B) {
	for _, n := range []int{1, 100} {
		src := times(benchSource(b), n)
		for _, place := range []struct {
			name string
			at   int
		}{{"start", 0}, {"middle", len(src) / 2}, {"end", len(src) * 99 / 100}} {
			b.Run(fmt.Sprintf("%dx/%s", n, place.name), func(b *testing.B) {
				at := place.at + bytes.Index(src[place.at:], []byte("count: "))
				if at < place.at {
					at = bytes.LastIndex(src, []byte("count: "))
				}
				at += len("count: ")
				doc := Open(src)
				defer doc.Close()
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					e := TextEdit{Span{at, at}, `"x" + `}
					if i%2 == 1 {
						e = TextEdit{Span{at, at + 6}, ""}
					}
					if f := doc.Edit(e); len(f.Problems) > 0 {
						b.Fatal(f.Problems)
					}
				}
			})
		}
	}
}

// benchSource is upstream's file where it is at hand, else our fixture.
func benchSource(b *testing.B) []byte {
	if src := gold(b); src != nil {
		return src
	}
	return fixture(b)
}
