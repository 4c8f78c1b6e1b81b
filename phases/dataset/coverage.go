package dataset

import (
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// Status says how far one row of a coverage table is.
type Status string

// The statuses, as upstream's coverage table has them.
const (
	Collected Status = "collected" // the Definition is there, with workloads
	Defined   Status = "defined"   // the Definition is there, without workloads
	Missing   Status = "missing"   // required, but there is no Definition
	Unmapped  Status = "unmapped"  // the module is there, but no name exists for it
)

// Mark is the sign of a status in upstream's table.
func (s Status) Mark() string {
	switch s {
	case Collected:
		return "✅"
	case Defined:
		return "🟡"
	case Missing:
		return "❌"
	case Unmapped:
	}
	return "—"
}

// Row is one row of a model's coverage table: a Definition that it needs, or, with
// Definition "", a module for which no Definition name exists.
type Row struct {
	Definition string `json:"definition,omitempty"`
	// Text stands for the name in an unmapped row: "MoE gate / topk / experts".
	Text   string `json:"text,omitempty"`
	OpType string `json:"op_type"`
	// Note follows the op type: "TP=8".
	Note string `json:"note,omitempty"`
	// Status and Workloads are what Cover finds.
	Status    Status `json:"status"`
	Workloads int    `json:"workloads"`
}

// Overall says how far a model is.
type Overall string

// The overall statuses of upstream's summary table.
const (
	FullyCovered Overall = "fully covered"
	Partial      Overall = "partial"
	NotCovered   Overall = "not covered"
)

// Mark is how upstream's summary writes it.
func (o Overall) Mark() string {
	switch o {
	case FullyCovered:
		return "✅ Fully covered"
	case Partial:
		return "🟡 Partial"
	case NotCovered:
	}
	return "❌ Not covered"
}

// Coverage is the coverage table of one model.
type Coverage struct {
	Rows []Row `json:"rows"`
	// Counts of the rows by status; Present is Collected + Defined, Total is
	// Present + Missing (unmapped rows are not required Definitions).
	Collected int     `json:"collected"`
	Defined   int     `json:"defined"`
	Missing   int     `json:"missing"`
	Unmapped  int     `json:"unmapped"`
	Present   int     `json:"present"`
	Total     int     `json:"total"`
	Overall   Overall `json:"overall"`
	// WorkloadsUnknown: the dataset is known by a list of names, which does not
	// tell Collected from Defined; what is present is then in Defined.
	WorkloadsUnknown bool `json:"workloads_unknown,omitempty"`
	// MissingNames are the names of the missing rows, in order.
	MissingNames []string `json:"missing_names"`
}

// Cover makes the coverage table of a model from what it requires, each name
// once, in order. lookup is Dataset.Lookup.
func Cover(required []Row, lookup func(name string) (present bool, workloads int)) Coverage {
	c := Coverage{Rows: make([]Row, 0, len(required)), MissingNames: []string{}}
	seen := make(map[string]bool, len(required))
	for _, r := range required {
		if r.Definition != "" && seen[r.Definition] {
			continue
		}
		seen[r.Definition] = true
		c.add(r, lookup)
	}
	c.sum()
	return c
}

func (c *Coverage) add(row Row, lookup func(string) (bool, int)) {
	present, workloads := lookup(row.Definition)
	row.Workloads = workloads
	switch {
	case row.Definition == "":
		row.Status = Unmapped
		c.Unmapped++
	case !present:
		row.Status = Missing
		c.Missing++
		c.MissingNames = append(c.MissingNames, row.Definition)
	case workloads > 0:
		row.Status = Collected
		c.Collected++
	default:
		row.Status = Defined
		c.Defined++
	}
	c.Rows = append(c.Rows, row)
}

// Plus takes the rows of another table into the counts of this one.
func (c *Coverage) Plus(o Coverage) {
	c.Collected += o.Collected
	c.Defined += o.Defined
	c.Missing += o.Missing
	c.Unmapped += o.Unmapped
	c.MissingNames = append(c.MissingNames, o.MissingNames...)
	c.sum()
}

// sum works out what follows from the counts of the rows.
func (c *Coverage) sum() {
	c.Present = c.Collected + c.Defined
	c.Total = c.Present + c.Missing
	switch {
	case c.Collected > 0 && c.Defined+c.Missing+c.Unmapped == 0:
		c.Overall = FullyCovered
	case c.Present > 0:
		c.Overall = Partial
	default:
		c.Overall = NotCovered
	}
}

// Sentence is the line under the table: "12 / 14 definitions present.
// Missing: `gemm_n6144_k5120`, ….".
func (c Coverage) Sentence() string {
	s := fmt.Sprintf("%d / %d definitions present.", c.Present, c.Total)
	switch {
	case c.Overall == FullyCovered:
		return s + " Fully covered."
	case c.Missing > 0:
		names := make([]string, 0, c.Missing)
		for _, n := range c.MissingNames {
			names = append(names, prose.Code(n))
		}
		s += " Missing: " + strings.Join(names, ", ") + "."
	}
	if c.Defined > 0 && !c.WorkloadsUnknown {
		s += fmt.Sprintf(" Workloads not yet collected for %d.", c.Defined)
	}
	if c.Unmapped > 0 {
		s += fmt.Sprintf(" Unmapped modules: %d.", c.Unmapped)
	}
	return s
}

// Markdown is the table in the shape of upstream's docs/model_coverage.mdx.
func (c Coverage) Markdown() string {
	var b strings.Builder
	b.WriteString("| Definition | Op Type | Status |\n|-----------|---------|:------:|\n")
	for _, r := range c.Rows {
		b.WriteString(r.Markdown() + "\n")
	}
	return b.String()
}

// Markdown is the row in that table.
func (r Row) Markdown() string {
	name := prose.Code(r.Definition)
	if r.Definition == "" {
		name = prose.Cell(r.Text)
	}
	opType := r.OpType
	if r.Note != "" {
		opType += " " + r.Note
	}
	return fmt.Sprintf("| %s | %s | %s |", name, prose.Cell(opType), r.Status.Mark())
}
