// Package definition knows the names of FlashInfer-Bench kernel Definitions:
// one grammar table, and from it parsing, printing, op types, the meaning of
// each field, and what tensor (TP) and expert (EP) parallelism divide.
package definition

// Name is one parsed Definition name: Parse(s).String() == s for every name in
// the current spelling.
type Name struct {
	Family *Family
	Values []int64 // one per Family.Fields
}

// Divisor says which parallelism divides a field.
type Divisor int

// What divides a field.
const (
	Undivided  Divisor = iota
	ByTP               // divided by tensor parallelism, exactly
	ByTPFloor1         // divided by TP, never below 1 (replicated KV heads)
	ByEP               // divided by expert parallelism
	AsCalled           // what the call has on its device, whatever divides it
)

// Vocabulary says whose names a family has.
type Vocabulary int

// The two vocabularies.
const (
	Dataset         Vocabulary = iota // flashinfer-trace's, which models.ts uses
	FlashInferNames                   // FlashInfer's trace templates', which a trace dump uses
)

// Field is one abbrev+integer of a name.
type Field struct {
	Abbrev  string // "h", "kv", "topk"
	Axis    string // the axis of the Definition JSON it sets, "" when it is none
	Meaning string // in words: "query heads on one device"
	Config  string // the config.json fields it comes from, as a formula; "" when it comes from none
	Origin  string // in words what Config does not say: a server's choice, or whose sizes they are
	Divisor Divisor
	Before  string // text of the name before the field: "_act3"
}

// Family is one row of the grammar: Prefix, then Fields joined by "_", then
// Suffix.
type Family struct {
	ID     string // "gqa_paged_decode", the prefix without field
	Prefix string // "gqa_paged_decode"
	OpType string // folder in the dataset: "gqa_paged"
	Fields []Field
	Suffix string // "_k_last" or ""
	Doc    string
	// Example is a name of the family; "" for FlashInfer's.
	Example string

	Vocabulary Vocabulary
	template   *TemplateRow // of FlashInfer's families
}
