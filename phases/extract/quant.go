package extract

import "strings"

// quantization reads quantization_config: of the root, or of the language
// model. nil when the weights are not quantised.
func (r *reader) quantization() *Quantization {
	if q := r.quantizationObject(); q != nil {
		out := readQuantization(q)
		out.left = leftOut(q)
		return out
	}
	if q := r.text.Object("quantization"); q.Has("bits") || q.Has("group_size") { // mlx
		out := &Quantization{Method: "mlx"}
		out.Bits = smallInt(q, "bits")
		return out
	}
	return nil
}

// quantizationObject is what the file says of quantised weights; nil when it
// says nothing.
func (r *reader) quantizationObject() *Object {
	for _, o := range []*Object{r.text, r.root} {
		for _, key := range []string{"quantization_config", "compression_config"} {
			if q := o.Object(key); q != nil && len(q.Keys) > 0 {
				return q
			}
		}
	}
	return nil
}

func smallInt(o *Object, key string) int {
	n, ok, err := o.Int(key)
	if !ok || err != nil || n < 0 || n > 1<<16 {
		return 0
	}
	return n
}

func readQuantization(q *Object) *Quantization {
	method, _ := q.String("quant_method")
	out := &Quantization{Method: strings.ToLower(method), Bits: smallInt(q, "bits")}
	algo, _ := q.String("quant_algo")
	if out.Method == "" && algo != "" {
		out.Method = "modelopt"
	}
	out.BlockSize = blockSize(q, "weight_block_size")
	switch {
	case out.Method == "fp8":
		out.Format, _ = q.String("fmt")
		out.Bits = 8
		out.Kernel = fp8Kernel(out.BlockSize)
	case strings.HasPrefix(out.Method, "modelopt"):
		readModelOpt(q, algo, out)
	case out.Method == "compressed-tensors":
		readCompressed(q, out)
	case out.Method == "mxfp4":
		out.Bits, out.Format = 4, "mxfp4"
	case out.Method == "fbgemm_fp8":
		out.Bits = 8
	case out.Method == "bitsandbytes":
		out.Bits = 8
		for _, key := range []string{"load_in_4bit", "_load_in_4bit"} {
			if b, _ := q.Bool(key); b {
				out.Bits = 4
			}
		}
	case out.Method == "":
		if out.Bits > 0 { // mlx writes {group_size, bits}
			out.Method = "mlx"
		} else {
			out.Method = "unknown"
		}
	}
	return out
}

// blockSize reads the two sides of a block of weights: [128, 128].
func blockSize(o *Object, key string) []int {
	list, scalar, ok, err := o.Ints(key)
	if !ok || scalar || err != nil || len(list) != 2 {
		return nil
	}
	return list
}

// fp8Kernel returns the kernel that runs FP8 weights with such blocks of scales:
// the block-scale kernels have a scale for each 128×128 weights; other blocks
// (MXFP8's 1×32) have no kernel with a name.
func fp8Kernel(block []int) string {
	switch {
	case len(block) != 2:
		return "fp8_per_tensor"
	case block[0] == scaleBlock && block[1] == scaleBlock:
		return "fp8_block_scale"
	}
	return ""
}

// scaleBlock is the side of a block of weights that share a scale.
const scaleBlock = 128

// readModelOpt reads NVIDIA ModelOpt's quant_algo; W4A16 and mixed precision
// decide no kernel.
func readModelOpt(q *Object, algo string, out *Quantization) {
	if algo == "" {
		algo, _ = q.Object("quantization").String("quant_algo")
	}
	out.Format = algo
	switch upper := strings.ToUpper(algo); {
	case strings.Contains(upper, "NVFP4"):
		out.Method, out.Kernel, out.Bits = "nvfp4", "nvfp4", 4
	case strings.HasPrefix(upper, "FP8_PB") || strings.Contains(upper, "BLOCK"):
		out.Method, out.Kernel, out.Bits = "fp8", "fp8_block_scale", 8
	case strings.HasPrefix(upper, "FP8"):
		out.Method, out.Kernel, out.Bits = "fp8", "fp8_per_tensor", 8
	case strings.Contains(upper, "MXFP4"):
		out.Bits = 4
	}
}

// readCompressed reads compressed-tensors: the weights' bits, type and
// strategy stand in the first config group.
func readCompressed(q *Object, out *Quantization) {
	out.Format, _ = q.String("format")
	group := expertGroup(q.Object("config_groups"))
	weights := group.Object("weights")
	format := out.Format
	if f, ok := group.String("format"); ok {
		format = f
		if out.Format == "" {
			out.Format = f
		}
	}
	out.Bits = smallInt(weights, "num_bits")
	kind, _ := weights.String("type")
	strategy, _ := weights.String("strategy")
	block := blockSize(weights, "block_structure")
	switch {
	case strings.Contains(format, "nvfp4"):
		out.Kernel = "nvfp4"
	case strings.Contains(format, "mxfp4"):
	case kind == "float" && out.Bits == 8 && strategy == "block":
		out.Kernel, out.BlockSize = "fp8_block_scale", block
		if len(block) == 2 {
			out.Kernel = fp8Kernel(block)
		}
	case kind == "float" && out.Bits == 8 && strategy == "tensor":
		out.Kernel = "fp8_per_tensor"
	case kind == "float" && out.Bits == 4:
		out.Kernel = "nvfp4"
	}
}
