package definition

import (
	"bytes"
	"cmp"
	_ "embed" // the table of FlashInfer's templates
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// flashinferTable is what one version of FlashInfer and of SGLang say:
// versions, templates, APIs, one JSON object a line. `make generate` writes it
// from unpacked packages.
//
//go:embed flashinfer.jsonl
var flashinferTable []byte

// Versions are the packages that the table of FlashInfer's templates was read
// from.
type Versions struct {
	FlashInfer string `json:"flashinfer"`
	SGLang     string `json:"sglang"`
}

// AxisRow is one axis of a trace template.
type AxisRow struct {
	Name    string `json:"name"`
	Const   bool   `json:"const,omitempty"`
	Abbrev  string `json:"abbrev,omitempty"` // of a const axis that stands in the name
	Fixed   *int64 `json:"fixed,omitempty"`  // the template itself gives the value
	Meaning string `json:"meaning,omitempty"`
}

// TemplateRow is one of FlashInfer's trace templates.
type TemplateRow struct {
	Prefix      string    `json:"prefix"`
	OpType      string    `json:"op_type"`
	Doc         string    `json:"doc,omitempty"`
	Axes        []AxisRow `json:"axes,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	Constraints []string  `json:"constraints,omitempty"`
	Reference   bool      `json:"reference,omitempty"`
	APIs        []string  `json:"apis,omitempty"` // that dump under it
}

// Pattern is how the template's names look: "rmsnorm_h{hidden_size}".
func (t *TemplateRow) Pattern() string {
	var b strings.Builder
	b.WriteString(t.Prefix)
	for _, a := range t.Axes {
		switch {
		case !a.Const || a.Abbrev == "":
		case a.Fixed != nil:
			fmt.Fprintf(&b, "_%s%d", a.Abbrev, *a.Fixed)
		default:
			fmt.Fprintf(&b, "_%s{%s}", a.Abbrev, a.Name)
		}
	}
	return b.String()
}

// API is one function or method of FlashInfer's interface.
type API struct {
	Name   string   `json:"api"`
	File   string   `json:"file"`
	Line   int      `json:"line"`
	SGLang []string `json:"sglang,omitempty"` // the files of SGLang that call it
}

// Table is what is known of FlashInfer's vocabulary: the families of names,
// and the APIs behind them.
type Table struct {
	Versions
	// Families are the rows that the dataset does not have under the same
	// name with the same fields.
	Families []*Family
	same     map[string]*TemplateRow // of the dataset's families that equal a template, by id
	byPrefix map[string]*Family
	apis     map[string]API
}

// FlashInfer is the embedded table.
var FlashInfer = sync.OnceValue(func() *Table {
	t, err := ReadTable(flashinferTable)
	if err != nil {
		panic("the embedded table of FlashInfer's templates: " + err.Error())
	}
	return t
})

// ReadTable reads a table as `make generate` writes it.
func ReadTable(data []byte) (*Table, error) {
	t := &Table{apis: map[string]API{}, byPrefix: map[string]*Family{}, same: map[string]*TemplateRow{}}
	first, rest, _ := bytes.Cut(bytes.TrimSpace(data), []byte("\n"))
	if err := json.Unmarshal(first, &t.Versions); err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	for i, line := range bytes.Split(rest, []byte("\n")) {
		if len(line) == 0 {
			continue // a tree without templates
		}
		var row struct {
			TemplateRow
			API
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		if row.Name != "" {
			t.apis[row.Name] = row.API
			continue
		}
		t.add(&row.TemplateRow)
	}
	return t, nil
}

func (t *Table) add(row *TemplateRow) {
	f := templateFamily(row)
	ours, taken := FamilyByID(row.Prefix)
	if taken && ours.Pattern() == f.Pattern() {
		t.same[ours.ID] = row
		return
	}
	if taken {
		f.ID = f.Pattern() // another kernel's name, with other fields
	}
	t.Families = append(t.Families, f)
	t.byPrefix[f.Prefix] = f
}

// templateFamily makes the grammar's row of a template: what the template
// fixes is text of the name, the other const axes are its fields.
func templateFamily(row *TemplateRow) *Family {
	f := &Family{ID: row.Prefix, Prefix: row.Prefix, OpType: row.OpType, Doc: row.Doc, Vocabulary: FlashInferNames, template: row}
	text := ""
	for _, a := range row.Axes {
		switch {
		case !a.Const || a.Abbrev == "":
		case a.Fixed != nil:
			text += "_" + a.Abbrev + strconv.FormatInt(*a.Fixed, 10)
		default:
			field := Field{Abbrev: a.Abbrev, Axis: a.Name, Meaning: cmp.Or(a.Meaning, strings.ReplaceAll(a.Name, "_", " ")), Origin: "the call on its device", Divisor: AsCalled}
			if len(f.Fields) == 0 {
				f.Prefix += text
			} else {
				field.Before = text
			}
			text = ""
			f.Fields = append(f.Fields, field)
		}
	}
	if f.Suffix = text; len(f.Fields) == 0 {
		f.Prefix, f.Suffix = f.Prefix+text, ""
	}
	return f
}

// Family finds FlashInfer's family by its id.
func (t *Table) Family(id string) (*Family, bool) {
	for _, f := range t.Families {
		if f.ID == id {
			return f, true
		}
	}
	return nil, false
}

// Template is the trace template whose dumps have the family's names; nil
// when FlashInfer has none.
func (t *Table) Template(f *Family) *TemplateRow {
	if f.Vocabulary == FlashInferNames {
		return f.template
	}
	return t.same[f.ID]
}

// parse reads a name of FlashInfer's vocabulary; near is the family of the
// longest prefix that the text has, with what is wrong after it.
func (t *Table) parse(s string) (n Name, near *ParseError, ok bool) {
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '_' {
			continue
		}
		f, found := t.byPrefix[s[:i]]
		if !found {
			continue
		}
		values, why := f.read(s[i:])
		if why == "" {
			return Name{Family: f, Values: values}, nil, true
		}
		near = &ParseError{Text: s, Reason: why, Family: f}
	}
	return Name{}, near, false
}

// API finds an API by its full name.
func (t *Table) API(name string) (API, bool) {
	api, ok := t.apis[name]
	return api, ok
}

// APIs are all of FlashInfer's APIs, by name.
func (t *Table) APIs() []API {
	return slices.SortedFunc(maps.Values(t.apis), func(a, b API) int { return strings.Compare(a.Name, b.Name) })
}

// TemplateFamily finds the family of the names of a trace template by the
// template's own prefix; nil when the version has no such template. Where
// several templates share a prefix it is the first.
func (t *Table) TemplateFamily(prefix string) *Family {
	for _, f := range t.Families {
		if f.template.Prefix == prefix {
			return f
		}
	}
	if f, ok := FamilyByID(prefix); ok && t.Template(f) != nil {
		return f
	}
	return nil
}

// Fill is the family's name with the sizes of the given abbreviations; the
// zero Name where one is missing.
func (f *Family) Fill(sizes map[string]int64) Name { return filled(f, sizes) }
