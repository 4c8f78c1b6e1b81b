package extract

import (
	"bytes"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/fib-ls/fib-ls/phases/extract/families"
)

// unknownFields is the error of fields given with --set that no file has: they
// are neither in this one nor in the tables of fields, of class defaults and of
// families.
func unknownFields(loc *located, overrides map[string]string) error {
	known := map[string]bool{}
	for _, name := range append(textPaths(), "architectures", "model_type", "quantization_config", "compression_config", "vision_config", "audio_config",
		"rope_parameters", "rope_scaling", "rope_config", "ssm_cfg", "sparse_attention_config", "attention_other_setting", "efficient_attention_config") {
		known[name] = true
	}
	for _, o := range []*Object{loc.root, loc.text} {
		for _, key := range o.Keys {
			known[key] = true
		}
	}
	for _, row := range aliasTable() {
		known[row.field] = true
		for _, name := range row.aliases {
			head, _, _ := strings.Cut(name, ".")
			known[name], known[head] = true, true
		}
	}
	for _, name := range append(mixerScheduleFields, mlpScheduleFields...) {
		known[name] = true
	}
	for _, key := range sortedKeys(overrides) {
		head, _, _ := strings.Cut(key, ".")
		if known[key] || known[head] || bytes.Contains(classesFile, []byte(`"`+head+`":`)) || families.Mentions(head) {
			continue
		}
		message := "--set " + key + ": no config.json has such a field"
		if name := nearest(key, sortedKeys(known)); name != "" {
			message += "; was " + name + " meant?"
		}
		return &UnknownFieldError{Field: key, Message: message}
	}
	return nil
}

// nearest is the name that is spelt nearly so; "" when none is.
func nearest(key string, names []string) string {
	const near = 3 // letters
	best, distance := "", near+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(key, name); d < distance && d*2 < len(key) {
			best, distance = name, d
		}
	}
	return best
}

// UnknownFieldError is a --set of a field that no config.json has.
type UnknownFieldError struct {
	Field, Message string
}

func (e *UnknownFieldError) Error() string { return e.Message }
