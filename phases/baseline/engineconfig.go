package baseline

// What SGLang's engine does to a configuration between reading config.json and
// building the model (srt/utils/hf_transformers).

// adjustConfig applies the engine's changes to a configuration.
func (in *interp) adjustConfig(conf value) {
	for _, name := range []string{"encoder_only", "language_only", "language_model_only"} {
		if isMissing(in.lookupAttr(conf, name)) {
			in.setAttr(conf, name, false)
		}
	}
	text := in.textConfig(conf)
	if text == nil {
		return
	}
	in.shareTokens(conf, text)
	if c, ok := conf.(*config); ok {
		in.liftTextFields(c, text)
	}
	in.swapGlobalHeads(conf, text)
}

// textConfig is the language model's part of a multimodal configuration, as
// get_hf_text_config finds it; nil when the configuration is the text's.
func (in *interp) textConfig(conf value) value {
	for _, name := range []string{"thinker_config", "llm_config", "language_config", "text_config"} {
		sub := in.lookupAttr(conf, name)
		switch sub.(type) {
		case *config, *object:
		default:
			continue
		}
		if name == "thinker_config" {
			if inner := in.lookupAttr(sub, "text_config"); isConfigValue(inner) {
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
func (in *interp) shareTokens(conf, text value) {
	for _, name := range []string{"pad_token_id", "bos_token_id", "eos_token_id", "tie_word_embeddings"} {
		up, upOK := ownField(conf, name)
		down, downOK := ownField(text, name)
		switch {
		case upOK && !downOK:
			in.setAttr(text, name, up)
		case downOK && !upOK:
			in.setAttr(conf, name, down)
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
func (in *interp) liftTextFields(c *config, text value) {
	lift := func(name string, v value) {
		if v != nil && isMissing(in.configAttr(c, name)) {
			c.over.set(name, v)
		}
	}
	switch t := text.(type) {
	case *config:
		for _, k := range t.fields.keys {
			lift(k, in.configAttr(t, k))
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
func (in *interp) swapGlobalHeads(conf, text value) {
	switch t, _ := in.lookupAttr(conf, "model_type").(string); t {
	case "gemma4", "gemma4_assistant", "gemma4_unified", "gemma4_unified_assistant":
	default:
		return
	}
	dim, kv := in.lookupAttr(text, "head_dim"), in.lookupAttr(text, "num_key_value_heads")
	in.setAttr(text, "swa_head_dim", dim)
	in.setAttr(text, "swa_v_head_dim", dim)
	in.setAttr(text, "swa_num_key_value_heads", kv)
	for field, from := range map[string]string{"head_dim": "global_head_dim", "num_key_value_heads": "num_global_key_value_heads"} {
		if v := in.lookupAttr(text, from); v != nil && !isMissing(v) {
			in.setAttr(text, field, v)
		}
	}
}
