package extract

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// namesake is a model of the catalogue of the same repo id or name.
type namesake struct {
	id   string
	text *Object
}

// namesakes finds them, the best first.
func namesakes(opts Options) []namesake {
	var ids []string
	if e, ok := catalog.Lookup(opts.RepoID); ok {
		ids = append(ids, e.RepoID)
	}
	for _, name := range []string{opts.RepoID, opts.ModelName} {
		if name != "" {
			ids = append(ids, catalog.Named(name)...)
		}
	}
	var list []namesake
	for _, id := range ids {
		e, ok := catalog.Lookup(id)
		if !ok {
			continue
		}
		root, _, err := ParseConfig(e.Config)
		if err != nil {
			continue
		}
		list = append(list, namesake{e.RepoID, locate(root).text})
	}
	return list
}

// proposals are what the namesake has for the missing fields.
func proposals(missing []string, opts Options) []Proposal {
	var list []Proposal
	for _, field := range missing {
		for _, n := range namesakes(opts) {
			got, ok := (&fields{root: n.text, text: n.text}).lookup(field)
			value, err := json.Marshal(exportable(got.Value))
			if ok && err == nil {
				list = append(list, Proposal{Field: field, Value: string(value), From: n.id})
				break
			}
		}
	}
	return list
}

// defaultedSizes are the sizes at the root for which a class default that is no
// formula was taken: it says nothing of this checkpoint.
func defaultedSizes(a *Architecture) []FieldNote {
	sizes := map[string]bool{"num_key_value_heads": true, "vocab_size": true}
	var list []FieldNote
	for _, note := range a.Defaults {
		if sizes[note.Field] && !computed(note.Why) {
			list = append(list, note)
		}
	}
	return list
}

// betterDefaults are the namesake's values where they differ from the class
// defaults that were taken.
func betterDefaults(a *Architecture, opts Options) []Proposal {
	var better []Proposal
	for _, note := range defaultedSizes(a) {
		better = append(better, slices.DeleteFunc(proposals([]string{note.Field}, opts), func(p Proposal) bool { return p.Value == fmt.Sprint(note.Value) })...)
	}
	return better
}

// namesakeWarnings tells of sizes that came from class defaults, and what the
// namesake has.
func namesakeWarnings(a *Architecture, opts Options) []string {
	var warnings []string
	for _, note := range defaultedSizes(a) {
		warnings = append(warnings, fmt.Sprintf("config.json does not say %s; transformers takes its class default %v (--set %s=… to give another)", note.Field, note.Value, note.Field))
	}
	for _, p := range betterDefaults(a, opts) {
		warnings = append(warnings, fmt.Sprintf("%s has %s %s: is the file complete? --infer takes it", p.From, p.Field, p.Value))
	}
	return warnings
}
