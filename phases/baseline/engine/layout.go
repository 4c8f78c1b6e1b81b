package engine

import "strings"

// The layout of SGLang's tree.
const (
	// TreeRoot is the directory of the tree that holds the package sglang.
	TreeRoot = "python/"
	// ModelsDir is where SGLang keeps its model classes.
	ModelsDir = "python/sglang/srt/models"
	// ServerModule defines ServerArgs; serverFieldsDir holds its fields in newer
	// layouts of SGLang, as classes for each group of them.
	ServerModule    = "sglang.srt.server_args"
	EnvironModule   = "sglang.srt.environ"
	ServerFieldsDir = "python/sglang/srt/arg_groups/fields"
	// Where get_act_fn finds activations by name.
	ActivationModule   = "sglang.srt.layers.activation"
	activationRegistry = "_ACTIVATION_REGISTRY"
)

// RotaryModules are the modules that may define RotaryEmbedding, which
// get_rope makes, newest layout of SGLang first.
func RotaryModules() []string {
	return []string{"sglang.srt.layers.rotary_embedding.base", "sglang.srt.layers.rotary_embedding"}
}

// InSGLang reports whether a dotted module name belongs to the tree.
func InSGLang(name string) bool { return name == "sglang" || strings.HasPrefix(name, "sglang.") }

// InModels reports whether a module is one of a model's.
func InModels(modname string) bool { return strings.HasPrefix(modname, "sglang.srt.models.") }

// ModuleName is the dotted name of a file of the tree.
func ModuleName(file string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(file, TreeRoot), ".py")
	return strings.ReplaceAll(strings.TrimSuffix(name, "/__init__"), "/", ".")
}

// ModulePaths are the files that may hold a module of the tree.
func ModulePaths(name string) []string {
	if !InSGLang(name) {
		return nil
	}
	base := TreeRoot + strings.ReplaceAll(name, ".", "/")
	return []string{base + ".py", base + "/__init__.py"}
}
