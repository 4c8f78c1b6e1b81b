package lsp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/fib-ls/fib-ls/lsp/wire"
	"github.com/fib-ls/fib-ls/phases/validate"
)

// manyModels is a models.ts of so many times upstream's size. As upstream's, its
// gemm names are spelled the older way, which is a finding each.
func manyModels(tb testing.TB, copies int) string {
	tb.Helper()
	raw, err := os.ReadFile("../testdata/models.ts")
	if err != nil {
		tb.Fatal(err)
	}
	text := string(raw)
	text = regexp.MustCompile(`"gemm_n(\d+)_k(\d+)"`).ReplaceAllString(text, `"gemm_n_${1}_k_${2}"`)
	starts := regexp.MustCompile(`(?m)^  \{\n`).FindAllStringIndex(text, -1)
	end := strings.LastIndex(text, "\n]")
	id, name := regexp.MustCompile(`(?m)^    id: "[^"]*"`), regexp.MustCompile(`(?m)^    name: "[^"]*"`)
	var b strings.Builder
	b.WriteString("import type { Model } from \"@/lib/schemas\"\n\nconst models: Model[] = [\n")
	for n := 0; b.Len() < copies*34_000; n++ {
		i := n % len(starts)
		stop := end + 1
		if i+1 < len(starts) {
			stop = starts[i+1][0]
		}
		e := text[starts[i][0]:stop]
		e = id.ReplaceAllLiteralString(e, fmt.Sprintf(`    id: "model-%05d"`, n))
		e = name.ReplaceAllLiteralString(e, fmt.Sprintf(`    name: "Model %05d"`, n))
		b.WriteString(e)
	}
	b.WriteString("] satisfies Model[]\n\nexport default models\n")
	return b.String()
}

// BenchmarkKeystroke is what happens between a didChange and its diagnostics,
// without the wire, step by step.
func BenchmarkKeystroke(b *testing.B) {
	for _, copies := range []int{1, 100} {
		text := manyModels(b, copies)
		s := New(Options{})
		s.config.setInitial(nil)
		doc := newDocument(s, &protocol.TextDocumentItem{URI: modelsURI, LanguageID: "typescript"})
		doc.set(text)
		s.docs.put(doc)
		snap := doc.parsed()
		checker := validate.NewChecker(s.checkOptions(snap))
		counts := regexp.MustCompile(`count: (\d+)`).FindAllStringSubmatchIndex(text, -1)
		at := counts[len(counts)/2]
		value := text[at[2]:at[3]]
		toggle := func(i int) {
			now, next := value, `"`+value+`"`
			if i%2 == 1 {
				now, next = next, now
			}
			snap := doc.parsed()
			doc.edit(protocol.Range{Start: snap.PositionFromOffset(at[2]), End: snap.PositionFromOffset(at[2] + len(now))}, next)
		}
		b.Run(fmt.Sprintf("apply/%dx", copies), func(b *testing.B) {
			for i := range b.N - b.N%2 {
				toggle(i)
				doc.parsed()
			}
		})
		var known map[*validate.Found]encoded
		b.Run(fmt.Sprintf("all/%dx", copies), func(b *testing.B) {
			for i := range b.N - b.N%2 {
				toggle(i)
				snap := doc.parsed()
				var err error
				if _, known, err = s.appendDiagnostics(nil, snap, s.shown(snap, checker), known); err != nil {
					b.Fatal(err)
				}
			}
		})
		s.docs.closeAll()
	}
}

// BenchmarkWire is a keystroke as an editor feels it: an edit goes into a
// pipe, its diagnostics come out of another.
func BenchmarkWire(b *testing.B) {
	leaveBubble()
	for _, copies := range []int{1, 100} {
		text := manyModels(b, copies)
		counts := regexp.MustCompile(`count: (\d+)`).FindAllStringSubmatchIndex(text, -1)
		at := counts[len(counts)/2]
		line := strings.Count(text[:at[2]], "\n")
		column := at[2] - strings.LastIndexByte(text[:at[2]], '\n') - 1
		values := []string{text[at[2]:at[3]], `\"` + text[at[2]:at[3]] + `\"`}
		width := at[3] - at[2]

		in, client := pipe(b)
		answers, out := pipe(b)
		s := New(Options{})
		ended := make(chan int, 1)
		go func() { ended <- s.Run(context.Background(), in, out) }()
		frames := bufio.NewReader(answers)
		send := func(body string) {
			if _, err := fmt.Fprintf(client, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
				b.Fatal(err)
			}
		}
		receive := func() {
			if _, err := readFrame(frames); err != nil {
				b.Fatal(err)
			}
		}
		send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientInfo":{"name":"bench"},"capabilities":{},"initializationOptions":{"diagnostics":{"delay":0}}}}`)
		receive()
		raw, _ := protocol.Marshal(text)
		send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":0,"text":%s}}}`, modelsURI, raw))
		receive()
		version, length := 0, width
		b.Run(fmt.Sprintf("%dx", copies), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				version++
				now := values[version%2]
				send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":"%s"}]}}`,
					modelsURI, version, line, column, line, column+length, now))
				length = width + 2*(version%2)
				receive()
			}
		})
		_ = client.Close()
		<-ended
	}
}

func pipe(b *testing.B) (r, w *os.File) {
	b.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

// BenchmarkOpen is what happens between a didOpen and its diagnostics, from
// the frame on.
func BenchmarkOpen(b *testing.B) {
	for _, copies := range []int{1, 100} {
		raw, err := protocol.Marshal(&protocol.DidOpenTextDocumentParams{TextDocument: protocol.TextDocumentItem{
			URI: modelsURI, LanguageID: "typescript", Text: manyModels(b, copies),
		}})
		if err != nil {
			b.Fatal(err)
		}
		body := fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":%s}`, raw)
		frame := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
		b.Run(fmt.Sprintf("read/%dx", copies), func(b *testing.B) {
			for range b.N {
				in := wire.NewStream(strings.NewReader(frame), io.Discard, maxBacklog)
				if _, _, err := in.ReadFrame(b.Context()); err != nil {
					b.Fatal(err)
				}
				_ = in.Close()
			}
		})
		b.Run(fmt.Sprintf("all/%dx", copies), func(b *testing.B) {
			for range b.N {
				s := New(Options{})
				s.config.setInitial(nil)
				var p protocol.DidOpenTextDocumentParams
				if err := protocol.Unmarshal(raw, &p); err != nil {
					b.Fatal(err)
				}
				doc := newDocument(s, &p.TextDocument)
				doc.set(p.TextDocument.Text)
				snap := doc.parsed()
				found := s.shown(snap, validate.NewChecker(s.checkOptions(snap)))
				if _, _, err := s.appendDiagnostics(nil, snap, found, nil); err != nil {
					b.Fatal(err)
				}
				doc.close()
			}
		})
	}
}
