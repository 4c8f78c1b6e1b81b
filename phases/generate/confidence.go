package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/extract"
	"github.com/fib-ls/fib-ls/phases/extract/weights"
	"github.com/fib-ls/fib-ls/phases/prose"
)

// Confidence says how sure an entry is: what its witnesses (the config, SGLang's
// source, the checkpoint) agree on, and what they do not.
type Confidence struct {
	// Level sums it up in one word.
	Level Level `json:"level"`
	// Witnesses are those that were heard: config, source, checkpoint.
	Witnesses []string `json:"witnesses"`
	// Confirmed sizes of the entry have two witnesses, single ones one,
	// disputed ones two that differ.
	Confirmed int `json:"confirmed"`
	Single    int `json:"single"`
	Disputed  int `json:"disputed"`
	// Doubts are what may be wrong, each with what every witness says.
	Doubts []Doubt `json:"doubts"`
	// Checkpoint is what was seen of the checkpoint; nil when none was.
	Checkpoint *Seen `json:"checkpoint,omitempty"`
}

// Level is a confidence in one word.
type Level string

// The levels.
const (
	// Verified: the checkpoint has just the entry's layers.
	Verified Level = "verified"
	// Agreed: the config and SGLang's source say the same; no checkpoint was
	// seen.
	Agreed Level = "agreed"
	// OneWitness: nothing contradicts the entry, and nothing confirms it.
	OneWitness Level = "one witness"
	// Disputed: the witnesses differ.
	Disputed Level = "disputed"
)

// The names of the witnesses.
const (
	WitnessConfig     = "config"
	WitnessSource     = "source"
	WitnessCheckpoint = "checkpoint"
)

// Doubt is one thing that may be wrong.
type Doubt struct {
	// Module is the path of the module; "" for the whole model.
	Module string `json:"module"`
	// What is in doubt: n, k, size, count, hidden, heads, missing, extra,
	// layers, name, family, witness.
	What   string `json:"what"`
	Values Values `json:"values"`
	Why    string `json:"why"`
	// Settled: the checkpoint has decided it.
	Settled bool `json:"settled,omitempty"`
}

// Values are what each witness says; "" when it says nothing.
type Values struct {
	Config     string `json:"config,omitempty"`
	Source     string `json:"source,omitempty"`
	Checkpoint string `json:"checkpoint,omitempty"`
}

// Seen is what was read of a checkpoint.
type Seen struct {
	// From is hub, cache or file.
	From    string `json:"from"`
	Files   int    `json:"files"`
	Tensors int    `json:"tensors"`
	// Parameters are the values of the language model; EntryParameters those
	// of the entry's layers. Modules are the entry's modules that a checkpoint
	// stores, Confirmed those whose weights were found.
	Parameters      int `json:"parameters"`
	EntryParameters int `json:"entry_parameters"`
	Modules         int `json:"modules"`
	Confirmed       int `json:"confirmed"`
	// Partial says why not all was read; "" when it was.
	Partial string `json:"partial,omitempty"`
	// Aside are parts that are not the language model's: towers, layers for
	// further tokens, adapters.
	Aside []string `json:"aside,omitempty"`
}

// chosen is the tree that an entry is made of, and how sure it is.
type chosen struct {
	rows          []baseline.Module
	from          string // the witness whose tree it is
	disagreements []Disagreement
	confidence    Confidence
	contradicted  []Doubt // by the checkpoint: errors of the entry
	// borneOut: a tree of the checkpoint's own names has just the sizes that
	// the config gives.
	borneOut bool
}

// weigh compares what the witnesses say: impl is what the source says (nil, or undecided:
// nothing), ck the checkpoint (nil: none was seen). Where config and source
// differ the checkpoint decides; where there is none, the source, except that
// it has not read what the config states (MarkIgnoredFields).
func weigh(impl *baseline.Implementation, a *extract.Architecture, ck *weights.Checkpoint) *chosen {
	fromConfig := FromArchitecture(a)
	c := &chosen{rows: fromConfig, from: WitnessConfig}
	c.confidence = Confidence{Witnesses: []string{WitnessConfig}, Doubts: []Doubt{}}
	var fromSource []baseline.Module
	switch {
	case impl == nil || !impl.Decided || len(impl.Modules) == 0:
	case impl.Draft: // the config is that of the model beside it
		fromSource, fromConfig = impl.Modules, impl.Modules
		c.rows, c.from = fromSource, WitnessSource
		c.confidence.Witnesses = []string{WitnessSource}
	default:
		fromSource = impl.Modules
		c.confidence.Witnesses = append(c.confidence.Witnesses, WitnessSource)
		c.disagreements = Compare(fromConfig, fromSource, a)
		if !MarkIgnoredFields(c.disagreements, impl) {
			c.rows, c.from = fromSource, WitnessSource
		}
	}
	var matched *matchedTree
	if ck != nil {
		c.confidence.Witnesses = append(c.confidence.Witnesses, WitnessCheckpoint)
		matched = c.chooseByCheckpoint(fromConfig, fromSource, a, ck)
	}
	c.doubtDisagreements(matched)
	c.doubtWitnesses(a)
	c.count(a, matched)
	c.level(matched)
	return c
}

