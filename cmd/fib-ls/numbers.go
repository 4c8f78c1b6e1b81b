package main

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// whole is the value of a flag that takes a whole number, least or more.
type whole struct {
	n     *int
	least int
}

// wholeVar declares a flag whose numbers below least are refused where they are
// read, with the flag's name.
func wholeVar(flags *pflag.FlagSet, n *int, name string, byDefault, least int, usage string) {
	*n = byDefault
	flags.Var(whole{n: n, least: least}, name, usage)
}

func (w whole) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < w.least {
		return errors.New("write a number from " + strconv.Itoa(w.least))
	}
	*w.n = n
	return nil
}

func (w whole) Type() string { return "int" }

func (w whole) String() string {
	if w.n == nil {
		return "0"
	}
	return strconv.Itoa(*w.n)
}

// wholes is the value of a flag that takes several whole numbers from 1, with
// commas or repeated. One that is said twice counts once.
type wholes struct {
	list *[]int
}

func wholesVar(flags *pflag.FlagSet, list *[]int, name, usage string) {
	flags.Var(wholes{list}, name, usage)
}

func (w wholes) Set(s string) error {
	for _, word := range strings.Split(s, ",") {
		var n int
		if err := (whole{n: &n, least: 1}).Set(strings.TrimSpace(word)); err != nil {
			return err
		}
		if !slices.Contains(*w.list, n) {
			*w.list = append(*w.list, n)
		}
	}
	return nil
}

func (w wholes) Type() string { return "ints" }

func (w wholes) String() string {
	var words []string
	if w.list != nil {
		for _, n := range *w.list {
			words = append(words, strconv.Itoa(n))
		}
	}
	return strings.Join(words, ",")
}

// positive is the value of a flag that takes a number above 0.
type positive struct{ x *float64 }

func (p positive) Set(s string) error {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x > 0) || math.IsInf(x, 0) {
		return errors.New("write a number above 0, for example 1e-6")
	}
	*p.x = x
	return nil
}

func (p positive) Type() string { return "float" }

func (p positive) String() string {
	if p.x == nil {
		return "0"
	}
	return strconv.FormatFloat(*p.x, 'g', -1, 64)
}
