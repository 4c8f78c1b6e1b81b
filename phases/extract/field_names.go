package extract

import (
	"bytes"
	_ "embed" // the table of names
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/extract/classdefaults"
	"github.com/fib-ls/fib-ls/phases/extract/families"
	"github.com/fib-ls/fib-ls/phases/prose"
)

//go:embed fields.txt
var fieldsFile string

// fieldRow is one config field: our name of it, those that checkpoints give it,
// and the most that its value may be.
type fieldRow struct {
	names []string
	max   int
}

// fieldTable is fieldsFile.
type fieldTable struct {
	fields map[string]fieldRow // by our name
	names  map[string]fieldRow // by all of them
	mixers []string            // fields that say which token mixer a layer has
	mlps   []string            // and whether its MLP is dense or sparse
	words  map[string]string   // of layer lists, to ours
}

var fieldNames = sync.OnceValue(func() *fieldTable {
	t := &fieldTable{fields: map[string]fieldRow{}, names: map[string]fieldRow{}, words: map[string]string{}}
	for line := range strings.Lines(fieldsFile) {
		head, rest, _ := strings.Cut(line, ":")
		of, names := strings.Fields(head), strings.Fields(rest)
		switch of[0] {
		case "field":
			most, _ := strconv.Atoi(of[2])
			row := fieldRow{slices.Clip(slices.Concat(of[1:2], names)), most}
			t.fields[of[1]] = row
			for _, name := range row.names {
				t.names[name] = row
			}
		case "mixers":
			t.mixers = append(t.mixers, names...)
		case "mlps":
			t.mlps = append(t.mlps, names...)
		case "word":
			for _, word := range names {
				t.words[word] = of[1]
			}
		}
	}
	return t
})

// MixerScheduleField reports whether a field of config.json says which mixers
// single layers have.
func MixerScheduleField(name string) bool { return slices.Contains(fieldNames().mixers, name) }

// MLPScheduleField reports whether a field of config.json says which MLPs
// single layers have.
func MLPScheduleField(name string) bool { return slices.Contains(fieldNames().mlps, name) }

// Decides reports whether a field of config.json decides what layers a model
// has or how large they are.
func Decides(name string) bool {
	return fieldNames().names[name].max > 0 || MixerScheduleField(name) || MLPScheduleField(name)
}

// unknownFields is the error of fields given with --set that no file has: they
// are neither in this one nor in the tables of fields, of class defaults and of
// families.
func unknownFields(loc *located, overrides map[string]string) error {
	known := map[string]bool{}
	for _, name := range append(slices.Clone(textPaths), "architectures", "model_type", "quantization_config", "compression_config", "vision_config", "audio_config",
		"rope_parameters", "rope_scaling", "rope_config", "ssm_cfg", "sparse_attention_config", "attention_other_setting", "efficient_attention_config") {
		known[name] = true
	}
	for _, o := range []*Object{loc.root, loc.text} {
		for _, key := range o.Keys {
			known[key] = true
		}
	}
	t := fieldNames()
	for _, name := range slices.Concat(slices.Collect(maps.Keys(t.names)), t.mixers, t.mlps) {
		head, _, _ := strings.Cut(name, ".")
		known[name], known[head] = true, true
	}
	for _, key := range sortedKeys(overrides) {
		head, _, _ := strings.Cut(key, ".")
		if known[key] || known[head] || classdefaults.Mentions(head) || bytes.Contains(classesFile, []byte(`"`+head+`":`)) || families.Mentions(head) {
			continue
		}
		message := "--set " + key + ": no config.json has such a field"
		if name := prose.Similar(key, sortedKeys(known), min(3, (len(key)-1)/2)); name != "" {
			message += "; was " + name + " meant?"
		}
		return &UnknownFieldError{Message: message}
	}
	return nil
}

// UnknownFieldError is a --set of a field that no config.json has.
type UnknownFieldError struct{ Message string }

func (e *UnknownFieldError) Error() string { return e.Message }
