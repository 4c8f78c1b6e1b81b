package extract

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// namesakes finds the catalogue's models of the same repo id or name, the
// best first.
func namesakes(opts Options) []*Object {
	var ids []string
	if e, ok := catalog.Lookup(opts.RepoID); ok {
		ids = append(ids, e.RepoID)
	}
	for _, name := range []string{opts.RepoID, opts.ModelName} {
		if name != "" {
			ids = append(ids, catalog.Named(name)...)
		}
	}
	var list []*Object
	for _, id := range ids {
		e, ok := catalog.Lookup(id)
		if !ok {
			continue
		}
		root, _, err := ParseConfig(e.Config)
		if err != nil {
			continue
		}
		text := locate(root).text.clone()
		text.Set(namesakeID, e.RepoID)
		list = append(list, text)
	}
	return list
}

// namesakeID is the key under which namesakes keep their repo id; no config
// has it.
const namesakeID = "\x00id"

// proposals are what the namesake has for the missing fields.
func proposals(missing []string, opts Options) []Proposal {
	var list []Proposal
	for _, field := range missing {
		for _, text := range namesakes(opts) {
			f := &fields{root: text, text: text}
			got, ok := f.lookup(field)
			if !ok {
				continue
			}
			value, err := json.Marshal(exportable(got.Value))
			if err != nil {
				continue
			}
			id, _ := text.String(namesakeID)
			list = append(list, Proposal{Field: field, Value: string(value), From: id})
			break
		}
	}
	return list
}

// namesakeWarnings compares sizes that came from class defaults with the
// namesake's: a file that was cut short takes on the class's sizes unseen.
func namesakeWarnings(a *Architecture, opts Options) []string {
	var warnings []string
	sizes := map[string]bool{"num_hidden_layers": true, "hidden_size": true, "num_attention_heads": true, "num_key_value_heads": true, "intermediate_size": true, "vocab_size": true}
	for _, note := range a.Defaults {
		if !sizes[note.Field] || strings.Contains(note.Why, "configuration: ") { // a formula over what the file says
			continue
		}
		warnings = append(warnings, fmt.Sprintf("config.json does not say %s; transformers takes its class default %v (--set %s=… to give another)", note.Field, note.Value, note.Field))
		for _, text := range namesakes(opts) {
			f := &fields{root: text, text: text}
			got, ok := f.lookup(note.Field)
			if !ok {
				continue
			}
			if have, err := scalarInt(note.Field, got.Value); err == nil && fmt.Sprint(have) != fmt.Sprint(note.Value) {
				id, _ := text.String(namesakeID)
				warnings = append(warnings, fmt.Sprintf("%s has %s %d: is the file complete?", id, note.Field, have))
			}
			break
		}
	}
	return warnings
}
