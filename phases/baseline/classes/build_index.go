package classes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// layersDir is where SGLang keeps its layers.
const layersDir = "python/sglang/srt/layers"

// BuildIndex compiles a source tree into the index that ships in the binary:
// the files of SGLang's models and configurations as they are, and those that
// they import. commit (or the tag of a release) and date are written into it where the tree
// does not know its own.
func BuildIndex(ctx context.Context, src Source, commit, date string) ([]byte, error) {
	r := NewReader(src, nil)
	classes, err := r.Classes()
	if err != nil {
		return nil, err
	}
	if h, d := src.Commit(); h != "" {
		commit, date = h, d
	}
	trees, err := r.indexedTrees()
	if err != nil {
		return nil, err
	}
	facts := indexFacts{Commit: commit, Date: date, Classes: classes, Configs: r.configTypes()}
	data, err := writeIndex(facts, trees)
	if err != nil {
		return nil, err
	}
	if _, err := readIndex(data); err != nil {
		return nil, fmt.Errorf("checking the index: %w", err)
	}
	return data, ctx.Err()
}

// indexedTrees are the files of an index: all that is in the directories of
// models and configurations, what they import, and what the reader asks for of
// its own accord.
func (r *Reader) indexedTrees() (map[string]*pysrc.Module, error) {
	trees := map[string]*pysrc.Module{}
	for _, dir := range []string{engine.ModelsDir, configsDir, engine.ServerFieldsDir} {
		all, err := r.src.List(dir)
		if errors.Is(err, fs.ErrNotExist) && dir != engine.ModelsDir {
			continue // of another layout
		}
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", dir, err)
		}
		for _, e := range all {
			if strings.HasSuffix(e.Path, ".py") {
				if trees[e.Path], err = r.Syntax(e.Path); err != nil {
					return nil, err
				}
			}
		}
	}
	wanted := append([]string{engine.ServerModule, engine.EnvironModule, engine.ActivationModule}, engine.RotaryModules()...)
	for _, path := range slices.Sorted(maps.Keys(trees)) {
		wanted = append(wanted, importedBy(path, trees[path])...)
	}
	for ; len(wanted) > 0; wanted = wanted[1:] {
		base := engine.TreeRoot + strings.ReplaceAll(wanted[0], ".", "/")
		for _, path := range []string{base + ".py", base + "/__init__.py"} {
			if trees[path] != nil {
				break
			}
			tree, err := r.Syntax(path)
			if err != nil {
				return nil, err
			}
			if tree == nil {
				continue
			}
			trees[path] = tree
			// A package hands on what is defined elsewhere; the constructors
			// of classes that are not layers are entered.
			entered := strings.HasPrefix(path, layersDir+"/") && !engine.IsLayerModule(engine.ModuleName(path))
			if entered || strings.HasSuffix(path, "/__init__.py") || handsOn(tree) {
				wanted = append(wanted, importedBy(path, tree)...)
			}
			break
		}
	}
	return trees, nil
}

// handsOn reports whether a file hands on all names of another one.
func handsOn(tree *pysrc.Module) bool {
	return slices.ContainsFunc(tree.Body, func(s pysrc.Stmt) bool {
		from, ok := s.(*pysrc.ImportFrom)
		return ok && slices.ContainsFunc(from.Names, func(a pysrc.Alias) bool { return a.Name == "*" })
	})
}

// importedBy are the dotted names of SGLang's own that a file imports: modules,
// and names that may be modules.
func importedBy(path string, tree *pysrc.Module) []string {
	m, pkg := engine.ModuleName(path), strings.HasSuffix(path, "__init__.py")
	var out []string
	for _, s := range tree.Body {
		pysrc.Inspect(s, func(n any) bool {
			switch n := n.(type) {
			case *pysrc.Import:
				for _, a := range n.Names {
					out = append(out, a.Name)
				}
			case *pysrc.ImportFrom:
				base := n.Base(m, pkg)
				out = append(out, base)
				for _, a := range n.Names {
					out = append(out, base+"."+a.Name)
				}
			}
			return true
		})
	}
	return slices.DeleteFunc(out, func(name string) bool { return !engine.InSGLang(name) })
}
