package definition

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Of makes a name of a family from its values in the order of its fields. A
// value below 1 is a size that is unknown: it gives the zero Name. A family that
// does not exist, or has another number of fields, is a mistake of the caller.
func Of[T int | int64](familyID string, values ...T) Name {
	f, ok := FamilyByID(familyID)
	if !ok || len(values) != len(f.Fields) {
		panic(fmt.Sprintf("definition: no family %q of %d values", familyID, len(values)))
	}
	wide := make([]int64, len(values))
	for i, v := range values {
		if wide[i] = int64(v); v < 1 || wide[i] == math.MaxInt64 {
			return Name{}
		}
	}
	return Name{Family: f, Values: wide}
}

// GEMM is a linear layer with n output and k input features.
func GEMM(n, k int) Name { return Of("gemm", n, k) }

// IsZero reports whether this is not a name: what Of gives for sizes that are
// unknown.
func (n Name) IsZero() bool { return n.Family == nil }

// String is the name in the current spelling; "" for the zero Name.
func (n Name) String() string {
	if n.Family == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(n.Family.Prefix)
	for i, f := range n.Family.Fields {
		b.WriteString(f.Before)
		b.WriteByte('_')
		b.WriteString(f.Abbrev)
		b.WriteString(strconv.FormatInt(n.Values[i], 10))
	}
	b.WriteString(n.Family.Suffix)
	return b.String()
}

// Underscored is gemm's older spelling, gemm_n_6144_k_4096; every other
// family has one spelling only.
func (n Name) Underscored() string {
	if n.Family == nil || n.Family.ID != "gemm" {
		return n.String()
	}
	return fmt.Sprintf("gemm_n_%d_k_%d", n.Values[0], n.Values[1])
}

// OpType is the folder of the dataset in which the Definition stands.
func (n Name) OpType() string {
	if n.Family == nil {
		return ""
	}
	return n.Family.OpType
}

// field is the place of a field by its abbreviation, -1 where there is none.
func (f *Family) field(abbrev string) int {
	if f == nil {
		return -1
	}
	return slices.IndexFunc(f.Fields, func(field Field) bool { return field.Abbrev == abbrev })
}

// Value returns the number of a field by its abbreviation.
func (n Name) Value(abbrev string) (v int64, ok bool) {
	if i := n.Family.field(abbrev); i >= 0 {
		return n.Values[i], true
	}
	return 0, false
}

// With returns the same name with one field changed; it is n itself when the
// family has no such field.
func (n Name) With(abbrev string, v int64) Name {
	if i := n.Family.field(abbrev); i >= 0 {
		n.Values = slices.Clone(n.Values)
		n.Values[i] = v
	}
	return n
}

// Pattern is how the family's names look: "gemm_n{n}_k{k}".
func (f *Family) Pattern() string {
	var b strings.Builder
	b.WriteString(f.Prefix)
	for _, field := range f.Fields {
		b.WriteString(field.Before + "_" + field.Abbrev + "{" + field.Abbrev + "}")
	}
	b.WriteString(f.Suffix)
	return b.String()
}

// Divide is the value on one device of a model's total under the given
// parallelism; ok is false where the total cannot be split so (a fractional
// number of heads), or where a size is not positive.
func (d Divisor) Divide(total, tp, ep int64) (v int64, ok bool) {
	if total < 1 || tp < 1 || ep < 1 {
		return 0, false
	}
	by := int64(1)
	switch d {
	case ByTP, ByTPFloor1:
		by = tp
	case ByEP:
		by = ep
	case Undivided, AsCalled:
	}
	if d == ByTPFloor1 && total < by && by%total == 0 {
		return 1, true
	}
	return total / by, total%by == 0
}

// Words says in words what divides a field.
func (d Divisor) Words() string { return divisorWords[d] }

var divisorWords = [...]string{
	Undivided: "not divided by TP or EP", ByTP: "divided by TP", ByTPFloor1: "divided by TP, at least 1",
	ByEP: "divided by EP", AsCalled: "as the call has it on its device",
}
