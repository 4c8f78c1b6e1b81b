package baseline

import (
	"slices"
	"strings"
)

// callExternal gives what a call of something outside SGLang makes: torch's
// layers and containers, and the few functions of the standard library that
// constructors use.
func (in *interp) callExternal(f *external, args []value, kw *namespace) value {
	in.forgetElements(args, kw)
	if v, ok := in.callTorch(f, args, kw); ok {
		return v
	}
	p := f.path
	first := argument(args, 0, nil)
	switch p {
	case "functools.partial", "partial":
		if len(args) == 0 {
			return in.unknownf("partial")
		}
		return &partial{first, append([]value(nil), args[1:]...), kw.clone()}
	case "functools.reduce":
		return in.reduce(args)
	case "functools.lru_cache", "functools.cache", "functools.wraps":
		return constant(first)
	case "copy.deepcopy", "copy.copy":
		return in.copyValue(first)
	case "collections.defaultdict":
		d := newDict()
		d.fallback = first
		return d
	case "collections.OrderedDict":
		return in.makeDict(args, kw)
	case "enum.auto":
		return &unknown{why: autoValue}
	case "types.SimpleNamespace":
		o := in.newObject(f, plainObject)
		o.attrs = kw.clone()
		return o
	case "typing.cast":
		return argument(args, 1, nil)
	case "dataclasses.field":
		if v, ok := kw.get("default"); ok {
			return v
		}
		if v, ok := kw.get("default_factory"); ok {
			return in.call(v, nil, nil)
		}
		return in.unknownf("dataclass field")
	case "os.environ.get", "os.getenv":
		return argument(args, 1, nil)
	}
	switch {
	case p == "numpy.array_split":
		return in.arraySplit(args)
	case strings.HasSuffix(p, configMapping+".get"):
		return argument(args, 1, nil) // it loads its classes on [] only: get never finds one
	case strings.HasPrefix(p, "math."):
		return in.mathFunction(p[len("math."):], args)
	case strings.HasPrefix(p, "itertools."):
		return in.itertools(p[len("itertools."):], args)
	case strings.HasSuffix(p, ".__init__"): // of an external base
		return nil
	case strings.HasPrefix(p, "logging."), strings.HasPrefix(p, "warnings."):
		return silentLogger()
	case strings.HasPrefix(p, "transformers.") && strings.HasSuffix(p, "Config"):
		return in.hubConfig(lastPart(p), kw)
	}
	return derived(p+"()", append([]value{in.unknownf("call of %s", p)}, args...)...)
}

// autoValue is the reason of the unknown that enum.auto() gives.
const autoValue = "enum.auto"

func (in *interp) callTorch(f *external, args []value, kw *namespace) (value, bool) {
	p, ok := strings.CutPrefix(f.path, "torch.")
	if !ok {
		return nil, false
	}
	first := argument(args, 0, nil)
	switch p {
	case "nn.ModuleList":
		return in.makeModuleList(first), true
	case "nn.Sequential":
		seq := &moduleList{keyed: true, site: in.at}
		if d, isDict := first.(*dict); isDict && len(args) == 1 {
			seq.items = slices.Clone(d.vals)
			for i, k := range d.keys {
				name, isText := k.(string)
				if !isText {
					name = decimal(i)
				}
				seq.names = append(seq.names, name)
			}
			return seq, true
		}
		seq.items = slices.Clone(args)
		return seq, true
	case "nn.ModuleDict":
		o := in.newObject(f, moduleObject)
		o.args = newNamespace()
		if d, isDict := first.(*dict); isDict {
			for i, k := range d.keys {
				if name, isText := k.(string); isText {
					o.attrs.set(name, d.vals[i])
				}
			}
		}
		return o, true
	case "nn.Parameter", "nn.parameter.Parameter":
		if first == nil {
			first, _ = kw.get("data")
		}
		return in.parameter(first), true
	case "empty", "zeros", "ones", "randn", "rand", "full":
		t := &tensor{shape: tensorShape(p, args, kw), site: in.at}
		if p == "zeros" {
			t.elements = in.zeroVector(t.shape)
		}
		return t, true
	case "tensor", "arange", "linspace", "eye":
		return &tensor{shape: in.unknownf("shape of torch.%s", p)}, true
	case "nn.Module.__init__":
		return nil, true
	case "cuda.is_available":
		return true, true
	case "cuda.get_device_capability":
		return &tuple{[]value{in.env.sm / 10, in.env.sm % 10}}, true
	case "get_default_dtype":
		return &external{"torch.bfloat16"}, true
	}
	switch {
	case torchLayerArgs(f.path) != nil:
		o := in.newObject(f, moduleObject)
		o.leaf, o.args = lastPart(p), bindTorchArgs(f.path, args, kw)
		return o, true
	case strings.HasPrefix(p, "nn.init"):
		return nil, true
	case p == "cuda.Stream", strings.HasPrefix(p, "get_device_module"):
		return silent("stream"), true
	}
	return nil, false
}

