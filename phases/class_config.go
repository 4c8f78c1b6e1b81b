package phases

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/fault"
)

// classConfig is a config to read a class with, and whose it is.
type classConfig struct {
	object *extract.Object
	from   string
}

// classConfigs are the configs to read a class with when none is given, best
// first: the built-in facts of a model that names the class; of a model whose
// class has the same stem (BailingMoE and BailingMoe, QuantMixtral and
// Mixtral, a language model and the multimodal model around it, whose config
// is tried in part and whole); and one that states nothing, so that the
// defaults of the class's configuration class fill it.
func classConfigs(reader *baseline.Reader, class string) []classConfig {
	var out []classConfig
	for _, exact := range []bool{true, false} {
		for _, id := range catalog.IDs() {
			entry, ok := catalog.Lookup(id)
			if !ok || (exact && !bytes.Contains(entry.Config, []byte(strconv.Quote(class)))) {
				continue
			}
			found := configsServing(class, entry.Config, exact)
			for _, config := range found {
				out = append(out, classConfig{config, "built-in facts of " + id})
			}
			if len(found) > 0 {
				break
			}
		}
		if len(out) > 0 {
			break
		}
	}
	if config := reader.DefaultConfig(class); config != nil {
		out = append(out, classConfig{config, "defaults of its configuration class"})
		if modelType, ok := config.String("model_type"); ok && len(out) == 1 {
			out = append(out, configsOfType(class, modelType)...)
		}
	}
	return out
}

// configsOfType are the built-in facts of the first model of a model_type,
// under another class's name: SGLang reads one configuration class with
// several models.
func configsOfType(class, modelType string) []classConfig {
	for _, id := range catalog.IDs() {
		entry, ok := catalog.Lookup(id)
		if !ok || !bytes.Contains(entry.Config, []byte(strconv.Quote(modelType))) {
			continue
		}
		config, _, err := extract.ParseConfig(entry.Config)
		if err != nil {
			continue
		}
		if t, _ := config.String("model_type"); t == modelType {
			return []classConfig{{renamed(config, class), "built-in facts of " + id}}
		}
	}
	return nil
}

// configsServing returns a config that is one of a class, or those to be made
// of one of its family: the language model's config inside of it, then the
// whole under the class's name; none when it is neither.
func configsServing(class string, data []byte, exact bool) []*extract.Object {
	config, _, err := extract.ParseConfig(data)
	if err != nil {
		return nil
	}
	names, _ := config.Strings("architectures")
	if slices.Contains(names, class) {
		return []*extract.Object{config}
	}
	if exact || len(names) == 0 || classStem(names[0]) != classStem(class) {
		return nil
	}
	out := []*extract.Object{renamed(config, class)}
	if text := config.Object("text_config"); text != nil {
		out = slices.Insert(out, 0, renamed(text, class))
	}
	return out
}

// renamed is a copy of a config that names another class.
func renamed(config *extract.Object, class string) *extract.Object {
	out := &extract.Object{Keys: slices.Clone(config.Keys), Values: maps.Clone(config.Values)}
	if _, stated := out.Values["architectures"]; !stated {
		out.Keys = append(out.Keys, "architectures")
	}
	out.Values["architectures"] = []extract.Value{class}
	return out
}

// classStem reduces a class name to its model family: SGLang has classes that
// load the same checkpoints under another name.
func classStem(class string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(class, "TorchNative"), "Quant")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "ForConditionalGeneration"), "ForCausalLM")
	return strings.ToLower(strings.TrimSuffix(name, "Model"))
}

// analyseWith reads a class with the first config that decides it; with the
// first at all where none does.
func analyseWith(ctx context.Context, reader *baseline.Reader, class string, configs []classConfig) (*baseline.Implementation, *classConfig, error) {
	var best *baseline.Implementation
	var used *classConfig
	for i := range configs {
		impl, err := reader.Analyse(ctx, class, configs[i].object, nil, baseline.Options{})
		if err != nil {
			return nil, &configs[i], fmt.Errorf("reading %s in SGLang's source: %w", class, err)
		}
		if best == nil || impl.Decided {
			best, used = impl, &configs[i]
		}
		if impl.Decided {
			break
		}
	}
	if best == nil {
		return nil, nil, &fault.Usage{Message: "no config is known for " + class, Hint: "give one with --config FILE or --hf-repo-id ORG/NAME"}
	}
	return best, used, nil
}

// architecture is what phase 1 makes of the config; nil when it says too
// little (the defaults of its class are not in it).
func (c *classConfig) architecture() *extract.Architecture {
	data, err := json.Marshal(c.object)
	if err != nil {
		return nil
	}
	a, err := extract.Read(data, extract.Options{ClassSizes: true})
	if err != nil {
		return nil
	}
	return a
}
