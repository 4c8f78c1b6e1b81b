package engine

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
)

// hubConfig is a call of a configuration class of transformers.
func (e *Engine) hubConfig(class string, kw *pyeval.Namespace) pyeval.Value {
	c := &modelConfig{engine: e, path: class, fields: kw.Clone(), over: pyeval.NewNamespace(), defaults: &classDefaults{class: class}}
	if t := classdefaults.TypeOfConfig(class); t != "" {
		c.defaults = defaultsOf(t)
		e.resolveDefaults(c)
	}
	return c
}

// hubAlias is the model_type of the class of transformers that a configuration
// class of SGLang gives another model_type, and at most some class variables;
// "" when the class does more than that, or extends none that is known.
func (e *Engine) hubAlias(c *pyeval.Class) string {
	for _, b := range e.ResolutionOrder(c) {
		switch b := b.(type) {
		case *pyeval.Class:
			for _, name := range b.Order {
				if _, ok := b.ByName[name].(*pysrc.AssignStmt); !ok {
					return ""
				}
			}
		case *pyeval.External:
			return classdefaults.TypeOfConfig(pyeval.LastPart(b.Path))
		}
	}
	return ""
}

// aliasConfig makes a configuration of an alias: the class's variables are what
// neither the file nor the class of transformers says.
func (e *Engine) aliasConfig(c *pyeval.Class, o *extract.Object, path, modelType, base string) pyeval.Value {
	conf := e.configOfType(o, path, base)
	conf.fields.Set("model_type", modelType)
	for _, b := range e.ResolutionOrder(c) {
		own, ok := b.(*pyeval.Class)
		if !ok {
			continue
		}
		for _, name := range own.Order {
			if pyeval.IsMissing(conf.attr(name)) {
				conf.fields.Set(name, own.Attr(e.Interp, name))
			}
		}
	}
	return conf
}

// InitSettings implements host: what the constructor of transformers'
// configuration classes does with its arguments. Where a class of SGLang extends
// one that the table of defaults knows, its defaults come first.
func (e *Engine) InitSettings(_ *pyeval.Interp, o *pyeval.Instance, kw *pyeval.Namespace) {
	if c, ok := o.Class.(*pyeval.Class); ok {
		e.inheritDefaults(o, c, kw)
	}
	for k, v := range kw.All() {
		e.SetVar(o.Attrs, k, v)
	}
}

// inheritDefaults gives an instance the defaults of the external class that
// its own extends.
func (e *Engine) inheritDefaults(o *pyeval.Instance, c *pyeval.Class, kw *pyeval.Namespace) {
	for _, b := range e.ResolutionOrder(c) {
		outside, ok := b.(*pyeval.External)
		if !ok {
			continue
		}
		modelType := classdefaults.TypeOfConfig(pyeval.LastPart(outside.Path))
		if modelType == "" {
			continue
		}
		base := &modelConfig{engine: e, path: "config", fields: kw.Clone(), over: pyeval.NewNamespace(), defaults: defaultsOf(modelType)}
		e.resolveDefaults(base)
		for _, name := range sortedNames(base.defaults.values) {
			e.SetVar(o.Attrs, name, base.attr(name))
		}
		for _, name := range sortedNames(base.defaults.null) {
			e.SetVar(o.Attrs, name, base.attr(name))
			kw.Delete(name)
		}
		return
	}
}

// mappedConfigAttr is an attribute that a configuration class of SGLang maps
// to another (attribute_map).
func (e *Engine) mappedConfigAttr(o *pyeval.Instance, c *pyeval.Class, name string) pyeval.Value {
	if name == "attribute_map" {
		return pyeval.Missing{}
	}
	owner, s := e.FindMember(c, "attribute_map", nil)
	if s == nil {
		return pyeval.Missing{}
	}
	m, ok := e.MemberValue(owner, s, "attribute_map", nil, c).(*pyeval.Dict)
	if !ok {
		return pyeval.Missing{}
	}
	if to, ok := m.Get(name); ok {
		if key, isText := to.(string); isText {
			if v, has := o.Attrs.Get(key); has {
				return v
			}
		}
	}
	return pyeval.Missing{}
}

// baseConfigAttr is an attribute that a configuration class of SGLang has
// from transformers' base class.
func (e *Engine) baseConfigAttr(o *pyeval.Instance, name string) pyeval.Value {
	if v, ok := baseConfigDefault(name); ok {
		return v
	}
	switch name {
	case "rope_parameters":
		_, theta := o.Attrs.Get("rope_theta")
		if _, scaling := o.Attrs.Get("rope_scaling"); theta || scaling {
			d := ropeParameters(o.Attrs)
			e.SetVar(o.Attrs, name, d)
			return d
		}
	case "get_text_config":
		if t, ok := o.Attrs.Get("text_config"); ok {
			return pyeval.Constant(t)
		}
		return pyeval.Constant(o)
	case "update":
		return updateOf(o.Attrs)
	case "to_dict":
		return pyeval.NewBuiltin(name, func(in *pyeval.Interp, _ []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
			return o.Attr(in, "__dict__")
		})
	}
	return pyeval.Missing{}
}

// configMapping is transformers' table of configuration classes by model_type.
const configMapping = "CONFIG_MAPPING"

// Lookup implements host: it gives the configuration class of a model_type in
// that table, SGLang's own where it registers one.
func (e *Engine) Lookup(_ *pyeval.Interp, table *pyeval.External, key pyeval.Value) (v pyeval.Value, known bool) {
	if pyeval.LastPart(table.Path) != configMapping {
		return nil, false
	}
	modelType, ok := key.(string)
	if !ok {
		return nil, true
	}
	if c := e.ConfigClass(modelType); c != nil {
		return c, true
	}
	if d := defaultsOf(modelType); d.class != "" {
		return pyeval.NewExternal("transformers." + d.class), true
	}
	return nil, true
}
