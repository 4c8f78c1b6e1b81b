package engine

import (
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// autoModelClass is the registered class that transformers' auto classes and
// SGLang's registry give for a nested configuration (LLaVA, Mistral 3).
func (e *Engine) autoModelClass(conf pyeval.Value) pyeval.Value {
	modelType, _ := e.LookupAttr(conf, "model_type").(string)
	names := []string{defaultsOf(modelType).model}
	names = append(names, e.Architectures(conf)...)
	for _, suffix := range []string{"ForCausalLM", "VisionModel", "Model"} {
		names = append(names, extract.Camel(modelType)+suffix)
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if module, class, ok := e.ModelClass(name); ok {
			return e.ModuleAttribute(module, class)
		}
	}
	return pyeval.Unknownf("no registered class for a nested %s configuration", modelType)
}
