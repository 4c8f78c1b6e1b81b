package classes

import (
	"iter"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// configsDir is where SGLang keeps configuration classes of its own.
const configsDir = "python/sglang/srt/configs"

// configRegistries are the modules that may hold the registry of
// configuration classes, newest layout of SGLang first.
func configRegistries() []string {
	return []string{"sglang.srt.utils.hf_transformers.common", "sglang.srt.utils.hf_transformers_utils", "sglang.srt.hf_transformers_utils"}
}

// configClassOf finds SGLang's configuration class for a model_type; nil when
// it has none.
func (r *Reader) configClassOf(e *engine.Engine, modelType string) *pyeval.Class {
	if x, ok := r.src.(*Embedded); ok {
		name := x.ConfigClasses()[modelType]
		if name == "" {
			return nil
		}
		c, _ := e.ModuleAttribute(name[:strings.LastIndexByte(name, '.')], pyeval.LastPart(name)).(*pyeval.Class)
		return c
	}
	for _, c := range r.ownConfigs(e, modelType) {
		return c
	}
	return nil
}

// ownConfigs goes through SGLang's configuration classes with their model_type,
// those of the registry first; only through those of one type unless it is "".
func (r *Reader) ownConfigs(e *engine.Engine, modelType string) iter.Seq2[string, *pyeval.Class] {
	return func(yield func(string, *pyeval.Class) bool) {
		for _, name := range configRegistries() {
			m := e.Module(name)
			if m == nil {
				continue
			}
			for _, class := range registeredConfigs(m.Tree.Body) {
				for _, c := range r.configNamed(e, m, class, modelType) {
					if !yield(modelTypeOf(e, c), c) {
						return
					}
				}
			}
		}
		for t, c := range r.selfRegistered(e, modelType) {
			if (modelType == "" || modelType == t) && !yield(t, c) {
				return
			}
		}
	}
}

// configNamed resolves a name of the registry, a class or a list of classes, to
// the class that is for a model_type; "" accepts every type. Its file is looked
// into only when it mentions the type.
func (r *Reader) configNamed(e *engine.Engine, m *pyeval.Module, name, modelType string) []*pyeval.Class {
	for _, base := range m.ImportedFrom(name) {
		path := engine.TreeRoot + strings.ReplaceAll(base, ".", "/") + ".py"
		if modelType != "" && engine.InSGLang(base) && !r.mentions(path, modelType) {
			return nil
		}
	}
	v := e.Global(m, name)
	candidates, ok := pyeval.Iterate(v)
	if !ok {
		candidates = []pyeval.Value{v}
	}
	var out []*pyeval.Class
	for _, v := range candidates {
		c, ok := v.(*pyeval.Class)
		if !ok {
			continue
		}
		if t := modelTypeOf(e, c); t != "" && (t == modelType || modelType == "") {
			out = append(out, c)
		}
	}
	return out
}

// modelTypeOf is a configuration class's model_type; "" when it has none.
func modelTypeOf(e *engine.Engine, c *pyeval.Class) string {
	t, _ := e.Attempt(func() pyeval.Value { return c.Attr(e.Interp, "model_type") }).(string)
	return t
}

// mentions reports whether a file's text holds a word; true when its text cannot
// be read.
func (r *Reader) mentions(path string, words ...string) bool {
	text, err := r.src.ReadFile(path)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(string(text), w) })
}

// registeredConfigs are the names that the registry of configuration classes
// is filled with: of the classes of its table, of classes that are put under
// their model_type afterwards, and of lists of classes that it is updated with.
func registeredConfigs(body []pysrc.Stmt) []string {
	const registry = "_CONFIG_REGISTRY"
	var out []string
	add := func(elts ...pysrc.Expr) {
		for _, e := range elts {
			if n, ok := e.(*pysrc.Name); ok {
				out = append(out, n.ID)
			}
		}
	}
	table := func(e pysrc.Expr) {
		switch e := e.(type) {
		case *pysrc.Comprehension:
			add(e.Clauses[0].Iter)
			if l, ok := e.Clauses[0].Iter.(*pysrc.ListExpr); ok {
				add(l.Elts...)
			}
		case *pysrc.ListExpr:
			add(e.Elts...)
		case *pysrc.DictExpr:
			add(e.Values...)
		}
	}
	for _, s := range body {
		pysrc.Inspect(s, func(n any) bool {
			switch n := n.(type) {
			case *pysrc.AssignStmt:
				if n.Value != nil && slices.Contains(pysrc.TargetNames(n.Targets[0]), registry) {
					table(n.Value)
				}
				if item, ok := n.Targets[0].(*pysrc.Subscript); ok && pysrc.Unparse(item.X) == registry {
					add(n.Value)
				}
			case *pysrc.Call:
				if len(n.Args) == 1 && pysrc.Unparse(n.Fn) == registry+".update" {
					table(n.Args[0])
				}
			}
			return true
		})
	}
	return out
}

// selfRegistered finds the classes whose own file registers them with
// transformers, by model_type; only for one type unless it is "".
func (r *Reader) selfRegistered(e *engine.Engine, modelType string) map[string]*pyeval.Class {
	out := map[string]*pyeval.Class{}
	files, err := r.src.List(configsDir)
	if err != nil {
		return out
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".py") || !r.mentions(f.Path, "AutoConfig.register", "CONFIG_MAPPING") ||
			modelType != "" && !r.mentions(f.Path, modelType) {
			continue
		}
		m := e.Module(engine.ModuleName(f.Path))
		if m == nil {
			continue
		}
		for _, name := range registrations(m.Tree.Body) {
			c, ok := e.Global(m, name).(*pyeval.Class)
			if !ok {
				continue
			}
			if t := modelTypeOf(e, c); t != "" && out[t] == nil {
				out[t] = c
			}
		}
	}
	return out
}

// registrations are the names of classes that statements register:
// AutoConfig.register(type, Class), CONFIG_MAPPING.register(type, Class),
// CONFIG_MAPPING._extra_content[type] = Class.
func registrations(body []pysrc.Stmt) []string {
	var out []string
	add := func(e pysrc.Expr) {
		if n, ok := e.(*pysrc.Name); ok && !slices.Contains(out, n.ID) {
			out = append(out, n.ID)
		}
	}
	for _, s := range body {
		pysrc.Inspect(s, func(n any) bool {
			switch n := n.(type) {
			case *pysrc.Call:
				fn := pysrc.Unparse(n.Fn)
				if (fn == "AutoConfig.register" || fn == "CONFIG_MAPPING.register") && len(n.Args) > 1 {
					add(n.Args[1])
				}
			case *pysrc.AssignStmt:
				if strings.HasPrefix(pysrc.Unparse(n.Targets[0]), "CONFIG_MAPPING._extra_content[") {
					add(n.Value)
				}
			}
			return true
		})
	}
	return out
}

// configTypes lists SGLang's configuration classes by model_type, as
// "module.Class".
func (r *Reader) configTypes() map[string]string {
	if x, ok := r.src.(*Embedded); ok {
		return x.ConfigClasses()
	}
	out := map[string]string{}
	for t, c := range r.ownConfigs(r.plainEngine(), "") {
		if out[t] == "" {
			out[t] = c.Full
		}
	}
	return out
}
