package repo

import (
	"slices"
	"strings"
)

// fetchedFilesVersion names the rule below. A copy fetched under another version
// gets the files that it lacks at its next update.
const fetchedFilesVersion = 1

// modelsDir is the directory that makes a tree an SGLang tree.
const modelsDir = "python/sglang/srt/models"

// fetchedRoots are the directories whose Python files are fetched: the runtime,
// and the kernels' Python sides (now, and where older releases keep them).
var fetchedRoots = []string{
	"python/sglang/srt/",
	"python/sglang/kernels/",
	"sgl-kernel/python/sgl_kernel/",
}

// leftOut are the parts of the roots that serve requests, test, or hold
// other hardware: the reader follows nothing into them, and they are a third
// of the bytes. A list of exclusions, so that a directory that SGLang adds is
// fetched.
var leftOut = []string{
	"python/sglang/srt/checkpoint_engine/",
	"python/sglang/srt/connector/",
	"python/sglang/srt/constrained/",
	"python/sglang/srt/debug_utils/",
	"python/sglang/srt/disaggregation/",
	"python/sglang/srt/entrypoints/",
	"python/sglang/srt/function_call/",
	"python/sglang/srt/grpc/",
	"python/sglang/srt/hardware_backend/",
	"python/sglang/srt/kv_canary/",
	"python/sglang/srt/lora/",
	"python/sglang/srt/observability/",
	"python/sglang/srt/parser/",
	"python/sglang/srt/ray/",
	"python/sglang/srt/weight_cache/",
	"python/sglang/srt/weight_sync/",
	"python/sglang/kernels/jit/",
	"python/sglang/kernels/aot/benchmark/",
	"python/sglang/kernels/aot/csrc/",
	"python/sglang/kernels/aot/tests/",
}

// isFetched reports whether a file of the repository is fetched.
func isFetched(path string) bool {
	if !strings.HasSuffix(path, ".py") {
		return false
	}
	if rest, ok := strings.CutPrefix(path, "python/sglang/"); ok && !strings.Contains(rest, "/") {
		return rest == "__init__.py" || rest == "version.py" || rest == "_version.py" || rest == "utils.py" || rest == "global_config.py"
	}
	if !hasAnyPrefix(path, fetchedRoots) {
		return false
	}
	return !hasAnyPrefix(path, leftOut)
}

// mayHoldFetched reports whether a directory (no slash at its end) can hold such
// files.
func mayHoldFetched(path string) bool {
	dir := path + "/"
	if hasAnyPrefix(dir, leftOut) {
		return false
	}
	return slices.ContainsFunc(fetchedRoots, func(root string) bool { return strings.HasPrefix(dir, root) || strings.HasPrefix(root, dir) })
}

func hasAnyPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}
