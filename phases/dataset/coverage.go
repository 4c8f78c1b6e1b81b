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

// Required is one Definition that a model needs, or, with Name "", a module
// for which no Definition name exists.
type Required struct {
	Name   string
	OpType string
	// Text stands for the name in an unmapped row: "MoE gate / topk / experts".
	Text string
	// Note follows the op type: "TP=8".
	Note string
}

// Row is one row of a model's coverage table.
type Row struct {
	Definition string `json:"definition,omitempty"`
	Text       string `json:"text,omitempty"`
	OpType     string `json:"op_type"`
	Note       string `json:"note,omitempty"`
	Status     Status `json:"status"`
	Workloads  int    `json:"workloads"`
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
func Cover(required []Required, lookup func(name string) (present bool, workloads int)) Coverage {
	c := Coverage{Rows: make([]Row, 0, len(required)), MissingNames: []string{}}
	seen := make(map[string]bool, len(required))
	for _, r := range required {
		if r.Name == "" {
			c.Rows = append(c.Rows, Row{Text: r.Text, OpType: r.OpType, Note: r.Note, Status: Unmapped})
			c.Unmapped++
			continue
		}
		if seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		c.add(r, lookup)
	}
	c.sum()
	return c
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

func (c *Coverage) add(r Required, lookup func(string) (bool, int)) {
	row := Row{Definition: r.Name, OpType: r.OpType, Note: r.Note, Status: Missing}
	if present, workloads := lookup(r.Name); present {
		row.Status, row.Workloads = Defined, workloads
		if workloads > 0 {
			row.Status = Collected
		}
	}
	switch row.Status {
	case Collected:
		c.Collected++
	case Defined:
		c.Defined++
	case Missing, Unmapped:
		c.Missing++
		c.MissingNames = append(c.MissingNames, r.Name)
	}
	c.Rows = append(c.Rows, row)
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
		name := prose.Code(r.Definition)
		if r.Definition == "" {
			name = prose.Cell(r.Text)
		}
		opType := r.OpType
		if r.Note != "" {
			opType += " " + r.Note
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, prose.Cell(opType), r.Status.Mark())
	}
	return b.String()
}
