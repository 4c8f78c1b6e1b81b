package generate

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fib-ls/fib-ls/tsast"
)

// ModuleMappingSchema is the JSON Schema of module_mapping.json.
//
//go:embed schema/module_mapping.schema.json
var ModuleMappingSchema []byte

// ModuleMapping is module_mapping.json: each module's Definitions, in the
// order of the entry, and behind them SGLang's paths.
type ModuleMapping struct{ modules []Module }

// Mapping returns the entry's module_mapping.json.
func Mapping(e Entry) ModuleMapping { return ModuleMapping{e.Modules} }

// MarshalJSON writes the object with its keys in the order of the entry.
func (m ModuleMapping) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, module := range m.modules {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(module.Name)
		if err != nil {
			return nil, fmt.Errorf("writing the key %q: %w", module.Name, err)
		}
		names := module.Definitions
		if names == nil {
			names = []string{}
		}
		value, err := json.Marshal(names)
		if err != nil {
			return nil, fmt.Errorf("writing the Definitions of %q: %w", module.Name, err)
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	return m.paths(&b)
}

// pathsKey is the one key of the file that is not a module.
const pathsKey = "sglang_paths"

// paths closes the object with the paths in SGLang's tree that each module
// stands for.
func (m ModuleMapping) paths(b *bytes.Buffer) ([]byte, error) {
	byModule := map[string][]string{}
	for _, module := range m.modules {
		if paths := module.Paths(); len(paths) > 0 {
			byModule[module.Name] = paths
		}
	}
	if len(byModule) > 0 && byModule[pathsKey] == nil {
		text, err := json.Marshal(byModule)
		if err != nil {
			return nil, fmt.Errorf("writing SGLang's paths: %w", err)
		}
		fmt.Fprintf(b, ",%q:%s", pathsKey, text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

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
