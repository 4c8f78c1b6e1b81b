package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/engine"
	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
	"github.com/fib-ls/fib-ls/phases/extract"
)

// differing are the values in which phase 1 means something else than
// transformers does under the same name.
var differing = map[string]string{
	"longcat_flash.num_hidden_layers": "transformers counts each of a layer's two attentions as a layer",
}

// writeClasses brings the values of phase 1's table of class defaults in step
// with the table that is made from transformers: a number is written by hand
// in neither.
func writeClasses(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the class defaults of phase 1: %w", err)
	}
	derived, _, err := deriveClasses(data)
	if err != nil {
		return err
	}
	const mode = 0o644
	if err := os.WriteFile(file, derived, mode); err != nil {
		return fmt.Errorf("writing the class defaults of phase 1: %w", err)
	}
	return nil
}

// deriveClasses gives the lines of phase 1's table with the values that
// transformers' classes have. Which fields a line has stays as it is: phase 1
// reads only some of them. kept are the type.field whose value transformers
// computes in a way that the table cannot say.
func deriveClasses(data []byte) (derived []byte, kept []string, err error) {
	lines := bytes.Split(data, []byte("\n"))
	for i, line := range lines {
		if len(line) == 0 {
			continue
		}
		var row struct {
			Type   string
			Values json.RawMessage
		}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, nil, fmt.Errorf("line %d of the class defaults: %w", i+1, err)
		}
		facts, rename, ok := engine.ClassDefaults(row.Type)
		if !ok {
			continue
		}
		values, left, err := deriveValues(row.Type, row.Values, facts, rename)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d of the class defaults: %w", i+1, err)
		}
		kept = append(kept, left...)
		lines[i] = bytes.Replace(line, row.Values, values, 1)
	}
	return bytes.Join(lines, []byte("\n")), kept, nil
}

func deriveValues(modelType string, object []byte, facts, rename map[string]string) (derived []byte, kept []string, err error) {
	in := json.NewDecoder(bytes.NewReader(object))
	if _, err := in.Token(); err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return nil, nil, err
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, nil, err
		}
		field := fmt.Sprint(key)
		at := modelType + "." + field
		if text, ok := factOf(field, facts, rename); ok && differing[at] == "" {
			if v, ok := jsonOf(text); ok {
				value = v
			} else if text != "None" {
				kept = append(kept, at)
			}
		}
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:%s", field, value)
	}
	return []byte("{" + out.String() + "}"), kept, nil
}

// factOf finds a field under any of its names.
func factOf(field string, facts, rename map[string]string) (string, bool) {
	for _, name := range extract.Spellings(field) {
		if to, renamed := rename[name]; renamed {
			name = to
		}
		if text, ok := facts[name]; ok {
			return text, true
		}
	}
	return "", false
}

// jsonOf writes a Python literal as JSON, and a product or floor quotient of
// fields and numbers as a formula of phase 1's table.
func jsonOf(text string) (json.RawMessage, bool) {
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
	formula, ok := chain(e)
	if !ok {
		return nil, false
	}
	v, err := json.Marshal("=" + formula)
	return v, err == nil
}

func jsonList(elts []pysrc.Expr) (json.RawMessage, bool) {
	var parts []string
	for _, x := range elts {
		v, ok := jsonOf(pysrc.Unparse(x))
		if !ok {
			return nil, false
		}
		parts = append(parts, string(v))
	}
	return json.RawMessage("[" + strings.Join(parts, ",") + "]"), true
}

// chain writes an expression of * and // that is computed from left to right,
// as phase 1 computes it.
func chain(e pysrc.Expr) (string, bool) {
	switch e := e.(type) {
	case *pysrc.Name:
		return e.ID, true
	case *pysrc.Const:
		n, ok := e.Value.(int)
		return fmt.Sprint(n), ok
	case *pysrc.BinaryExpr:
		left, okLeft := chain(e.Left)
		right, okRight := chain(e.Right)
		_, nested := e.Right.(*pysrc.BinaryExpr)
		return left + e.Op + right, okLeft && okRight && !nested && (e.Op == "*" || e.Op == "//")
	}
	return "", false
}
