package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// hubClass is what the table says of one configuration class of transformers.
type hubClass struct {
	modelType, name, causal string
	bases                   []string
	order                   []string
	values                  map[string]string // field -> Python expression
	nullable                map[string]string // field -> what a null (or absence) becomes
	always                  map[string]string // field -> computed whatever the file says
	rename                  map[string]string
	nested                  map[string]string // field -> class name
}

// hubTable reads the configuration classes of a transformers tree and writes
// those of language models and of models that SGLang registers, and of their
// parts, as a table of facts.
func hubTable(dir string, registered map[string]string) (string, error) {
	classes := map[string]*hubClass{}
	if err := eachConfig(dir, func(c *hubClass) { classes[c.name] = c }); err != nil {
		return "", err
	}
	archs, err := readMappings(filepath.Join(dir, "models", "auto", "modeling_auto.py"))
	if err != nil {
		return "", err
	}
	byType := map[string]*hubClass{}
	for _, c := range classes {
		inherit(c, classes, 0)
		if c.modelType != "" {
			if have := byType[c.modelType]; have == nil || c.name < have.name {
				byType[c.modelType] = c
			}
		}
	}
	keep := map[string]bool{}
	for t, c := range byType {
		for _, a := range archs[t] {
			name := registered[plainName(a.class)]
			switch {
			case name != "":
				c.causal = name
			case a.generates && c.causal == "":
				c.causal = a.class
			}
			if name != "" || a.generates {
				keep[t] = true
			}
		}
	}
	for t := range keep {
		keepNested(byType[t], classes, keep)
	}
	return fmt.Sprintf("# Made by phases/baseline/index/gen from transformers %s; the form is\n# described in written.txt.\n", version(dir)) + printTable(byType, classes, keep), nil
}

// plainName is a class name without what transformers and SGLang spell
// differently (Ernie4_5_ForCausalLM, ExaoneMoEForCausalLM).
func plainName(class string) string { return strings.ToLower(strings.ReplaceAll(class, "_", "")) }

func keepNested(c *hubClass, classes map[string]*hubClass, keep map[string]bool) {
	for _, sub := range c.nested {
		if s := classes[sub]; s != nil && s.modelType != "" && !keep[s.modelType] {
			keep[s.modelType] = true
			keepNested(s, classes, keep)
		}
	}
}

