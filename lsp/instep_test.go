package lsp

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/text"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

var (
	soakSeed  = flag.Uint64("soak.seed", 1, "seed of TestTextInStep and TestLongLife")
	soakCount = flag.Int("soak.count", 0, "random edits of TestTextInStep (default 2000, 500 with -short)")
)

// inStep drives one document and its naive model. With an editor all goes
// over the wire and the published diagnostics are compared, too.
type inStep struct {
	t       testing.TB
	r       *rand.Rand
	s       *Server
	e       *editor   // nil: the document is changed directly
	doc     *document // nil: there is an editor
	checker *validate.Checker
	naive   naiveText
	version int
	// fresh is the reading of the last text that was judged, good the last
	// one without a syntax problem.
	fresh        *tsast.File
	good, before string
	// What was done.
	edits, judged, sound, findings int
}

func newInStep(t testing.TB, r *rand.Rand, text string, utf8 bool) *inStep {
	s := New(Options{})
	s.caps.utf8 = utf8
	s.config.setInitial(nil)
	doc := newDocument(s, &protocol.TextDocumentItem{URI: modelsURI, LanguageID: "typescript"})
	doc.set(text)
	s.docs.put(doc)
	t.Cleanup(s.docs.closeAll)
	return &inStep{t: t, r: r, s: s, doc: doc, checker: validate.NewChecker(validate.Options{}), naive: naiveText{text, utf8}, good: text}
}

func newInStepOverWire(t testing.TB, r *rand.Rand, text string, utf8 bool) *inStep {
	e := newEditor(t, editorOptions{utf8: utf8, options: `{"diagnostics":{"delay":0}}`})
	e.open(modelsURI, text)
	e.settle()
	return &inStep{t: t, r: r, s: e.server, e: e, checker: validate.NewChecker(validate.Options{}), naive: naiveText{text, utf8}, version: 1, good: text}
}

// message makes the changes of one didChange: each in coordinates of the one
// before.
func (x *inStep) message() []change {
	r, n := x.r, 1
	if r.IntN(2) == 0 {
		n = 1 + r.IntN(6)
	}
	if r.IntN(1000) == 0 {
		n = 64 + r.IntN(20)
	}
	scratch := x.naive
	var changes []change
	for i := range n {
		c := randomChange(r, &scratch)
		if r.IntN(20) == 0 { // tree-sitter counts the bytes of short tokens in 8 bits
			c.text = strings.Repeat(c.text, 1+r.IntN(700)/(len(c.text)+1))
		}
		if at := x.fresh; i == 0 && at != nil && string(at.Src()) == scratch.text {
			switch sane := len(at.Problems) == 0; {
			case sane && r.IntN(3) > 0:
				c = mildChange(r, &scratch, at)
			case !sane && r.IntN(4) > 0: // most texts are mended soon
				c = mending(&scratch, x.good)
			}
		}
		scratch.apply(c)
		changes = append(changes, c)
	}
	return changes
}

// mildChange mostly keeps a text without errors: only there are a tree and
// its entries used again.
func mildChange(r *rand.Rand, n *naiveText, f *tsast.File) change {
	at := func(s tsast.Span, texts ...string) change {
		return change{&protocol.Range{Start: n.position(s.Start), End: n.position(s.End)}, texts[r.IntN(len(texts))]}
	}
	point := func(i int) tsast.Span { return tsast.Span{Start: i, End: i} }
	blank := []string{" ", "\n", "\r\n", "\r", "// c 𝒳\n", "/* é */", "\u2028", "// fib: ignore unknown-parent\n", "// fib: add acme/A-1\n"}
	if len(f.Entries) == 0 {
		return at(point(0), blank...)
	}
	e := f.Entries[r.IntN(len(f.Entries))]
	if len(e.Model.Modules) > 0 && r.IntN(3) > 0 {
		m := e.Model.Modules[r.IntN(len(e.Model.Modules))]
		start := point(span(e, m.Span).Start)
		switch k := r.IntN(6); {
		case k == 0:
			return at(start, "new: { count: 1, type: \"block\", definitions: [\"x\"] }, ", "\"q\\u00e9\": {},\n", "A: { count: 1, parent: \"𝒳\" },\r\n")
		case k == 1 && m.Count.Kind != tsast.Absent:
			return at(span(e, m.Count.Span), "7", "0x1f", "-3", "1e3", "\"7\"", "2 /* c */", "0")
		case k == 2 && m.Parent.Kind != tsast.Absent:
			return at(span(e, m.Parent.Span), "\"A\"", "'𝒳'", "\"\\u{1f600}\"", "a", "\"lm_head\"")
		case k == 3 && m.Definitions.Kind == tsast.ArrayLiteral:
			return at(point(span(e, m.Definitions.Span).Start+1), "\"gemm_n_1_k_2\", ", "'rmsnorm_h4096',", "\"😀\", ", "/* c */")
		case k == 4 && r.IntN(3) == 0:
			return at(f.DeleteElement(span(e, m.Span)).Span, "")
		}
		return at(start, blank...)
	}
	switch k := r.IntN(8); {
	case k == 0 && len(f.Entries) > 1:
		return at(f.DeleteElement(e.Span()).Span, "")
	case k == 1:
		return at(point(e.Offset), "{ id: \"n\", name: \"𝒳\", description: \"\", modules: { A: { count: 1, type: \"block\" } } }, ", "...more, ")
	case k == 2:
		return at(point(e.Offset+1), "extra: [], ", "id: 'z', ")
	case k == 3 && e.Model.ID.Kind != tsast.Absent:
		return at(span(e, e.Model.ID.Span), "\"𝒳\"", "'tiny'", "\"\\x41\"")
	}
	return at(point(e.Offset), blank...)
}

