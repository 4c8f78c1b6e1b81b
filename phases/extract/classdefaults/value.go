package classdefaults

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// JSON returns the text of an attribute as JSON: a Python literal as what it
// is, a product or floor quotient of attributes and numbers as text that
// starts with "=" and is computed from left to right ("=2*hidden_size//heads").
// ok is false for None and for what is computed otherwise.
func JSON(text string) (value json.RawMessage, ok bool) {
	if json.Valid([]byte(text)) { // a number, as it is written
		return json.RawMessage(text), true
	}
	e, err := pysrc.ParseExpr(text)
	if err != nil {
		return nil, false
	}
	switch e := e.(type) {
	case *pysrc.Const:
		if e.Value == nil {
			return nil, false
		}
		v, err := json.Marshal(e.Value)
		return v, err == nil
	case *pysrc.TupleExpr:
		return jsonList(e.Elts)
	case *pysrc.ListExpr:
		return jsonList(e.Elts)
	}
	formula, ok := product(e)
	if !ok {
		return nil, false
	}
	v, err := json.Marshal("=" + formula)
	return v, err == nil
}

func jsonList(elts []pysrc.Expr) (json.RawMessage, bool) {
	var parts []string
	for _, x := range elts {
		v, ok := JSON(pysrc.Unparse(x))
		if !ok {
			return nil, false
		}
		parts = append(parts, string(v))
	}
	return json.RawMessage("[" + strings.Join(parts, ",") + "]"), true
}

// product writes an expression of * and // whose value does not depend on
// brackets when it is computed from left to right.
func product(e pysrc.Expr) (string, bool) {
	switch e := e.(type) {
	case *pysrc.Name:
		return e.ID, true
	case *pysrc.Const:
		n, ok := e.Value.(int)
		return fmt.Sprint(n), ok
	case *pysrc.BinaryExpr:
		left, okLeft := product(e.Left)
		right, okRight := product(e.Right)
		_, nested := e.Right.(*pysrc.BinaryExpr)
		return left + e.Op + right, okLeft && okRight && !nested && (e.Op == "*" || e.Op == "//")
	}
	return "", false
}
