package kernelsource

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/fib-ls/fib-ls/phases/regular"
)

// Bounds of one package tree: FlashInfer has 4,500 Python files below its
// folder, SGLang 3,200.
const (
	maxFile  = 8 << 20
	maxFiles = 100_000
)

// readFile reads a file with a bound. What may be opened is the tree's own
// business: regular.Dir opens regular files alone.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	return regular.ReadFrom(f, name, maxFile)
}

// pythonFiles are the Python files below a folder, sorted; folders of data
// (vendored C++ trees) are left out.
func pythonFiles(files fs.FS, folder string) ([]string, error) {
	var names []string
	err := fs.WalkDir(files, folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || entry.Name() == "data" || entry.Name() == "__pycache__"):
			return fs.SkipDir
		case !entry.Type().IsRegular() || path.Ext(name) != ".py":
			return nil
		}
		if names = append(names, name); len(names) > maxFiles {
			return fmt.Errorf("%s has more than %d Python files", folder, maxFiles)
		}
		return nil
	})
	return names, err
}

// versionLine is how a package's metadata, and how a version file states it.
var versionLine = regexp.MustCompile(`(?m)^(?:Version:[ \t]*|(?:__version__|version)[ \t]*=[ \t]*["'])([0-9][0-9A-Za-z.+!-]*)`)

// version is what a tree says of its own version: its package's metadata, else
// its version file; "" when it says nothing.
func version(files fs.FS, distribution string, others ...string) string {
	matches, _ := fs.Glob(files, distribution+"-*.dist-info/METADATA")
	for _, name := range append(matches, others...) {
		data, err := readFile(files, name)
		if err != nil {
			continue
		}
		if m := versionLine.FindSubmatch(data); m != nil {
			return string(m[1])
		}
		first, _, _ := bufio.ScanLines(data, true)
		if line := bytes.TrimSpace(data[:first]); path.Ext(name) == ".txt" && len(line) > 0 && len(line) < 40 {
			return string(line)
		}
	}
	return ""
}

// within finds the package's folder in a tree: the tree's own top, its
// python/ folder, or the folder itself that was named.
func within(files fs.FS, pkg, probe string) (fs.FS, error) {
	for _, top := range []string{".", "python", "python/src", "src"} {
		if _, err := fs.Stat(files, path.Join(top, pkg, probe)); err == nil {
			return fs.Sub(files, top)
		}
	}
	return nil, fmt.Errorf("there is no %s in it: %w", path.Join(pkg, probe), fs.ErrNotExist)
}
