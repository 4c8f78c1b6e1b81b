package baseline

import (
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// config is a model's configuration as transformers presents it: the fields
// of config.json, the class's defaults behind them, and attributes that the
// engine set.
type config struct {
	engine   *engine
	path     string // "config", "config.text_config"
	fields   *namespace
	over     *namespace
	defaults *classDefaults // never nil
}

// classDefaults are the facts of one HuggingFace configuration class.
type classDefaults struct {
	class string
	// model is the model class that transformers' auto classes make of it.
	model  string
	values map[string]value
	// always are fields that are computed whatever the file says.
	always []string
	// null holds what the class makes of a null.
	null map[string]value
	// rename maps attributes to the field they stand for.
	rename map[string]string
	// nested names the model_type of nested configurations by their field.
	nested map[string]string
}

// Key is a field's path as a user finds it in config.json.
func (c *config) Key(name string) string {
	_, below, _ := strings.Cut(c.path, ".")
	if below != "" {
		return below + "." + name
	}
	return name
}

func (c *config) has(name string) bool {
	_, field := c.fields.get(name)
	_, over := c.over.get(name)
	return field || over
}

// Show writes the path.
func (c *config) Show(int) string { return c.path }

// Copy is a configuration of the same fields.
func (c *config) Copy(*interp) value {
	return &config{c.engine, c.path, c.fields.clone(), c.over.clone(), c.defaults}
}

// Entries gives the fields of config.json.
func (c *config) Entries() *dict {
	d := newDict()
	d.putNames(c.fields)
	return d
}

// Attr gives a field, a default or a method.
func (c *config) Attr(_ *interp, name string) value {
	c.engine.noteRead(c, name)
	return c.attr(name)
}

// SetAttr sets an attribute over the fields.
func (c *config) SetAttr(in *interp, name string, v value) { in.setVar(c.over, name, v) }

// Item is the attribute that a text names.
func (c *config) Item(in *interp, key value) value { return in.named(c, key) }

// Contains tells whether it states a field.
func (c *config) Contains(_ *interp, x value) (result, known bool) {
	name, ok := x.(string)
	return ok && c.has(name), ok
}

// IsA compares names of configuration classes.
func (c *config) IsA(_ *interp, of value) (is, known bool) {
	switch t := of.(type) {
	case *class:
		return c.isA(t.name)
	case *external:
		return c.isA(lastPart(t.path))
	}
	return isPythonType(of)
}

// isA says whether the configuration is of the class with that name.
func (c *config) isA(class string) (is, known bool) {
	if class == "PretrainedConfig" || class == "PreTrainedConfig" {
		return true, true
	}
	if c.defaults.class != "" {
		return c.defaults.class == class, true
	}
	modelType, _ := c.fields.value("model_type").(string)
	if modelType == "" {
		return false, false
	}
	plain := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(modelType))
	return plain+"config" == strings.ToLower(class), true
}

// attr gives an attribute of a configuration or missing{}.
func (c *config) attr(name string) value {
	if v, ok := c.over.get(name); ok {
		return v
	}
	if to, ok := c.defaults.rename[name]; ok {
		name = to
	}
	if v, ok := c.fields.get(name); ok {
		if v == nil {
			if d, has := c.defaults.null[name]; has {
				return d
			}
		}
		return v
	}
	if name == "num_labels" {
		if labels, ok := c.fields.value("id2label").(*dict); ok {
			return len(labels.keys)
		}
	}
	if v, ok := c.defaults.values[name]; ok {
		return v
	}
	if v := c.method(name); v != nil {
		return v
	}
	if v, ok := baseConfigDefault(name); ok {
		return v
	}
	return missing{}
}

