package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// ModuleList is torch's ModuleList or, with keyed set, Sequential.
type ModuleList struct {
	List  *pyeval.List
	Keyed bool
	Names []string // of a Sequential made from a dict
	Site  pyeval.Site
}

func newModuleList(at pyeval.Site, items ...pyeval.Value) *ModuleList {
	return &ModuleList{List: pyeval.NewList(items...), Site: at}
}

// HoldsParts marks it as a list of modules.
func (m *ModuleList) HoldsParts() {}

// Show writes how many elements there are.
func (m *ModuleList) Show(int) string { return fmt.Sprintf("ModuleList of %d", len(m.List.Items)) }

// Truth is whether there are elements.
func (m *ModuleList) Truth() (t, known bool) { return m.List.Truth() }

// Elements returns the modules.
func (m *ModuleList) Elements() []pyeval.Value { return m.List.Elements() }

// Item returns a module; in forward(), where the index is often not known, one of
// each kind.
func (m *ModuleList) Item(in *pyeval.Interp, key pyeval.Value) pyeval.Value {
	if in.Watcher != nil && pyeval.IsUnknown(key) {
		if v := in.Watcher.Any(m.List.Items); v != nil {
			return v
		}
	}
	return in.ElementAt(m, m.List.Items, key)
}

// SetItem puts a module in the place of another.
func (m *ModuleList) SetItem(in *pyeval.Interp, key, v pyeval.Value) { m.List.SetItem(in, key, v) }

// Slice makes a list of some of the modules.
func (m *ModuleList) Slice(items []pyeval.Value) pyeval.Value {
	return &ModuleList{List: pyeval.NewList(items...), Keyed: m.Keyed, Site: m.Site}
}

// IsA knows torch's containers.
func (m *ModuleList) IsA(_ *pyeval.Interp, of pyeval.Value) (is, known bool) {
	if e, ok := of.(*pyeval.External); ok {
		name := pyeval.LastPart(e.Path)
		return name == "ModuleList" && !m.Keyed || name == "Sequential" && m.Keyed || name == "Module", true
	}
	return pyeval.IsPythonType(of)
}

// Attr returns a method, or the module of a name.
func (m *ModuleList) Attr(in *pyeval.Interp, name string) pyeval.Value {
	switch name {
	case "append", "extend", "insert":
		return m.List.Attr(in, name)
	case "values", "keys", "items", "children":
		return pyeval.Constant(pyeval.NewList(m.Elements()...))
	}
	if i := slices.Index(m.Names, name); i >= 0 && i < len(m.List.Items) {
		return m.List.Items[i]
	}
	if isTorchMethod(name) {
		return pyeval.Constant(m)
	}
	return pyeval.Unknownf("ModuleList.%s", name)
}

// callTorch returns what a call of torch makes: its layers, containers and
// parameters.
func (e *Engine) callTorch(in *pyeval.Interp, f *pyeval.External, args []pyeval.Value, kw *pyeval.Namespace) (pyeval.Value, bool) {
	p, ok := strings.CutPrefix(f.Path, "torch.")
	if !ok {
		return nil, false
	}
	first := pyeval.Argument(args, 0, nil)
	switch p {
	case "nn.ModuleList":
		return e.makeModuleList(first), true
	case "nn.Sequential":
		return sequential(in.At, args), true
	case "nn.ModuleDict":
		o := in.NewObject(f, pyeval.Part)
		o.Args = pyeval.NewNamespace()
		if d, isDict := first.(*pyeval.Dict); isDict {
			o.Attrs.AddAll(d.Keywords())
		}
		return o, true
	case "nn.Parameter", "nn.parameter.Parameter":
		if first == nil {
			first = kw.Value("data")
		}
		return e.parameter(first), true
	case "empty", "zeros", "ones", "randn", "rand", "full":
		t := &Tensor{Shape: tensorShape(p, args, kw), Site: in.At}
		if p == "zeros" {
			t.elements = zeroVector(in, t.Shape)
		}
		return t, true
	case "tensor", "arange", "linspace", "eye":
		return &Tensor{Shape: pyeval.Unknownf("shape of torch.%s", p)}, true
	case "nn.Module.__init__":
		return nil, true
	case "cuda.is_available":
		return true, true
	case "cuda.get_device_capability":
		return pyeval.NewTuple(9, 0), true
	case "get_default_dtype":
		return pyeval.NewExternal("torch.bfloat16"), true
	}
	switch {
	case torchLayerArgs(f.Path) != nil:
		return in.NewRecorded(f, pyeval.LastPart(p), bindTorchArgs(f.Path, args, kw)), true
	case strings.HasPrefix(p, "nn.init"):
		return nil, true
	case p == "cuda.Stream", strings.HasPrefix(p, "get_device_module"):
		return pyeval.SilentStub("stream"), true
	}
	return nil, false
}

// sequential is torch's Sequential of modules, or of a dict of them.
func sequential(at pyeval.Site, args []pyeval.Value) *ModuleList {
	seq := newModuleList(at, slices.Clone(args)...)
	seq.Keyed = true
	d, isDict := pyeval.Argument(args, 0, nil).(*pyeval.Dict)
	if !isDict || len(args) != 1 {
		return seq
	}
	seq.List.Items = slices.Clone(d.Values)
	for i, k := range d.Keys {
		name, isText := k.(string)
		if !isText {
			name = strconv.Itoa(i)
		}
		seq.Names = append(seq.Names, name)
	}
	return seq
}

func (e *Engine) makeModuleList(items pyeval.Value) pyeval.Value {
	switch v := items.(type) {
	case nil:
		return newModuleList(e.At)
	case *pyeval.Choice:
		return e.Distribute(v, e.makeModuleList)
	case *pyeval.Repeated:
		return newModuleList(e.At, v)
	}
	if xs, ok := pyeval.Iterate(items); ok {
		return newModuleList(e.At, xs...)
	}
	return pyeval.Derived("ModuleList("+pyeval.Show(items)+")", items)
}

// torchLayerArgs returns the names of the positional arguments of a torch
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

func bindTorchArgs(path string, args []pyeval.Value, kw *pyeval.Namespace) *pyeval.Namespace {
	out := pyeval.NewNamespace()
	out.SetArguments(args, kw, torchLayerArgs(path)...)
	return out
}

// isTorchMethod reports whether every torch module has the method.
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

func torchMethod(o *pyeval.Instance, name string) pyeval.Value {
	return pyeval.NewBuiltin("nn.Module."+name, func(in *pyeval.Interp, args []pyeval.Value, _ *pyeval.Namespace) pyeval.Value {
		switch name {
		case "register_parameter", "register_buffer", "add_module", "register_module":
			if key, ok := pyeval.Argument(args, 0, nil).(string); ok {
				in.SetVar(o.Attrs, key, pyeval.Argument(args, 1, nil))
			}
			return nil
		case "to", "eval", "train", "half", "cuda", "requires_grad_", "float", "bfloat16", "apply":
			return o
		case "post_init", "init_weights":
			return nil
		}
		return pyeval.Unknownf("nn.Module.%s", name)
	})
}
