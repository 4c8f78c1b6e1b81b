package engine

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// What SGLang's engine does to a configuration between reading config.json and
// building the model (srt/utils/hf_transformers).

// adjustConfig applies the engine's changes to a configuration.
func (e *Engine) adjustConfig(conf pyeval.Value) {
	for _, name := range []string{"encoder_only", "language_only", "language_model_only"} {
		if pyeval.IsMissing(e.LookupAttr(conf, name)) {
			e.SetAttr(conf, name, false)
		}
	}
	text := e.textConfig(conf)
	if text == nil {
		return
	}
	e.shareTokens(conf, text)
	if c, ok := conf.(*modelConfig); ok {
		e.liftTextFields(c, text)
	}
	e.swapGlobalHeads(conf, text)
}

// textConfig is the language model's part of a multimodal configuration, as
// get_hf_text_config finds it; nil when the configuration is the text's.
func (e *Engine) textConfig(conf pyeval.Value) pyeval.Value {
	for _, name := range []string{"thinker_config", "llm_config", "language_config", "text_config"} {
		sub := e.LookupAttr(conf, name)
		switch sub.(type) {
		case *modelConfig, *pyeval.Instance:
		default:
			continue
		}
		if name == "thinker_config" {
			if inner := e.LookupAttr(sub, "text_config"); IsConfigValue(inner) {
				return inner
			}
		}
		return sub
	}
	return nil
}

// IsConfigValue reports whether a value is a configuration.
func IsConfigValue(v pyeval.Value) bool {
	switch v := v.(type) {
	case *modelConfig:
		return true
	case *pyeval.Instance:
		return v.Kind == pyeval.Settings
	}
	return false
}

// shareTokens copies what transformers 5 no longer inherits between the
// configuration and its text part, in both directions.
func (e *Engine) shareTokens(conf, text pyeval.Value) {
	for _, name := range []string{"pad_token_id", "bos_token_id", "eos_token_id", "tie_word_embeddings"} {
		up, upOK := ownField(conf, name)
		down, downOK := ownField(text, name)
		switch {
		case upOK && !downOK:
			e.SetAttr(text, name, up)
		case downOK && !upOK:
			e.SetAttr(conf, name, down)
		}
	}
}

// ownField is a field that a configuration states or its class has, without
// the base class's defaults.
func ownField(conf pyeval.Value, name string) (pyeval.Value, bool) {
	switch c := conf.(type) {
	case *modelConfig:
		if v, ok := c.over.Get(name); ok {
			return v, true
		}
		if v, ok := c.fields.Get(name); ok {
			return v, true
		}
		v, ok := c.defaults.values[name]
		return v, ok
	case *pyeval.Instance:
		return c.Attrs.Get(name)
	}
	return nil, false
}

// liftTextFields gives a configuration the fields of its text part that it
// has not itself.
func (e *Engine) liftTextFields(c *modelConfig, text pyeval.Value) {
	lift := func(name string, v pyeval.Value) {
		if v != nil && pyeval.IsMissing(c.attr(name)) {
			c.over.Set(name, v)
		}
	}
	switch t := text.(type) {
	case *modelConfig:
		for _, k := range t.fields.Keys {
			lift(k, t.attr(k))
		}
		for k, v := range t.over.All() {
			lift(k, v)
		}
		for _, k := range sortedNames(t.defaults.values) {
			lift(k, t.defaults.values[k])
		}
	case *pyeval.Instance:
		for k, v := range t.Attrs.All() {
			lift(k, v)
		}
	}
}

// swapGlobalHeads is the engine's naming of Gemma 4: the plain fields for
// full attention, swa_ ones for sliding windows, where HuggingFace has the
// plain ones for sliding windows and global_ ones for full attention.
func (e *Engine) swapGlobalHeads(conf, text pyeval.Value) {
	switch t, _ := e.LookupAttr(conf, "model_type").(string); t {
	case "gemma4", "gemma4_assistant", "gemma4_unified", "gemma4_unified_assistant":
	default:
		return
	}
	dim, kv := e.LookupAttr(text, "head_dim"), e.LookupAttr(text, "num_key_value_heads")
	e.SetAttr(text, "swa_head_dim", dim)
	e.SetAttr(text, "swa_v_head_dim", dim)
	e.SetAttr(text, "swa_num_key_value_heads", kv)
	for field, from := range map[string]string{"head_dim": "global_head_dim", "num_key_value_heads": "num_global_key_value_heads"} {
		if v := e.LookupAttr(text, from); v != nil && !pyeval.IsMissing(v) {
			e.SetAttr(text, field, v)
		}
	}
}

// Architectures are the class names that a configuration gives.
func (e *Engine) Architectures(conf pyeval.Value) []string {
	items, _ := pyeval.Iterate(e.Attribute(conf, "architectures"))
	var out []string
	for _, x := range items {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// quantization is the quant_config that the engine passes: an object of which
// only the name is known. Sizes do not depend on it.
func (e *Engine) quantization(cfg *extract.Object) pyeval.Value {
	v, ok := cfg.Get("quantization_config")
	o, isObject := v.(*extract.Object)
	if !ok || !isObject {
		return nil
	}
	method := pyeval.Value("unknown")
	if m, ok := o.Get("quant_method"); ok {
		method = e.fromJSON(m)
	}
	args := pyeval.NewNamespace()
	args.Set("get_name", pyeval.Constant(method))
	q := e.NewObject(pyeval.NewExternal("quant_config"), pyeval.Plain)
	q.Recorded, q.Args = "quant_config", args
	return q
}

// Build runs the constructor of a model's class for a configuration as config
// gives it. What it makes is unknown when it raises.
func (e *Engine) Build(file, name string, cfg *extract.Object, conf pyeval.Value) pyeval.Value {
	cls, ok := e.ModuleAttribute(ModuleName(file), name).(*pyeval.Class)
	if !ok {
		return pyeval.Unknownf("%s has no class %s", file, name)
	}
	e.reads = map[string]bool{}
	kw := pyeval.NewNamespace()
	kw.Set("config", conf)
	kw.Set("quant_config", e.quantization(cfg))
	e.At = cls.Site()
	root := e.Instantiate(cls, nil, kw)
	if text, raised := e.TakeRaised(); raised {
		return pyeval.Unknownf("raises %s", text)
	}
	return root
}

// Config makes the configuration of a config.json as the engine hands it to the
// model.
func (e *Engine) Config(cfg *extract.Object) pyeval.Value {
	conf := e.makeConfig(cfg, "config", "")
	e.adjustConfig(conf)
	return conf
}
