package engine

import (
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// modelConfig is a model's configuration as transformers presents it: the fields
// of config.json, the class's defaults behind them, and attributes that the
// engine set.
type modelConfig struct {
	engine   *Engine
	path     string // "config", "config.text_config"
	fields   *pyeval.Namespace
	over     *pyeval.Namespace
	defaults *classDefaults // never nil
}

// classDefaults are the facts of one HuggingFace configuration class.
type classDefaults struct {
	class string
	// model is the model class that transformers' auto classes make of it.
	model  string
	values map[string]pyeval.Value
	// always are fields that are computed whatever the file says.
	always []string
	// null holds what the class makes of a null.
	null map[string]pyeval.Value
	// rename maps attributes to the field they stand for.
	rename map[string]string
	// nested names the model_type of nested configurations by their field.
	nested map[string]string
}

// Key is a field's path as a user finds it in config.json.
func (c *modelConfig) Key(name string) string {
	_, below, _ := strings.Cut(c.path, ".")
	if below != "" {
		return below + "." + name
	}
	return name
}

func (c *modelConfig) has(name string) bool {
	_, field := c.fields.Get(name)
	_, over := c.over.Get(name)
	return field || over
}

// Show writes the path.
func (c *modelConfig) Show(int) string { return c.path }

// Copy is a configuration of the same fields.
func (c *modelConfig) Copy(*pyeval.Interp) pyeval.Value {
	return &modelConfig{c.engine, c.path, c.fields.Clone(), c.over.Clone(), c.defaults}
}

// Entries returns the fields of config.json.
func (c *modelConfig) Entries() *pyeval.Dict {
	d := pyeval.NewDict()
	d.PutNames(c.fields)
	return d
}

// Attr returns a field, a default or a method.
func (c *modelConfig) Attr(_ *pyeval.Interp, name string) pyeval.Value {
	c.engine.noteRead(c, name)
	return c.attr(name)
}

// SetAttr sets an attribute over the fields.
func (c *modelConfig) SetAttr(in *pyeval.Interp, name string, v pyeval.Value) {
	in.SetVar(c.over, name, v)
}

// Item is the attribute that a text names.
func (c *modelConfig) Item(in *pyeval.Interp, key pyeval.Value) pyeval.Value { return in.Named(c, key) }

// Contains reports whether it states a field.
func (c *modelConfig) Contains(_ *pyeval.Interp, x pyeval.Value) (result, known bool) {
	name, ok := x.(string)
	return ok && c.has(name), ok
}

// IsA compares names of configuration classes.
func (c *modelConfig) IsA(_ *pyeval.Interp, of pyeval.Value) (is, known bool) {
	switch t := of.(type) {
	case *pyeval.Class:
		return c.isA(t.Name)
	case *pyeval.External:
		return c.isA(pyeval.LastPart(t.Path))
	}
	return pyeval.IsPythonType(of)
}

// isA reports whether the configuration is of the class with that name.
func (c *modelConfig) isA(class string) (is, known bool) {
	if class == "PretrainedConfig" || class == "PreTrainedConfig" {
		return true, true
	}
	if c.defaults.class != "" {
		return c.defaults.class == class, true
	}
	modelType, _ := c.fields.Value("model_type").(string)
	if modelType == "" {
		return false, false
	}
	plain := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(modelType))
	return plain+"config" == strings.ToLower(class), true
}

