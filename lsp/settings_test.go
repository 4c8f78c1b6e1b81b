package lsp

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A setting's documented default is what holds without it, and each is read:
// another value makes other settings.
func TestSettingsTable(t *testing.T) {
	plain := defaultSettings()
	for _, row := range settingRows {
		given := func(value string) settings {
			return defaultSettings().overlay(parseTree([]byte(fmt.Sprintf(`{"fibLs":{%q:%s}}`, row.Key, value))))
		}
		same := func(a, b settings) bool {
			a.modelsFileMatch, b.modelsFileMatch = globPattern{}, globPattern{}
			return reflect.DeepEqual(a, b)
		}
		if row.read != nil {
			if got := given(row.Default); !same(got, plain) && row.Key != "diagnostics.severity" {
				t.Errorf("%s: %s is not the default: %+v", row.Key, row.Default, got)
			}
		}
		var fallback any
		if err := json.Unmarshal([]byte(row.Default), &fallback); err != nil {
			t.Fatalf("%s: %v", row.Key, err)
		}
		other := `"other"`
		switch v := fallback.(type) {
		case bool:
			other = fmt.Sprint(!v)
		case float64:
			other = fmt.Sprint(v + 1)
		case map[string]any:
			other = `{"cycle":"off"}`
		}
		key, _ := strings.CutPrefix(row.Key, "addModel.")
		if row.read == nil {
			if _, ok := requestKeys[foldKey(key)]; !ok {
				t.Errorf("%s is not a parameter of add", row.Key)
			}
			inner := fmt.Sprintf(`{"fibLs":{"addModel":{%q:%s}}}`, key, other)
			if same(defaultSettings().overlay(parseTree([]byte(inner))), plain) {
				t.Errorf("%s is not read", row.Key)
			}
			continue
		}
		if same(given(other), plain) {
			t.Errorf("%s is not read", row.Key)
		}
		if same(given(`[1]`), plain) != true {
			t.Errorf("%s: a value of a wrong type changed something", row.Key)
		}
	}
	if plain.DiagnosticsDelay != 150*time.Millisecond {
		t.Error("the default delay changed")
	}
}

// What is not to be shown is not shown.
func TestShown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, on := range []bool{true, false} {
			e := newEditor(t, editorOptions{options: fmt.Sprintf(`{"hover":{"enable":%v},"links":{"enable":%v}}`, on, on)})
			e.open(modelsURI, strings.Replace(smallModels, `    id: "tiny"`, "    // source: https://huggingface.co/acme/tiny\n    id: \"tiny\"", 1))
			document := fmt.Sprintf(`"textDocument":{"uri":%q}`, modelsURI)
			if links := string(e.must("textDocument/documentLink", "{"+document+"}")); strings.Contains(links, "acme/tiny") != on {
				t.Errorf("links %v: %s", on, links)
			}
			if hover := string(e.must("textDocument/hover", "{"+document+`,"position":{"line":9,"character":10}}`)); (hover != "null") != on {
				t.Errorf("hover %v: %s", on, hover)
			}
		}
	})
}
