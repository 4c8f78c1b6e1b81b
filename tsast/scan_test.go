package tsast

import (
	"strings"
	"testing"
)

// A scan gives up where its memory would grow with a hostile text.
func TestScanIsBounded(t *testing.T) {
	const n = 4 << 20
	for what, text := range map[string]string{
		"deep": strings.Repeat("[", n), "deep objects": strings.Repeat("{", n), "wide": "[" + strings.Repeat("x,", n) + "]",
		"closed": strings.Repeat("[", n) + strings.Repeat("]", n),
	} {
		s := &scanner{src: []byte(text)}
		if _, ok := s.run(0, false); ok {
			t.Errorf("%s: read to the end", what)
		}
		if cap(s.open) > 2*maxDepth || cap(s.marks) > 2*maxMarks {
			t.Errorf("%s: %d brackets and %d marks are kept", what, cap(s.open), cap(s.marks))
		}
	}
	if _, ok := scan([]byte("[" + strings.Repeat("{},", n/8) + "]")); ok {
		t.Error("more slots than there may be are read")
	}
	if found, ok := scan([]byte("[" + strings.Repeat("{},", maxMarks/4) + "]")); !ok || len(found.slots) != maxMarks/4+1 {
		t.Errorf("%d slots", len(found.slots))
	}
}
