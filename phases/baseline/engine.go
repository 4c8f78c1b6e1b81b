package baseline

import (
	"context"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// Settings are what SGLang's engine runs with.
type Settings struct {
	TP             int  // tensor parallelism
	FusionDisabled bool // shared-experts fusion
	SM             int  // CUDA compute capability
}

// engine stands for torch, transformers and SGLang's run time in an evaluation
// of SGLang's tree.
type engine struct {
	*interp
	env Settings
	// overrides stand for functions of SGLang whose value is a fact of the
	// environment; see environment.go.
	overrides map[string]value
	// modelClass finds the module and the name of the class that SGLang
	// registers for an architecture.
	modelClass func(architecture string) (module, class string, ok bool)
	// configClass finds SGLang's configuration class for a model_type; nil when
	// there is none.
	configClass func(modelType string) *class

	making       []string         // model_types of the configurations that are being made, outermost first
	server, envs map[string]value // defaults read from the source, by name

	reads   map[string]bool // the configuration's fields that were read; nil while it is made
	readAll bool            // all of them were, as a dict
}

// newEngine makes an evaluation of a tree. Without finders no model's and no
// configuration class of SGLang's own is found.
func newEngine(ctx context.Context, p program, facts *programFacts, limits Limits, env Settings) *engine {
	e := &engine{env: env}
	e.interp = newInterp(ctx, p, facts, limits, e)
	e.overrides = e.newOverrides()
	e.configClass = func(string) *class { return nil }
	e.modelClass = func(string) (module, class string, ok bool) { return "", "", false }
	return e
}

// Function implements host: functions that the environment decides are not run,
// nor is the search in the registry of models.
func (e *engine) Function(in *interp, f *function, args []value, kw *namespace) (value, bool) {
	switch {
	case f.owner == nil && f.def != nil && f.closure == nil:
		if v := e.Name(in, f.mod.name, f.name()); v != nil {
			return in.call(v, args, kw), true
		}
	case f.owner != nil && f.name() == "_get_sgl_model_cls":
		return e.autoModelClass(argument(args, 0, nil)), true
	}
	return nil, false
}

// Opaque implements host: the classes of layers.
func (e *engine) Opaque(module, class string) bool {
	return isLeafModule(module) || class == "PPMissingLayer"
}

// Kind implements host.
func (e *engine) Kind(c *class) instanceKind {
	switch {
	case e.isConfigClass(c):
		return configObject
	case e.isTorchModule(c):
		return moduleObject
	}
	return plainObject
}

// IsBaseOfParts implements host.
func (e *engine) IsBaseOfParts(path string) bool { return strings.HasSuffix(path, "nn.Module") }

// isTorchModule says whether instances are torch modules.
func (e *engine) isTorchModule(c *class) bool {
	return e.externalBase(c, func(p string) bool {
		return strings.HasSuffix(p, "nn.Module") || strings.Contains(p, "PreTrainedModel") || torchLayerArgs(p) != nil
	})
}

func (e *engine) isConfigClass(c *class) bool {
	return e.externalBase(c, func(p string) bool {
		switch lastPart(p) {
		case "PretrainedConfig", "PreTrainedConfig":
			return true
		}
		return strings.HasSuffix(p, "Config") && strings.Contains(p, "transformers")
	})
}

// isModule says whether an object is a torch module.
func (e *engine) isModule(o *object) bool {
	if c, ok := o.cls.(*class); ok && o.kind == plainObject {
		return e.isTorchModule(c)
	}
	return o.kind == moduleObject
}

// InstanceAttr implements host: attributes of configurations, of layers whose
// constructor was not entered, and of torch modules.
func (e *engine) InstanceAttr(in *interp, o *object, name string) (value, bool) {
	c, ok := o.cls.(*class)
	if !ok {
		return e.externalAttr(o, name), true
	}
	if o.kind == configObject {
		if v := e.mappedConfigAttr(o, c, name); !isMissing(v) {
			return v, true
		}
	}
	if v, ok := o.args.get(name); ok && o.leaf != "" {
		return v, true
	}
	if owner, s := in.findMember(c, name, nil); s != nil {
		if _, isFunc := s.(*pysrc.FuncDef); isFunc && o.leaf != "" && owner.opaque {
			return e.layerMethod(o, name), true
		}
		return in.memberValue(owner, s, name, o, c), true
	}
	switch {
	case o.kind == configObject:
		return e.baseConfigAttr(o, name), true
	case isTorchMethod(name) && (o.leaf != "" || e.isTorchModule(c)): // lm_head.float() is the head
		return torchMethod(o, name), true
	case o.leaf != "":
		return e.layerAttr(o, name), true
	}
	return nil, false
}

// externalAttr is an attribute of an instance of an external class.
func (e *engine) externalAttr(o *object, name string) value {
	if v, ok := o.args.get(name); ok {
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
func (e *engine) layerMethod(o *object, name string) value {
	if name != "tie_weights" {
		return unknownf("method %s of layer %s", name, o.leaf)
	}
	return newBuiltin(name, func(in *interp, args []value, _ *namespace) value {
		if q, ok := o.args.value("quant_config").(*object); ok && len(args) == 1 {
			if in.call(in.attribute(q, "get_name"), nil, nil) == "gguf" {
				return args[0]
			}
		}
		return o
	})
}

// layerAttr is an attribute of a layer whose constructor is not entered.
func (e *engine) layerAttr(o *object, name string) value {
	if name == "tp_size" {
		return e.env.TP
	}
	if o.leaf == "QKVParallelLinear" { // per rank
		switch name {
		case "num_heads":
			return e.binary("//", o.arg("total_num_heads"), e.env.TP)
		case "num_kv_heads":
			return e.extreme("max", 1, []value{e.binary("//", kvHeads(o), e.env.TP), 1}, nil)
		}
	}
	return unknownf("attribute %s of layer %s", name, o.leaf)
}

// PartHas implements host: layers with sizes have a weight, which is not
// packed.
func (e *engine) PartHas(_ *interp, o *object, name string) (has, known bool) {
	switch name {
	case "weight", "quant_method":
		return true, e.dimensionsOf(o) != nil
	case "weight_packed", "qweight":
		return false, true
	}
	return false, false
}

// ClassAttr implements host: the ways in which transformers makes instances.
func (e *engine) ClassAttr(c *class, name string) value {
	switch name {
	case "from_config", "from_pretrained", "_from_config", "from_dict":
		return newBuiltin(name, func(in *interp, args []value, kw *namespace) value { return in.call(c, args, kw) })
	}
	return missing{}
}

// Super implements host: the constructors of configurations and of torch's
// layers.
func (e *engine) Super(in *interp, self *object, c *class, name string) value {
	switch {
	case name == "__init__" && self != nil && self.kind == configObject:
		return newBuiltin("super().__init__", func(in *interp, _ []value, kw *namespace) value {
			e.InitSettings(in, self, kw)
			return nil
		})
	case name == "__init__" && self != nil:
		for _, x := range in.resolutionOrder(c) {
			if t, ok := x.(*external); ok && torchLayerArgs(t.path) != nil && t.path != "torch.nn.Module" {
				return newBuiltin("super().__init__", func(_ *interp, args []value, kw *namespace) value {
					self.leaf, self.args = lastPart(t.path), bindTorchArgs(t.path, args, kw)
					return nil
				})
			}
		}
	case name == "from_dict" && e.isConfigClass(c):
		return newBuiltin("super().from_dict", func(in *interp, args []value, _ *namespace) value {
			fields, ok := argument(args, 0, nil).(*dict)
			if !ok {
				return derived(c.name+".from_dict()", args...)
			}
			return in.instantiate(c, nil, fields.keywords())
		})
	}
	return nil
}

// CallExternal implements host: torch, numpy and transformers.
func (e *engine) CallExternal(in *interp, f *external, args []value, kw *namespace) (value, bool) {
	forgetElements(in, args, kw)
	if v, ok := e.callTorch(in, f, args, kw); ok {
		return v, true
	}
	switch p := f.path; {
	case p == "numpy.array_split":
		return arraySplit(in, args), true
	case strings.HasSuffix(p, configMapping+".get"):
		return argument(args, 1, nil), true // it loads its classes on [] only: get never finds one
	case strings.HasPrefix(p, "transformers.") && strings.HasSuffix(p, "Config"):
		return e.hubConfig(lastPart(p), kw), true
	case p == "copy.deepcopy" || p == "copy.copy":
		if o, ok := argument(args, 0, nil).(*object); ok && o.kind == configObject {
			clone := in.newObject(o.cls, o.kind)
			clone.attrs = o.attrs.clone()
			return clone, true
		}
	}
	return nil, false
}

// Escaped implements host. An exception out of the engine's own code into a
// model's says that the engine's state is not what it would be, not that the
// model cannot be built: the result is unknown, and where the function is a
// module's constructor that is reported.
func (e *engine) Escaped(in *interp, f *function, text string) (value, bool) {
	model := inModels(f.mod.name) || strings.HasPrefix(f.mod.name, "sglang.srt.configs.")
	if model || !strings.HasPrefix(in.at.file, modelsDir+"/") {
		return nil, false
	}
	o, isObject := f.self.(*object)
	if f.name() == "__init__" && isObject && o.kind == moduleObject {
		in.undecideAt("", in.at, o.className()+"()", nil, "its constructor raises "+text)
	}
	return &unknown{why: "raises " + text, expr: f.name() + "()"}, true
}

// capability is the CUDA compute capability.
func (e *engine) capability() *tuple { return newTuple(e.env.SM/10, e.env.SM%10) }