// mending is the one change that makes a text of n's.
func mending(n *naiveText, text string) change {
	a, b := []rune(n.text), []rune(text)
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	// No position lies between a carriage return and its line feed.
	inside := func(r []rune, i int) bool { return i > 0 && i < len(r) && r[i-1] == '\r' && r[i] == '\n' }
	for start > 0 && (inside(a, start) || inside(b, start)) {
		start--
	}
	for end > 0 && (inside(a, len(a)-end) || inside(b, len(b)-end)) {
		end--
	}
	from, to := len(string(a[:start])), len(string(a[:len(a)-end]))
	return change{&protocol.Range{Start: n.position(from), End: n.position(to)}, string(b[start : len(b)-end])}
}

// escaped writes a text as JSON in one of the ways that clients have. What
// stands for no character may have been half of a surrogate pair.
func escaped(r *rand.Rand, text string) string {
	if r.IntN(3) > 0 {
		b, _ := json.Marshal(text)
		return string(b)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		if c == '\ufffd' {
			c = 0xdc00 + rune(r.IntN(1<<10))
			fmt.Fprintf(&b, "\\u%04X", c)
			continue
		}
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&b, "\\u%04x", unit)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// step sends one didChange of some changes, as the wire delivers it.
// With look it is parsed and compared; without, the next one comes first.
func (x *inStep) step(changes []change, look bool) {
	raws := make([]rawChange, len(changes))
	var parts []string
	for i, c := range changes {
		text, at := c.text, ""
		raws[i].Text = &text
		if c.at != nil {
			at = fmt.Sprintf(`{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}}`,
				c.at.Start.Line, c.at.Start.Character, c.at.End.Line, c.at.End.Character)
			raws[i].Range = []byte(at)
			at = `"range":` + at + ","
		}
		if x.e != nil {
			parts = append(parts, "{"+at+`"text":`+escaped(x.r, text)+"}")
		}
		x.naive.apply(c)
		x.edits++
	}
	if x.e == nil {
		if err := x.doc.apply(raws); err != nil {
			x.t.Fatal(err)
		}
	} else {
		x.version += 1 + x.r.IntN(3)
		x.e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%q,"version":%d},"contentChanges":[%s]}`, modelsURI, x.version, strings.Join(parts, ",")))
	}
	if look {
		x.compareText()
	}
}

func (x *inStep) compareText() {
	if x.e != nil {
		x.e.ping()
	}
	snap := x.s.docs.newest(modelsURI)
	if string(snap.bytes()) != x.naive.text {
		x.t.Fatalf("after %d edits the text differs:\nhave %q\nwant %q", x.edits, snap.bytes(), x.naive.text)
	}
	if got := string(snap.text.Bytes()); got != x.naive.text {
		x.t.Fatalf("after %d edits the lines' text differs:\nhave %q\nwant %q", x.edits, got, x.naive.text)
	}
	if got, want := flatLines(snap.text), flatLines(text.New(x.naive.text)); !reflect.DeepEqual(got, want) {
		x.t.Fatalf("after %d edits the line starts differ:\nhave %v\nwant %v\ntext %q", x.edits, got, want, x.naive.text)
	}
}

func flatLines(x text.Text) []int {
	var out []int
	for i := range x.Lines() {
		out = append(out, x.LineStart(i))
	}
	return append(out, x.Len())
}

// fileContents is all that a File says.
type fileContents struct {
	Text     string
	Entries  []tsast.Entry
	Opaque   []tsast.Opaque
	Array    tsast.Span
	Problems []tsast.SyntaxProblem
	Comments []tsast.Comment
	Style    tsast.Style
}

func contents(f *tsast.File) fileContents {
	return fileContents{string(f.Src()), f.Entries, f.Opaque, f.Array, f.Problems, f.Comments, f.Style}
}

// judge compares all that is read with a fresh reading of the naive text, its
// findings with those of a fresh check, and what the editor shows with both.
func (x *inStep) judge() {
	x.judged++
	if x.e != nil {
		x.e.settle()
	}
	if x.fresh != nil {
		x.before = string(x.fresh.Src())
	}
	fresh := tsast.Parse([]byte(x.naive.text))
	snap := x.s.docs.newest(modelsURI)
	if got, want := contents(snap.File), contents(fresh); !reflect.DeepEqual(got, want) {
		x.t.Fatalf("after %d edits the entries differ (-want +got):\n%s\ntext %q\nthe one before %q",
			x.edits, cmp.Diff(want, got, cmpopts.IgnoreUnexported(tsast.Model{}, tsast.Module{})), x.naive.text, x.before)
	}
	// Both sides are checked afresh and with what is known of the entries.
	want := x.s.findings(&Snapshot{File: fresh}, validate.NewChecker(validate.Options{}))
	if got := x.s.findings(snap, x.checker); len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		x.t.Fatalf("after %d edits the findings differ:\nhave %v\nwant %v\ntext %q", x.edits, got, want, x.naive.text)
	}
	if x.e != nil {
		x.compareShown(want)
	}
	x.fresh = fresh
	x.findings += len(want)
	if len(fresh.Problems) == 0 {
		x.sound++
		x.good = x.naive.text
	}
}

// compareShown holds what the editor was sent last to the findings, with
// positions counted naively.
func (x *inStep) compareShown(want []validate.Problem) {
	shown := x.e.diagnostics(modelsURI)
	x.e.mu.Lock()
	p := x.e.published[modelsURI]
	x.e.published[modelsURI] = p[max(0, len(p)-1):]
	x.e.mu.Unlock()
	if len(want) > maxDiagnostics {
		if len(shown) != maxDiagnostics {
			x.t.Fatalf("after %d edits %d of %d findings are shown", x.edits, len(shown), len(want))
		}
		return
	}
	at := func(s tsast.Span) string {
		a, b := x.naive.position(s.Start), x.naive.position(s.End)
		return fmt.Sprintf("%d:%d-%d:%d", a.Line, a.Character, b.Line, b.Character)
	}
	var got, wanted []string
	for _, d := range shown {
		line := fmt.Sprintf("%s %d %s %q", d.Range, d.Severity, d.Code, d.Message)
		for _, r := range d.RelatedInformation {
			line += fmt.Sprintf(" %s %q", r.Location.Range, r.Message)
		}
		got = append(got, line)
	}
	for _, p := range want {
		line := fmt.Sprintf("%s %d %s %q", at(p.Span), severityFrom(p.Severity), p.Rule, p.Message)
		for _, r := range p.Related {
			line += fmt.Sprintf(" %s %q", at(r.Span), r.Message)
		}
		wanted = append(wanted, line)
	}
	if d := cmp.Diff(wanted, got, cmpopts.EquateEmpty()); d != "" {
		x.t.Fatalf("after %d edits the editor shows other findings (-want +got):\n%s\ntext %q", x.edits, d, x.naive.text)
	}
}

// inStepModels has several entries, with findings of many rules.
var inStepModels = func() string {
	head, rest, _ := strings.Cut(smallModels, "  {\n    id")
	entry, tail, _ := strings.Cut("  {\n    id"+rest, "] satisfies")
	second := strings.NewReplacer("tiny", "second", "lm_head", "A", `"TinyForCausalLM"`, `"B"`, "count: 1", "count: 2").Replace(entry)
	return head + entry + second + "  // fib: ignore duplicate-id\n" + entry + "  ...others,\n" + strings.ReplaceAll(entry, "gemm_n32000", "gemm_n_32000") + "] satisfies" + tail
}()

// TestTextInStep makes random edits of every kind and holds the document to
// an independent model: text, line starts, entries, findings, and the
// diagnostics that the editor is sent. The long form:
//
//	go test ./lsp -run TestTextInStep -soak.seed 7 -soak.count 1000000 -timeout 0
func TestTextInStep(t *testing.T) {
	bubble(t, func(t *testing.T) {
		count := *soakCount
		if count == 0 {
			count = 2000
			if testing.Short() {
				count = 500
			}
		}
		for i, utf8 := range []bool{false, true} {
			x := newInStepOverWire(t, rand.New(rand.NewPCG(*soakSeed, uint64(i))), inStepModels, utf8)
			report := func() {
				t.Logf("seed %d, utf8 %v: %d edits, %d texts compared, %d without a syntax problem, %d findings compared",
					*soakSeed, utf8, x.edits, x.judged, x.sound, x.findings)
			}
			for tenth := count / 20; x.edits < count/2; {
				x.step(x.message(), x.r.IntN(3) > 0)
				if len(x.naive.text) > 5_000 || x.r.IntN(300) == 0 {
					x.step([]change{{text: inStepModels}}, true) // begin anew
				}
				x.judge()
				if x.edits >= tenth {
					report()
					tenth += count / 20
				}
			}
			if x.sound < x.judged/4 || x.sound > x.judged*9/10 || x.findings < x.judged {
				report()
				t.Error("the edits do not reach sound and broken texts, and findings, often enough")
			}
		}
	})
}
