package dataset

import (
	_ "embed" // the list of names
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// namesText lists the Definitions of flashinfer-trace at EmbeddedDate.
//
//go:embed names.txt
var namesText string

// EmbeddedDate is the day of the embedded list.
const EmbeddedDate = "2026-04-30"

// Embedded is the dataset as far as its list of names says: which Definitions
// it had at the date in Listed. Workloads and files are not known.
var Embedded = sync.OnceValue(func() *Dataset {
	var names []string
	for line := range strings.Lines(namesText) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	return FromNames(names, "the built-in list of "+EmbeddedDate)
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

// listedFile is a file of the dataset by whose path a Definition is known.
var listedFile = regexp.MustCompile(`^(definitions|workloads)/(?:[\w.-]+/)*([\w.-]+)\.(json|jsonl)$`)

// mostName bounds a Definition's name. (A bound in the expression takes a
// millisecond of every start.)
const mostName = 200

// FromFiles is a dataset of which the paths of the files are known: a
// Definition has workloads when it has a file of them, which counts as one.
func FromFiles(files []string, listed string) *Dataset {
	d := &Dataset{Listed: listed, ListsWorkloads: true, entries: map[string]*Entry{}}
	for _, file := range files {
		m := listedFile.FindStringSubmatch(file)
		switch {
		case m == nil || len(m[2]) > mostName:
		case m[1] == definitionsDir && m[3] == "json":
			e := d.entry(m[2])
			e.OpType, e.Path = path.Base(path.Dir(file)), file
		case m[1] == workloadsDir && m[3] == "jsonl":
			d.entry(m[2]).Workloads++
		}
	}
	return d
}
