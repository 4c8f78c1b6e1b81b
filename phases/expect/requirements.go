package expect

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/tsast"
)

// Requirements are what a model's own config asks for.
type Requirements struct {
	Names  []string
	Mapped map[string]bool // modules with Definitions
	// Architecture is the config's, and Label says which config that is.
	Architecture *extract.Architecture
	Label        string
	TP, EP       int
}

// TPNote begins the note of a name that tensor parallelism divided.
const TPNote = "TP="

// Note marks a name whose numbers parallelism divided: "TP=8".
func (r *Requirements) Note(n *definition.Name) string {
	for _, f := range n.Family.Fields {
		switch {
		case r.TP > 1 && (f.Divisor == definition.ByTP || f.Divisor == definition.ByTPFloor1):
			return TPNote + strconv.Itoa(r.TP)
		case r.EP > 1 && f.Divisor == definition.ByEP:
			return fmt.Sprintf("EP=%d", r.EP)
		}
	}
	return ""
}

// Requirements finds what an entry's config asks for; nil when the config is
// not known. Of several checkpoints of one name, what all of them need counts.
func (x *Expectations) Requirements(m *tsast.Model) *Requirements {
	x.mu.Lock()
	defer x.mu.Unlock()
	repos, _ := reposOf(m)
	var all *Requirements
	for _, repo := range repos {
		r := x.requirementsOf(repo, m)
		switch {
		case r == nil:
		case all == nil:
			all = r
		default:
			all.Names = slices.DeleteFunc(all.Names, func(name string) bool { return !slices.Contains(r.Names, name) })
		}
	}
	return all
}

func (x *Expectations) requirementsOf(repo string, m *tsast.Model) *Requirements {
	known := x.config(repo)
	a := known.architecture
	if a == nil {
		return nil
	}
	tp, ep := shownParallelism(m, a)
	g := known.generate(known.implementation(), nil, tp, ep)
	if g == nil {
		return nil
	}
	r := &Requirements{
		Architecture: a, Label: known.label, TP: tp, EP: ep, Mapped: map[string]bool{},
	}
	for _, d := range g.Definitions {
		r.Names = append(r.Names, d.Name)
	}
	for _, module := range g.Entry.Modules {
		r.Mapped[module.Name] = len(module.Definitions) > 0
	}
	return r
}
