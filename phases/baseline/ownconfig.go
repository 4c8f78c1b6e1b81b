package baseline

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// hubConfig is a call of a configuration class of transformers.
func (in *interp) hubConfig(class string, kw *namespace) value {
	c := &config{path: class, fields: kw.clone(), over: newNamespace(), defaults: &classDefaults{class: class}}
	if t := hubTypeOfConfig(class); t != "" {
		c.defaults = hubDefaults(t)
		in.resolveDefaults(c)
	}
	return c
}

// hubAlias is the model_type of the class of transformers that a configuration
// class of SGLang gives another model_type, and at most some class variables;
// "" when the class does more than that, or extends none that is known.
func (in *interp) hubAlias(c *class) string {
	for _, b := range in.resolutionOrder(c) {
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
func (in *interp) aliasConfig(c *class, o *extract.Object, path, modelType, base string) value {
	conf := in.configOfType(o, path, base)
	conf.fields.set("model_type", modelType)
	for _, b := range in.resolutionOrder(c) {
		own, ok := b.(*class)
		if !ok {
			continue
		}
		for _, name := range own.order {
			if isMissing(in.configAttr(conf, name)) {
				conf.fields.set(name, in.classAttr(own, name))
			}
		}
	}
	return conf
}

// configInit is what the constructor of transformers' configuration classes
// does with its arguments: where a class of SGLang extends one that the table
// of defaults knows, its defaults come first.
func (in *interp) configInit(o *object, kw *namespace) {
	if c, ok := o.cls.(*class); ok {
		in.inheritDefaults(o, c, kw)
	}
	if kw == nil {
		return
	}
	for i, k := range kw.keys {
		in.setVar(o.attrs, k, kw.vals[i])
	}
}

// inheritDefaults gives an instance the defaults of the external class that
// its own extends.
func (in *interp) inheritDefaults(o *object, c *class, kw *namespace) {
	for _, b := range in.resolutionOrder(c) {
		e, ok := b.(*external)
		if !ok {
			continue
		}
		modelType := hubTypeOfConfig(lastPart(e.path))
		if modelType == "" {
			continue
		}
		base := &config{path: "config", fields: kw.clone(), over: newNamespace(), defaults: hubDefaults(modelType)}
		in.resolveDefaults(base)
		for _, name := range sortedNames(base.defaults.values) {
			in.setVar(o.attrs, name, in.configAttr(base, name))
		}
		for _, name := range sortedNames(base.defaults.null) {
			in.setVar(o.attrs, name, in.configAttr(base, name))
			kw.delete(name)
		}
		return
	}
}

// mappedConfigAttr is an attribute that a configuration class of SGLang maps
// to another (attribute_map).
func (in *interp) mappedConfigAttr(o *object, c *class, name string) value {
	if name == "attribute_map" {
		return missing{}
	}
	owner, s := in.findMember(c, "attribute_map", nil)
	if s == nil {
		return missing{}
	}
	m, ok := in.memberValue(owner, s, "attribute_map", nil, c).(*dict)
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
func (in *interp) baseConfigAttr(o *object, name string) value {
	if v, ok := baseConfigDefault(name); ok {
		return v
	}
	switch name {
	case "rope_parameters":
		return in.ownRopeParameters(o)
	case "get_text_config":
		if t, ok := o.attrs.get("text_config"); ok {
			return constant(t)
		}
		return constant(o)
	case "update":
		return &builtin{name, func(in *interp, args []value, _ *namespace) value {
			if d, ok := argument(args, 0, nil).(*dict); ok {
				for i, k := range d.keys {
					if key, isText := k.(string); isText {
						in.setVar(o.attrs, key, d.vals[i])
					}
				}
			}
			return nil
		}}
	case "to_dict":
		return &builtin{name, func(in *interp, _ []value, _ *namespace) value { return in.objectAttr(o, "__dict__") }}
	}
	return missing{}
}

// ownRopeParameters is what transformers 5 makes of the older rope_theta and
// rope_scaling of a configuration; missing{} when it has neither.
func (in *interp) ownRopeParameters(o *object) value {
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
	in.setVar(o.attrs, "rope_parameters", d)
	return d
}

// configMapping is transformers' table of configuration classes by model_type.
const configMapping = "CONFIG_MAPPING"

// mappedConfig is the configuration class of a model_type in that table, SGLang's
// own where it registers one; nil when there is none.
func (in *interp) mappedConfig(key value) value {
	modelType, ok := key.(string)
	if !ok {
		return nil
	}
	if in.configClasses != nil {
		if c := in.configClasses(in, modelType); c != nil {
			return c
		}
	}
	if d := hubDefaults(modelType); d.class != "" {
		return &external{"transformers." + d.class}
	}
	return nil
}
