package repo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// openLocal opens a tree that somebody else made. It is only read.
func openLocal(dir, ref string) (*Source, error) {
	l, hasFiles := locate(dir)
	gitPath, hasGit, gitErr := findGitDir(gitRoot(l, hasFiles, dir))
	if !hasGit && !hasFiles && isGitDir(dir) {
		gitPath, hasGit = dir, true
	}
	if !hasGit && !hasFiles {
		return nil, &Error{Op: "opening", Subject: dir, Kind: ErrNotSGLang, Hint: notSGLangHint(dir)}
	}
	var g *gitDir
	if hasGit && gitErr == nil {
		g, gitErr = openGitDir(gitPath)
	}
	switch {
	case ref != "":
		return openLocalRef(dir, ref, hasGit, g, gitErr)
	case hasFiles:
		return openWorkTree(dir, l, hasGit, g, gitErr)
	case gitErr != nil:
		return nil, localError(dir, gitErr)
	}
	c, err := g.resolve("")
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil, &Error{Op: "opening", Subject: dir, Kind: ErrNotSGLang, Hint: "the clone has no commit at HEAD; name a branch with --sglang-ref"}
	}
	if err != nil {
		return nil, localError(dir, err)
	}
	return openObjects(dir, g, c, "")
}

// gitRoot is the directory that would hold .git.
func gitRoot(l layout, hasFiles bool, dir string) string {
	if hasFiles {
		return l.repositoryRoot()
	}
	return dir
}

func notSGLangHint(dir string) string {
	if hint := subdirectoryHint(dir); hint != "" {
		return hint
	}
	return "it holds no " + modelsDir + " and no git repository; name a clone, an unpacked archive or an installed sglang package"
}

// localError says what can be done about a clone that cannot be read.
func localError(dir string, err error) error {
	kind := kindOf(err, ErrRefNotFound, ErrTooLarge, ErrUnsupported, ErrIncomplete, ErrNotSGLang)
	e := &Error{Op: "opening", Subject: dir, Kind: kind, Err: err}
	switch {
	case e.Kind == nil:
		e.Kind = ErrCorrupt
		e.Hint = "look at it with: git -C DIR fsck"
	case errors.Is(e.Kind, ErrIncomplete):
		e.Hint = "the clone lacks objects (partial or damaged) and is not ours to complete; check its files out with git, or leave --sglang-path away"
	case errors.Is(e.Kind, ErrNotSGLang):
		e.Hint = "name a clone of SGLang, or a commit that has its Python sources"
	case errors.Is(e.Kind, ErrUnsupported):
		e.Hint = "check its files out with git: plain files are read whatever the format"
	}
	return e
}

// openLocalRef opens a named commit of somebody's clone.
func openLocalRef(dir, ref string, hasGit bool, g *gitDir, gitErr error) (*Source, error) {
	if !hasGit {
		return nil, &Error{Op: "opening", Subject: dir, Kind: ErrRefNotFound,
			Hint: "it is not a git clone, so it has no " + quote(ref) + "; leave --sglang-ref away"}
	}
	if gitErr != nil {
		return nil, localError(dir, gitErr)
	}
	c, err := g.resolve(ref)
	if err != nil {
		if errors.Is(err, plumbing.ErrReferenceNotFound) || (isHash(ref) && errors.Is(err, ErrIncomplete)) {
			return nil, &Error{Op: "reading", Subject: "ref " + quote(ref) + " of " + dir, Kind: ErrRefNotFound,
				Nearest: nearest(ref, g.refNames()), Hint: "the clone is only read; fetch the ref into it with git first"}
		}
		return nil, localError(dir, err)
	}
	return openObjects(dir, g, c, ref)
}

// openObjects reads a commit of somebody's clone from its objects.
func openObjects(dir string, g *gitDir, c commitInfo, ref string) (*Source, error) {
	t, err := openCommit(g.store, c, false)
	if err != nil {
		return nil, localError(dir, err)
	}
	extra := "read from its objects"
	if ref != "" {
		extra += " at " + ref
	}
	all, present := t.countModels()
	if present == 0 {
		return nil, localError(dir, fmt.Errorf("%w: none of the %d model files is in the clone", ErrIncomplete, all))
	}
	if present < all || g.meta.partial {
		t.available = func(f treeFile) bool { return g.store.has(f.hash) }
	}
	s := &Source{backend: t, origin: OriginObjects, dir: dir, commit: c.hash.String(), date: c.date}
	s.notes = []string{s.describe(extra)}
	if present < all {
		s.notes = append(s.notes, fmt.Sprintf("%s is a partial or damaged clone: %d of %d model files are missing from it", dir, all-present, all))
	}
	return s, nil
}

// openWorkTree reads plain files, with what the clone around them can add.
func openWorkTree(dir string, l layout, hasGit bool, g *gitDir, gitErr error) (*Source, error) {
	t, err := openFiles(l)
	if err != nil {
		return nil, &Error{Op: "opening", Subject: dir, Kind: ErrNotSGLang, Err: err}
	}
	s := &Source{backend: t, origin: OriginDirectory, dir: dir}
	if !hasGit {
		extra := "no commit known"
		if version, ok := l.packageVersion(); ok {
			s.origin, s.version = OriginPackage, version
		} else if l.strip != "" {
			s.origin = OriginPackage
		}
		s.notes = []string{s.describe(extra)}
		return s, nil
	}
	s.origin = OriginWorkTree
	var remarks []string
	if gitErr == nil {
		remarks, gitErr = s.addGit(t, g)
	}
	if gitErr != nil {
		if g != nil && s.commit == "" {
			s.commit = g.rawHead()
		}
		remarks = append(remarks, "its files were read as they are; its git data cannot be: "+gitErr.Error())
	}
	s.notes = append([]string{s.describe("")}, remarks...)
	return s, nil
}

// addGit finds the commit of a work tree, what differs from it, and the files
// that a sparse checkout leaves in the objects.
func (s *Source) addGit(t *fileTree, g *gitDir) (remarks []string, err error) {
	c, err := g.resolve("")
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return []string{"the clone has no commit yet"}, nil
	}
	if err != nil {
		return nil, err
	}
	s.commit, s.date = c.hash.String(), c.date
	tree, err := openCommit(g.store, c, false)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", short(s.commit), err)
	}
	list, err := t.changed(g, tree.byKey)
	if err != nil {
		remarks = append(remarks, "the clone's index cannot be read, so local changes are not known: "+err.Error())
	} else if len(list) > 0 {
		shown := strings.Join(list[:min(3, len(list))], ", ")
		remarks = append(remarks, fmt.Sprintf("%d file(s) of the work tree may differ from that commit: %s", len(list), shown))
	}
	if g.meta.sparse {
		tree.available = func(f treeFile) bool { return g.store.has(f.hash) }
		t.behind = tree
		remarks = append(remarks, "a sparse checkout: files that are not checked out are read from the objects")
	}
	return remarks, nil
}
