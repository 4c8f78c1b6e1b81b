package extract

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textPaths are the places where multimodal wrappers keep the language model,
// the first that is there counts.
var textPaths = []string{
	"thinker_config.text_config",
	"text_config",
	"language_config",
	"llm_config",
	"language_model_config",
	"text_model_config",
	"decoder_config",
	"model_config",
	"thinker_config",
	"lm_config",
	"pretrained_config", // TensorRT-LLM's engines
}

// located is the language model inside the file.
type located struct {
	root, text *Object
	path       string // "text_config"; "" at the root
	class      string // architectures[0], "" when the file names none
	modelType  string // of the language model
	wrapper    string // model_type of the root
	towers     []string
}

// nested reports whether the language model stands inside a wrapper.
func (l *located) nested() bool { return l.path != "" }

// locate finds the language model in the file.
func locate(root *Object) *located {
	l := &located{root: root, text: root}
	l.wrapper, _ = root.String("model_type")
	l.modelType = l.wrapper
	l.class = firstClass(root)
	for _, path := range textPaths {
		v, _ := root.Path(path)
		sub, ok := v.(*Object)
		if !ok || !looksLikeText(sub, root) {
			continue
		}
		l.text, l.path = sub, path
		l.modelType, _ = sub.String("model_type")
		if l.modelType == "" {
			l.modelType = l.defaultTextType()
		}
		break
	}
	if l.class == "" {
		l.class = firstClass(l.text)
	}
	if l.class == "" {
		l.class, _ = l.text.String("architecture")
	}
	l.class = unwrapped(l.class)
	note := func(prefix string, o *Object) {
		for _, key := range o.Keys {
			if name, isTower := strings.CutSuffix(key, "_config"); isTower && towerName(name) && o.Object(key) != nil {
				l.towers = append(l.towers, prefix+key)
			}
		}
	}
	note("", root)
	if thinker := root.Object("thinker_config"); thinker != nil {
		note("thinker_config.", thinker)
	}
	return l
}

// unwrapped is the class that a tool for training or tuning has wrapped: FSDP
// puts its name before the model's, the others put theirs in its place ("").
func unwrapped(class string) string {
	tools := []string{"PeftModel", "FullyShardedDataParallel", "DistributedDataParallel", "DeepSpeedEngine", "OptimizedModule", "AutoModelForCausalLM"}
	if slices.ContainsFunc(tools, func(tool string) bool { return strings.HasPrefix(class, tool) }) {
		return ""
	}
	return strings.TrimPrefix(class, "FSDP")
}

// looksLikeText keeps objects that hold a language model's sizes, or nothing
// but a model_type whose class fills them in; a root that has sizes of its own
// is the language model itself (Qwen2-VL, ERNIE-VL write it flat).
func looksLikeText(sub, root *Object) bool {
	f := &fields{root: sub, text: sub}
	own := &fields{root: root, text: root}
	if f.has("num_hidden_layers") || f.has("hidden_size") {
		return true
	}
	return sub.Has("model_type") && !own.has("num_hidden_layers")
}

func towerName(name string) bool {
	parts := []string{"vision", "vit", "audio", "visual", "image", "speech", "vq", "talker", "token2wav", "perceiver", "projector", "aligner"}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.HasPrefix(name, part) })
}

func firstClass(o *Object) string {
	if list, ok := o.List("architectures"); ok && len(list) > 0 {
		s, _ := list[0].(string)
		return s
	}
	s, _ := o.String("architectures")
	return s
}

// defaultTextType is the wrapper class's own language model, where the nested
// object does not name its type.
func (l *located) defaultTextType() string {
	row := classRowOf(l.wrapper)
	if row == nil {
		return l.wrapper
	}
	if t := row.Text[l.key()]; t != "" {
		return t
	}
	return l.wrapper
}

// key is the name of the nested language model in its wrapper.
func (l *located) key() string { return l.path[strings.LastIndexByte(l.path, '.')+1:] }

// filled is what the wrapper's class puts into a nested language model that does
// not state it, and why: the nested class's own defaults come after that.
func (l *located) filled() (values map[string]string, why string) {
	values = map[string]string{}
	if row := classRowOf(l.wrapper); row != nil && l.nested() {
		for field, v := range row.Fills[l.key()] {
			stated := func(name string) bool { _, there := l.text.Path(name); return there } // a null is stated, too
			if !slices.ContainsFunc(append(Spellings(field), "rope_parameters."+field), stated) {
				values[field] = string(v)
			}
		}
	}
	return values, "default of HuggingFace's " + l.wrapper + " configuration"
}

// original reports whether this is a file of the original Mamba code, which has
// neither architectures nor model_type.
func (l *located) original() bool {
	return l.class == "" && l.modelType == "" && (l.text.Object("ssm_cfg") != nil || (l.text.Has("d_model") && l.text.Has("n_layer") && l.text.Has("rms_norm")))
}

// inferClass names the class of a file that does not: from its model_type,
// else from fields that only one family has.
func (l *located) inferClass() (class, why string) {
	if l.class != "" {
		return l.class, ""
	}
	for _, t := range []string{l.wrapper, l.modelType} {
		if c := classOf(t); c != "" {
			return c, "from model_type " + t
		}
	}
	if l.original() {
		layer, _ := l.text.Object("ssm_cfg").String("layer")
		if layer == "Mamba2" {
			return "Mamba2ForCausalLM", "from the fields d_model, n_layer and ssm_cfg.layer of the original Mamba files"
		}
		return "MambaForCausalLM", "from the fields d_model, n_layer and ssm_cfg of the original Mamba files"
	}
	if l.text.Has("kv_lora_rank") {
		return "DeepseekV3ForCausalLM", "from the field kv_lora_rank"
	}
	if l.modelType != "" {
		return Camel(l.modelType) + "ForCausalLM", fmt.Sprintf("made up from model_type %s", l.modelType)
	}
	return "LlamaForCausalLM", "the file names neither architectures nor model_type; its fields are those of a plain decoder"
}

// Camel writes qwen3_moe as Qwen3Moe.
func Camel(s string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == ' ' }) {
		first, size := utf8.DecodeRuneInString(part)
		b.WriteRune(unicode.ToUpper(first))
		b.WriteString(part[size:])
	}
	return b.String()
}
