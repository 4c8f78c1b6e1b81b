package dataset

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// templates are the Definitions of the families whose Definition is fixed by the
// name, as the dataset writes them but for what the name says: {ABBREV} in the
// description, the values of const axes. tags are the kernel's alone, and
// reference names the file with the Python.
//
//go:embed template/*.json
var templates embed.FS

func templateOf(family string) string { return "template/" + family + ".json" }

// fromTemplate makes the Definition of a name out of its family's template.
func fromTemplate(n definition.Name) (*Definition, error) {
	data, err := fs.ReadFile(templates, templateOf(n.Family.ID))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n, ErrNotFixed)
	}
	d := &Definition{}
	if err := json.Unmarshal(data, d, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("the template of %s: %w", n.Family.ID, err)
	}
	value := func(abbrev string) int64 { v, _ := n.Value(abbrev); return v }
	if strings.Contains(n.Family.ID, "_paged_") && value("ps") > 1 {
		d.withPages()
	}
	var words []string
	for i, f := range n.Family.Fields {
		words = append(words, "{"+f.Abbrev+"}", strconv.FormatInt(n.Values[i], 10))
	}
	d.Description = strings.NewReplacer(words...).Replace(d.Description)
	for i := range d.Axes {
		axis := &d.Axes[i]
		field := slices.IndexFunc(n.Family.Fields, func(f definition.Field) bool { return f.Axis == axis.Name })
		switch {
		case axis.Is.Type != constant || axis.Is.Value > 0:
		case field >= 0:
			axis.Is.Value = n.Values[field]
		case derived[axis.Name] != nil:
			axis.Is.Value = derived[axis.Name](value)
		default:
			return nil, fmt.Errorf("the template of %s: nothing says the value of the axis %s", n.Family.ID, axis.Name)
		}
		if axis.Is.Type == constant && axis.Is.Value < 1 { // past the largest number
			return nil, fmt.Errorf("%s: its sizes are too large for the axis %s", n, axis.Name)
		}
	}
	return d, nil
}

// withPages completes the attention over a paged cache. With pages of one token
// there is no last page to be partly filled; larger pages need its length.
func (d *Definition) withPages() {
	const rows = "batch_size"
	d.Reference += "_pages"
	scale := len(d.Inputs) - 1
	d.Inputs = slices.Insert(d.Inputs, scale, Member[Tensor]{"kv_last_page_len", Tensor{Shape: []string{rows}, DType: "int32"}})
	if !slices.ContainsFunc(d.Axes, func(a Member[Axis]) bool { return a.Name == rows }) {
		d.Axes = append(d.Axes, Member[Axis]{rows, Axis{Type: "var"}})
	}
}

// derived are the const axes that no field of a name is, by the name's values.
var derived = map[string]func(value func(abbrev string) int64) int64{
	"num_k_heads":             func(value func(string) int64) int64 { return value("qk") },
	"num_kv_heads":            func(value func(string) int64) int64 { return value("h") }, // of expanded keys and values
	"head_dim_with_scale":     func(value func(string) int64) int64 { return value("d") + scaleBytes },
	"gemm1_out_size":          func(value func(string) int64) int64 { return 2 * value("i") },
	"num_hidden_blocks":       func(value func(string) int64) int64 { return blocks(value("h")) },
	"num_intermediate_blocks": func(value func(string) int64) int64 { return blocks(value("i")) },
	"num_gemm1_out_blocks":    func(value func(string) int64) int64 { return blocks(2 * value("i")) },
}

const (
	scaleBytes = 4   // the scale behind each token of the indexer's cache
	scaleBlock = 128 // how many weights share a scale, in each direction
)

func blocks(size int64) int64 { return (size + scaleBlock - 1) / scaleBlock }

// Members is a JSON object that keeps its order.
type Members[T any] []Member[T]

// Member is one member of an object.
type Member[T any] struct {
	Name string
	Is   T
}

// MarshalJSONTo writes the members in order.
func (m Members[T]) MarshalJSONTo(enc *jsontext.Encoder) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := range m {
		if err := enc.WriteToken(jsontext.String(m[i].Name)); err != nil {
			return err
		}
		if err := json.MarshalEncode(enc, &m[i].Is); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// UnmarshalJSONFrom reads an object.
func (m *Members[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	for {
		token, err := dec.ReadToken()
		if err != nil || token.Kind() == jsontext.KindEndObject {
			return err
		}
		if token.Kind() != jsontext.KindString { // its beginning
			continue
		}
		one := Member[T]{Name: token.String()}
		if err := json.UnmarshalDecode(dec, &one.Is); err != nil {
			return err
		}
		*m = append(*m, one)
	}
}
