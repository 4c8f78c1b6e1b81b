package lsp

import (
	"fmt"
	"math"
	"strconv"
	"strings"
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
	"gemm":    "gemm",
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

func numberList(v any) any {
	items, ok := v.([]any)
	if !ok {
		if s, isText := v.(string); isText {
			for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
				items = append(items, word)
			}
		} else {
			items = []any{v}
		}
	}
	var out []int
	for _, item := range items {
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
