package typecheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/repo"
	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// Mode says when phase 4 runs the web app's own TypeScript. The zero
// value is off: only the command line turns it on.
type Mode string

// The modes.
const (
	Off  Mode = ""
	Auto Mode = "auto" // when it is there, and the user installed it
	On   Mode = "true"
)

// ParseMode reads a mode as --typecheck, FIB_LS_TYPECHECK and a batch
// write it.
func ParseMode(text string) (Mode, error) {
	switch strings.ToLower(text) {
	case "auto":
		return Auto, nil
	case "1", "true", "yes", "on":
		return On, nil
	case "0", "false", "no", "off":
		return Off, nil
	}
	return Off, fmt.Errorf("%q: choose auto, true or false", text)
}

// Wanted reports whether a check is to be tried.
func (m Mode) Wanted() bool { return m != Off }

// maxPackageFile bounds a package.json.
const maxPackageFile = 1 << 20

// typeScript is what a type check runs: Node, the compiler of the web app and
// its project.
type typeScript struct{ node, tsc, project string }

// String names the compiler with its version.
func (t *typeScript) String() string {
	return strings.TrimSpace("the web app's TypeScript " + Version(t.tsc))
}

// Version reads the version beside a compiler; "" when it cannot.
func Version(tsc string) string {
	data, err := disk.ReadRegular(filepath.Join(filepath.Dir(tsc), "..", "package.json"), maxPackageFile)
	var pkg struct{ Version string }
	if err != nil || json.Unmarshal(data, &pkg) != nil {
		return ""
	}
	return prose.Line(pkg.Version)
}

// errNoTypeScript says that the web app's TypeScript is not installed.
var errNoTypeScript = errors.New("the web app has no TypeScript installed (node_modules/typescript): run pnpm install in web")

// findTypeScript finds what a check of a models.ts (an absolute path without
// links) runs. A check that nobody asked for runs only what the user has
// installed: a compiler inside the file's own repository, owned by the user,
// and not committed to it, so that nothing that came with a clone is executed.
func findTypeScript(path string, mode Mode) (*typeScript, error) {
	tsc, root, err := FindCompiler(path)
	if err != nil {
		return nil, err
	}
	if mode == Auto {
		if err := installed(tsc, root); err != nil {
			return nil, fmt.Errorf("%w; --typecheck runs it all the same", err)
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("there is no node on PATH")
	}
	project, err := findProject(path)
	if err != nil {
		return nil, err
	}
	return &typeScript{node, tsc, project}, nil
}

// installed says why a compiler does not count as the user's own.
func installed(tsc, root string) error {
	if root == "" {
		return errors.New("models.ts is in no git repository, so whose TypeScript is above it is not known")
	}
	info, err := os.Stat(tsc)
	if err != nil {
		return fmt.Errorf("looking at TypeScript: %w", err)
	}
	if !ownedByUser(info) {
		return fmt.Errorf("%s belongs to another user", tsc)
	}
	tracked, err := repo.TracksFolder(root, "node_modules")
	if err != nil {
		return fmt.Errorf("whether node_modules is committed is not known: %w", err)
	}
	if tracked {
		return errors.New("node_modules is committed to the repository, not installed")
	}
	return nil
}

// FindCompiler finds the TypeScript compiler of the web app that a models.ts
// belongs to: node_modules/typescript in its folder or one above, no further
// up than the repository, whose root it gives ("" when there is none).
func FindCompiler(modelsTS string) (tsc, root string, err error) {
	for dir := range above(modelsTS) {
		if at := filepath.Join(dir, "node_modules", "typescript", "bin", "tsc"); tsc == "" && isFile(at) {
			tsc = at
		}
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			root = dir
			break
		}
	}
	if tsc == "" {
		return "", root, errNoTypeScript
	}
	return tsc, root, nil
}

// above yields the folder of a file and those above it.
func above(file string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for dir := filepath.Dir(file); yield(dir) && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// findProject finds the tsconfig.json of a models.ts.
func findProject(modelsTS string) (string, error) {
	for dir := range above(modelsTS) {
		if project := filepath.Join(dir, "tsconfig.json"); isFile(project) {
			return project, nil
		}
	}
	return "", errors.New("there is no tsconfig.json beside or above it")
}

// Runnable returns an error that says why a check with that mode would not run
// for a models.ts (an absolute path without links).
func Runnable(path string, mode Mode) error {
	_, err := findTypeScript(path, mode)
	return err
}
