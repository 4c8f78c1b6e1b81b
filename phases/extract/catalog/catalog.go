// Package catalog holds the facts of well-known models: the config fields that
// phase 1 reads, written down in our own form, so that an entry can be made
// with no network at all. It hands out bytes and plain values.
//
// models.jsonl has one model per line, {"id":…,"date":…,"config":{…}}, sorted
// by id; the id comes first, with no space. A test holds the weights that a
// model's layers add up to against its name or its published size.
package catalog

import (
	"bytes"
	_ "embed" // the catalogue itself
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed models.jsonl
var modelsFile []byte

// Entry is one model of the catalogue.
type Entry struct {
	// RepoID is the Hub's own spelling.
	RepoID string
	// Date is the day as of which the facts hold, YYYY-MM-DD.
	Date string
	// Config is a config.json with the fields that phase 1 reads.
	Config []byte
}

// line is one line of models.jsonl.
type line struct {
	ID     string          `json:"id"`
	Date   string          `json:"date"`
	Config json.RawMessage `json:"config"`
}

type table struct {
	lines map[string][]byte   // by lower-case repo id
	ids   []string            // sorted, the Hub's spelling
	names map[string][]string // model name, normalised -> repo ids
	stems map[string][]string // the same without the marks of checkpoints
}

// load finds the catalogue's lines once (reading them all would delay every
// start); a broken catalogue is a broken build, which
// the package's tests find, and counts as an empty one.
var load = sync.OnceValue(func() *table {
	t, err := parse(modelsFile)
	if err != nil {
		return &table{}
	}
	return t
})

func parse(data []byte) (*table, error) {
	t := &table{lines: map[string][]byte{}, names: map[string][]string{}, stems: map[string][]string{}}
	for i, text := range bytes.Split(data, []byte("\n")) {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		rest, ok := bytes.CutPrefix(text, []byte(`{"id":"`))
		end := bytes.IndexByte(rest, '"')
		if !ok || end < 0 {
			return nil, fmt.Errorf("reading the catalogue, line %d: it does not start with an id", i+1)
		}
		id := string(rest[:end])
		key := strings.ToLower(id)
		if _, twice := t.lines[key]; twice {
			return nil, fmt.Errorf("reading the catalogue, line %d: %s is there twice", i+1, id)
		}
		t.lines[key] = text
		t.ids = append(t.ids, id)
		name := normalName(id)
		t.names[name] = append(t.names[name], id)
		t.stems[stem(name)] = append(t.stems[stem(name)], id)
	}
	sort.Strings(t.ids)
	return t, nil
}

// IDs lists the repo ids of the catalogue, sorted.
func IDs() []string { return append([]string(nil), load().ids...) }

// Lookup finds a model by its repo id, in any case.
func Lookup(id string) (Entry, bool) {
	text, ok := load().lines[strings.ToLower(strings.TrimSpace(id))]
	if !ok {
		return Entry{}, false
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return Entry{}, false // a broken catalogue is found by the tests
	}
	return Entry{RepoID: l.ID, Date: l.Date, Config: l.Config}, true
}

// knownWrong are ids that documents use for a repository of another name.
func knownWrong() map[string]string {
	return map[string]string{
		"moonshot-ai/kimi-k2": "moonshotai/Kimi-K2-Instruct", // the example of the original workflow
	}
}

// Resolve replaces an id that is known to be wrong by the one that is meant;
// renamed says that it did. The caller owes the user a warning. A right id
// that is only spelled in another case comes back in the Hub's spelling,
// without renamed.
func Resolve(id string) (resolved string, renamed bool) {
	id = strings.TrimSpace(id)
	if right, ok := knownWrong()[strings.ToLower(id)]; ok {
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
	ids := append([]string(nil), t.names[name]...)
	others := append([]string(nil), t.stems[stem(name)]...)
	sort.SliceStable(others, func(i, j int) bool { return len(others[i]) < len(others[j]) })
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
	type near struct {
		id       string
		distance int
	}
	var found []near
	for _, have := range load().ids {
		d := distance(id, strings.ToLower(have))
		if !strings.Contains(id, "/") {
			d = min(d, distance(normalName(id), normalName(have)))
		} else {
			// a right name under a wrong organisation
			d = min(d, distance(normalName(id), normalName(have))+2)
		}
		if d <= 2+len(id)/5 {
			found = append(found, near{have, d})
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].distance < found[j].distance })
	var ids []string
	for _, f := range found[:min(len(found), 5)] {
		ids = append(ids, f.id)
	}
	return ids
}

// distance is the Levenshtein distance of two strings, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
