//go:build !unix

package lsp

import "os"

// processAlive reports whether a process exists: where there are no signals,
// finding it is opening it.
func processAlive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
