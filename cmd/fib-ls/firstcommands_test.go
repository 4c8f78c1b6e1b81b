package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// upstreamModels are the entries that FlashInfer-Bench's own models.ts has (of
// 2026-04-30): an example that adds one of them fails in a real clone.
var upstreamModels = [][2]string{
	{"deepseek-v3", "DeepSeek V3"}, {"llama-3.1-8b", "Llama 3.1 8B"}, {"qwen3-30b-a3b", "Qwen3 30B A3B"}, {"qwen3-next-80b-a3b", "Qwen3 Next 80B A3B"},
	{"nemotron-h-8b", "NemotronH-8B"}, {"minimax-m2", "MiniMax M2"}, {"kimi-k2", "Kimi K2"}, {"llama-4-scout-17b-16e", "Llama 4 Scout 17B-16E"},
	{"llama-4-maverick-17b-128e", "Llama 4 Maverick 17B-128E"},
}

// upstreamClone makes a clone that has upstream's models, and goes into its web
// folder.
func upstreamClone(t *testing.T) (root string) {
	t.Helper()
	root = offline(t)
	var entries strings.Builder
	for _, m := range upstreamModels {
		fmt.Fprintf(&entries, "  { id: %q, name: %q, description: \"d\", modules: { M: { count: 1, type: \"block\" } } },\n", m[0], m[1])
	}
	write(t, filepath.Join(root, "web", "apps", "web", "data", "models.ts"), "const models: Model[] = [\n"+entries.String()+"]\nexport default models\n")
	write(t, filepath.Join(root, "examples", "sglang_bench", "model_configs.json"), "{\n    \"b200\": {}\n}\n")
	write(t, filepath.Join(root, "models.yaml"), "- qwen3-14b:Qwen/Qwen3-14B\n")
	t.Chdir(filepath.Join(root, "web", "apps", "web"))
	return root
}

var commandLine = regexp.MustCompile(`(?m)^\s*fib-ls ((?:add|plan|discover|coverage|explain|define|doctor) [^\n#>]*|discover|coverage|doctor)`)

// TestFirstCommands runs the commands that the README and the helps begin with
// as somebody does who stands in upstream's clone: each has to work there.
func TestFirstCommands(t *testing.T) {
	texts := map[string]string{"README": readme(t)}
	for _, cmd := range append(newRootCommand().Commands(), newRootCommand()) {
		texts[cmd.Name()+" --help"] = cmd.Example + "\n" + cmd.Long
	}
	ran := []string{} // commands, without what their lines say of them
	for where, text := range texts {
		for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
			line := strings.TrimSpace(m[1])
			needs := strings.Contains(line, "--config") || strings.Contains(line, "--dataset") || strings.Contains(line, "--sglang-path") || strings.Contains(line, "docs/model_coverage.mdx")
			if needs || strings.ContainsAny(line, "…$()<|") || slices.Contains(ran, line) || strings.Contains(line, " DIR") {
				continue // needs what its reader has
			}
			ran = append(ran, line)
			t.Run(line, func(t *testing.T) {
				root := upstreamClone(t)
				if strings.Contains(line, "models.yaml") {
					t.Chdir(root)
				}
				if err := runQuietly(newRootCommand(), line); err != nil {
					t.Errorf("%s says fib-ls %s: %v", where, line, err)
				}
				littered(t, root, line)
			})
		}
	}
	if len(ran) < 12 {
		t.Errorf("only %d commands were found: %q", len(ran), ran)
	}
}

func runQuietly(root *cobra.Command, line string) error {
	root.SetArgs(strings.Fields(strings.ReplaceAll(line, "''", "")))
	root.SetIn(strings.NewReader(""))
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.Execute()
}

// littered fails where a command left something in the clone that git would
// show: new folders have to keep themselves out, or be where upstream's own
// .gitignore keeps them out (tmp).
func littered(t *testing.T, root, line string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if slices.Contains([]string{"web", "examples", "models.yaml", "tmp", ".cache", ".local"}, e.Name()) {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, e.Name(), ".gitignore")); err != nil {
			t.Errorf("fib-ls %s left %s", line, e.Name())
		}
	}
}