// method gives the methods that every configuration has; nil when the
// name is none.
func (c *config) method(name string) value {
	switch name {
	case "to_dict", "to_diff_dict":
		return newBuiltin(name, func(*interp, []value, *namespace) value { return c.Entries() })
	case "get_text_config":
		if t, ok := c.fields.get("text_config"); ok {
			return constant(t)
		}
		return constant(c)
	case "update":
		return updateOf(c.over)
	case "get":
		return newBuiltin(name, func(_ *interp, args []value, _ *namespace) value {
			if key, ok := argument(args, 0, nil).(string); ok {
				if v := c.attr(key); !isMissing(v) {
					return v
				}
			}
			return argument(args, 1, nil)
		})
	case "items", "keys":
		return newBuiltin(name, func(in *interp, _ []value, _ *namespace) value {
			return in.call(in.attribute(c.Entries(), name), nil, nil)
		})
	case "_ensure_defaults", "validate":
		return constant(nil)
	case "__class__":
		return newExternal("transformers." + c.defaults.class)
	}
	return nil
}

// updateOf is a configuration's update(), which sets what a dict names.
func updateOf(names *namespace) *builtin {
	return newBuiltin("update", func(in *interp, args []value, _ *namespace) value {
		if d, ok := argument(args, 0, nil).(*dict); ok {
			from := d.keywords()
			for i, key := range from.keys {
				in.setVar(names, key, from.vals[i])
			}
		}
		return nil
	})
}

// baseConfigDefault gives what transformers' base class gives every
// configuration.
func baseConfigDefault(name string) (value, bool) {
	switch name {
	case "tie_word_embeddings", "use_return_dict", "return_dict":
		return true, true
	case "output_hidden_states", "is_encoder_decoder", "output_attentions", "add_cross_attention":
		return false, true
	case "torch_dtype", "dtype", "architectures", "pad_token_id", "bos_token_id", "eos_token_id", "_attn_implementation", "problem_type":
		return nil, true
	case "name_or_path", "_name_or_path":
		return "", true
	case "chunk_size_feed_forward":
		return 0, true
	case "num_labels":
		return 2, true
	}
	return nil, false
}

