package extract

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// generates reports whether a class name is that of a model that generates text.
func generates(class string) bool {
	suffixes := []string{"CausalLM", "LMHeadModel", "ForConditionalGeneration", "ForCausalLMNextN", "ChatModel", "ModelLM"}
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(class, suffix) })
}

// refuse says what a config is when it is not a decoder language model; nil when
// it may be one. nested is the language model's object where the file has one.
func refuse(root *Object, class, modelType string, nested bool) error {
	not := func(format string, args ...any) error {
		return &NotDecoderError{What: fmt.Sprintf(format, args...)}
	}
	if name, ok := root.String("_class_name"); ok {
		return not("%s is a part of a diffusion pipeline (its config.json is diffusers')", name)
	}
	if method, ok := root.String("peft_type"); ok {
		return not("a %s adapter (its adapter_config.json), not a model: use the config.json of the model it adapts", method)
	}
	if text, ok := root.String("error"); ok && len(root.Keys) < 4 {
		return not("the file is an error message: %.200q", text)
	}
	if root.Object("speculators_config") != nil {
		return not("%s is a draft head for speculative decoding (speculators_config); its layer stands in transformer_layer_config", named(modelType, class))
	}
	if encoderDecoder, _ := root.Bool("is_encoder_decoder"); encoderDecoder && !nested {
		return not("%s, an encoder-decoder (is_encoder_decoder is true)", named(modelType, class))
	}
	if what := families.Refused("class", class, ""); what != "" { // whatever its backbone
		return not("%s is %s", class, what)
	}
	if what := refusedType(root, modelType, nested); what != "" {
		return not("%s, %s", named(modelType, class), what)
	}
	if field, repo := languageModelElsewhere(root); repo != "" && !nested {
		return not("%s has the language model of another repository, %s (%s): add that one", named(modelType, class), repo, field)
	}
	_, typed := root.String("model_type")
	if headless(class) && (!nested || firstClass(root) == "" && !typed) {
		return not("%s is a backbone without a language-model head (an embedding model?)", class)
	}
	if what := refusedByRegistry(root, class, modelType, nested); what != "" {
		return not("%s", what)
	}
	return refuseByFields(root, class, modelType, nested, not)
}

// languageModelElsewhere is the repository that a wrapper takes its language
// model from where its own file has none of that model's sizes (Ultravox), and
// the field that says so.
func languageModelElsewhere(root *Object) (field, repo string) {
	for _, field := range []string{"text_model_id", "language_model_id", "llm_model_id"} {
		if repo, ok := root.String(field); ok && strings.Count(repo, "/") == 1 && !root.Has("num_hidden_layers") {
			return field, repo
		}
	}
	return "", ""
}

// refusedByRegistry says what transformers' own registries of model classes have
// of a class or a model_type that generates no text by itself.
func refusedByRegistry(root *Object, class, modelType string, nested bool) string {
	wrapper := modelType
	if nested {
		wrapper, _ = root.String("model_type")
		if inner, known := families.TypeOf(modelType); known && inner.EncoderDecoder {
			return named(wrapper, class) + ", whose language model is an encoder-decoder (" + modelType + ")"
		}
	}
	if sub := severalTransformers(root); sub != "" {
		return named(wrapper, class) + " is several transformers in a row (" + sub + "), no one decoder"
	}
	registered, known := families.TypeOf(wrapper)
	if known && registered.EncoderDecoder {
		return named(wrapper, class) + ", an encoder-decoder"
	}
	task, knownClass := families.TaskOf(class)
	plain := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(class))
	if other, ok := families.TypeOf(plain); ok && !knownClass && !other.Generates() {
		return class + ": transformers has no class of the type " + plain + " that generates text"
	}
	switch {
	case knownClass && task == families.TaskLM, !known && !knownClass:
		return ""
	case generates(class) && (!knownClass || task == "pretraining" || registered.Generates()):
		return "" // a class of its own for a type that has others, or one that SGLang serves
	case knownClass && task != "base":
		return fmt.Sprintf("%s is transformers' class for %s", class, strings.ReplaceAll(task, "-", " "))
	case known && !registered.Generates() && class == "" && generatingWrapper(wrapper):
		return "" // the language model's part of a multimodal model by itself
	case known && !registered.Generates():
		return named(wrapper, class) + ": transformers has no class of this type that generates text"
	}
	return ""
}

// generatingWrapper reports whether a model_type is that of the text part of a
// model that generates text.
func generatingWrapper(modelType string) bool {
	outer, isText := strings.CutSuffix(modelType, "_text")
	registered, _ := families.TypeOf(outer)
	return isText && registered.Generates()
}

// severalTransformers names the parts of a model of bytes that has a
// transformer around its decoder (BLT), "" for all others.
func severalTransformers(root *Object) string {
	var parts []string
	for _, key := range []string{"patcher_config", "encoder_config", "global_config", "decoder_config"} {
		if root.Object(key) != nil {
			parts = append(parts, key)
		}
	}
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts, ", ")
}

// refusedType looks a model_type up in the table. Of a wrapper only its own
// type counts, and not as a vision model: cohere2_vision is one with a language
// model inside.
func refusedType(root *Object, modelType string, nested bool) string {
	if !nested {
		return families.Refused("type", modelType, "")
	}
	wrapper, _ := root.String("model_type")
	return families.Refused("type", wrapper, "a vision model")
}

// headless matches SomethingModel, the backbone class, which embedding models
// name. ChatGLM's language model is called ChatGLMModel.
func headless(class string) bool {
	return strings.HasSuffix(class, "Model") && class != "ChatGLMModel" && !generates(class)
}

// refuseByFields recognises vision and audio models of unknown type.
func refuseByFields(root *Object, class, modelType string, nested bool, not func(string, ...any) error) error {
	if nested || root.Has("vocab_size") || root.Has("padded_vocab_size") || classOf(modelType) != "" {
		return nil
	}
	for _, of := range []struct {
		kind   string
		fields []string
	}{{"a vision", []string{"image_size", "patch_size", "num_channels"}}, {"an audio", []string{"num_mel_bins", "sampling_rate", "feature_size"}}} {
		if i := slices.IndexFunc(of.fields, root.Has); i >= 0 {
			return not("%s looks like %s model (it has %s and no vocabulary)", named(modelType, class), of.kind, of.fields[i])
		}
	}
	return nil
}

func named(modelType, class string) string {
	switch {
	case class != "":
		return class
	case modelType != "":
		return "model_type " + modelType
	}
	return "the config"
}