// eachConfig reads the configuration classes of a transformers tree.
func eachConfig(dir string, read func(*hubClass)) error {
	files, err := filepath.Glob(filepath.Join(dir, "models", "*", "configuration_*.py"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no configuration classes below %s", dir)
	}
	for _, f := range files {
		tree, err := parseFile(f)
		if err != nil {
			return err
		}
		for _, s := range tree.Body {
			if def, ok := s.(*pysrc.ClassDef); ok && strings.HasSuffix(def.Name, "Config") {
				read(readHubClass(def))
			}
		}
	}
	return nil
}

func readHubClass(def *pysrc.ClassDef) *hubClass {
	c := &hubClass{name: def.Name, values: map[string]string{}, nullable: map[string]string{}, always: map[string]string{},
		rename: map[string]string{}, nested: map[string]string{}}
	for _, b := range def.Bases {
		c.bases = append(c.bases, pysrc.Unparse(b))
	}
	for _, s := range def.Body {
		switch s := s.(type) {
		case *pysrc.AssignStmt:
			c.assign(s)
		case *pysrc.FuncDef:
			if s.Name == "__post_init__" {
				(&postInit{class: c, locals: map[string]pysrc.Expr{}}).block(s.Body, "")
			}
		}
	}
	return c
}

func (c *hubClass) assign(s *pysrc.AssignStmt) {
	n, ok := s.Targets[0].(*pysrc.Name)
	if !ok || s.Value == nil {
		return
	}
	switch n.ID {
	case "model_type":
		if k, ok := s.Value.(*pysrc.Const); ok {
			c.modelType, _ = k.Value.(string)
		}
	case "attribute_map":
		eachItem(s.Value, func(k string, v pysrc.Expr) {
			if to, ok := v.(*pysrc.Const); ok {
				c.rename[k], _ = to.Value.(string)
			}
		})
	case "sub_configs":
		eachItem(s.Value, func(k string, v pysrc.Expr) { c.nested[k] = pysrc.Unparse(v) })
	default:
		if s.Annotated && relevant(n.ID) {
			if v, ok := literalText(s.Value); ok {
				c.set(n.ID, v)
			}
		}
	}
}

func (c *hubClass) set(field, v string) {
	if _, ok := c.values[field]; !ok {
		c.order = append(c.order, field)
	}
	c.values[field] = v
}

func eachItem(e pysrc.Expr, f func(k string, v pysrc.Expr)) {
	d, ok := e.(*pysrc.DictExpr)
	if !ok {
		return
	}
	for i, k := range d.Keys {
		if name, ok := k.(*pysrc.Const); ok {
			if s, ok := name.Value.(string); ok {
				f(s, d.Values[i])
			}
		}
	}
}

// relevant reports whether a field may have to do with layers and their sizes.
func relevant(field string) bool {
	others := []string{"dropout", "initializer", "_token", "_coef", "token_id", "use_cache", "output_", "pretraining_tp", "_loss", "gradient_"}
	return !slices.ContainsFunc(others, func(part string) bool { return strings.Contains(field, part) })
}

// literalText is a default that is a literal, or the default of a field
// helper (`interval(…)(default=0.02)`).
func literalText(e pysrc.Expr) (string, bool) {
	if call, ok := e.(*pysrc.Call); ok {
		for _, k := range call.Keywords {
			if k.Name == "default" {
				return literalText(k.Value)
			}
		}
		return "", false
	}
	return pysrc.Unparse(e), pysrc.IsLiteral(e)
}

// inherit fills a class with what its bases say.
func inherit(c *hubClass, classes map[string]*hubClass, depth int) {
	const deep = 6
	for _, b := range c.bases {
		base := classes[b]
		if base == nil || depth > deep || base == c {
			continue
		}
		inherit(base, classes, depth+1)
		for _, f := range base.order {
			if _, ok := c.values[f]; !ok {
				c.set(f, base.values[f])
			}
		}
		for _, maps := range [][2]map[string]string{{c.nullable, base.nullable}, {c.always, base.always}, {c.rename, base.rename}, {c.nested, base.nested}} {
			for k, v := range maps[1] {
				if _, ok := maps[0][k]; !ok {
					maps[0][k] = v
				}
			}
		}
	}
}

// generating are the auto classes' tables of models that generate text.
var generating = []string{"MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES", "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES"}

// modelClass is one class of an auto class's table.
type modelClass struct {
	class     string
	generates bool
}

// parseFile reads and parses a Python file.
func parseFile(file string) (*pysrc.Module, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	tree, err := pysrc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", file, err)
	}
	return tree, nil
}

// readMappings returns the model classes of each model_type by the tables of
// transformers' auto classes.
func readMappings(file string) (map[string][]modelClass, error) {
	tree, err := parseFile(file)
	if err != nil {
		return nil, err
	}
	out := map[string][]modelClass{}
	for _, s := range tree.Body {
		name, pairs := namesTable(s)
		generates := slices.Contains(generating, name)
		if !generates && name != "MODEL_MAPPING_NAMES" {
			continue
		}
		for _, p := range pairs {
			out[p[0]] = append(out[p[0]], modelClass{p[1], generates})
		}
	}
	return out, nil
}

// printTable writes the kept classes in the table's form.
func printTable(byType, classes map[string]*hubClass, keep map[string]bool) string {
	var b strings.Builder
	for _, t := range slices.Sorted(maps.Keys(keep)) {
		c := byType[t]
		if c == nil {
			continue
		}
		fmt.Fprintf(&b, "\n[%s]\n", strings.TrimSpace(t+" "+c.name+" "+c.causal))
		for _, f := range c.order {
			v := c.values[f]
			switch n, ok := c.nullable[f]; {
			case c.always[f] != "":
			case ok && v == "None":
				fmt.Fprintf(&b, "%s ?= %s\n", f, n)
			case ok:
				fmt.Fprintf(&b, "%s = %s\n%s null= %s\n", f, v, f, n)
			default:
				fmt.Fprintf(&b, "%s = %s\n", f, v)
			}
		}
		for _, f := range slices.Sorted(maps.Keys(c.nullable)) {
			if _, ok := c.values[f]; !ok {
				fmt.Fprintf(&b, "%s ?= %s\n", f, c.nullable[f])
			}
		}
		for _, f := range slices.Sorted(maps.Keys(c.always)) {
			fmt.Fprintf(&b, "%s := %s\n", f, c.always[f])
		}
		for _, f := range slices.Sorted(maps.Keys(c.rename)) {
			fmt.Fprintf(&b, "%s -> %s\n", f, c.rename[f])
		}
		for _, f := range slices.Sorted(maps.Keys(c.nested)) {
			if s := classes[c.nested[f]]; s != nil && s.modelType != "" {
				fmt.Fprintf(&b, "%s : %s\n", f, s.modelType)
			}
		}
	}
	return b.String()
}
