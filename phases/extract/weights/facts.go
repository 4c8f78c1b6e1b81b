package weights

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// Facts writes the names, types and shapes of tensors in a short form, one
// line for all that differ in their numbers alone:
//
//	model.layers.[0-27].mlp.up_proj.weight BF16 3072,1024
func Facts(tensors []Tensor) string {
	var list []fact
	for _, t := range tensors {
		f := fact{kind: t.DType + " " + joinInts(t.Shape)}
		segs := strings.Split(escapeName.Replace(t.Name), ".")
		for i, seg := range segs {
			if _, ok := number(seg); ok && strconv.Itoa(atoi(seg)) == seg {
				f.numbers = append(f.numbers, seg)
				segs[i] = "*"
			}
		}
		f.pattern = strings.Join(segs, ".")
		list = append(list, f)
	}
	most := 0
	for _, f := range list {
		most = max(most, len(f.numbers))
	}
	for at := most - 1; at >= 0; at-- {
		list = mergeNumbers(list, at)
	}
	lines := make([]string, len(list))
	for i, f := range list {
		lines[i] = f.line()
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// fact is one line: a name whose numbers are ranges.
type fact struct {
	pattern string // with "*" for a number
	numbers []string
	kind    string
}

func (f fact) line() string {
	name := f.pattern
	for _, n := range f.numbers {
		name = strings.Replace(name, "*", "["+n+"]", 1)
	}
	return name + " " + f.kind
}

// mergeNumbers makes one fact of all that differ in their number at an index.
func mergeNumbers(list []fact, at int) []fact {
	values := map[string][]int{} // of all that differ in no more
	var merged, rest []fact
	for _, f := range list {
		if at >= len(f.numbers) {
			rest = append(rest, f)
			continue
		}
		n := atoi(f.numbers[at])
		f.numbers = slices.Clone(f.numbers)
		f.numbers[at] = ""
		if values[f.key()] == nil {
			merged = append(merged, f)
		}
		values[f.key()] = append(values[f.key()], n)
	}
	for _, f := range merged {
		key := f.key()
		f.numbers[at] = prose.Ranges(values[key])
		rest = append(rest, f)
	}
	return rest
}

func (f fact) key() string { return f.pattern + " " + f.kind + " " + strings.Join(f.numbers, "|") }

// maxTensors bounds what a few lines of facts may stand for; the largest real
// checkpoints have some 200,000.
const maxTensors = 2_000_000

var errTooMany = fmt.Errorf("the facts stand for more than %d tensors", maxTensors)

// ParseFacts reads what Facts wrote.
func ParseFacts(text string) ([]Tensor, error) {
	var tensors []Tensor
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" {
			continue
		}
		pattern, dtype, shape, err := cutFact(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of the facts: %w", i+1, err)
		}
		names, err := expand(pattern, maxTensors-len(tensors))
		if err != nil {
			return nil, fmt.Errorf("line %d of the facts: %w", i+1, err)
		}
		for _, name := range names {
			tensors = append(tensors, Tensor{Name: unescapeName.Replace(name), DType: dtype, Shape: shape})
		}
	}
	return tensors, nil
}

func cutFact(line string) (pattern, dtype string, shape []int, err error) {
	fields := strings.Split(line, " ")
	if len(fields) != 3 {
		return "", "", nil, errors.New("it is not NAME TYPE SHAPE")
	}
	elements := 1
	for _, d := range strings.Split(fields[2], ",") {
		if fields[2] == "" {
			break // a number has no shape
		}
		n, err := strconv.Atoi(d)
		if err != nil || n < 0 || n > 0 && elements > maxElements/n {
			return "", "", nil, fmt.Errorf("its shape %q cannot be", fields[2])
		}
		elements *= n
		shape = append(shape, n)
	}
	return fields[0], fields[1], shape, nil
}

// expand returns the names that a pattern with ranges stands for.
func expand(pattern string, most int) ([]string, error) {
	before, rest, ok := strings.Cut(pattern, "[")
	if !ok {
		return []string{pattern}, nil
	}
	list, after, ok := strings.Cut(rest, "]")
	if !ok {
		return nil, errors.New("a [ is not closed")
	}
	tails, err := expand(after, most)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, part := range strings.Split(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first < 0 || last < first {
			return nil, fmt.Errorf("%q is not a range", part)
		}
		if last-first >= most || (len(names)+(last-first+1)*len(tails)) > most {
			return nil, errTooMany
		}
		for n := first; n <= last; n++ {
			for _, tail := range tails {
				names = append(names, before+strconv.Itoa(n)+tail)
			}
		}
	}
	return names, nil
}

// Characters that have a meaning in a line stand escaped in a name.
var (
	escapeName   = strings.NewReplacer("%", "%25", " ", "%20", "\n", "%0A", "\r", "%0D", "[", "%5B", "]", "%5D", "*", "%2A")
	unescapeName = strings.NewReplacer("%25", "%", "%20", " ", "%0A", "\n", "%0D", "\r", "%5B", "[", "%5D", "]", "%2A", "*")
)

func joinInts(list []int) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // number has checked it
	return n
}
