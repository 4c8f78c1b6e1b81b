//go:build unix

package tsast

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// processorTime is what this process has used.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Skip(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Short texts on which tree-sitter's error recovery explodes: whoever types
// them is told so soon, and may type on.
func TestErrorRecoveryIsBounded(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("\"", 64<<10), // each error copies those before it
		"[{s:{:{t:1,/a]S[s\x82it\x1b*\xd5\xd7R\xc0g\xab=5[][\xf4Q,0\x805H@&9+{G{p\xc2V\x97й\x020/\x7f\x00u~̺&f\x1bO\xb5O\xdeb\xa0t-M%5G<h@;w\xcby\xcaa^u\xcbP\x18",
		"\x8c}m\"\nconst M,[]=[{id:1,/n}o},},.s,{:b\",e: \"\"n:\",s:{},a:-1},{d:\"\",:C\",\n:{.,[y:{},(){n 1\xfat},y",
	} {
		began := processorTime(t)
		doc := Open([]byte(text))
		took := processorTime(t) - began
		t.Logf("%d bytes took %v: %v", len(text), took.Round(time.Millisecond), doc.File().Problems)
		if took > 500*time.Millisecond && (len(text) < 1000 || took > 4*time.Second) {
			t.Errorf("%d bytes took %v", len(text), took)
		}
		if len(doc.File().Problems) == 0 {
			t.Error("no problem is reported")
		}
		for _, next := range []string{text + " ", small} {
			equalFiles(t, "afterwards", doc.Replace([]byte(next)), Parse([]byte(next)))
		}
		doc.Close()
	}
	// What is only large, or broken in an ordinary way, is read.
	large := strings.Replace(string(times(fixture(t), 20)), "modules: {", "modules: { {", 1)
	if f := Parse([]byte(large)); len(f.Problems) == 0 || strings.Contains(f.Problems[0].Message, "too broken to be read") {
		t.Errorf("%d bytes: %v", len(large), f.Problems)
	}
}