// fromJSON turns a value of config.json into one of the program.
func (e *engine) fromJSON(v extract.Value) value {
	if !e.grow(1) {
		return unknownf("the configuration is too large")
	}
	switch v := v.(type) {
	case int64:
		return int(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case []extract.Value:
		out := &list{items: make([]value, 0, len(v))}
		for _, x := range v {
			out.items = append(out.items, e.fromJSON(x))
		}
		return out
	case *extract.Object:
		d := newDict()
		d.plain = true
		for _, k := range v.Keys {
			d.put(k, e.fromJSON(v.Values[k]))
		}
		return d
	}
	return v
}

// isNestedConfig says whether a field of config.json is a configuration of
// its own rather than a plain dict.
func isNestedConfig(key string, v *extract.Object) bool {
	switch key {
	case "text_config", "vision_config", "audio_config", "llm_config", "language_config", "thinker_config", "attn_config",
		"ffn_config", "projector_config", "aligner_config", "talker_config":
		return true
	}
	_, typed := v.Get("model_type")
	return typed && strings.HasSuffix(key, "_config")
}

// makeConfig makes the configuration of an object of config.json: an instance
// of SGLang's own configuration class for its model_type, else one with the
// defaults of HuggingFace's.
func (e *engine) makeConfig(o *extract.Object, path, modelType string) value {
	if v, ok := o.Get("model_type"); ok {
		if s, isText := v.(string); isText {
			modelType = s
		}
	}
	if modelType != "" {
		if cls := e.configClass(modelType); cls != nil {
			if base := e.hubAlias(cls); base != "" {
				return e.aliasConfig(cls, o, path, modelType, base)
			}
			conf := e.attempt(func() value { return e.ownConfig(cls, o) })
			if isConfigValue(conf) {
				return conf
			}
			e.notef("%s: the configuration class %s could not be evaluated: %s", cls.mod.path, cls.name, derived("", conf).why)
		}
	}
	return e.newConfig(o, path, modelType)
}

// ownConfig makes an instance of SGLang's configuration class as transformers
// does: by the class's from_dict where it has one of its own, else by its
// constructor with the fields as arguments.
func (e *engine) ownConfig(cls *class, o *extract.Object) value {
	fields := newDict()
	for _, k := range o.Keys {
		fields.put(k, e.fromJSON(o.Values[k]))
	}
	if owner, s := e.findMember(cls, "from_dict", nil); s != nil {
		return e.call(e.memberValue(owner, s, "from_dict", nil, cls), []value{fields}, nil)
	}
	return e.instantiate(cls, nil, fields.keywords())
}

// nestedConfig makes a nested configuration. Where the outer class fixes the
// class of its part, SGLang's own class for the type is not asked for.
func (e *engine) nestedConfig(o *extract.Object, path, fixed string) value {
	if fixed != "" {
		return e.newConfig(o, path, fixed)
	}
	return e.makeConfig(o, path, "")
}

// newConfig makes the configuration of one object of config.json;
// modelType is used where the object does not say its own.
func (e *engine) newConfig(o *extract.Object, path, modelType string) *config {
	if v, ok := o.Get("model_type"); ok {
		if s, isText := v.(string); isText {
			modelType = s
		}
	}
	return e.configOfType(o, path, modelType)
}

// configOfType makes the configuration of one object of config.json with the
// defaults of a model_type, whatever the object says.
func (e *engine) configOfType(o *extract.Object, path, modelType string) *config {
	defaults := hubDefaults(modelType)
	c := &config{engine: e, path: path, fields: newNamespace(), over: newNamespace(), defaults: defaults}
	if !e.step() || !e.grow(len(defaults.values)) || !e.descend() {
		return c
	}
	defer e.ascend()
	e.making = append(e.making, modelType)
	defer func() { e.making = e.making[:len(e.making)-1] }()
	if o != nil {
		for _, k := range o.Keys {
			v := o.Values[k]
			if sub, ok := v.(*extract.Object); ok && isNestedConfig(k, sub) {
				c.fields.set(k, e.nestedConfig(sub, path+"."+k, defaults.nested[k]))
				continue
			}
			c.fields.set(k, e.fromJSON(v))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(defaults.nested)) {
		// A class that has one of its own kind in it has none by default: it
		// would have no end.
		if _, ok := c.fields.get(k); !ok && !slices.Contains(e.making, defaults.nested[k]) {
			c.fields.set(k, e.newConfig(nil, path+"."+k, defaults.nested[k]))
		}
	}
	for _, from := range slices.Sorted(maps.Keys(defaults.rename)) {
		to := defaults.rename[from]
		if v, ok := c.fields.get(from); ok && !c.has(to) {
			c.fields.delete(from)
			c.fields.set(to, v)
		}
	}
	c.addRopeParameters(modelType)
	e.resolveDefaults(c)
	return c
}

// addRopeParameters adds the attribute that transformers 5 makes of the older
// rope_theta and rope_scaling.
func (c *config) addRopeParameters(modelType string) {
	_, theta := c.fields.get("rope_theta")
	_, scaling := c.fields.get("rope_scaling")
	if c.has("rope_parameters") || strings.Contains(modelType, "vision") || c.defaults.class == "" && !theta && !scaling {
		return
	}
	d := newDict()
	if scaling, ok := c.fields.value("rope_scaling").(*dict); ok {
		d = scaling.clone()
	}
	if _, ok := d.get("rope_type"); !ok {
		kind, ok := d.get("type")
		if !ok {
			kind = "default"
		}
		d.put("rope_type", kind)
	}
	if _, ok := d.get("rope_theta"); !ok {
		theta, ok := c.fields.get("rope_theta")
		if !ok {
			theta = 10000.0
		}
		d.put("rope_theta", theta)
	}
	c.fields.set("rope_parameters", d)
}
