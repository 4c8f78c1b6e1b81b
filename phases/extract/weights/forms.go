package weights

import "strings"

// Weight is what a module multiplies with, in its true shape: several tensors
// where it is stored in a packed form.
type Weight struct {
	// Module is the path below the layer, or the whole path outside of the
	// layers; "*" stands for the number of an expert.
	Module string
	// Tensor is the name of one tensor of it, for messages.
	Tensor string
	Rank   Rank
	// N and K are rows and columns of a matrix (out and in features); a vector
	// has its length in N.
	N, K int
	// Stack is how many such matrices stand in it: experts one by one, or the
	// first axis of a 3-D tensor. 1 for a plain one.
	Stack int
	// Elements is the number of values, whatever the storage.
	Elements int
	Form     string // of forms, "" for a plain tensor
	Expert   bool   // it belongs to a routed expert
	Plain    bool   // its parameter is called "weight"
	// Swapped: N and K may be meant the other way round, as in stacks of
	// experts and in GPT-2's Conv1D.
	Swapped bool
}

// Rank says what is known of a weight's shape.
type Rank int

// The ranks of weights.
const (
	Vector Rank = iota
	Matrix
	Total // only the number of values is known
)

// stored are the tensors of one module, by the name of the parameter.
type stored map[string]Tensor

func (s stored) shape(param string) []int { return s[param].Shape }

// form is one way in which a matrix is stored.
type form struct {
	name string
	// main is the parameter that holds the values, companions what stands
	// beside them.
	main       string
	companions []string
	// source is where the layout is written down.
	source string
	// read gives the true shape; ok is false when the tensors are of another
	// form with the same names.
	read func(s stored) (w Weight, ok bool)
}

// forms are the stored forms that a checkpoint may have. The first that reads
// a module's tensors is taken.
var forms = []form{
	{
		name: "gptq", main: "qweight", companions: []string{"qzeros", "scales", "g_idx"},
		source: "AutoGPTQ, qlinear_cuda.py: qweight int32 (in·bits/32, out), scales (groups, out), qzeros (groups, out·bits/32)",
		read: func(s stored) (Weight, bool) {
			q, scales, zeros := s.shape("qweight"), s.shape("scales"), s.shape("qzeros")
			if len(q) != 2 || len(scales) != 2 || scales[1] != q[1] {
				return Weight{}, false
			}
			bits := 4
			if len(zeros) == 2 && q[1] > 0 && zeros[1]*32%q[1] == 0 {
				bits = zeros[1] * 32 / q[1]
			}
			if g := s.shape("g_idx"); len(g) == 1 {
				return matrix(q[1], g[0]), true
			}
			return matrix(q[1], q[0]*32/max(bits, 1)), true
		},
	},
	{
		name: "awq", main: "qweight", companions: []string{"qzeros", "scales"},
		source: "AutoAWQ, gemm.py: qweight int32 (in, out·bits/32), scales (groups, out)",
		read: func(s stored) (Weight, bool) {
			q, scales := s.shape("qweight"), s.shape("scales")
			if len(q) != 2 || len(scales) != 2 || q[1] == 0 || scales[1]%q[1] != 0 {
				return Weight{}, false
			}
			return matrix(scales[1], q[0]), true
		},
	},
	{
		name: "nvfp4-packed", main: "weight_packed", companions: []string{"weight_scale", "weight_global_scale", "input_global_scale"},
		source: "compressed-tensors, nvfp4_quantized.py: weight_packed uint8 (out, in/2), weight_scale float8 (out, in/16)",
		read: func(s stored) (Weight, bool) {
			t, q := s["weight_packed"], s.shape("weight_packed")
			if t.DType != "U8" || len(q) != 2 {
				return Weight{}, false
			}
			return matrix(q[0], 2*q[1]), true
		},
	},
	{
		name: "pack-quantized", main: "weight_packed", companions: []string{"weight_shape", "weight_scale", "weight_zero_point", "weight_g_idx"},
		source: "compressed-tensors, pack_quantized.py: weight_packed int32 (out, in·bits/32), weight_shape [out, in], weight_zero_point (out·bits/32, groups)",
		read: func(s stored) (Weight, bool) {
			q := s.shape("weight_packed")
			if len(q) != 2 {
				return Weight{}, false
			}
			if g := s.shape("weight_g_idx"); len(g) == 1 {
				return matrix(q[0], g[0]), true
			}
			// The shape itself stands among the weights, which are not read:
			// four bits are usual, eight are seen at the zero points.
			bits := 4
			if z := s.shape("weight_zero_point"); len(z) == 2 && q[0] > 0 && z[0]*32%q[0] == 0 {
				bits = z[0] * 32 / q[0]
			}
			w := matrix(q[0], q[1]*32/max(bits, 1))
			return w, true
		},
	},
	{
		name: "nvfp4", main: "weight", companions: []string{"weight_scale", "weight_scale_2", "input_scale"},
		source: "NVIDIA Model Optimizer, nvfp4_tensor.py: weight uint8 (out, in/2), weight_scale float8 (out, in/16), weight_scale_2; AMD Quark's mxfp4: weight_scale (out, in/32)",
		read: func(s stored) (Weight, bool) {
			q, scale := s.shape("weight"), s.shape("weight_scale")
			if s["weight"].DType != "U8" || len(q) != 2 || len(scale) != 2 || scale[0] != q[0] || scale[1]*8 != q[1] && scale[1]*16 != q[1] {
				return Weight{}, false
			}
			return matrix(q[0], 2*q[1]), true
		},
	},
	{
		name: "bitsandbytes-4bit", main: "weight", companions: []string{"weight.absmax", "weight.quant_map", "weight.nested_absmax", "weight.nested_quant_map", "weight.quant_state.bitsandbytes__nf4", "weight.quant_state.bitsandbytes__fp4"},
		source: "bitsandbytes, Params4bit: weight uint8 (values/2, 1); the shape stands in quant_state, among the weights",
		read: func(s stored) (Weight, bool) {
			q := s.shape("weight")
			if s["weight"].DType != "U8" || len(q) != 2 || q[1] != 1 {
				return Weight{}, false
			}
			return Weight{Rank: Total, Stack: 1, Elements: 2 * q[0]}, true
		},
	},
	{
		name: "fp8", main: "weight", companions: []string{"weight_scale_inv", "weight_scale", "input_scale"},
		source: "DeepSeek-V3, README_WEIGHTS.md: weight float8 (out, in), weight_scale_inv a factor per block of 128×128",
		read: func(s stored) (Weight, bool) {
			if !strings.HasPrefix(s["weight"].DType, "F8_") || len(s.shape("weight")) != 2 {
				return Weight{}, false
			}
			return matrix(s.shape("weight")[0], s.shape("weight")[1]), true
		},
	},
}

