package modelsfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/tsast"
)

// A models.ts that is larger than what is parsed is refused before it is read.
func TestLargeFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "models.ts")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, tsast.MaxText+1); err != nil {
		t.Fatal(err)
	}
	var usage *fault.Usage
	if _, err := Read(path); !errors.As(err, &usage) || !strings.Contains(err.Error(), "17 MiB; a models.ts of at most 16 MiB is read") {
		t.Errorf("error %v", err)
	}
	if err := os.Truncate(path, tsast.MaxText); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err != nil {
		t.Errorf("a file of the largest size: %v", err)
	}
}