// matchedTree is a tree whose layers were looked up in the checkpoint.
type matchedTree struct {
	units  []weights.Unit
	from   []int // rows of the units
	report *weights.Report
	ck     *weights.Checkpoint
}

func matchTree(rows []baseline.Module, a *extract.Architecture, ck *weights.Checkpoint) *matchedTree {
	units, from := Units(rows, a)
	return &matchedTree{units: units, from: from, report: ck.Match(units, a.NumLayers), ck: ck}
}

// chooseByCheckpoint chooses the tree that the checkpoint bears out, and notes where it
// contradicts all of them.
func (c *chosen) chooseByCheckpoint(fromConfig, fromSource []baseline.Module, a *extract.Architecture, ck *weights.Checkpoint) *matchedTree {
	config := matchTree(fromConfig, a, ck)
	best, other := config, (*matchedTree)(nil)
	if fromSource != nil {
		source := matchTree(fromSource, a, ck)
		switch margin := len(config.report.Findings) - len(source.report.Findings); {
		case margin > 0 || margin == 0 && c.from == WitnessSource:
			best, other = source, config
			c.rows, c.from = fromSource, WitnessSource
		default:
			other = source
			c.rows, c.from = fromConfig, WitnessConfig
		}
	} else if a.Generic {
		if rows := FromWeights(ck, a); rows != nil {
			c.rows, c.from, c.borneOut = rows, WitnessCheckpoint, len(config.report.Findings) == 0
			best, other = matchTree(rows, a, ck), config
		}
	}
	for _, f := range best.report.Findings {
		d := Doubt{What: f.What, Module: f.Tensor, Values: Values{Checkpoint: f.Checkpoint}, Why: c.contradiction(f)}
		if f.Unit >= 0 {
			d.Module = best.units[f.Unit].Path
		}
		switch c.from {
		case WitnessSource:
			d.Values.Source = f.Tree
		case WitnessConfig:
			d.Values.Config = f.Tree
		}
		if other != nil && c.from != WitnessCheckpoint {
			c.otherValue(&d, f, other)
		}
		c.confidence.Doubts = append(c.confidence.Doubts, d)
		c.contradicted = append(c.contradicted, d)
	}
	return best
}

// contradiction says in one sentence what the checkpoint has against the tree.
func (c *chosen) contradiction(f weights.Finding) string {
	where := ""
	if len(f.Layers) > 0 {
		where = " in " + layerWords(f.Layers)
	}
	switch f.What {
	case "missing":
		return "the checkpoint has no weights of this size" + where
	case "extra":
		return "the checkpoint has weights that the entry has no layer for" + where
	case "layers":
		if len(f.Layers) > 0 {
			return "the checkpoint lacks " + layerWords(f.Layers)
		}
		return "the checkpoint has another number of layers"
	case "name":
		return "the tensor is called otherwise than in the layers like it" + where + ": a loader would not find it"
	}
	return "the checkpoint's weights have another size" + where
}

func layerWords(layers []int) string {
	set := prose.Ranges(layers)
	if strings.ContainsAny(set, "-,") {
		return "layers " + set
	}
	return "layer " + set
}

// otherValue adds what the other tree says of the same module.
func (c *chosen) otherValue(d *Doubt, f weights.Finding, other *matchedTree) {
	value := ""
	for _, g := range other.report.Findings {
		if g.What == f.What && g.Tensor == f.Tensor {
			value = g.Tree
		}
	}
	if value == "" && f.Unit >= 0 {
		for i := range other.units {
			if lastSegment(other.units[i].Path) == lastSegment(d.Module) {
				value = other.units[i].Words()
			}
		}
	}
	if c.from == WitnessSource {
		d.Values.Config = value
	} else {
		d.Values.Source = value
	}
}

// doubtDisagreements makes doubts of where config and source differ.
func (c *chosen) doubtDisagreements(h *matchedTree) {
	settled := h != nil && len(h.report.Findings) == 0
	for _, d := range c.disagreements {
		why := "the config and SGLang's source differ, and no checkpoint was seen: the entry follows the " + c.from
		checkpoint := ""
		switch {
		case len(d.Ignored) > 0 && !settled && c.from == WitnessConfig:
			why = fmt.Sprintf("SGLang's class does not read %s, which config.json states: the entry follows the config", strings.Join(d.Ignored, ", "))
		case settled && c.from == WitnessSource:
			why, checkpoint = "the config and SGLang's source differ; the checkpoint bears out the source, which the entry follows", d.FromSource
		case settled:
			why, checkpoint = "the config and SGLang's source differ; the checkpoint bears out the config, which the entry follows", d.FromConfig
		case h != nil:
			why = "the config and SGLang's source differ, and the checkpoint agrees with neither in all: the entry follows the " + c.from
		}
		c.confidence.Doubts = append(c.confidence.Doubts, Doubt{
			Module: d.Path, What: d.What, Why: why, Settled: settled,
			Values: Values{Config: d.FromConfig, Source: d.FromSource, Checkpoint: checkpoint},
		})
	}
}

