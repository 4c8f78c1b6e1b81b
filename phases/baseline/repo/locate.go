package repo

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// layout says where the paths of the interface are in a directory.
type layout struct {
	root string // the directory that the user named
	// strip is what a path of the interface has at its start and the
	// directory has not: "" (a repository), "python/" (its python directory,
	// or site-packages), "python/sglang/" (the package itself).
	strip string
}

// toLocal maps a path of the interface to one below root.
func (l layout) toLocal(name string) (string, bool) {
	if name+"/" == l.strip {
		return ".", true
	}
	return strings.CutPrefix(name, l.strip)
}

// locate finds SGLang in a directory; ok is false when it is not there.
func locate(dir string) (layout, bool) {
	for _, strip := range []string{"", "python/", "python/sglang/"} {
		l := layout{root: dir, strip: strip}
		local, _ := l.toLocal(modelsDir)
		if st, err := os.Stat(filepath.Join(dir, filepath.FromSlash(local))); err == nil && st.IsDir() {
			return l, true
		}
	}
	return layout{}, false
}

// repositoryRoot is where a clone that holds the layout would have its .git.
func (l layout) repositoryRoot() string {
	root := l.root
	parts := strings.Split(strings.TrimSuffix(l.strip, "/"), "/")
	for i := len(parts) - 1; i >= 0 && l.strip != ""; i-- {
		if filepath.Base(root) != parts[i] {
			return ""
		}
		root = filepath.Dir(root)
	}
	return root
}

// packageRoot is the directory of the sglang package itself.
func (l layout) packageRoot() string {
	local, _ := l.toLocal("python/sglang")
	return filepath.Join(l.root, filepath.FromSlash(local))
}

// versionLine is the version in a generated _version.py; distInfo the name of
// an installed package's metadata directory.
var (
	versionLine = regexp.MustCompile(`(?m)^__version__\s*=.*['"]([0-9][0-9A-Za-z.+!-]{0,40})['"]\s*$`)
	distInfo    = regexp.MustCompile(`^sglang-([0-9][0-9A-Za-z.+!]{0,40})\.dist-info$`)
)

// packageVersion finds the version of an installed package; ok is false when
// the directory is not an installed package.
func (l layout) packageVersion() (version string, ok bool) {
	if l.strip == "" {
		return "", false
	}
	pkg := l.packageRoot()
	siblings, err := os.ReadDir(filepath.Dir(pkg))
	if err == nil {
		for _, e := range siblings {
			if m := distInfo.FindStringSubmatch(e.Name()); m != nil && e.IsDir() {
				return m[1], true
			}
		}
	}
	for _, name := range []string{"_version.py", "version.py"} {
		text, err := readSmall(filepath.Join(pkg, name))
		if err != nil {
			continue
		}
		if m := versionLine.FindSubmatch(text); m != nil {
			return string(m[1]), true
		}
	}
	return "", false
}

// subdirectoryHint names a directory below dir that is the tree, as when an
// archive was unpacked one level too deep.
func subdirectoryHint(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for i, e := range entries {
		if i == 50 {
			break
		}
		if _, ok := locate(filepath.Join(dir, e.Name())); e.IsDir() && ok {
			return "did you mean " + filepath.Join(dir, e.Name()) + "?"
		}
	}
	return ""
}
