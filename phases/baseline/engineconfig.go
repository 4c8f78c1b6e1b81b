package baseline

import "github.com/fib-ls/fib-ls/phases/extract"

// What SGLang's engine does to a configuration between reading config.json and
// building the model (srt/utils/hf_transformers).

// adjustConfig applies the engine's changes to a configuration.
func (e *engine) adjustConfig(conf value) {
	for _, name := range []string{"encoder_only", "language_only", "language_model_only"} {
		if isMissing(e.lookupAttr(conf, name)) {
			e.setAttr(conf, name, false)
		}
	}
	text := e.textConfig(conf)
	if text == nil {
		return
	}
	e.shareTokens(conf, text)
	if c, ok := conf.(*config); ok {
		e.liftTextFields(c, text)
	}
	e.swapGlobalHeads(conf, text)
}

// textConfig is the language model's part of a multimodal configuration, as
// get_hf_text_config finds it; nil when the configuration is the text's.
func (e *engine) textConfig(conf value) value {
	for _, name := range []string{"thinker_config", "llm_config", "language_config", "text_config"} {
		sub := e.lookupAttr(conf, name)
		switch sub.(type) {
		case *config, *object:
		default:
			continue
		}
		if name == "thinker_config" {
			if inner := e.lookupAttr(sub, "text_config"); isConfigValue(inner) {
				return inner
			}
		}
		return sub
	}
	return nil
}

func isConfigValue(v value) bool {
	switch v := v.(type) {
	case *config:
		return true
	case *object:
		return v.kind == configObject
	}
	return false
}

// shareTokens copies what transformers 5 no longer inherits between the
// configuration and its text part, in both directions.
func (e *engine) shareTokens(conf, text value) {
	for _, name := range []string{"pad_token_id", "bos_token_id", "eos_token_id", "tie_word_embeddings"} {
		up, upOK := ownField(conf, name)
		down, downOK := ownField(text, name)
		switch {
		case upOK && !downOK:
			e.setAttr(text, name, up)
		case downOK && !upOK:
			e.setAttr(conf, name, down)
		}
	}
}

// ownField is a field that a configuration states or its class has, without
// the base class's defaults.
func ownField(conf value, name string) (value, bool) {
	switch c := conf.(type) {
	case *config:
		if v, ok := c.over.get(name); ok {
			return v, true
		}
		if v, ok := c.fields.get(name); ok {
			return v, true
		}
		v, ok := c.defaults.values[name]
		return v, ok
	case *object:
		return c.attrs.get(name)
	}
	return nil, false
}

// liftTextFields gives a configuration the fields of its text part that it
// has not itself.
func (e *engine) liftTextFields(c *config, text value) {
	lift := func(name string, v value) {
		if v != nil && isMissing(c.attr(name)) {
			c.over.set(name, v)
		}
	}
	switch t := text.(type) {
	case *config:
		for _, k := range t.fields.keys {
			lift(k, t.attr(k))
		}
		for i, k := range t.over.keys {
			lift(k, t.over.vals[i])
		}
		for _, k := range sortedNames(t.defaults.values) {
			lift(k, t.defaults.values[k])
		}
	case *object:
		for i, k := range t.attrs.keys {
			lift(k, t.attrs.vals[i])
		}
	}
}

// swapGlobalHeads is the engine's naming of Gemma 4: the plain fields for
// full attention, swa_ ones for sliding windows, where HuggingFace has the
// plain ones for sliding windows and global_ ones for full attention.
func (e *engine) swapGlobalHeads(conf, text value) {
	switch t, _ := e.lookupAttr(conf, "model_type").(string); t {
	case "gemma4", "gemma4_assistant", "gemma4_unified", "gemma4_unified_assistant":
	default:
		return
	}
	dim, kv := e.lookupAttr(text, "head_dim"), e.lookupAttr(text, "num_key_value_heads")
	e.setAttr(text, "swa_head_dim", dim)
	e.setAttr(text, "swa_v_head_dim", dim)
	e.setAttr(text, "swa_num_key_value_heads", kv)
	for field, from := range map[string]string{"head_dim": "global_head_dim", "num_key_value_heads": "num_global_key_value_heads"} {
		if v := e.lookupAttr(text, from); v != nil && !isMissing(v) {
			e.setAttr(text, field, v)
		}
	}
}

// architectures are the class names that a configuration gives.
func (e *engine) architectures(conf value) []string {
	items, _ := iterate(e.attribute(conf, "architectures"))
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
func (e *engine) quantization(cfg *extract.Object) value {
	v, ok := cfg.Get("quantization_config")
	o, isObject := v.(*extract.Object)
	if !ok || !isObject {
		return nil
	}
	method := value("unknown")
	if m, ok := o.Get("quant_method"); ok {
		method = e.fromJSON(m)
	}
	args := newNamespace()
	args.set("get_name", constant(method))
	q := e.newObject(newExternal("quant_config"), plainObject)
	q.leaf, q.args = "quant_config", args
	return q
}

// build runs the constructor of a model's class for a configuration as config
// gives it. What it makes is unknown when it raises.
func (e *engine) build(file, name string, cfg *extract.Object, conf value) value {
	cls, ok := e.moduleAttribute(moduleName(file), name).(*class)
	if !ok {
		return unknownf("%s has no class %s", file, name)
	}
	e.reads = map[string]bool{}
	kw := newNamespace()
	kw.set("config", conf)
	kw.set("quant_config", e.quantization(cfg))
	e.at = cls.site()
	root := e.instantiate(cls, nil, kw)
	if text, raised := e.takeRaised(); raised {
		return unknownf("raises %s", text)
	}
	return root
}

// config makes the configuration of a config.json as the engine hands it to the
// model.
func (e *engine) config(cfg *extract.Object) value {
	conf := e.makeConfig(cfg, "config", "")
	e.adjustConfig(conf)
	return conf
}
