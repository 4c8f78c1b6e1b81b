package lsp

import (
	"fmt"
	"os"
)

// readRegular reads a file that a workspace brought along. Nothing but a file
// of at most that many bytes is opened: reading a pipe waits for somebody who
// may never write to it, and a job that waits holds up all that follow.
func readRegular(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s is not a file of a size that is read", path)
	}
	return os.ReadFile(path)
}
