package extract

import (
	"fmt"
	"path"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// refusal is one row of the table of what is not a decoder language model.
type refusal struct {
	types string // names of model_type, with * for any ending or beginning
	what  string
}

// refusals are model types that are not decoder language models, and what they
// are instead. The first row that matches counts; one without words is a
// decoder in spite of its name.
func refusals() []refusal {
	return []refusal{
		{"modernbert-decoder bert-generation-decoder", ""},
		{"xlnet", "a permutation language model, which has no cache of keys and values to decode from"},
		{"*bert* electra ernie ernie_m xlm xlm-roberta* *roberta* flaubert longformer big_bird data2vec-text deberta* mpnet nezha funnel fnet canine luke splinter xmod gte new nomic_bert esm esm2 perceiver layoutlm* lilt bros markuplm tapas mra yoso nystromformer qdqbert roformer rembert convbert contriever", "an encoder of the BERT kind"},
		{"medusa mlp_speculator", "draft heads without layers of their own, which read another model's hidden states"},
		{"t5 mt5 umt5 longt5 switch_transformers bart mbart m2m_100 marian pegasus pegasus_x blenderbot* bigbird_pegasus led plbart prophetnet xlm-prophetnet mvp fsmt nllb-moe seamless_m4t* t5gemma* encoder-decoder rag udop pix2struct florence2 nougat donut* vision-encoder-decoder trocr", "an encoder-decoder"},
		{"whisper speech_to_text* wav2vec2* hubert wavlm sew* unispeech* speecht5* parakeet* moonshine* canary* data2vec-audio audio-spectrogram-transformer clap* encodec dac mimi bark musicgen* vits xcodec*", "a speech or audio model"},
		{"clip* chinese_clip* siglip* altclip* align* blip blip_* flava* groupvit* owlvit* owlv2* xclip* x-clip* metaclip* aimv2* colpali colqwen2 metaclip_2*", "an image-text encoder (CLIP kind)"},
		{"vit* deit beit swin* dinov* convnext* resnet regnet mobilenet* mobilevit* efficientnet levit cvt poolformer segformer detr *_detr* *-detr yolos sam sam2* sam3* sam_* mask2former maskformer* oneformer dpt depth_* glpn upernet table-transformer timm_* imagegpt hiera pvt* focalnet bit vjepa* videomae timesformer vivit zoedepth superpoint superglue data2vec-vision ijepa pixtral idefics*_vision *_vision_model *_vision", visionModel},
		{"timesfm* patchts* informer autoformer time_series_transformer decision_transformer", "a time-series model"},
		{"stable_diffusion flux unet* dit *diffusion*transformer", "a diffusion model"},
	}
}

// generates reports whether a class name is that of a model that generates text.
func generates(class string) bool {
	for _, suffix := range []string{"ForCausalLM", "CausalLM", "LMHeadModel", "ForConditionalGeneration", "ForCausalLMNextN", "ChatModel", "ModelLM"} {
		if strings.HasSuffix(class, suffix) {
			return true
		}
	}
	return false
}

// otherTasks are class name suffixes of models that are not language models
// whatever their backbone.
func otherTasks() map[string]string {
	return map[string]string{
		"ForMaskedLM":                  "a masked language model (an encoder)",
		"ForPreTraining":               "an encoder in pre-training",
		"ForSequenceClassification":    "a sequence classifier or reward model: it has no language-model head",
		"ForTokenClassification":       "a token classifier",
		"ForQuestionAnswering":         "an extractive question-answering model",
		"ForMultipleChoice":            "a multiple-choice classifier",
		"ForRewardModel":               "a reward model: it has no language-model head",
		"ForImageClassification":       "an image classifier",
		"ForObjectDetection":           "an object detector",
		"ForSemanticSegmentation":      "an image segmenter",
		"ForSpeechSeq2Seq":             "a speech recogniser",
		"ForCTC":                       "a speech recogniser",
		"ForAudioClassification":       "an audio classifier",
		"ForZeroShotImageClassifier":   "an image classifier",
		"ForDepthEstimation":           "a depth estimator",
		"ForMaskGeneration":            "an image segmenter",
		"ForTimeSeriesPrediction":      "a time-series model",
		"ForTextEncoding":              "a text encoder",
		"ForNextSentencePrediction":    "an encoder",
		"ForImageTextRetrieval":        "an image-text encoder",
		"ForVideoClassification":       "a video classifier",
		"ForUniversalSegmentation":     "an image segmenter",
		"ForMaskedImageModeling":       "a vision encoder",
		"ForAudioFrameClassification":  "an audio classifier",
		"ForInstanceSegmentation":      "an image segmenter",
		"ForKeypointDetection":         "a vision model",
		"ForZeroShotObjectDetection":   "an object detector",
		"ForImageToImage":              "an image model",
		"ForDocumentQuestionAnswering": "a document encoder",
	}
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
	for suffix, what := range otherTasks() {
		if strings.HasSuffix(class, suffix) {
			return not("%s is %s", class, what)
		}
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
	if nested {
		modelType, _ = root.String("model_type")
	}
	for _, r := range refusals() {
		if nested && r.what == visionModel {
			continue
		}
		for _, pattern := range strings.Fields(r.types) {
			if matched, err := path.Match(pattern, modelType); matched && err == nil {
				return r.what
			}
		}
	}
	return ""
}

// visionModel is what the table calls models without a language model.
const visionModel = "a vision model"

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
	for _, key := range []string{"image_size", "patch_size", "num_channels"} {
		if root.Has(key) {
			return not("%s looks like a vision model (it has %s and no vocabulary)", named(modelType, class), key)
		}
	}
	for _, key := range []string{"num_mel_bins", "sampling_rate", "feature_size"} {
		if root.Has(key) {
			return not("%s looks like an audio model (it has %s and no vocabulary)", named(modelType, class), key)
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
