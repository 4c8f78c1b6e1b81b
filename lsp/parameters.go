package lsp

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// requestKeys maps every spelling of a parameter of add, folded, to its JSON
// name in phases.Request.
var requestKeys = map[string]string{
	"modelname": "modelName", "name": "modelName", "id": "modelName", "modelid": "modelName",
	"repoid": "repoId", "hfrepoid": "repoId", "repo": "repoId", "model": "repoId",
	"displayname": "displayName", "title": "displayName",
	"description": "description",
	"sglangpath":  "sglangPath", "sglang": "sglangPath",
	"outputdir": "outputDir", "output": "outputDir",
	"skipsglang": "skipSglang",
	"revision":   "revision",
	"config":     "config",
	"tp":         "tp", "ep": "ep",
	"pagesizes": "pageSizes", "pagesize": "pageSizes",
	"set":          "set",
	"infer":        "infer",
	"quantization": "quantization",
	"sglangurl":    "sglangUrl", "sglangref": "sglangRef",
	"dataset": "dataset",
	"gemm":    "gemm", "definitions": "definitions",
	"weights": "weights",
	"update":  "update",
	"offline": "offline",
	"dryrun":  "dryRun",
}

// coerce makes a value of the type that the field has: a marker comment knows
// only words, a client may send numbers as strings and the other way round.
// What cannot be made fit becomes nil, which leaves the default.
func coerce(name string, v any) any {
	switch name {
	case "tp", "ep":
		n, ok := wholeNumber(v)
		if !ok {
			return nil // auto
		}
		return n
	case "pageSizes":
		return numberList(v)
	case "skipSglang", "infer", "update", "offline", "dryRun":
		return truth(v)
	case "set":
		return assignments(v)
	}
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return nil
}

// controlKeys are the arguments of the command that are not add's own.
var controlKeys = []string{"uri", "wait", "marker", "preview", "confirmed"}

// argumentsFault says what is wrong with the arguments of fib-ls.addModel, ""
// when nothing is: a name that nothing reads, a value that cannot be read.
func argumentsFault(object map[string]any) string {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		folded := foldKey(key)
		if slices.Contains(controlKeys, folded) || object[key] == nil {
			continue
		}
		name, known := requestKeys[folded]
		if !known {
			fault := "there is no argument " + clip(key)
			if near := prose.Nearest(key, slices.Sorted(maps.Values(requestKeys))); near != "" {
				fault += "; did you mean " + near + "?"
			}
			return fault
		}
		if fault := argumentFault(key, name, object[key]); fault != "" {
			return fault
		}
	}
	return ""
}

// argumentFault says why a parameter of add cannot have a value.
func argumentFault(key, name string, v any) string {
	shown := clip(plain(v))
	switch name {
	case "tp", "ep":
		if n, ok := wholeNumber(v); (!ok || n < 0) && !strings.EqualFold(shown, "auto") && shown != "" {
			return fmt.Sprintf("%s is %q: give a number from 1, or auto", key, shown)
		}
	case "pageSizes":
		if !allNumbers(v) {
			return fmt.Sprintf("%s is %q: give numbers, for example 1,64", key, shown)
		}
	case "skipSglang", "infer", "update", "offline", "dryRun":
		if truth(v) == nil {
			return fmt.Sprintf("%s is %q: give true or false", key, shown)
		}
	case "set":
	default:
		if coerce(name, v) == nil {
			return fmt.Sprintf("%s is %s: give a text", key, shown)
		}
	}
	return ""
}

// allNumbers reports whether every item of a list of numbers is one.
func allNumbers(v any) bool {
	items := numberItems(v)
	for _, item := range items {
		if _, ok := wholeNumber(item); !ok {
			return false
		}
	}
	return true
}

func wholeNumber(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e9 {
			return int(v), true
		}
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return n, err == nil
	}
	return 0, false
}

// numberItems are the items of a list of numbers: a list, or a text with commas.
func numberItems(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case string:
		var items []any
		for _, word := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
			items = append(items, word)
		}
		return items
	}
	return []any{v}
}

func numberList(v any) any {
	var out []int
	for _, item := range numberItems(v) {
		if n, ok := wholeNumber(item); ok {
			out = append(out, n)
		}
	}
	if out == nil {
		return nil
	}
	return out
}

func truth(v any) any {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		switch strings.ToLower(v) {
		case "", "true", "yes", "1", "on":
			return true
		case "false", "no", "0", "off":
			return false
		}
	}
	return nil
}

// assignments reads config fields: an object, or "a=1,b=2", or a list of
// "a=1".
func assignments(v any) any {
	out := map[string]string{}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			out[key] = plain(value)
		}
	case string:
		for _, pair := range strings.Split(v, ",") {
			if key, value, ok := strings.Cut(pair, "="); ok {
				out[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
	case []any:
		for _, item := range v {
			if key, value, ok := strings.Cut(fmt.Sprint(item), "="); ok {
				out[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// plain writes a JSON value as the command line would take it.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
