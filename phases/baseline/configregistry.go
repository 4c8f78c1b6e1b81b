package baseline

import (
	"context"
	"slices"
	"strings"

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
func (r *Reader) configClassOf(in *interp, modelType string) *class {
	if e, ok := r.src.(*Embedded); ok {
		name := e.configClass(modelType)
		if name == "" {
			return nil
		}
		c, _ := in.moduleAttribute(name[:strings.LastIndexByte(name, '.')], lastPart(name)).(*class)
		return c
	}
	for _, name := range configRegistries() {
		m := in.module(name)
		if m == nil {
			continue
		}
		for _, class := range registeredConfigs(m.body) {
			if c := r.configNamed(in, m, class, modelType); c != nil {
				return c
			}
		}
	}
	return r.selfRegistered(in, modelType)[modelType]
}

// configNamed resolves a class of the registry when it is for a model_type;
// "" accepts every type. Its file is looked into only when it mentions the
// type.
func (r *Reader) configNamed(in *interp, m *module, name, modelType string) *class {
	for _, b := range m.bindings[name] {
		from, ok := b.stmt.(*pysrc.ImportFrom)
		if !ok {
			continue
		}
		base := importBase(m, from)
		path := treeRoot + strings.ReplaceAll(base, ".", "/") + ".py"
		if modelType != "" && inSGLang(base) && !r.mentions(path, modelType) {
			return nil
		}
	}
	c, ok := in.global(m, name).(*class)
	if !ok {
		return nil
	}
	if t := in.modelTypeOf(c); t != "" && (t == modelType || modelType == "") {
		return c
	}
	return nil
}

// modelTypeOf is a configuration class's model_type; "" when it has none.
func (in *interp) modelTypeOf(c *class) string {
	t, _ := in.attempt(func() value { return in.classAttr(c, "model_type") }).(string)
	return t
}

// mentions says whether a file's text holds a word; true when its text cannot
// be read.
func (r *Reader) mentions(path string, words ...string) bool {
	text, err := r.src.ReadFile(path)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(string(text), w) })
}

// registeredConfigs are the class names that the registry of configuration
// classes lists.
func registeredConfigs(body []pysrc.Stmt) []string {
	var out []string
	for _, s := range body {
		a, ok := s.(*pysrc.AssignStmt)
		if !ok || a.Value == nil || !slices.Contains(targetNames(a.Targets[0]), "_CONFIG_REGISTRY") {
			continue
		}
		var elts []pysrc.Expr
		switch v := a.Value.(type) {
		case *pysrc.Comprehension:
			if l, ok := v.Clauses[0].Iter.(*pysrc.ListExpr); ok {
				elts = l.Elts
			}
		case *pysrc.ListExpr:
			elts = v.Elts
		case *pysrc.DictExpr:
			elts = v.Values
		}
		for _, e := range elts {
			if n, ok := e.(*pysrc.Name); ok {
				out = append(out, n.ID)
			}
		}
	}
	return out
}

// selfRegistered finds the classes whose own file registers them with
// transformers, by model_type; only for one type unless it is "".
func (r *Reader) selfRegistered(in *interp, modelType string) map[string]*class {
	out := map[string]*class{}
	files, err := r.src.List(configsDir)
	if err != nil {
		return out
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".py") || !r.mentions(f.Path, "AutoConfig.register", "CONFIG_MAPPING") ||
			modelType != "" && !r.mentions(f.Path, modelType) {
			continue
		}
		m := in.module(moduleName(f.Path))
		if m == nil {
			continue
		}
		for _, name := range registrations(m.body) {
			c, ok := in.global(m, name).(*class)
			if !ok {
				continue
			}
			if t := in.modelTypeOf(c); t != "" && out[t] == nil {
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
	if e, ok := r.src.(*Embedded); ok {
		x, err := e.open()
		if err != nil {
			return nil
		}
		return x.facts.Configs
	}
	in := newInterp(context.Background(), r, Limits{}, environmentFacts{tp: 1, fusionDisabled: true, sm: 90})
	out := map[string]string{}
	for t, c := range r.selfRegistered(in, "") {
		out[t] = c.qualified()
	}
	for _, name := range configRegistries() {
		m := in.module(name)
		if m == nil {
			continue
		}
		for _, class := range registeredConfigs(m.body) {
			if c := r.configNamed(in, m, class, ""); c != nil {
				out[in.modelTypeOf(c)] = c.qualified()
			}
		}
	}
	return out
}