func (in *interp) makeModuleList(items value) value {
	switch v := items.(type) {
	case nil:
		return &moduleList{list: list{}, site: in.at}
	case *choice:
		return in.distribute(v, in.makeModuleList)
	case *repeated:
		return &moduleList{list: list{items: []value{v}}, site: in.at}
	}
	if xs, ok := iterate(items); ok {
		return &moduleList{list: list{items: slices.Clone(xs)}, site: in.at}
	}
	return derived("ModuleList("+show(items)+")", items)
}

func (in *interp) parameter(v value) value {
	p := &tensor{shape: in.unknownf("shape of a parameter"), param: true, site: in.at}
	if t, ok := v.(*tensor); ok {
		p.shape = t.shape
	}
	return p
}

// tensorShape gives the shape that torch.empty(…) and the like make.
func tensorShape(fn string, args []value, kw *namespace) value {
	if size, ok := kw.get("size"); ok {
		args = []value{size}
	}
	if len(args) > 0 {
		if items, ok := iterate(args[0]); ok {
			return &list{items: items}
		}
	}
	if fn == "full" || slices.ContainsFunc(args, isUnknown) {
		return derived("torch."+fn+"()", args...)
	}
	return &list{items: slices.Clone(args)}
}

func (in *interp) copyValue(v value) value {
	switch v := v.(type) {
	case *config:
		return v.clone()
	case *object:
		if v.kind == configObject {
			o := in.newObject(v.cls, v.kind)
			o.attrs = v.attrs.clone()
			return o
		}
	case *list:
		in.grow(len(v.items))
		return &list{items: slices.Clone(v.items)}
	case *dict:
		in.grow(len(v.keys))
		return v.clone()
	case *set:
		return newSet(v.keys)
	}
	return v
}

func (in *interp) itertools(name string, args []value) value {
	switch name {
	case "chain", "chain.from_iterable":
		parts := args
		if name != "chain" {
			parts, _ = iterate(argument(args, 0, nil))
		}
		out := &list{}
		for _, p := range parts {
			items, ok := iterate(p)
			if !ok || !in.grow(len(items)) {
				return derived("itertools.chain()", p)
			}
			out.items = append(out.items, items...)
		}
		return out
	case "islice":
		items, ok := iterate(argument(args, 0, nil))
		if !ok || len(args) < 2 {
			break
		}
		low, high := value(nil), args[1]
		if len(args) > 2 {
			low, high = args[1], args[2]
		}
		return in.slice(&list{items: items}, low, high, argument(args, 3, nil))
	case "accumulate":
		items, ok := iterate(argument(args, 0, nil))
		if !ok || len(args) > 1 {
			break
		}
		out := &list{}
		var sum value = 0
		for _, x := range items {
			sum = in.binary("+", sum, x)
			out.items = append(out.items, sum)
		}
		return out
	}
	return derived("itertools."+name+"()", args...)
}

// isTorchMethod says whether every torch module has the method.
func isTorchMethod(name string) bool {
	switch name {
	case "parameters", "named_parameters", "register_buffer", "register_parameter", "to", "eval", "train", "children",
		"modules", "named_modules", "half", "apply", "add_module", "register_module", "cuda", "requires_grad_", "float",
		"bfloat16", "post_init", "init_weights", "state_dict", "register_forward_hook", "register_forward_pre_hook",
		"type", "named_children", "buffers", "get_submodule":
		return true
	}
	return false
}

func (in *interp) torchMethod(o *object, name string) value {
	return &builtin{"nn.Module." + name, func(in *interp, args []value, _ *namespace) value {
		switch name {
		case "register_parameter", "register_buffer", "add_module", "register_module":
			if key, ok := argument(args, 0, nil).(string); ok {
				in.setVar(o.attrs, key, argument(args, 1, nil))
			}
			return nil
		case "to", "eval", "train", "half", "cuda", "requires_grad_", "float", "bfloat16", "apply":
			return o
		case "post_init", "init_weights":
			return nil
		}
		return in.unknownf("nn.Module.%s", name)
	}}
}

func (in *interp) moduleListAttr(m *moduleList, name string) value {
	switch name {
	case "append", "extend", "insert":
		return &builtin{"ModuleList." + name, func(in *interp, args []value, kw *namespace) value {
			in.touchList(&m.list)
			return in.mutate(&m.items, name, args, kw)
		}}
	case "values", "keys", "items", "children":
		return constant(&list{items: slices.Clone(m.items)})
	}
	if i := slices.Index(m.names, name); i >= 0 && i < len(m.items) {
		return m.items[i]
	}
	if isTorchMethod(name) {
		return constant(m)
	}
	return in.unknownf("ModuleList.%s", name)
}

func (in *interp) tensorAttr(t *tensor, name string) value {
	switch name {
	case "shape":
		if l, ok := t.shape.(*list); ok {
			return &tuple{l.items}
		}
		return t.shape
	case "data":
		return t
	case "to", "float", "contiguous", "cuda", "half", "requires_grad_", "clone", "detach", "bfloat16", "type":
		return constant(t)
	case "size":
		return &builtin{"Tensor.size", func(in *interp, args []value, _ *namespace) value {
			if len(args) == 1 {
				return in.item(t.shape, args[0])
			}
			return in.tensorAttr(t, "shape")
		}}
	}
	in.forget(t) // a method such as fill_ writes to it
	return in.unknownf("Tensor.%s", name)
}
