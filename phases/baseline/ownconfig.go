package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// hubConfig is a call of a configuration class of transformers.
func (e *engine) hubConfig(class string, kw *namespace) value {
	c := &config{engine: e, path: class, fields: kw.clone(), over: newNamespace(), defaults: &classDefaults{class: class}}
	if t := hubTypeOfConfig(class); t != "" {
		c.defaults = hubDefaults(t)
		e.resolveDefaults(c)
	}
	return c
}

// hubAlias is the model_type of the class of transformers that a configuration
// class of SGLang gives another model_type, and at most some class variables;
// "" when the class does more than that, or extends none that is known.
func (e *engine) hubAlias(c *class) string {
	for _, b := range e.resolutionOrder(c) {
		switch b := b.(type) {
		case *class:
			for _, name := range b.order {
				if _, ok := b.byName[name].(*pysrc.AssignStmt); !ok {
					return ""
				}
			}
		case *external:
			return hubTypeOfConfig(lastPart(b.path))
		}
	}
	return ""
}

// aliasConfig makes a configuration of an alias: the class's variables are what
// neither the file nor the class of transformers says.
func (e *engine) aliasConfig(c *class, o *extract.Object, path, modelType, base string) value {
	conf := e.configOfType(o, path, base)
	conf.fields.set("model_type", modelType)
	for _, b := range e.resolutionOrder(c) {
		own, ok := b.(*class)
		if !ok {
			continue
		}
		for _, name := range own.order {
			if isMissing(conf.attr(name)) {
				conf.fields.set(name, own.Attr(e.interp, name))
			}
		}
	}
	return conf
}

// InitSettings implements host: what the constructor of transformers'
// configuration classes does with its arguments. Where a class of SGLang extends
// one that the table of defaults knows, its defaults come first.
func (e *engine) InitSettings(_ *interp, o *object, kw *namespace) {
	if c, ok := o.cls.(*class); ok {
		e.inheritDefaults(o, c, kw)
	}
	if kw == nil {
		return
	}
	for i, k := range kw.keys {
		e.setVar(o.attrs, k, kw.vals[i])
	}
}

// inheritDefaults gives an instance the defaults of the external class that
// its own extends.
func (e *engine) inheritDefaults(o *object, c *class, kw *namespace) {
	for _, b := range e.resolutionOrder(c) {
		outside, ok := b.(*external)
		if !ok {
			continue
		}
		modelType := hubTypeOfConfig(lastPart(outside.path))
		if modelType == "" {
			continue
		}
		base := &config{engine: e, path: "config", fields: kw.clone(), over: newNamespace(), defaults: hubDefaults(modelType)}
		e.resolveDefaults(base)
		for _, name := range sortedNames(base.defaults.values) {
			e.setVar(o.attrs, name, base.attr(name))
		}
		for _, name := range sortedNames(base.defaults.null) {
			e.setVar(o.attrs, name, base.attr(name))
			kw.delete(name)
		}
		return
	}
}

// mappedConfigAttr is an attribute that a configuration class of SGLang maps
// to another (attribute_map).
func (e *engine) mappedConfigAttr(o *object, c *class, name string) value {
	if name == "attribute_map" {
		return missing{}
	}
	owner, s := e.findMember(c, "attribute_map", nil)
	if s == nil {
		return missing{}
	}
	m, ok := e.memberValue(owner, s, "attribute_map", nil, c).(*dict)
	if !ok {
		return missing{}
	}
	if to, ok := m.get(name); ok {
		if key, isText := to.(string); isText {
			if v, has := o.attrs.get(key); has {
				return v
			}
		}
	}
	return missing{}
}

// baseConfigAttr is an attribute that a configuration class of SGLang has
// from transformers' base class.
func (e *engine) baseConfigAttr(o *object, name string) value {
	if v, ok := baseConfigDefault(name); ok {
		return v
	}
	switch name {
	case "rope_parameters":
		return e.ownRopeParameters(o)
	case "get_text_config":
		if t, ok := o.attrs.get("text_config"); ok {
			return constant(t)
		}
		return constant(o)
	case "update":
		return updateOf(o.attrs)
	case "to_dict":
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value { return o.Attr(in, "__dict__") })
	}
	return missing{}
}

// ownRopeParameters is what transformers 5 makes of the older rope_theta and
// rope_scaling of a configuration; missing{} when it has neither.
func (e *engine) ownRopeParameters(o *object) value {
	theta, hasTheta := o.attrs.get("rope_theta")
	scaling, hasScaling := o.attrs.get("rope_scaling")
	if !hasTheta && !hasScaling {
		return missing{}
	}
	d := newDict()
	if from, ok := scaling.(*dict); ok {
		d = from.clone()
	}
	if _, ok := d.get("rope_type"); !ok {
		d.put("rope_type", "default")
	}
	if _, ok := d.get("rope_theta"); !ok && hasTheta {
		d.put("rope_theta", theta)
	}
	e.setVar(o.attrs, "rope_parameters", d)
	return d
}

// configMapping is transformers' table of configuration classes by model_type.
const configMapping = "CONFIG_MAPPING"

// Lookup implements host: it gives the configuration class of a model_type in
// that table, SGLang's own where it registers one.
func (e *engine) Lookup(_ *interp, table *external, key value) (v value, known bool) {
	if lastPart(table.path) != configMapping {
		return nil, false
	}
	modelType, ok := key.(string)
	if !ok {
		return nil, true
	}
	if c := e.configClass(modelType); c != nil {
		return c, true
	}
	if d := hubDefaults(modelType); d.class != "" {
		return newExternal("transformers." + d.class), true
	}
	return nil, true
}
