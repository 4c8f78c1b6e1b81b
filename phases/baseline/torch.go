package baseline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// moduleList is torch's ModuleList or, with keyed set, Sequential.
type moduleList struct {
	list  *list
	keyed bool
	names []string // of a Sequential made from a dict
	site  site
}

func newModuleList(at site, items ...value) *moduleList {
	return &moduleList{list: newList(items...), site: at}
}

// HoldsParts marks it as a list of modules.
func (m *moduleList) HoldsParts() {}

// Show writes how many elements there are.
func (m *moduleList) Show(int) string { return fmt.Sprintf("ModuleList of %d", len(m.list.items)) }

// Truth is whether there are elements.
func (m *moduleList) Truth() (t, known bool) { return m.list.Truth() }

// Elements gives the modules.
func (m *moduleList) Elements() []value { return m.list.Elements() }

// Item gives a module; in forward(), where the index is often not known, one of
// each kind.
func (m *moduleList) Item(in *interp, key value) value {
	if in.watcher != nil && isUnknown(key) {
		if v := in.watcher.Any(m.list.items); v != nil {
			return v
		}
	}
	return in.elementAt(m, m.list.items, key)
}

// SetItem puts a module in the place of another.
func (m *moduleList) SetItem(in *interp, key, v value) { m.list.SetItem(in, key, v) }

// Slice makes a list of some of the modules.
func (m *moduleList) Slice(items []value) value {
	return &moduleList{list: newList(items...), keyed: m.keyed, site: m.site}
}

// IsA knows torch's containers.
func (m *moduleList) IsA(_ *interp, of value) (is, known bool) {
	if e, ok := of.(*external); ok {
		name := lastPart(e.path)
		return name == "ModuleList" && !m.keyed || name == "Sequential" && m.keyed || name == "Module", true
	}
	return isPythonType(of)
}

// Attr gives a method, or the module of a name.
func (m *moduleList) Attr(in *interp, name string) value {
	switch name {
	case "append", "extend", "insert":
		return m.list.Attr(in, name)
	case "values", "keys", "items", "children":
		return constant(newList(m.Elements()...))
	}
	if i := slices.Index(m.names, name); i >= 0 && i < len(m.list.items) {
		return m.list.items[i]
	}
	if isTorchMethod(name) {
		return constant(m)
	}
	return unknownf("ModuleList.%s", name)
}

// callTorch gives what a call of torch makes: its layers, containers and
// parameters.
func (e *engine) callTorch(in *interp, f *external, args []value, kw *namespace) (value, bool) {
	p, ok := strings.CutPrefix(f.path, "torch.")
	if !ok {
		return nil, false
	}
	first := argument(args, 0, nil)
	switch p {
	case "nn.ModuleList":
		return e.makeModuleList(first), true
	case "nn.Sequential":
		return sequential(in.at, args), true
	case "nn.ModuleDict":
		o := in.newObject(f, moduleObject)
		o.args = newNamespace()
		if d, isDict := first.(*dict); isDict {
			o.attrs.addAll(d.keywords())
		}
		return o, true
	case "nn.Parameter", "nn.parameter.Parameter":
		if first == nil {
			first, _ = kw.get("data")
		}
		return e.parameter(first), true
	case "empty", "zeros", "ones", "randn", "rand", "full":
		t := &tensor{shape: tensorShape(p, args, kw), site: in.at}
		if p == "zeros" {
			t.elements = zeroVector(in, t.shape)
		}
		return t, true
	case "tensor", "arange", "linspace", "eye":
		return &tensor{shape: unknownf("shape of torch.%s", p)}, true
	case "nn.Module.__init__":
		return nil, true
	case "cuda.is_available":
		return true, true
	case "cuda.get_device_capability":
		return e.capability(), true
	case "get_default_dtype":
		return newExternal("torch.bfloat16"), true
	}
	switch {
	case torchLayerArgs(f.path) != nil:
		return in.newLeaf(f, lastPart(p), bindTorchArgs(f.path, args, kw)), true
	case strings.HasPrefix(p, "nn.init"):
		return nil, true
	case p == "cuda.Stream", strings.HasPrefix(p, "get_device_module"):
		return silentStub("stream"), true
	}
	return nil, false
}

// sequential is torch's Sequential of modules, or of a dict of them.
func sequential(at site, args []value) *moduleList {
	seq := newModuleList(at, slices.Clone(args)...)
	seq.keyed = true
	d, isDict := argument(args, 0, nil).(*dict)
	if !isDict || len(args) != 1 {
		return seq
	}
	seq.list.items = slices.Clone(d.vals)
	for i, k := range d.keys {
		name, isText := k.(string)
		if !isText {
			name = strconv.Itoa(i)
		}
		seq.names = append(seq.names, name)
	}
	return seq
}

func (e *engine) makeModuleList(items value) value {
	switch v := items.(type) {
	case nil:
		return newModuleList(e.at)
	case *choice:
		return e.distribute(v, e.makeModuleList)
	case *repeated:
		return newModuleList(e.at, v)
	}
	if xs, ok := iterate(items); ok {
		return newModuleList(e.at, xs...)
	}
	return derived("ModuleList("+show(items)+")", items)
}

// torchLayerArgs gives the names of the positional arguments of a torch
// layer; nil when the path is none.
func torchLayerArgs(path string) []string {
	name, ok := strings.CutPrefix(path, "torch.nn.")
	if !ok || strings.Contains(name, ".") || name == "" || name[0] < 'A' || name[0] > 'Z' {
		return nil
	}
	switch name {
	case "Linear":
		return []string{"in_features", "out_features", "bias"}
	case "Embedding":
		return []string{"num_embeddings", "embedding_dim"}
	case "LayerNorm", "RMSNorm":
		return []string{"normalized_shape", "eps"}
	case "Conv1d", "Conv2d", "Conv3d":
		return []string{"in_channels", "out_channels", "kernel_size", "stride"}
	case "GroupNorm":
		return []string{"num_groups", "num_channels"}
	case "MultiheadAttention":
		return []string{"embed_dim", "num_heads"}
	case "Module":
		return []string{"arg0"}
	}
	return []string{"arg0", "arg1"}
}

func bindTorchArgs(path string, args []value, kw *namespace) *namespace {
	out := newNamespace()
	out.setArguments(args, kw, torchLayerArgs(path)...)
	return out
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

func torchMethod(o *object, name string) value {
	return newBuiltin("nn.Module."+name, func(in *interp, args []value, _ *namespace) value {
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
		return unknownf("nn.Module.%s", name)
	})
}
