package phases

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fib-ls/fib-ls/phases/fault"
)

// checkNamed refuses paths that were named and lead nowhere, before anything
// is fetched or written: a typing error must neither be passed over nor be
// fetched into.
func (e *Env) checkNamed(req *Request) error {
	if req.SGLangPath != "" && !req.SkipSGLang {
		if err := checkSGLangPath(e.Path(req.SGLangPath), req.DryRun); err != nil {
			return err
		}
	}
	if req.Dataset != "" {
		_, err := e.OpenDataset(req.Dataset, filepath.Dir(e.Path(req.ModelsTS)))
		return err
	}
	return nil
}

// checkSGLangPath refuses what cannot be an SGLang tree. SGLang is fetched into
// an empty directory, but not by a dry run.
func checkSGLangPath(path string, dryRun bool) error {
	entries, err := os.ReadDir(path)
	switch {
	case os.IsNotExist(err):
		return &fault.Missing{Err: fmt.Errorf("--sglang-path: there is no %s\nname a clone of SGLang, an unpacked archive or an installed sglang package; SGLang is fetched into a directory that is there and empty", path)}
	case err != nil:
		return &fault.Missing{Err: fmt.Errorf("--sglang-path: %w", err)}
	case len(entries) == 0 && dryRun:
		return &fault.Missing{Err: fmt.Errorf("--sglang-path: %s is empty, and --dry-run fetches nothing into it", path)}
	}
	return nil
}
