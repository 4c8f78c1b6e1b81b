package validate

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fib-ls/fib-ls/tsast"
)

func goldFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "gold", name))
	if err != nil {
		t.Skip("no gold data here: ", err)
	}
	return b
}

func TestUpstreamBasicRules(t *testing.T) {
	src := goldFile(t, "upstream-models.ts")
	problems := Check(tsast.Parse(src), Options{})
	// Each of these was looked at by hand: the sparse MLPs of Qwen3 cannot be
	// fewer than its layers, and no Definition has the layout v_last.
	want := []string{
		"count-parent qwen3-30b-a3b/mlp",
		"definition-note qwen3-next-80b-a3b/attn_gdn",
		"definition-note qwen3-next-80b-a3b/attn_gdn",
		"definition-note qwen3-next-80b-a3b/attn_gdn",
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Rule+" "+p.Model+"/"+p.Module)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s\n%s", d, show(src, problems))
	}
}

func hundredfold(src []byte) []byte {
	open := bytes.Index(src, []byte("= [\n")) + 4
	end := bytes.LastIndex(src, []byte("] satisfies"))
	var b bytes.Buffer
	b.Write(src[:open])
	for i := range 100 {
		b.Write(bytes.ReplaceAll(src[open:end], []byte("\n    id: \""), []byte("\n    id: \"c"+string(rune('0'+i/10))+string(rune('0'+i%10))+"-")))
	}
	b.Write(src[end:])
	return b.Bytes()
}

func BenchmarkCheck(b *testing.B) {
	f := tsast.Parse(goldFile(b, "upstream-models.ts"))
	b.ReportAllocs()
	for b.Loop() {
		Check(f, Options{})
	}
}

// BenchmarkKeystroke is one changed entry in a file of 900.
func BenchmarkKeystroke(b *testing.B) {
	src := hundredfold(goldFile(b, "upstream-models.ts"))
	f := tsast.Parse(src)
	c := NewChecker(Options{})
	c.Check(f)
	b.ReportAllocs()
	for b.Loop() {
		fresh := *f.Entries[450].Model
		f.Entries[450].Model = &fresh
		c.Check(f)
	}
}
