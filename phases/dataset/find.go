package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// variables name the dataset, in this order: the first is FlashInfer-Bench's
// own.
var variables = [...]string{"FIB_DATASET_PATH", "FLASHINFER_TRACE_PATH"}

// nearby is where FlashInfer-Bench's instructions clone the dataset to.
const nearby = "tmp/flashinfer-trace"

// Find looks for a dataset: the environment variables FIB_DATASET_PATH and
// FLASHINFER_TRACE_PATH, then tmp/flashinfer-trace in startDir and the
// folders above it; "" when there is none. An error says that a variable names a
// folder that is not a dataset.
func Find(startDir string, getenv func(string) string) (string, error) {
	for _, variable := range variables {
		value := getenv(variable)
		if value == "" {
			continue
		}
		dir := expandHome(value, getenv)
		if !isDataset(dir) {
			return "", fmt.Errorf("%s=%s is not a dataset: %w", variable, value, ErrNoDefinitions)
		}
		return dir, nil
	}
	dir, err := filepath.Abs(startDir)
	if err != nil {
		return "", fmt.Errorf("looking for a dataset from %s: %w", startDir, err)
	}
	for {
		candidate := filepath.Join(dir, filepath.FromSlash(nearby))
		if isDataset(candidate) {
			return candidate, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", nil
		}
		dir = up
	}
}

func isDataset(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, definitionsDir))
	return err == nil && info.IsDir()
}

// expandHome reads "~" as FlashInfer-Bench does.
func expandHome(dir string, getenv func(string) string) string {
	if dir != "~" && !strings.HasPrefix(dir, "~/") {
		return dir
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, strings.TrimPrefix(dir, "~"))
	}
	return dir
}

// IsMissing reports whether an error of Open is about a folder that is not there or
// is not a dataset, rather than about reading it.
func IsMissing(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrNoDefinitions)
}
