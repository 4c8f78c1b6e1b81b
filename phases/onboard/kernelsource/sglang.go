package kernelsource

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// SGLang is which of FlashInfer's kernels a tree of SGLang calls.
type SGLang struct {
	Version string
	// Calls are the files that call each API, by the API's name, sorted.
	Calls map[string][]string
	// Kernels: its package sgl_kernel was read, through which SGLang's norms call
	// FlashInfer.
	Kernels  bool
	Problems []string
}

// otherNames are older names of a wrapper's methods that SGLang still calls.
var otherNames = map[string]string{"forward": "run", "begin_forward": "plan", "forward_return_lse": "run_return_lse"}

// ReadSGLang finds, in an unpacked sglang or a clone of it, where it calls
// which of FlashInfer's APIs. SGLang's norms call them through its package
// sgl_kernel: that is read beside sglang, in the clone, or in the trees of
// more.
func ReadSGLang(files fs.FS, f *FlashInfer, more ...fs.FS) (*SGLang, error) {
	more = append(more, files)
	files, err := within(files, "sglang", "srt")
	if err != nil {
		return nil, fmt.Errorf("reading SGLang: %w", err)
	}
	s := &SGLang{
		Version: version(files, "sglang", "sglang/_version.py", "sglang/version.py"),
		Calls:   map[string][]string{},
	}
	known := newIndex(f)
	if err := s.folder(files, "sglang", known); err != nil {
		return nil, fmt.Errorf("reading SGLang: %w", err)
	}
	for _, tree := range more {
		for _, top := range []string{".", "sgl-kernel/python"} {
			at := path.Join(top, "sgl_kernel")
			if _, err := fs.Stat(tree, at); err != nil {
				continue
			}
			if err := s.folder(tree, at, known); err != nil {
				return nil, fmt.Errorf("reading SGLang's kernels: %w", err)
			}
			s.Kernels = true
		}
	}
	for api := range s.Calls {
		slices.Sort(s.Calls[api])
		s.Calls[api] = slices.Compact(s.Calls[api])
	}
	return s, nil
}

// folder reads the files of one package.
func (s *SGLang) folder(files fs.FS, folder string, known *index) error {
	names, err := pythonFiles(files, folder)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.Contains(name, "/test/") || strings.Contains(name, "benchmark") {
			continue
		}
		src, err := readFile(files, name)
		if err != nil {
			s.Problems = append(s.Problems, err.Error())
			continue
		}
		if !importsFlashInfer.Match(src) {
			continue
		}
		m, err := pysrc.Parse(src)
		if err != nil {
			s.Problems = append(s.Problems, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		for _, api := range known.called(m) {
			s.Calls[api] = append(s.Calls[api], strings.TrimPrefix(strings.TrimPrefix(name, "sglang/"), "sgl-kernel/python/"))
		}
	}
	return nil
}

var importsFlashInfer = regexp.MustCompile(`(?m)^[ \t]*(?:from|import)[ \t]+flashinfer\b|"flashinfer\.`)

// index finds an API by the name under which it can be imported.
type index struct {
	f    *FlashInfer
	apis map[string]bool
	// methods are the marked methods of each class.
	methods map[string][]string
}

func newIndex(f *FlashInfer) *index {
	x := &index{f: f, apis: map[string]bool{}, methods: map[string][]string{}}
	for _, api := range f.APIs {
		x.apis[api.Name] = true
		owner := api.Name[:strings.LastIndexByte(api.Name, '.')]
		if _, isClass := f.Defined[owner]; isClass {
			x.methods[owner] = append(x.methods[owner], api.Name[len(owner)+1:])
		}
	}
	return x
}

// called are the APIs that one file calls: functions that it imports or
// reaches through a module, and methods of the classes that it imports, where
// the file calls a method of that name.
func (x *index) called(m *pysrc.Module) []string {
	modules := map[string]string{} // a name of the file -> the module it stands for
	taken := map[string]bool{}
	attributes := map[string]bool{}
	inspect(m, func(node any) bool {
		switch n := node.(type) {
		case *pysrc.Import:
			for _, name := range n.Names {
				if name.Name == "flashinfer" || strings.HasPrefix(name.Name, "flashinfer.") {
					modules[name.Bound()] = name.Name
					if name.As == "" {
						modules[name.Bound()] = "flashinfer"
					}
				}
			}
		case *pysrc.ImportFrom:
			if n.Level == 0 && (n.Module == "flashinfer" || strings.HasPrefix(n.Module, "flashinfer.")) {
				for _, name := range n.Names {
					taken[n.Module+"."+name.Name] = true
					modules[name.Bound()] = n.Module + "." + name.Name
				}
			}
		case *pysrc.Call: // LazyImport("flashinfer.sampling", "min_p_sampling_from_probs")
			if module, name, ok := lazily(n); ok {
				taken[module+"."+name] = true
			}
		case *pysrc.Attribute:
			attributes[n.Name] = true
		}
		return true
	})
	inspect(m, func(node any) bool {
		if a, ok := node.(*pysrc.Attribute); ok {
			if name, ok := dotted(a, modules); ok {
				taken[name] = true
			}
		}
		return true
	})
	out := map[string]bool{}
	for name := range taken {
		name = x.f.Resolve(name)
		if x.apis[name] {
			out[name] = true
		}
		for _, method := range x.methods[name] {
			for attribute := range attributes {
				if method == "__init__" || attribute == method || otherNames[attribute] == method {
					out[name+"."+method] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// lazily reads a call that imports a name at its first use.
func lazily(call *pysrc.Call) (module, name string, ok bool) {
	if len(call.Args) != 2 {
		return "", "", false
	}
	a, isA := call.Args[0].(*pysrc.Const)
	b, isB := call.Args[1].(*pysrc.Const)
	if !isA || !isB {
		return "", "", false
	}
	module, isA = a.Value.(string)
	name, isB = b.Value.(string)
	return module, name, isA && isB && (module == "flashinfer" || strings.HasPrefix(module, "flashinfer."))
}

func inspect(m *pysrc.Module, f func(node any) bool) {
	for _, stmt := range m.Body {
		pysrc.Inspect(stmt, f)
	}
}

// dotted is what an attribute of an imported module names.
func dotted(a *pysrc.Attribute, modules map[string]string) (string, bool) {
	switch base := a.X.(type) {
	case *pysrc.Name:
		m, ok := modules[base.ID]
		return m + "." + a.Name, ok
	case *pysrc.Attribute:
		m, ok := dotted(base, modules)
		return m + "." + a.Name, ok
	}
	return "", false
}