// attr returns an attribute of a configuration or Missing.
func (c *modelConfig) attr(name string) pyeval.Value {
	if v, ok := c.over.Get(name); ok {
		return v
	}
	if to, ok := c.defaults.rename[name]; ok {
		name = to
	}
	if v, ok := c.fields.Get(name); ok {
		if v == nil {
			if d, has := c.defaults.null[name]; has {
				return d
			}
		}
		return v
	}
	if name == "num_labels" {
		if labels, ok := c.fields.Value("id2label").(*pyeval.Dict); ok {
			return len(labels.Keys)
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
	return pyeval.Missing{}
}

// method returns the methods that every configuration has; nil when the
// name is none.
func (c *modelConfig) method(name string) pyeval.Value {
	switch name {
	case "to_dict", "to_diff_dict":
		return pyeval.NewBuiltin(name, func(*pyeval.Interp, []pyeval.Value, *pyeval.Namespace) pyeval.Value { return c.Entries() })
	case "get_text_config":
		if t, ok := c.fields.Get("text_config"); ok {
			return pyeval.Constant(t)
		}
		return pyeval.Constant(c)
	case "update":
		return updateOf(c.over)
	case "get":
		return pyeval.NewBuiltin(name, func(_ *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
			if key, ok := pyeval.Argument(args, 0, nil).(string); ok {
				if v := c.attr(key); !pyeval.IsMissing(v) {
					return v
				}
			}
			return pyeval.Argument(args, 1, nil)
		})
	case "items", "keys":
		return pyeval.NewBuiltin(name, func(in *pyeval.Interp, _ []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
			return in.Call(in.Attribute(c.Entries(), name), nil, nil)
		})
	case "_ensure_defaults", "validate":
		return pyeval.Constant(nil)
	case "__class__":
		return pyeval.NewExternal("transformers." + c.defaults.class)
	}
	return nil
}

// updateOf is a configuration's update(), which sets what a dict names.
func updateOf(names *pyeval.Namespace) *pyeval.Builtin {
	return pyeval.NewBuiltin("update", func(in *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
		if d, ok := pyeval.Argument(args, 0, nil).(*pyeval.Dict); ok {
			for key, v := range d.Keywords().All() {
				in.SetVar(names, key, v)
			}
		}
		return nil
	})
}

// baseConfigDefault returns what transformers' base class gives every
// configuration.
func baseConfigDefault(name string) (pyeval.Value, bool) {
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
func (e *Engine) fromJSON(v extract.Value) pyeval.Value {
	if !e.Grow(1) {
		return pyeval.Unknownf("the configuration is too large")
	}
	switch v := v.(type) {
	case int64:
		return int(v)
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case []extract.Value:
		out := pyeval.NewList()
		for _, x := range v {
			out.Items = append(out.Items, e.fromJSON(x))
		}
		return out
	case *extract.Object:
		d := pyeval.NewDict()
		d.Plain = true
		for _, k := range v.Keys {
			d.Put(k, e.fromJSON(v.Values[k]))
		}
		return d
	}
	return v
}

// isNestedConfig reports whether a field of config.json is a configuration of
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
func (e *Engine) makeConfig(o *extract.Object, path, modelType string) pyeval.Value {
	if v, ok := o.Get("model_type"); ok {
		if s, isText := v.(string); isText {
			modelType = s
		}
	}
	if modelType != "" {
		if cls := e.ConfigClass(modelType); cls != nil {
			if base := e.hubAlias(cls); base != "" {
				return e.aliasConfig(cls, o, path, modelType, base)
			}
			conf := e.Attempt(func() pyeval.Value { return e.ownConfig(cls, o) })
			if IsConfigValue(conf) {
				return conf
			}
			e.Notef("%s: the configuration class %s could not be evaluated: %s", cls.Module.Path, cls.Name, pyeval.Derived("", conf).Why)
		}
	}
	return e.newConfig(o, path, modelType)
}

// ownConfig makes an instance of SGLang's configuration class as transformers
// does: by the class's from_dict where it has one of its own, else by its
// constructor with the fields as arguments.
func (e *Engine) ownConfig(cls *pyeval.Class, o *extract.Object) pyeval.Value {
	fields := pyeval.NewDict()
	for _, k := range o.Keys {
		fields.Put(k, e.fromJSON(o.Values[k]))
	}
	if owner, s := e.FindMember(cls, "from_dict", nil); s != nil {
		return e.Call(e.MemberValue(owner, s, "from_dict", nil, cls), []pyeval.Value{fields}, nil)
	}
	return e.Instantiate(cls, nil, fields.Keywords())
}

// nestedConfig makes a nested configuration. Where the outer class fixes the
// class of its part, SGLang's own class for the type is not asked for.
func (e *Engine) nestedConfig(o *extract.Object, path, fixed string) pyeval.Value {
	if fixed != "" {
		return e.newConfig(o, path, fixed)
	}
	return e.makeConfig(o, path, "")
}

// newConfig makes the configuration of one object of config.json;
// modelType is used where the object does not say its own.
func (e *Engine) newConfig(o *extract.Object, path, modelType string) *modelConfig {
	if v, ok := o.Get("model_type"); ok {
		if s, isText := v.(string); isText {
			modelType = s
		}
	}
	return e.configOfType(o, path, modelType)
}

// configOfType makes the configuration of one object of config.json with the
// defaults of a model_type, whatever the object says.
func (e *Engine) configOfType(o *extract.Object, path, modelType string) *modelConfig {
	defaults := defaultsOf(modelType)
	c := &modelConfig{engine: e, path: path, fields: pyeval.NewNamespace(), over: pyeval.NewNamespace(), defaults: defaults}
	if !e.Step() || !e.Grow(len(defaults.values)) || !e.Descend() {
		return c
	}
	defer e.Ascend()
	e.making = append(e.making, modelType)
	defer func() { e.making = e.making[:len(e.making)-1] }()
	if o != nil {
		for _, k := range o.Keys {
			v := o.Values[k]
			if sub, ok := v.(*extract.Object); ok && isNestedConfig(k, sub) {
				c.fields.Set(k, e.nestedConfig(sub, path+"."+k, defaults.nested[k]))
				continue
			}
			c.fields.Set(k, e.fromJSON(v))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(defaults.nested)) {
		// A class that has one of its own kind in it has none by default: it
		// would have no end.
		if _, ok := c.fields.Get(k); !ok && !slices.Contains(e.making, defaults.nested[k]) {
			c.fields.Set(k, e.newConfig(nil, path+"."+k, defaults.nested[k]))
		}
	}
	for _, from := range slices.Sorted(maps.Keys(defaults.rename)) {
		to := defaults.rename[from]
		if v, ok := c.fields.Get(from); ok && !c.has(to) {
			c.fields.Delete(from)
			c.fields.Set(to, v)
		}
	}
	c.addRopeParameters(modelType)
	e.resolveDefaults(c)
	return c
}

// addRopeParameters adds the attribute that transformers 5 makes of the older
// rope_theta and rope_scaling.
func (c *modelConfig) addRopeParameters(modelType string) {
	_, theta := c.fields.Get("rope_theta")
	_, scaling := c.fields.Get("rope_scaling")
	if c.has("rope_parameters") || strings.Contains(modelType, "vision") || c.defaults.class == "" && !theta && !scaling {
		return
	}
	d := ropeParameters(c.fields)
	if _, ok := d.Get("rope_theta"); !ok {
		d.Put("rope_theta", 10000.0)
	}
	c.fields.Set("rope_parameters", d)
}

// ropeParameters is what transformers 5 makes of the older rope_theta and
// rope_scaling.
func ropeParameters(fields *pyeval.Namespace) *pyeval.Dict {
	d := pyeval.NewDict()
	if scaling, ok := fields.Value("rope_scaling").(*pyeval.Dict); ok {
		d = scaling.Clone()
	}
	if _, ok := d.Get("rope_type"); !ok {
		kind, ok := d.Get("type")
		if !ok {
			kind = "default"
		}
		d.Put("rope_type", kind)
	}
	if theta, ok := fields.Get("rope_theta"); ok {
		if _, stated := d.Get("rope_theta"); !stated {
			d.Put("rope_theta", theta)
		}
	}
	return d
}
