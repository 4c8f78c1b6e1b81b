package dataset

import (
	_ "embed" // the list of names
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// namesText lists the Definitions of flashinfer-trace at namesDate.
//
//go:embed names.txt
var namesText string

// namesDate is when the embedded list was made.
const namesDate = "2026-04-30"

// Embedded is the dataset as far as its list of names says: which Definitions
// it had at the date in Listed. Workloads and files are not known.
var Embedded = sync.OnceValue(func() *Dataset {
	var names []string
	for line := range strings.Lines(namesText) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	return FromNames(names, "the list of "+namesDate)
})

// FromNames is a dataset of which the names are known and nothing else; listed
// says where from.
func FromNames(names []string, listed string) *Dataset {
	d := &Dataset{Listed: listed, entries: map[string]*Entry{}}
	for _, name := range names {
		opType := "unknown"
		if n, err := definition.Parse(name); err == nil {
			opType = n.OpType()
		}
		d.entries[name] = &Entry{Name: name, OpType: opType, Path: definitionsDir + "/" + opType + "/" + name + ".json"}
	}
	return d
}
