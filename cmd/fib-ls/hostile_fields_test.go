package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/extract/catalog"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// worstStrings are those of the corpus that break out of something.
var worstStrings = []string{"quotes", "backslash-quote", "comment-end", "line-breaks", "template", "close-literal", "bidi", "ansi", "markdown", "mermaid"}

// TestHostileFields puts strings of the corpus into every field that a config
// of the catalogue has and that holds a string, wherever it stands, and under
// every key as a key.
func TestHostileFields(t *testing.T) {
	corpus := hostileStrings(t)
	seen := map[string]bool{}
	added, refusals, tried := 0, 0, 0
	for _, id := range catalog.IDs() {
		entry, _ := catalog.Lookup(id)
		var config any
		if err := json.Unmarshal(entry.Config, &config); err != nil {
			t.Fatal(err)
		}
		for _, place := range stringPlaces(config, "") {
			if seen[place.path] {
				continue
			}
			seen[place.path] = true
			// Every place gets some, and in the end every string every kind of place.
			for k := range 2 {
				name := worstStrings[(len(seen)+k*3)%len(worstStrings)]
				where := fmt.Sprintf("%s: %s = %s", entry.RepoID, place.path, name)
				undo := place.put(corpus[name])
				data, err := json.Marshal(config)
				undo()
				if err != nil {
					t.Fatal(err)
				}
				tried++
				env := &phases.Env{Getenv: func(string) string { return "" }, WorkDir: t.TempDir(), Stdin: bytes.NewReader(data)}
				result, err := phases.Prepare(context.Background(), env, phases.Request{ModelName: "hostile", ModelsTS: "models.ts", Config: "-", SkipSGLang: tried%8 != 0})
				if err == nil {
					err = phases.Place(result, []byte(oneEntry))
				}
				if err != nil {
					refusals++
					if text := prose.Terminal(err.Error()); unsafeForTerminal(text) != "" || len(text) > 6000 {
						t.Errorf("%s: an error of %d bytes with %s: %.200q", where, len(text), unsafeForTerminal(text), text)
					}
					continue
				}
				added++
				judgeHostile(t, where, []byte(oneEntry), result)
			}
		}
	}
	t.Logf("%d fields: %d added, %d refused", len(seen), added, refusals)
	if len(seen) < 50 || added == 0 || refusals == 0 {
		t.Error("the catalogue's fields are not reached")
	}
}

// stringPlace is a place in a config that holds a string, or a key.
type stringPlace struct {
	path string
	put  func(s string) (undo func())
}

// stringPlaces finds them; elements of one list are one place.
func stringPlaces(value any, path string) []stringPlace {
	var places []stringPlace
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sorted(v) {
			old := v[key]
			at := strings.TrimPrefix(path+"."+key, ".")
			if _, ok := old.(string); ok {
				places = append(places, stringPlace{at, func(s string) func() {
					v[key] = s
					return func() { v[key] = old }
				}})
			}
			places = append(places, stringPlaces(old, at)...)
		}
		places = append(places, stringPlace{path + ".{}", func(s string) func() {
			v[s] = s
			return func() { delete(v, s) }
		}})
	case []any:
		for i, old := range v {
			if _, ok := old.(string); ok {
				places = append(places, stringPlace{path + "[]", func(s string) func() {
					v[i] = s
					return func() { v[i] = old }
				}})
			}
			places = append(places, stringPlaces(old, path+"[]")...)
		}
	}
	return places
}
