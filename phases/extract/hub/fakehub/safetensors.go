package fakehub

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
)

// Tensor is one tensor of a made-up checkpoint.
type Tensor struct {
	DType string
	Shape []int64
}

var typeSizes = map[string]int64{"F64": 8, "I64": 8, "F32": 4, "I32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "U8": 1, "I8": 1}

// Safetensors is a file with these tensors as the library writes it: the
// header, padded to eight bytes, and then zeros in the weights' place (at most
// a thousand, since nobody reads them).
func Safetensors(tensors map[string]Tensor) []byte {
	entries := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	at := int64(0)
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		size := typeSizes[t.DType]
		for _, n := range t.Shape {
			size *= n
		}
		entries[name] = map[string]any{"dtype": t.DType, "shape": t.Shape, "data_offsets": []int64{at, at + size}}
		at += size
	}
	header, _ := json.Marshal(entries) // strings and numbers always marshal
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), make([]byte, min(at, 1000))...)
}
