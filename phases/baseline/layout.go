package baseline

import "strings"

// The layout of SGLang's tree.
const (
	// treeRoot is the directory of the tree that holds the package sglang.
	treeRoot = "python/"
	// modelsDir is where SGLang keeps its model classes.
	modelsDir = "python/sglang/srt/models"
	// serverModule defines ServerArgs; serverFieldsDir holds its fields in newer
	// layouts of SGLang, as classes for each group of them.
	serverModule    = "sglang.srt.server_args"
	environModule   = "sglang.srt.environ"
	serverFieldsDir = "python/sglang/srt/arg_groups/fields"
	// Where get_act_fn finds activations by name.
	activationModule   = "sglang.srt.layers.activation"
	activationRegistry = "_ACTIVATION_REGISTRY"
)

// rotaryModules are the modules that may define RotaryEmbedding, which
// get_rope makes, newest layout of SGLang first.
func rotaryModules() []string {
	return []string{"sglang.srt.layers.rotary_embedding.base", "sglang.srt.layers.rotary_embedding"}
}

// inSGLang says whether a dotted module name belongs to the tree.
func inSGLang(name string) bool { return name == "sglang" || strings.HasPrefix(name, "sglang.") }

// inModels says whether a module is one of a model's.
func inModels(modname string) bool { return strings.HasPrefix(modname, "sglang.srt.models.") }

// moduleName is the dotted name of a file of the tree.
func moduleName(file string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(file, treeRoot), ".py")
	return strings.ReplaceAll(strings.TrimSuffix(name, "/__init__"), "/", ".")
}

// modulePaths are the files that may hold a module of the tree.
func modulePaths(name string) []string {
	if !inSGLang(name) {
		return nil
	}
	base := treeRoot + strings.ReplaceAll(name, ".", "/")
	return []string{base + ".py", base + "/__init__.py"}
}
