// Package engine stands for torch, transformers and SGLang's run time in an
// evaluation of SGLang's tree: what the environment decides, which classes are
// layers, and what a configuration is by the time the model gets it.
package engine

import (
	"context"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Engine stands for torch, transformers and SGLang's run time in an evaluation
// of SGLang's tree.
type Engine struct {
	*pyeval.Interp
	// overrides stand for functions of SGLang whose value is a fact of the
	// environment; see environment.go.
	overrides map[string]pyeval.Value
	// ModelClass finds the module and the name of the class that SGLang
	// registers for an architecture.
	ModelClass func(architecture string) (module, class string, ok bool)
	// ConfigClass finds SGLang's configuration class for a model_type; nil when
	// there is none.
	ConfigClass func(modelType string) *pyeval.Class

	making       []string                // model_types of the configurations that are being made, outermost first
	server, envs map[string]pyeval.Value // defaults read from the source, by name

	reads   map[string]bool // the configuration's fields that were read; nil while it is made
	readAll bool            // all of them were, as a dict
}

// New makes an evaluation of a tree. Without finders no model's and no
// configuration class of SGLang's own is found.
func New(ctx context.Context, p pyeval.Program, facts *pyeval.Facts, limits pyeval.Limits) *Engine {
	e := &Engine{}
	e.Interp = pyeval.New(ctx, p, facts, limits, e)
	e.overrides = e.newOverrides()
	e.ConfigClass = func(string) *pyeval.Class { return nil }
	e.ModelClass = func(string) (module, class string, ok bool) { return "", "", false }
	return e
}

// Function implements host: functions that the environment decides are not run,
// nor is the search in the registry of models.
func (e *Engine) Function(in *pyeval.Interp, f *pyeval.Function, args []pyeval.Value, kw *pyeval.Namespace) (pyeval.Value, bool) {
	switch {
	case f.Owner == nil && !f.IsNested():
		if v := e.Name(in, f.Module.Name, f.Name()); v != nil {
			return in.Call(v, args, kw), true
		}
	case f.Owner != nil && f.Name() == "_get_sgl_model_cls":
		return e.autoModelClass(pyeval.Argument(args, 0, nil)), true
	}
	return nil, false
}

// Opaque implements host: the classes of layers.
func (e *Engine) Opaque(module, class string) bool {
	return IsLayerModule(module) || class == "PPMissingLayer"
}

// Kind implements host.
func (e *Engine) Kind(c *pyeval.Class) pyeval.Kind {
	switch {
	case e.isConfigClass(c):
		return pyeval.Settings
	case e.isTorchModule(c):
		return pyeval.Part
	}
	return pyeval.Plain
}

// IsBaseOfParts implements host.
func (e *Engine) IsBaseOfParts(path string) bool { return strings.HasSuffix(path, "nn.Module") }

// isTorchModule reports whether instances are torch modules.
func (e *Engine) isTorchModule(c *pyeval.Class) bool {
	return e.ExternalBase(c, func(p string) bool {
		return strings.HasSuffix(p, "nn.Module") || strings.Contains(p, "PreTrainedModel") || torchLayerArgs(p) != nil
	})
}

func (e *Engine) isConfigClass(c *pyeval.Class) bool {
	return e.ExternalBase(c, func(p string) bool {
		switch pyeval.LastPart(p) {
		case "PretrainedConfig", "PreTrainedConfig":
			return true
		}
		return strings.HasSuffix(p, "Config") && strings.Contains(p, "transformers")
	})
}

// IsPart reports whether an object is a torch module.
func (e *Engine) IsPart(o *pyeval.Instance) bool {
	if c, ok := o.Class.(*pyeval.Class); ok && o.Kind == pyeval.Plain {
		return e.isTorchModule(c)
	}
	return o.Kind == pyeval.Part
}

// InstanceAttr implements host: attributes of configurations, of layers whose
// constructor was not entered, and of torch modules.
func (e *Engine) InstanceAttr(in *pyeval.Interp, o *pyeval.Instance, name string) (pyeval.Value, bool) {
	c, ok := o.Class.(*pyeval.Class)
	if !ok {
		return e.externalAttr(o, name), true
	}
	if o.Kind == pyeval.Settings {
		if v := e.mappedConfigAttr(o, c, name); !pyeval.IsMissing(v) {
			return v, true
		}
	}
	if v, ok := o.Args.Get(name); ok && o.Recorded != "" {
		return v, true
	}
	if owner, s := in.FindMember(c, name, nil); s != nil {
		if _, isFunc := s.(*pysrc.FuncDef); isFunc && o.Recorded != "" && owner.Opaque {
			return e.layerMethod(o, name), true
		}
		return in.MemberValue(owner, s, name, o, c), true
	}
	switch {
	case o.Kind == pyeval.Settings:
		return e.baseConfigAttr(o, name), true
	case isTorchMethod(name) && (o.Recorded != "" || e.isTorchModule(c)): // lm_head.float() is the head
		return torchMethod(o, name), true
	case o.Recorded != "":
		return e.layerAttr(o, name), true
	}
	return nil, false
}

// externalAttr is an attribute of an instance of an external class.
func (e *Engine) externalAttr(o *pyeval.Instance, name string) pyeval.Value {
	if v, ok := o.Args.Get(name); ok {
		return v
	}
	if isTorchMethod(name) {
		return torchMethod(o, name)
	}
	return e.layerAttr(o, name)
}

// layerMethod is a method of a layer whose constructor is not entered. What
// ParallelLMHead.tie_weights(embedding) gives is the head itself, now of the
// embedding's weights, or the embedding when its weights are packed in GGUF's
// format.
func (e *Engine) layerMethod(o *pyeval.Instance, name string) pyeval.Value {
	if name != "tie_weights" {
		return pyeval.Unknownf("method %s of layer %s", name, o.Recorded)
	}
	return pyeval.NewBuiltin(name, func(in *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
		if q, ok := o.Args.Value("quant_config").(*pyeval.Instance); ok && len(args) == 1 {
			if in.Call(in.Attribute(q, "get_name"), nil, nil) == "gguf" {
				return args[0]
			}
		}
		return o
	})
}

// layerAttr is an attribute of a layer whose constructor is not entered.
func (e *Engine) layerAttr(o *pyeval.Instance, name string) pyeval.Value {
	if name == "tp_size" {
		return 1
	}
	if o.Recorded == "QKVParallelLinear" { // per rank
		switch name {
		case "num_heads":
			return o.Arg("total_num_heads")
		case "num_kv_heads":
			return KVHeads(o)
		}
	}
	return pyeval.Unknownf("attribute %s of layer %s", name, o.Recorded)
}

// PartHas implements host: layers with sizes have a weight, which is not
// packed.
func (e *Engine) PartHas(_ *pyeval.Interp, o *pyeval.Instance, name string) (has, known bool) {
	switch name {
	case "weight", "quant_method":
		return true, e.DimensionsOf(o) != nil
	case "weight_packed", "qweight":
		return false, true
	}
	return false, false
}

// ClassAttr implements host: the ways in which transformers makes instances.
func (e *Engine) ClassAttr(c *pyeval.Class, name string) pyeval.Value {
	switch name {
	case "from_config", "from_pretrained", "_from_config", "from_dict":
		return pyeval.NewBuiltin(name, func(in *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
			return in.Call(c, args, kw)
		})
	}
	return pyeval.Missing{}
}

// Super implements host: the constructors of configurations and of torch's
// layers.
func (e *Engine) Super(in *pyeval.Interp, self *pyeval.Instance, c *pyeval.Class, name string) pyeval.Value {
	switch {
	case name == "__init__" && self != nil && self.Kind == pyeval.Settings:
		return pyeval.NewBuiltin("super().__init__", func(in *pyeval.Interp, _ []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
			e.InitSettings(in, self, kw)
			return nil
		})
	case name == "__init__" && self != nil:
		for _, x := range in.ResolutionOrder(c) {
			if t, ok := x.(*pyeval.External); ok && torchLayerArgs(t.Path) != nil && t.Path != "torch.nn.Module" {
				return pyeval.NewBuiltin("super().__init__", func(_ *pyeval.Interp, args []pyeval.Value, kw *pyeval.Namespace) pyeval.Value {
					self.Recorded, self.Args = pyeval.LastPart(t.Path), bindTorchArgs(t.Path, args, kw)
					return nil
				})
			}
		}
	case name == "from_dict" && e.isConfigClass(c):
		return pyeval.NewBuiltin("super().from_dict", func(in *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
			fields, ok := pyeval.Argument(args, 0, nil).(*pyeval.Dict)
			if !ok {
				return pyeval.Derived(c.Name+".from_dict()", args...)
			}
			return in.Instantiate(c, nil, fields.Keywords())
		})
	}
	return nil
}

// CallExternal implements host: torch, numpy and transformers.
func (e *Engine) CallExternal(in *pyeval.Interp, f *pyeval.External, args []pyeval.Value, kw *pyeval.Namespace) (pyeval.Value, bool) {
	forgetElements(in, args, kw)
	if v, ok := e.callTorch(in, f, args, kw); ok {
		return v, true
	}
	switch p := f.Path; {
	case p == "numpy.array_split":
		return arraySplit(in, args), true
	case strings.HasSuffix(p, configMapping+".get"):
		return pyeval.Argument(args, 1, nil), true // it loads its classes on [] only: get never finds one
	case strings.HasPrefix(p, "transformers.") && strings.HasSuffix(p, "Config"):
		return e.hubConfig(pyeval.LastPart(p), kw), true
	case p == "copy.deepcopy" || p == "copy.copy":
		if o, ok := pyeval.Argument(args, 0, nil).(*pyeval.Instance); ok && o.Kind == pyeval.Settings {
			clone := in.NewObject(o.Class, o.Kind)
			clone.Attrs = o.Attrs.Clone()
			return clone, true
		}
	}
	return nil, false
}

// Escaped implements host. An exception out of the engine's own code into a
// model's says that the engine's state is not what it would be, not that the
// model cannot be built: the result is unknown, and where the function is a
// module's constructor that is reported.
func (e *Engine) Escaped(in *pyeval.Interp, f *pyeval.Function, text string) (pyeval.Value, bool) {
	model := InModels(f.Module.Name) || strings.HasPrefix(f.Module.Name, "sglang.srt.configs.")
	if model || !strings.HasPrefix(in.At.File, ModelsDir+"/") {
		return nil, false
	}
	o, isObject := f.Self.(*pyeval.Instance)
	if f.Name() == "__init__" && isObject && o.Kind == pyeval.Part {
		in.UndecideAt("", in.At, o.ClassName()+"()", nil, "its constructor raises "+text)
	}
	return &pyeval.Unknown{Why: "raises " + text, Expr: f.Name() + "()"}, true
}
