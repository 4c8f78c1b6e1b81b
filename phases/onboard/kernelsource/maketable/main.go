// Command maketable writes the table of FlashInfer's trace templates that package
// definition embeds, from unpacked packages or clones (scripts/generate.sh).
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/fib-ls/fib-ls/phases/onboard/kernelsource"
	"github.com/fib-ls/fib-ls/phases/regular"
)

func main() {
	flashinfer := flag.String("flashinfer", "", "an unpacked flashinfer-python, or a clone of FlashInfer")
	sglang := flag.String("sglang", "", "an unpacked sglang, or a clone of it; further trees (sglang-kernel's) after a colon")
	out := flag.String("out", "", "the file to write")
	flag.Parse()
	if err := run(*flashinfer, strings.Split(*sglang, ":"), *out); err != nil {
		fmt.Fprintln(os.Stderr, "maketable:", err)
		os.Exit(1)
	}
}

func run(flashinfer string, sglang []string, out string) error {
	f, err := kernelsource.ReadFlashInfer(regular.Dir(flashinfer))
	if err != nil {
		return err
	}
	var more []fs.FS
	for _, dir := range sglang[1:] {
		more = append(more, regular.Dir(dir))
	}
	s, err := kernelsource.ReadSGLang(regular.Dir(sglang[0]), f, more...)
	if err != nil {
		return err
	}
	for _, problem := range append(f.Problems, s.Problems...) {
		fmt.Fprintln(os.Stderr, "maketable: not read:", problem)
	}
	table, err := kernelsource.Table(f, s)
	if err != nil {
		return err
	}
	fmt.Printf("FlashInfer %s: %d templates, %d APIs; SGLang %s calls %d of them\n", f.Version, len(f.Templates), len(f.APIs), s.Version, len(s.Calls))
	return os.WriteFile(out, table, 0o600)
}
