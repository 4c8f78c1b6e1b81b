// Package generate is phase 3: from an Architecture and an Implementation it
// makes the entry of models.ts: pattern, module tree, Definition names.
package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
)

// Entry is one model as it goes into models.ts.
type Entry struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Modules     []Module `json:"modules"`
}

// Module is one module of an entry. Count is the number of instances in the
// whole model; Parent is "" for the root.
type Module struct {
	Name        string   `json:"name"`
	Count       int      `json:"count"`
	Parent      string   `json:"parent,omitempty"`
	Type        string   `json:"type"` // block|layer
	Definitions []string `json:"definitions"`
	// Comment, when not empty, is printed as a line comment above the module.
	Comment string `json:"-"`
	// Group is normalization, attention, mlp or other: the summary's section.
	Group string `json:"-"`
	// Rows are the rows of the tree that this module stands for.
	Rows []baseline.Module `json:"-"`
}

// Pattern is the architecture pattern, by precedence
// ssm > hybrid > mla > moe > standard; custom is the generic fallback.
type Pattern string

// The patterns.
const (
	Standard Pattern = "standard"
	MoE      Pattern = "moe"
	MLA      Pattern = "mla"
	Hybrid   Pattern = "hybrid"
	SSM      Pattern = "ssm"
	Custom   Pattern = "custom"
)

// Parallelism is how the attention and MoE names are divided.
type Parallelism struct {
	TP   int    `json:"tp"`
	EP   int    `json:"ep"`
	From string `json:"from"` // flag|cookbook|default
	// Documented: FlashInfer-Bench's documents name them as the cookbook's; they
	// are not read out of the cookbook itself.
	Documented bool `json:"-"`
	// Cookbook is what the cookbook's own configurations have where that is
	// another layout; else zero.
	Cookbook Layout `json:"-"`
}

// Options say how to generate. Zero TP or EP means auto.
type Options struct {
	ID, Name, Description string
	TP, EP                int
	PageSizes             []int  // default 1, 64
	Quantization          string // auto|none|fp8|nvfp4
	GemmUnderscored       bool
	// Calls are the calls of SGLang's forward(), where it was read: they say
	// how a norm is run.
	Calls []baseline.KernelCall
}

// Required is one Definition the model needs, with the modules that use it
// (none for sampling).
type Required struct {
	Name    string   `json:"name"`
	OpType  string   `json:"op_type"`
	Modules []string `json:"modules"`
}

// Disagreement is a difference between the SGLang tree and the config-only
// tree: both values and both sources, never a silent choice.
type Disagreement struct {
	Path        string `json:"path"`
	What        string `json:"what"` // n|k|count|hidden|heads|missing|extra
	FromConfig  string `json:"from_config"`
	FromSource  string `json:"from_source"`
	ConfigField string `json:"config_field"`
	SourceLine  string `json:"source_line"`
	// Ignored are the fields that the config states, that this rests on, and
	// that SGLang's class does not read.
	Ignored []string `json:"ignored,omitempty"`

	fields []string // of config.json, that the config's value comes from
}

// Result is what phase 3 hands on.
type Result struct {
	// Architecture is what the entry was made of, in the projections that run.
	Architecture  *extract.Architecture
	Entry         Entry
	Pattern       Pattern
	Parallelism   Parallelism
	Definitions   []Required
	Disagreements []Disagreement
	// Confidence says how sure the entry is, Follows which witness's tree it
	// is. Contradicted are the doubts that the checkpoint raises against it.
	Confidence   Confidence
	Follows      string
	Contradicted []Doubt
	// Unmapped names layers for which no Definition family exists, with the
	// missing op type.
	Unmapped []string
	Warnings []string
}

// ModuleMapping is module_mapping.json: each module's Definitions, in the
// order of the entry, and behind them SGLang's paths.
type ModuleMapping struct{ modules []Module }

// Mapping returns the entry's module_mapping.json.
func Mapping(e Entry) ModuleMapping { return ModuleMapping{e.Modules} }

// MarshalJSON writes the object with its keys in the order of the entry, and
// behind them the paths in SGLang's tree that each module stands for.
func (m ModuleMapping) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	add := func(key string, value any) error {
		text, err := json.Marshal(map[string]any{key: value})
		if err != nil {
			return fmt.Errorf("writing %q: %w", key, err)
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.Write(text[1 : len(text)-1])
		return nil
	}
	paths := map[string][]string{}
	for _, module := range m.modules {
		if err := add(module.Name, append([]string{}, module.Definitions...)); err != nil {
			return nil, err
		}
		if list := module.Paths(); len(list) > 0 {
			paths[module.Name] = list
		}
	}
	if len(paths) > 0 && paths[pathsKey] == nil {
		if err := add(pathsKey, paths); err != nil {
			return nil, err
		}
	}
	return []byte("{" + b.String() + "}"), nil
}

// pathsKey is the one key of the file that is not a module.
const pathsKey = "sglang_paths"

// Paths are the places in SGLang's tree that a module stands for
// ("model.layers.mlp.gate"); those of a block that only the entry has are
// none.
func (m Module) Paths() []string {
	var paths []string
	for _, r := range m.Rows {
		if r.Path != "" && !slices.Contains(paths, r.Path) {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// ToNewModel makes the entry ready to be printed into models.ts. source is
// the Hub id that the entry's source comment names; empty for none.
func ToNewModel(e Entry, source string) tsast.NewModel {
	out := tsast.NewModel{ID: e.ID, Name: e.Name, Description: e.Description, Source: source}
	for _, m := range e.Modules {
		out.Modules = append(out.Modules, tsast.NewModule{
			Name: m.Name, Count: m.Count, Parent: m.Parent, Type: m.Type, Definitions: m.Definitions, Comment: m.Comment,
		})
	}
	return out
}
