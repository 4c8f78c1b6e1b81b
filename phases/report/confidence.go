package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/generate"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// ConfidenceLine says in one line how sure an entry is: the level, and what it
// rests on.
func ConfidenceLine(c *generate.Confidence, noCheckpoint string) string {
	text := string(c.Level) + ": " + restsOn(c)
	if open := openDoubts(c); open > 0 {
		text += "; " + prose.Count(open, "doubt")
	}
	if c.Checkpoint == nil && noCheckpoint != "" {
		text += " (" + noCheckpoint + ")"
	}
	return text
}

// restsOn says what an entry rests on.
func restsOn(c *generate.Confidence) string {
	sizes := c.Confirmed + c.Single + c.Disputed
	if s := c.Checkpoint; s != nil {
		text := fmt.Sprintf("%d of %d sizes confirmed by the checkpoint (%s parameters, %s in the checkpoint)",
			s.Confirmed, s.Modules, amount(s.EntryParameters), amount(s.Parameters))
		if s.Partial != "" {
			text += "; " + s.Partial
		}
		return text
	}
	switch c.Level {
	case generate.Agreed:
		return fmt.Sprintf("%d of %d sizes agree between the config and SGLang's source", c.Confirmed, sizes)
	case generate.Disputed:
		return fmt.Sprintf("the config and SGLang's source differ in %d of %d sizes", c.Disputed, sizes)
	}
	return fmt.Sprintf("%d sizes rest on the %s alone", sizes, strings.Join(c.Witnesses, " and the "))
}

func openDoubts(c *generate.Confidence) int {
	n := 0
	for _, d := range c.Doubts {
		if !d.Settled {
			n++
		}
	}
	return n
}

// amount writes a number of parameters as people do: 8.19 B.
func amount(n int) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}} {
		if v := float64(n); v >= unit.size {
			return fmt.Sprintf("%.3g %s", v/unit.size, unit.name)
		}
	}
	return fmt.Sprint(n)
}

// DoubtsTable are the doubts as rows of a Markdown table, with what every
// witness says; nil when there are none.
func DoubtsTable(c *generate.Confidence) []string {
	if len(c.Doubts) == 0 {
		return nil
	}
	lines := []string{"| module | what | config | source | checkpoint | why |", "|---|---|---|---|---|---|"}
	for _, d := range c.Doubts {
		module := prose.Cell(cmp.Or(d.Module, "the model"))
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", module, prose.Cell(d.What),
			prose.Cell(d.Values.Config), prose.Cell(d.Values.Source), prose.Cell(d.Values.Checkpoint), prose.Cell(d.Why)))
	}
	return lines
}