// mxfp4 is the form of gpt-oss's experts, whose parameters have names of their
// own: gate_up_proj_blocks uint8 (experts, out, in/32, 16) beside
// gate_up_proj_scales (openai/gpt-oss, weights.py).
func mxfp4(t Tensor) (Weight, bool) {
	if len(t.Shape) != 4 || t.Shape[3] != 16 {
		return Weight{}, false
	}
	return Weight{Rank: Matrix, Stack: t.Shape[0], N: t.Shape[1], K: 32 * t.Shape[2], Elements: 2 * t.Elements(), Form: "mxfp4", Swapped: true}, true
}

func matrix(n, k int) Weight { return Weight{Rank: Matrix, N: n, K: k, Stack: 1, Elements: n * k} }

// companionNames are the parameters beside a stored form's values: they are
// not weights of the model.
var companionNames = func() map[string]bool {
	names := map[string]bool{
		"SCB": true, "weight_format": true, "k_scale": true, "v_scale": true, "q_scale": true, "kv_scale": true, "output_scale": true,
		"activation_scale": true, "weight_global_scale": true, "scale_inv": true, "act_scale": true, "workspace": true,
	}
	for _, f := range forms {
		for _, c := range f.companions {
			names[c] = true
		}
	}
	return names
}()

// read returns the weights of one module's tensors: of the stored form that they
// have, or each by itself.
func (s stored) read() []Weight {
	for _, f := range forms {
		if _, ok := s[f.main]; !ok {
			continue
		}
		if w, ok := f.read(s); ok {
			w.Form, w.Tensor, w.Plain = f.name, s[f.main].Name, true
			return append([]Weight{w}, s.others(f.main)...)
		}
	}
	return s.others("")
}

// others are the module's weights beside the one of a stored form.
func (s stored) others(main string) []Weight {
	var list []Weight
	for _, param := range sortedKeys(s) {
		if param == main || companionNames[param] || strings.HasPrefix(param, "weight.") {
			continue
		}
		if w, ok := plain(s[param], param); ok {
			list = append(list, w)
		}
	}
	return list
}

// plain reads a tensor that is stored as it is.
func plain(t Tensor, param string) (Weight, bool) {
	w := Weight{Tensor: t.Name, Stack: 1, Elements: t.Elements(), Plain: param == "weight"}
	if strings.HasSuffix(param, "_blocks") {
		if m, ok := mxfp4(t); ok {
			m.Tensor = t.Name
			return m, true
		}
	}
	switch {
	case strings.HasSuffix(param, "_scales") || strings.HasSuffix(param, "_scale_inv"):
		return w, false
	case len(t.Shape) == 1:
		w.Rank, w.N = Vector, t.Shape[0]
	case len(t.Shape) == 2:
		w.Rank, w.N, w.K = Matrix, t.Shape[0], t.Shape[1]
	case len(t.Shape) == 3 && t.Shape[1] == 1: // a depthwise convolution: (channels, 1, width)
		w.Rank, w.N, w.K = Matrix, t.Shape[0], t.Shape[2]
	case len(t.Shape) == 3:
		w.Rank, w.Stack, w.N, w.K, w.Swapped = Matrix, t.Shape[0], t.Shape[1], t.Shape[2], true
	case len(t.Shape) == 4 && t.Shape[2] == 1 && t.Shape[3] == 1: // a convolution of width one is a matrix
		w.Rank, w.N, w.K = Matrix, t.Shape[0], t.Shape[1]
	default:
		w.Rank = Total
	}
	return w, true
}
