// Command gen compiles an SGLang source tree into the index that ships in the
// binary: go run ./phases/baseline/index/gen -sglang DIR -out FILE. The tree
// is $SGLANG when -sglang is not given. With -transformers DIR (the package
// transformers) it also writes the table of HuggingFace's class defaults to
// -defaults FILE, below the part of it that is written by hand. With -classes
// FILE it only brings phase 1's table in step with that one.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

func main() {
	dir := flag.String("sglang", os.Getenv("SGLANG"), "directory of the SGLang source tree")
	out := flag.String("out", "sglang.idx", "file to write")
	commit := flag.String("commit", os.Getenv("SGLANG_COMMIT"), "the tree's commit")
	date := flag.String("date", os.Getenv("SGLANG_DATE"), "the commit's date, RFC 3339")
	hub := flag.String("transformers", os.Getenv("TRANSFORMERS"), "directory of the transformers package")
	defaults := flag.String("defaults", "", "table of class defaults to write")
	facts := flag.String("classes", "", "bring this file, phase 1's table of class defaults, in step with them, and do nothing else")
	registry := flag.String("registry", "", "table of transformers' model classes to write, and nothing else")
	flag.Parse()
	if *registry != "" {
		if err := writeRegistry(*hub, *registry); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
		return
	}
	if *facts != "" {
		if err := writeClasses(*facts); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
		return
	}
	err := run(*dir, *out, *commit, *date)
	if err == nil && *hub != "" && *defaults != "" {
		err = writeDefaults(*dir, *hub, *defaults)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir, out, commit, date string) error {
	if dir == "" {
		return fmt.Errorf("no SGLang source tree: give -sglang DIR or set SGLANG")
	}
	tree, err := repo.Open(context.Background(), repo.Options{Path: dir, Offline: true})
	if err != nil {
		return err
	}
	data, err := classes.BuildIndex(context.Background(), tree, commit, date)
	if err != nil {
		return fmt.Errorf("compiling %s: %w", dir, err)
	}
	const mode = 0o644
	if err := os.WriteFile(out, data, mode); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	fmt.Printf("%s: %d bytes\n", out, len(data))
	return nil
}

// writeDefaults replaces the generated part of the table of class defaults.
func writeDefaults(sglang, hub, file string) error {
	tree, err := repo.Open(context.Background(), repo.Options{Path: sglang, Offline: true})
	if err != nil {
		return err
	}
	all, err := classes.NewReader(tree, nil).Classes()
	if err != nil {
		return err
	}
	registered := map[string]string{}
	for _, c := range all {
		registered[plainName(c.Name)] = c.Name
	}
	table, err := hubTable(hub, registered)
	if err != nil {
		return err
	}
	const mode = 0o644
	if err := os.WriteFile(file, []byte(table), mode); err != nil {
		return fmt.Errorf("writing the class defaults: %w", err)
	}
	return nil
}
