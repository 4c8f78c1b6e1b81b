package lsp

import "github.com/fib-ls/fib-ls/phases/regular"

// readRegular reads a file that a workspace brought along: see package regular.
// A job that waits for a pipe would hold up all that follow.
func readRegular(path string, most int64) ([]byte, error) { return regular.Read(path, most) }
