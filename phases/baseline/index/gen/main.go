// Command gen makes what ships in the binary from other people's sources: with
// -out FILE the index of an SGLang tree (-sglang DIR), with -defaults FILE the
// table of what transformers' configuration classes fill in, and with
// -registry FILE that of its model classes (-transformers DIR, the package).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/fib-ls/fib-ls/phases/baseline/classes"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

func main() {
	dir := flag.String("sglang", os.Getenv("SGLANG"), "directory of the SGLang source tree")
	hub := flag.String("transformers", os.Getenv("TRANSFORMERS"), "directory of the transformers package")
	out := flag.String("out", "", "index to write")
	commit := flag.String("commit", os.Getenv("SGLANG_COMMIT"), "the tree's commit")
	date := flag.String("date", os.Getenv("SGLANG_DATE"), "the commit's date, RFC 3339")
	defaults := flag.String("defaults", "", "table of class defaults to write")
	registry := flag.String("registry", "", "table of transformers' model classes to write")
	flag.Parse()
	var err error
	if *out != "" {
		err = writeIndex(*dir, *out, *commit, *date)
	}
	if err == nil && *defaults != "" {
		err = writeDefaults(*dir, *hub, *defaults)
	}
	if err == nil && *registry != "" {
		err = writeRegistry(*hub, *registry)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func writeIndex(dir, out, commit, date string) error {
	if dir == "" {
		return errors.New("no SGLang source tree: give -sglang DIR or set SGLANG")
	}
	if commit == "" || date == "" { // users read them beside every number
		return errors.New("which SGLang this is must be said: give -commit and -date, or run make generate")
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
		if plain := plainName(c.Name); registered[plain] == "" { // the first of two spellings
			registered[plain] = c.Name
		}
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
