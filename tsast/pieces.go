package tsast

import (
	"sort"
	"strings"
	"sync"
)

// pieces are a text in the pieces that it is read in. They are put together
// when somebody asks for the whole text, once: who types in a file of megabytes
// does not copy it with every letter.
type pieces struct {
	texts  []string
	starts []int // of the pieces, and the end of the text
	joined func() []byte
}

func newPieces(texts []string) *pieces {
	p := &pieces{texts: texts, starts: make([]int, len(texts)+1)}
	for i, t := range texts {
		p.starts[i+1] = p.starts[i] + len(t)
	}
	p.joined = sync.OnceValue(func() []byte {
		all := make([]byte, 0, p.size())
		for _, t := range p.texts {
			all = append(all, t...)
		}
		return all
	})
	return p
}

func (p *pieces) size() int { return p.starts[len(p.texts)] }

// slice returns a span of the text, without a copy where it lies in one piece.
func (p *pieces) slice(s Span) string {
	k := sort.Search(len(p.texts), func(i int) bool { return p.starts[i] > s.Start }) - 1
	if s.Start >= s.End {
		return ""
	}
	if s.End <= p.starts[k+1] {
		return p.texts[k][s.Start-p.starts[k] : s.End-p.starts[k]]
	}
	var b strings.Builder
	b.Grow(s.End - s.Start)
	for ; k < len(p.texts) && p.starts[k] < s.End; k++ {
		from, to := max(s.Start, p.starts[k]), min(s.End, p.starts[k+1])
		b.WriteString(p.texts[k][from-p.starts[k] : to-p.starts[k]])
	}
	return b.String()
}

// lineEnds returns the line end that the first line has, and whether the text
// ends with one.
func (p *pieces) lineEnds() (eol string, final bool) {
	eol, final = "\n", true
	before := byte(0) // the last byte of the pieces so far
	for _, t := range p.texts {
		if i := strings.IndexByte(t, '\n'); i >= 0 {
			if i > 0 {
				before = t[i-1]
			}
			if before == '\r' {
				eol = "\r\n"
			}
			break
		}
		if t != "" {
			before = t[len(t)-1]
		}
	}
	for i := len(p.texts) - 1; i >= 0; i-- {
		if t := p.texts[i]; t != "" {
			return eol, t[len(t)-1] == '\n'
		}
	}
	return eol, final
}

// Src is the text that was read; every span points into it. It must not be
// changed. The first call for a File that an edit gave puts it together.
func (f *File) Src() []byte {
	if f.text == nil {
		return nil
	}
	return f.text.joined()
}

// Size is the length of the text in bytes.
func (f *File) Size() int {
	if f.text == nil {
		return 0
	}
	return f.text.size()
}

// Text returns the words at a span, "" for a span outside of the text.
func (f *File) Text(s Span) string {
	if s.Start < 0 || s.End > f.Size() || s.Start > s.End {
		return ""
	}
	return f.text.slice(s)
}

// File is the entry alone, as a text of its own: edits of it are relative to
// the entry. text is the entry's.
func (m *Model) File(text string, style Style) *File {
	return &File{Style: style, Comments: m.Comments, text: newPieces([]string{text})}
}
