// Command gen compiles an SGLang source tree into the index that ships in the
// binary: go run ./phases/baseline/index/gen -sglang DIR -out FILE. The tree
// is $SGLANG when -sglang is not given.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/fib-ls/fib-ls/phases/baseline"
)

func main() {
	dir := flag.String("sglang", os.Getenv("SGLANG"), "directory of the SGLang source tree")
	out := flag.String("out", "sglang.idx", "file to write")
	commit := flag.String("commit", os.Getenv("SGLANG_COMMIT"), "the tree's commit")
	date := flag.String("date", os.Getenv("SGLANG_DATE"), "the commit's date, RFC 3339")
	flag.Parse()
	if err := run(*dir, *out, *commit, *date); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir, out, commit, date string) error {
	if dir == "" {
		return fmt.Errorf("no SGLang source tree: give -sglang DIR or set SGLANG")
	}
	tree, err := baseline.OpenTree(dir)
	if err != nil {
		return err
	}
	data, err := baseline.BuildIndex(context.Background(), tree, commit, date)
	if err != nil {
		return fmt.Errorf("compiling %s: %w", dir, err)
	}
	const mode = 0o644
	if err := os.WriteFile(out, data, mode); err != nil { //nolint:gosec // a source file of the project
		return fmt.Errorf("writing the index: %w", err)
	}
	fmt.Printf("%s: %d bytes\n", out, len(data))
	return nil
}
