// Package weights reads what a checkpoint's safetensors headers say of a
// model: from the names and shapes of its tensors it makes layers, and holds a
// module tree to them. It does no I/O and never sees a weight.
package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// Tensor is one tensor as a header names it.
type Tensor struct {
	Name  string
	DType string
	Shape []int
}

// Elements is the number of values of the tensor as it is stored.
func (t Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// maxElements bounds a tensor; the largest real ones have 10^10 values.
const maxElements = 1 << 50

// typeBits are the widths of safetensors' types
// (https://github.com/huggingface/safetensors, Dtype).
var typeBits = map[string]int{
	"BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
	"F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
	"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}

// ParseHeader reads the tensors of a header. What contradicts itself (a name
// twice, a place of another size than the shape, a place behind the file's
// end) is an error: such a file is damaged or made to mislead. size is the
// length of the whole file, -1 when it is not known.
func ParseHeader(text []byte, size int64) ([]Tensor, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("the header is not a JSON object")
	}
	var tensors []Tensor
	seen := map[string]bool{}
	data := size - 8 - int64(len(text))
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("the header is not valid JSON: %w", err)
		}
		name, _ := key.(string) // keys are strings
		if name == "__metadata__" {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return nil, fmt.Errorf("the header is not valid JSON: %w", err)
			}
			continue
		}
		if seen[name] {
			return nil, fmt.Errorf("the header names %q twice", clip(name))
		}
		seen[name] = true
		t, err := decodeTensor(dec, name, size >= 0, data)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("the header ends too early: %w", err)
	}
	return tensors, nil
}

func decodeTensor(dec *json.Decoder, name string, sized bool, data int64) (Tensor, error) {
	var info struct {
		DType   string  `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := dec.Decode(&info); err != nil {
		return Tensor{}, fmt.Errorf("the header's entry %q cannot be read: %w", clip(name), err)
	}
	t := Tensor{Name: name, DType: info.DType, Shape: make([]int, len(info.Shape))}
	elements := int64(1)
	for i, d := range info.Shape {
		if d < 0 || d > 0 && elements > maxElements/d || d > math.MaxInt32*1024 {
			return Tensor{}, fmt.Errorf("the header's entry %q has an impossible shape %v", clip(name), info.Shape)
		}
		elements *= d
		t.Shape[i] = int(d)
	}
	if len(info.Offsets) != 2 || info.Offsets[0] < 0 || info.Offsets[1] < info.Offsets[0] {
		return Tensor{}, fmt.Errorf("the header's entry %q has no place in the file", clip(name))
	}
	taken := info.Offsets[1] - info.Offsets[0]
	if bits, ok := typeBits[info.DType]; ok && taken != (elements*int64(bits)+7)/8 {
		return Tensor{}, fmt.Errorf("the header's entry %q contradicts itself: %s%v takes %d bytes, its place has %d",
			clip(name), info.DType, info.Shape, (elements*int64(bits)+7)/8, taken)
	}
	if sized && info.Offsets[1] > data {
		return Tensor{}, fmt.Errorf("the header's entry %q lies behind the end of the file: the file is cut short", clip(name))
	}
	return t, nil
}

// clip shortens a name from the file for a message.
func clip(name string) string { return prose.Clip(name, 120) }
