// Package catalog holds the facts of well-known models: the config fields that
// phase 1 reads, written down in our own form, so that an entry can be made
// with no network at all. It hands out bytes and plain values.
//
// models.jsonl has one model per line, {"id":…,"date":…,"config":{…}}, sorted
// by id. A test holds the weights that a model's layers add up to against its
// name or its published size.
package catalog

import (
	"bytes"
	_ "embed" // the catalogue itself
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
)

//go:embed models.jsonl
var modelsFile []byte

// Entry is one model of the catalogue: one line of models.jsonl.
type Entry struct {
	// RepoID is the Hub's own spelling.
	RepoID string `json:"id"`
	// Date is the day as of which the facts hold, YYYY-MM-DD.
	Date string `json:"date"`
	// Config is a config.json with the fields that phase 1 reads.
	Config json.RawMessage `json:"config"`
}

type table struct {
	entries map[string]Entry    // by lower-case repo id
	ids     []string            // sorted, the Hub's spelling
	names   map[string][]string // model name, normalised -> repo ids
	stems   map[string][]string // the same without the marks of checkpoints
}

// load reads the catalogue once; a broken one is a broken build, which the
// package's tests find, and counts as an empty one.
var load = sync.OnceValue(func() *table {
	t, err := parse(modelsFile)
	if err != nil {
		return &table{}
	}
	return t
})

func parse(data []byte) (*table, error) {
	t := &table{entries: map[string]Entry{}, names: map[string][]string{}, stems: map[string][]string{}}
	for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("reading the catalogue, line %d: %w", i+1, err)
		}
		key, name := strings.ToLower(e.RepoID), normalName(e.RepoID)
		if _, twice := t.entries[key]; twice {
			return nil, fmt.Errorf("reading the catalogue, line %d: %s is there twice", i+1, e.RepoID)
		}
		t.entries[key] = e
		t.ids = append(t.ids, e.RepoID)
		t.names[name] = append(t.names[name], e.RepoID)
		t.stems[stem(name)] = append(t.stems[stem(name)], e.RepoID)
	}
	slices.Sort(t.ids)
	return t, nil
}

// IDs lists the repo ids of the catalogue, sorted.
func IDs() []string { return slices.Clone(load().ids) }

// Lookup finds a model by its repo id, in any case.
func Lookup(id string) (Entry, bool) {
	e, ok := load().entries[strings.ToLower(strings.TrimSpace(id))]
	e.Config = slices.Clone(e.Config)
	return e, ok
}

// knownWrong are ids that documents use for a repository of another name.
var knownWrong = map[string]string{
	"moonshot-ai/kimi-k2": "moonshotai/Kimi-K2-Instruct", // the example of the original workflow
}

// Resolve replaces an id that is known to be wrong by the one that is meant;
// renamed says that it did. The caller owes the user a warning. A right id
// that is only spelled in another case comes back in the Hub's spelling,
// without renamed.
func Resolve(id string) (resolved string, renamed bool) {
	id = strings.TrimSpace(id)
	if right, ok := knownWrong[strings.ToLower(id)]; ok {
		return right, true
	}
	if e, ok := Lookup(id); ok {
		return e.RepoID, false
	}
	return id, false
}

// Named lists the repo ids that a model name can mean: "llama-3.1-8b",
// "Llama 3.1 8B" and "someone/Llama-3.1-8B" name meta-llama/Llama-3.1-8B first,
// then the other checkpoints of the same model (instruct, chat, quantised).
func Named(name string) []string {
	t, name := load(), normalName(name)
	ids, others := slices.Clone(t.names[name]), slices.Clone(t.stems[stem(name)])
	slices.SortStableFunc(others, func(a, b string) int { return len(a) - len(b) })
	for _, id := range others {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// stem drops what tells checkpoints of one model apart: instruct, base, chat,
// a number format, a context length, a date.
func stem(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "meta-"), "nvidia-")
	for {
		i := strings.LastIndexByte(name, '-')
		if i <= 0 || !checkpointMark(name[i+1:]) {
			return name
		}
		name = name[:i]
	}
}

func checkpointMark(part string) bool {
	switch part {
	case "instruct", "base", "chat", "it", "hf", "pt", "thinking", "reasoning", "fp8", "nvfp4", "bf16", "hf-instruct", "exp":
		return true
	}
	digits := strings.Trim(part, "0123456789")
	return (digits == "" && len(part) == 4) || (digits == "k" && len(part) <= 5)
}

// normalName reduces a model name or repo id to what tells models apart:
// lower case, the organisation dropped, separators unified.
func normalName(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return r == '-' || r == '_' || r == ' '
	}), "-")
}

// Suggest returns up to five repo ids that are near to an id or name by edit
// distance, the nearest first.
func Suggest(id string) []string {
	id = strings.ToLower(strings.TrimSpace(id))
	if id == "" || len(id) > 200 {
		return nil
	}
	far := map[string]int{}
	var found []string
	for _, have := range load().ids {
		byName := levenshtein.ComputeDistance(normalName(id), normalName(have))
		if strings.Contains(id, "/") {
			byName += 2 // a right name under a wrong organisation
		}
		far[have] = min(levenshtein.ComputeDistance(id, strings.ToLower(have)), byName)
		if far[have] <= 2+len(id)/5 {
			found = append(found, have)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return far[a] - far[b] })
	return found[:min(len(found), 5)]
}
