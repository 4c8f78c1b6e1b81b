package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// workspace is a small flashinfer-bench: what TypeScript needs to check a
// models.ts.
type workspace struct {
	dir     string
	entries []string // of the models array, with their commas
}

var entryStart = regexp.MustCompile(`(?m)^  \{\n`)

// makeWorkspace takes the entries of a models.ts apart.
func makeWorkspace(base string) (*workspace, error) {
	text, err := os.ReadFile(base) // #nosec G304 -- a flag names it
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-lsp-")
	if err != nil {
		return nil, err
	}
	w := &workspace{dir: dir}
	end := bytes.LastIndex(text, []byte("\n]"))
	starts := entryStart.FindAllIndex(text, -1)
	for i, s := range starts {
		stop := end + 1
		if i+1 < len(starts) {
			stop = starts[i+1][0]
		}
		w.entries = append(w.entries, string(text[s[0]:stop]))
	}
	if len(w.entries) == 0 {
		return nil, errors.New(base + " has no entries that begin on a line of their own")
	}
	for name, content := range map[string]string{
		"tsconfig.json": `{"compilerOptions":{"strict":true,"noEmit":true,"module":"esnext","moduleResolution":"bundler","skipLibCheck":true,"paths":{"@/*":["./web/apps/web/*"]}},"include":["web/**/*.ts"]}`,
		"web/apps/web/lib/schemas.ts": "export type Module = { count: number; parent?: string; type: \"block\" | \"layer\"; definitions?: string[] }\n" +
			"export type Model = { id: string; name: string; description: string; modules: Record<string, Module> }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	return w, nil
}

var (
	entryID     = regexp.MustCompile(`(?m)^    id: "[^"]*"`)
	entryName   = regexp.MustCompile(`(?m)^    name: "[^"]*"`)
	entrySource = regexp.MustCompile(`(?m)^    // source: .*\n`)
	gemmName    = regexp.MustCompile(`"gemm_n(\d+)_k(\d+)"`)
)

// text is a models.ts of so many times upstream's size (9 entries, 191
// modules), of entries with ids of their own. As upstream's they have findings:
// their gemm names are spelled the older way, and one parent is none.
func (w *workspace) text(copies int) string {
	const upstream = 34_000
	var b strings.Builder
	b.WriteString("import type { Model } from \"@/lib/schemas\"\n\nconst models: Model[] = [\n")
	for n := 0; b.Len() < copies*upstream; n++ {
		e := w.entries[n%len(w.entries)]
		e = entrySource.ReplaceAllLiteralString(e, "")
		e = entryID.ReplaceAllLiteralString(e, fmt.Sprintf(`    id: "model-%05d"`, n))
		e = entryName.ReplaceAllLiteralString(e, fmt.Sprintf(`    name: "Model %05d"`, n))
		e = gemmName.ReplaceAllString(e, `"gemm_n_${1}_k_${2}"`)
		if n%3 == 1 {
			e = strings.Replace(e, "parent: \"", "parent: \"No", 1)
		}
		b.WriteString(e)
	}
	b.WriteString("] satisfies Model[]\n\nexport default models\n")
	return b.String()
}

// server is one of those that are measured.
type server struct {
	name         string
	argv         []string
	capabilities map[string]any
	options      any
	// await waits for the diagnostics of a version.
	await func(c *client, uri string, version int) (int, error)
}

func fibls(bin string) server {
	return server{
		name: "fib-ls", argv: []string{bin, "serve"}, capabilities: map[string]any{},
		options: map[string]any{"diagnostics": map[string]any{"delay": 0}},
		await:   func(c *client, _ string, version int) (int, error) { return c.published(version) },
	}
}

// typescript is TypeScript 7's server, which is asked for its diagnostics as
// soon as the edit is sent.
func typescript(tsc string) server {
	return server{
		name: "tsc --lsp", argv: []string{tsc, "--lsp", "--stdio"},
		capabilities: map[string]any{"textDocument": map[string]any{"diagnostic": map[string]any{}}},
		await: func(c *client, uri string, _ int) (int, error) {
			return 0, c.call("textDocument/diagnostic", map[string]any{"textDocument": map[string]any{"uri": uri}})
		},
	}
}

// place is a count in the middle of a text, as an editor points at it.
type place struct{ line, start, end int }

var countValue = regexp.MustCompile(`(?m)^ +count: (\d+)`)

func middleCount(text string) (place, string) {
	all := countValue.FindAllStringSubmatchIndex(text, -1)
	at := all[len(all)/2]
	line := strings.Count(text[:at[2]], "\n")
	start := at[2] - strings.LastIndexByte(text[:at[2]], '\n') - 1
	return place{line, start, start + at[3] - at[2]}, text[at[2]:at[3]]
}

// measure opens a file and edits it again and again: a count becomes a string
// and a number again.
func measure(w *workspace, s server, copies, edits int) (row, error) {
	text := w.text(copies)
	path := filepath.Join(w.dir, "web/apps/web/data/models.ts")
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return row{}, err
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return row{}, err
	}
	r := row{Server: s.name, Copies: copies, Lines: strings.Count(text, "\n")}
	c, err := start(s.argv...)
	if err != nil {
		return r, err
	}
	defer c.stop()
	err = c.call("initialize", map[string]any{
		// Who does not say its name gets the pauses that an old Emacs needs.
		"clientInfo": map[string]any{"name": "bench-lsp"},
		"processId":  os.Getpid(), "rootUri": uriOf(w.dir), "capabilities": s.capabilities, "initializationOptions": s.options,
		"workspaceFolders": []any{map[string]any{"uri": uriOf(w.dir), "name": "bench"}},
	})
	if err != nil {
		return r, err
	}
	if err := c.notify("initialized", map[string]any{}); err != nil {
		return r, err
	}
	uri := uriOf(path)
	began := time.Now()
	err = c.notify("textDocument/didOpen", map[string]any{
		"textDocument": map[string]any{"uri": uri, "languageId": "typescript", "version": 1, "text": text},
	})
	if err != nil {
		return r, err
	}
	if r.OpenFindings, err = s.await(c, uri, 1); err != nil {
		return r, err
	}
	r.OpenMS = ms(c.arrived.Sub(began))
	times, err := edit(c, s, uri, text, edits)
	if err != nil {
		return r, err
	}
	r.EditMS, r.EditP95MS, r.EditMaxMS = percentile(times, 0.5), percentile(times, 0.95), percentile(times, 1)
	r.ResidentMB = c.resident()
	return r, nil
}

// edit measures single edits. Between two of them the editor rests a moment,
// as fingers do.
func edit(c *client, s server, uri, text string, n int) ([]float64, error) {
	at, value := middleCount(text)
	now := value
	var times []float64
	for i := range n {
		next := `"` + value + `"`
		if i%2 == 1 {
			next = value
		}
		version := i + 2
		end := at.start + len(now)
		began := time.Now()
		err := c.notify("textDocument/didChange", map[string]any{
			"textDocument": map[string]any{"uri": uri, "version": version},
			"contentChanges": []any{map[string]any{
				"range": map[string]any{
					"start": map[string]any{"line": at.line, "character": at.start},
					"end":   map[string]any{"line": at.line, "character": end},
				},
				"text": next,
			}},
		})
		if err != nil {
			return nil, err
		}
		if _, err := s.await(c, uri, version); err != nil {
			return nil, err
		}
		times = append(times, ms(c.arrived.Sub(began)))
		now = next
		time.Sleep(5 * time.Millisecond)
	}
	return times, nil
}
