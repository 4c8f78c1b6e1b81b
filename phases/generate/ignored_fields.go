package generate

import (
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// MarkIgnoredFields notes on each disagreement between config and source the
// fields of config.json that SGLang's class does not read, and reports whether
// the entry follows the config therefore. Else the source decides: the class has
// read every field that the config's value comes from. Where it does not read a
// field that the file states (it takes a default, or works the size out from
// others), it would build another model than the config's.
func MarkIgnoredFields(list []Disagreement, impl *baseline.Implementation) (followsConfig bool) {
	for i := range list {
		for _, field := range list[i].fields {
			if slices.Contains(impl.IgnoredFields, field) && !slices.Contains(list[i].Ignored, field) {
				list[i].Ignored = append(list[i].Ignored, field)
				followsConfig = true
			}
		}
	}
	return followsConfig
}

// fieldsOf are the fields of config.json that a layer's sizes come from; and
// for its number, those that say which layers have it.
func (c *comparison) fieldsOf(f *fact, counted bool) []string {
	dims, part := c.dimensionsLike(f)
	var fields []string
	for _, d := range dims {
		for _, name := range d.Fields {
			fields = append(fields, name[strings.LastIndexByte(name, '.')+1:])
		}
	}
	switch f.kind {
	case "heads":
		part = "mixer"
		for _, field := range []string{"num_attention_heads", "num_key_value_heads", "head_dim", "v_head_dim"} {
			fields = append(fields, extract.Spellings(field)...)
		}
	case "experts":
		part = "mlp"
		for _, field := range []string{"num_experts", "moe_intermediate_size"} {
			fields = append(fields, extract.Spellings(field)...)
		}
	}
	if c.a.TextConfig.Has("per_layer_config") {
		fields = append(fields, "per_layer_config")
	}
	if counted && c.a.TextConfig != nil {
		for _, name := range c.a.TextConfig.Keys {
			if part == "mixer" && extract.MixerScheduleField(name) || part == "mlp" && extract.MLPScheduleField(name) {
				fields = append(fields, name)
			}
		}
	}
	return fields
}

// dimensionsLike are the architecture's linear layers of a fact's size, and the
// part of a layer that has them: mixer or mlp.
func (c *comparison) dimensionsLike(f *fact) (dims []extract.Dimension, part string) {
	if f.kind != "gemm" {
		return nil, ""
	}
	pick := func(list []extract.Dimension, in string) {
		for _, d := range list {
			if d.N == f.sizes[0] && d.K == f.sizes[1] {
				dims, part = append(dims, d), in
			}
		}
	}
	for i := range c.a.MLPKinds {
		pick(c.a.MLPKinds[i].Dimensions, "mlp")
	}
	for i := range c.a.AttentionKinds {
		pick(c.a.AttentionKinds[i].Dimensions, "mixer")
	}
	return dims, part
}