// doubtWitnesses says when an entry rests on one witness, or on a guess.
func (c *chosen) doubtWitnesses(a *extract.Architecture) {
	if a.Generic {
		why := "the family is not known: the fields are read as those of a plain decoder"
		switch c.from {
		case WitnessSource:
			why = "the family is not known to the reader of configs: the layers rest on SGLang's source"
		case WitnessCheckpoint:
			why = "the family is not known: the tree is made of the checkpoint's own names and shapes; what the layers compute is guessed from their names"
		}
		c.confidence.Doubts = append(c.confidence.Doubts, Doubt{What: "family", Values: Values{Config: a.ModelType}, Why: why})
	}
	for _, why := range a.Doubts {
		c.confidence.Doubts = append(c.confidence.Doubts, Doubt{What: "family", Values: Values{Config: a.ModelType}, Why: why})
	}
	switch {
	case len(c.confidence.Witnesses) > 1:
	case c.from == WitnessSource:
		c.confidence.Doubts = append(c.confidence.Doubts, Doubt{
			What: "witness", Why: "a draft's layers rest on SGLang's source alone: config.json has those of the model that it runs beside",
		})
	default:
		c.confidence.Doubts = append(c.confidence.Doubts, Doubt{
			What: "witness", Why: "the entry rests on the config alone: neither SGLang's source nor a checkpoint confirms it",
		})
	}
}

// count adds up the sizes of the entry by how many witnesses they have.
func (c *chosen) count(a *extract.Architecture, h *matchedTree) {
	doubted := map[string]bool{}
	for _, d := range c.confidence.Doubts {
		if !d.Settled && d.Module != "" {
			doubted[d.Module] = true
		}
	}
	verdicts := map[int]weights.Verdict{}
	if h != nil {
		for i, v := range h.report.Verdicts {
			verdicts[h.from[i]] = v
		}
		c.noteCheckpoint(h)
	}
	// Two of config and source that were compared, and did not differ here.
	both := c.comparedBoth() && c.from != WitnessCheckpoint
	for i := range c.rows {
		row := &c.rows[i]
		if !hasSize(row, a) {
			continue
		}
		v, asked := verdicts[i]
		switch {
		case v == weights.Differs || v == weights.Absent || doubted[row.Path]:
			c.confidence.Disputed++
		case asked && v == weights.Confirmed && (c.from != WitnessCheckpoint || c.borneOut), both:
			c.confidence.Confirmed++
		default:
			c.confidence.Single++
		}
	}
}

// comparedBoth reports whether config and source were compared.
func (c *chosen) comparedBoth() bool {
	return slices.Contains(c.confidence.Witnesses, WitnessConfig) && slices.Contains(c.confidence.Witnesses, WitnessSource)
}

// hasSize reports whether the row has a number that a witness can confirm.
func hasSize(row *baseline.Module, a *extract.Architecture) bool {
	if row.Type == baseline.TypeAttention {
		return row.NumHeads != nil
	}
	_, ok := unitOf(row, a)
	return ok
}

// noteCheckpoint notes what was read of the checkpoint.
func (c *chosen) noteCheckpoint(h *matchedTree) {
	s := &Seen{Tensors: h.ck.Tensors, Parameters: h.ck.Elements, EntryParameters: h.report.Elements, Partial: h.ck.Partial}
	for _, v := range h.report.Verdicts {
		if v != weights.Unseen {
			s.Modules++
		}
		if v == weights.Confirmed {
			s.Confirmed++
		}
	}
	for _, part := range [][]string{h.ck.Towers, h.ck.MTP, h.ck.Adapters} {
		for _, name := range part {
			if first, _, _ := strings.Cut(name, ".*."); !slices.Contains(s.Aside, first) && len(s.Aside) < maxAside {
				s.Aside = append(s.Aside, first)
			}
		}
	}
	c.confidence.Checkpoint = s
}

const maxAside = 8

// level sums the doubts up.
func (c *chosen) level(h *matchedTree) {
	open := slices.ContainsFunc(c.confidence.Doubts, func(d Doubt) bool { return !d.Settled && d.What != "family" && d.What != "witness" })
	switch {
	case open:
		c.confidence.Level = Disputed
	case c.from == WitnessCheckpoint && !c.borneOut:
		c.confidence.Level = OneWitness
	case h != nil && h.ck.Partial == "":
		c.confidence.Level = Verified
	case c.comparedBoth():
		c.confidence.Level = Agreed
	default:
		c.confidence.Level = OneWitness
	}
}
