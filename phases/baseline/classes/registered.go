package classes

import (
	"encoding/json"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/baseline/repo"
)

// classIndex is what the models directory registers, sorted by name.
type classIndex []ClassInfo

func newClassIndex(classes []ClassInfo) classIndex {
	x := slices.Clone(classes)
	slices.SortStableFunc(x, func(a, b ClassInfo) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(x, func(a, b ClassInfo) bool { return a.Name == b.Name }) // the first file wins, as they are sorted
}

func (x classIndex) find(name string) (ClassInfo, bool) {
	i, found := slices.BinarySearchFunc(x, name, func(c ClassInfo, name string) int { return strings.Compare(c.Name, name) })
	if !found {
		return ClassInfo{}, false
	}
	return x[i], true
}

// Classes lists every class that the tree registers, sorted by name.
func (r *Reader) Classes() ([]ClassInfo, error) {
	x, err := r.index()
	return slices.Clone(x), err
}

func (r *Reader) buildIndex() (classIndex, error) {
	if x, ok := r.src.(*Embedded); ok {
		classes, err := x.Classes()
		return newClassIndex(classes), err
	}
	files, err := r.ModelFiles()
	if err != nil {
		return nil, err
	}
	facts := make([]*fileFacts, len(files))
	var g errgroup.Group
	g.SetLimit(max(2, runtime.NumCPU()))
	for i, f := range files {
		g.Go(func() error {
			read, err := r.factsOf(f)
			facts[i] = read
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return newClassIndex(registered(facts)), nil
}

// ModelFiles are the files that the registry scans: those directly in the
// models directory.
func (r *Reader) ModelFiles() ([]Entry, error) { return r.pythonFiles(engine.ModelsDir) }

// fileFacts is what the index needs of one file; it is kept in the cache.
type fileFacts struct {
	Path    string            `json:"-"`
	Entries []string          `json:"entries,omitempty"`
	Classes []classFacts      `json:"classes,omitempty"`
	Imports map[string]string `json:"imports,omitempty"` // name -> dotted module and name
}

// classFacts is what the index needs of one class.
type classFacts struct {
	Name       string   `json:"name"`
	Line       int      `json:"line"`
	Bases      []string `json:"bases,omitempty"`
	Multimodal bool     `json:"mm,omitempty"`        // defines what only multimodal models do
	Logits     bool     `json:"logits,omitempty"`    // makes a logits processor
	Delegates  bool     `json:"delegates,omitempty"` // hands on to another class of the file
}

// factsVersion changes when fileFacts does.
const factsVersion = "index2-"

func (r *Reader) factsOf(e Entry) (*fileFacts, error) {
	if f := r.keptFacts(e, e.BlobID); f != nil {
		return f, nil
	}
	text, err := r.src.ReadFile(e.Path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", e.Path, err)
	}
	id := repo.BlobID(text)
	if f := r.keptFacts(e, id); f != nil {
		return f, nil
	}
	f := readFacts(e.Path, text)
	data, err := json.Marshal(f)
	if err == nil {
		r.cache.Put(factsVersion+id, data)
	}
	return f, err
}

// keptFacts returns what the cache has of a file whose content has an id; nil
// when it has nothing.
func (r *Reader) keptFacts(e Entry, id string) *fileFacts {
	data, ok := r.cache.Get(factsVersion + id)
	f := &fileFacts{}
	if !ok || json.Unmarshal(data, f) != nil {
		return nil
	}
	f.Path = e.Path
	return f
}

// readFacts reads a file's facts; a file that cannot be parsed has none.
func readFacts(file string, text []byte) *fileFacts {
	f := &fileFacts{Path: file, Imports: map[string]string{}}
	if !strings.Contains(string(text), "class ") {
		return f
	}
	tree, err := pysrc.ParseOutline(text)
	if err != nil {
		return f
	}
	module, pkg := engine.ModuleName(file), strings.HasSuffix(file, "__init__.py")
	lines := strings.SplitAfter(string(text), "\n")
	for _, s := range tree.Body {
		switch s := s.(type) {
		case *pysrc.ClassDef:
			f.Classes = append(f.Classes, classFactsOf(s, lines))
		case *pysrc.ImportFrom:
			for _, a := range s.Names {
				f.Imports[a.Bound()] = s.Base(module, pkg) + "." + a.Name
			}
		case *pysrc.AssignStmt:
			if slices.Contains(pysrc.TargetNames(s.Targets[0]), "EntryClass") {
				f.Entries = append(f.Entries, classNames(s.Value)...)
			}
		case *pysrc.AugAssignStmt:
			if slices.Contains(pysrc.TargetNames(s.Target), "EntryClass") {
				f.Entries = append(f.Entries, classNames(s.Value)...)
			}
		}
	}
	return f
}

func classFactsOf(c *pysrc.ClassDef, lines []string) classFacts {
	out := classFacts{Name: c.Name, Line: c.First}
	for _, b := range c.Bases {
		out.Bases = append(out.Bases, pysrc.Unparse(b))
	}
	for _, s := range c.Body {
		if f, ok := s.(*pysrc.FuncDef); ok {
			out.Multimodal = out.Multimodal || engine.IsMultimodalMethod(f.Name)
			out.Delegates = out.Delegates || f.Name == "__getattr__"
		}
	}
	body := strings.Join(lines[min(c.First-1, len(lines)):min(c.Last, len(lines))], "")
	out.Logits = strings.Contains(body, "LogitsProcessor(")
	return out
}

// registered resolves the facts of all files into the registered classes.
func registered(files []*fileFacts) []ClassInfo {
	byName := map[string]classFacts{} // "module.Class"
	imports := map[string]map[string]string{}
	for _, f := range files {
		m := engine.ModuleName(f.Path)
		imports[m] = f.Imports
		for _, c := range f.Classes {
			byName[m+"."+c.Name] = c
		}
	}
	var out []ClassInfo
	for _, f := range files {
		anyMultimodal := slices.ContainsFunc(f.Classes, func(c classFacts) bool { return c.Multimodal })
		anyLogits := slices.ContainsFunc(f.Classes, func(c classFacts) bool { return c.Logits })
		for _, name := range f.Entries {
			c, ok := byName[engine.ModuleName(f.Path)+"."+name]
			if !ok {
				continue
			}
			var mm, logits bool
			ancestors(engine.ModuleName(f.Path), c, byName, imports, map[string]bool{}, func(c classFacts) {
				mm, logits = mm || c.Multimodal, logits || c.Logits
			})
			if c.Delegates {
				mm, logits = mm || anyMultimodal, logits || anyLogits
			}
			out = append(out, ClassInfo{Name: name, File: f.Path, Line: c.Line, Category: category(name, f.Path, mm, logits)})
		}
	}
	return out
}

// maxAncestors bounds how many bases of a class are looked at.
const maxAncestors = 64

// ancestors visits a class and its bases within the models directory, each
// once.
func ancestors(mod string, c classFacts, byName map[string]classFacts, imports map[string]map[string]string, seen map[string]bool, visit func(classFacts)) {
	name := mod + "." + c.Name
	if seen[name] || len(seen) > maxAncestors {
		return
	}
	seen[name] = true
	visit(c)
	for _, b := range c.Bases {
		full := mod + "." + b
		if to, ok := imports[mod][b]; ok {
			full = to
		}
		if base, ok := byName[full]; ok {
			ancestors(full[:strings.LastIndexByte(full, '.')], base, byName, imports, seen, visit)
		}
	}
}

// category sorts a class by its name, its file and what it or its bases do.
func category(name, file string, multimodal, logits bool) Category {
	hints := func(s string, words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
	}
	base := path.Base(file)
	switch {
	case strings.HasPrefix(name, "Transformers"), strings.HasPrefix(name, "MindSpore"), strings.HasSuffix(name, "VisionModel"):
		return OtherClass
	case hints(name, "NextN", "MTP", "Eagle", "Draft", "DSpark", "Assistant", "DFlash"), hints(base, "_nextn", "_eagle", "_mtp"):
		return Draft
	case hints(name, "SequenceClassification", "ForClassification", "RewardModel", "Embedding"):
		return Embedding
	case name == "CLIPModel": // gives embeddings of both, generates neither
		return Embedding
	case multimodal, hints(name, "ForConditionalGeneration"):
		return Multimodal
	case !logits && !hints(name, "CausalLM", "LMHead"):
		return Embedding
	}
	return TextCausalLM
}

// classNames are the names in the value of EntryClass.
func classNames(e pysrc.Expr) []string {
	switch e := e.(type) {
	case *pysrc.Name:
		return []string{e.ID}
	case *pysrc.ListExpr:
		var out []string
		for _, x := range e.Elts {
			out = append(out, classNames(x)...)
		}
		return out
	case *pysrc.TupleExpr:
		return classNames(&pysrc.ListExpr{Elts: e.Elts})
	case *pysrc.Starred:
		return classNames(e.X)
	case *pysrc.BinaryExpr:
		if e.Op == "+" {
			return append(classNames(e.Left), classNames(e.Right)...)
		}
	}
	return nil
}
