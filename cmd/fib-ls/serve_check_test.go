package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// session is the language server in this process, and what it publishes.
type session struct {
	t         *testing.T
	client    *rawClient
	published chan []string // the findings of each publication, as lines
}

// serveInProcess runs the language server in this process until the test ends
// and returns its client.
func serveInProcess(t *testing.T) *rawClient {
	t.Helper()
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	cmd := newRootCommand()
	cmd.SetArgs([]string{"serve"})
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(io.Discard)
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		_, _ = toServer.Close(), fromServer.Close()
		<-ended
	})
	return &rawClient{in: toServer, out: bufio.NewReader(fromServer)}
}

// serveSession starts the server and opens a file of this text in it.
func serveSession(t *testing.T, path, text string) *session {
	t.Helper()
	s := &session{t: t, client: serveInProcess(t), published: make(chan []string, 100)}
	s.client.call(t, 1, "initialize", `{"processId":null,"clientInfo":{"name":"test"},"capabilities":{"textDocument":{"publishDiagnostics":{"codeDescriptionSupport":true}}},"initializationOptions":{"diagnostics":{"delay":0}}}`)
	s.client.send(t, `{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	go s.listen()
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	s.client.send(t, fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"typescript","version":1,"text":%s}}}`, "file://"+filepath.ToSlash(path), raw))
	return s
}

// listen hands on what is published until the server is gone.
func (s *session) listen() {
	defer close(s.published)
	for {
		var length int
		for {
			line, err := s.client.out.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(s.client.out, body); err != nil {
			return
		}
		var m struct {
			Method string
			Params struct {
				Diagnostics []struct {
					Range         struct{ Start, End struct{ Line, Character int } }
					Severity      int
					Code, Message string
				}
			}
		}
		if json.Unmarshal(body, &m) != nil || m.Method != "textDocument/publishDiagnostics" {
			continue
		}
		var lines []string
		for _, d := range m.Params.Diagnostics {
			lines = append(lines, fmt.Sprintf("%d:%d-%d:%d %s %s: %s", d.Range.Start.Line+1, d.Range.Start.Character+1,
				d.Range.End.Line+1, d.Range.End.Character+1, []string{"?", "error", "warning", "info", "hint"}[d.Severity], d.Code, d.Message))
		}
		slices.Sort(lines)
		s.published <- lines
	}
}

// await takes publications until one is what is wanted: findings that rest on
// configs come after those that the file alone shows.
func (s *session) await(want []string) {
	s.t.Helper()
	dead := time.After(2 * time.Minute) // only when it never comes
	var last []string
	for {
		select {
		case lines, open := <-s.published:
			if slices.Equal(lines, want) {
				return
			}
			if !open {
				s.t.Fatal("the server is gone")
			}
			last = lines
		case <-dead:
			s.t.Fatalf("the editor shows other findings than check (-check +editor):\n%s", cmp.Diff(want, last))
		}
	}
}

// checkedLines is what check says of a file, as session's lines.
func checkedLines(t *testing.T, path string) []string {
	t.Helper()
	var lines []string
	for _, p := range checkedJSON(t, path) {
		lines = append(lines, fmt.Sprintf("%d:%d-%d:%d %s %s: %s", p.Line, p.Column, p.EndLine, p.EndColumn, p.Severity, p.Rule, p.Message))
	}
	slices.Sort(lines)
	return lines
}

// TestEditorAndCheckAgree: the editor and the command line say the same of
// the same file, findings that rest on the models' own configs among them.
// Entries without a source comment are found by their name, and say so.
func TestEditorAndCheckAgree(t *testing.T) {
	const byName = "found by the entry's name"
	raw, err := os.ReadFile(filepath.Join("..", "..", "testdata", "models.ts"))
	if err != nil {
		t.Fatal(err)
	}
	clean := string(raw)
	wrong := strings.NewReplacer("count: 48,", "count: 32,", "gemm_n6144_k4096", "gemm_n6145_k4096").Replace(clean)
	sourced := strings.NewReplacer(
		"    id: \"qwen3-30b-a3b\"", "    // source: https://huggingface.co/Qwen/Qwen3-30B-A3B\n    id: \"qwen3-30b-a3b\"",
	).Replace(wrong)
	texts := map[string]string{"clean": clean, "by name": wrong, "by source": sourced}
	if _, err := os.Stat(filepath.Join("..", "..", "..", "shared", "gold")); err == nil {
		upstreamText, err := os.ReadFile(filepath.Join(gold(t), "upstream-models.ts"))
		if err != nil {
			t.Fatal(err)
		}
		texts["upstream"] = string(upstreamText)
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			home := offline(t)
			path := filepath.Join(home, "flashinfer-bench", "web", "apps", "web", "data", "models.ts")
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			want := checkedLines(t, path)
			labelled, sourcedToo := 0, false
			for _, line := range want {
				if strings.Contains(line, byName) {
					labelled++
					sourcedToo = sourcedToo || strings.Contains(line, "Qwen/Qwen3-30B-A3B ")
				}
			}
			if name == "by name" && labelled == 0 || name == "by source" && (sourcedToo || len(want) == 0) {
				t.Errorf("%d findings say that the config was %s:\n%s", labelled, byName, strings.Join(want, "\n"))
			}
			serveSession(t, path, text).await(want)
			t.Logf("%d findings, %d of them by name", len(want), labelled)
		})
	}
}
