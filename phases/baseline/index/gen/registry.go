package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fib-ls/fib-ls/phases/baseline/pysrc"
)

// writeRegistry writes what transformers' auto classes say its model classes
// are for: a line per model_type, with "encoder-decoder" where its configuration
// class says so, and its classes, each with the task of the first table that
// has it; "lm" are those that generate text.
func writeRegistry(dir, file string) error {
	tasks, err := readTasks(filepath.Join(dir, "models", "auto", "modeling_auto.py"))
	if err != nil {
		return err
	}
	both, err := encoderDecoders(dir)
	if err != nil {
		return err
	}
	types := maps.Clone(both)
	for t := range tasks {
		types[t] = true
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by phases/baseline/index/gen from transformers %s: its model classes and their tasks.\n", version(dir))
	for _, t := range slices.Sorted(maps.Keys(types)) {
		b.WriteString(t)
		if both[t] {
			b.WriteString(" encoder-decoder")
		}
		for _, c := range tasks[t] {
			b.WriteString(" " + c)
		}
		b.WriteByte('\n')
	}
	const mode = 0o644
	if err := os.WriteFile(file, []byte(b.String()), mode); err != nil {
		return fmt.Errorf("writing the registry: %w", err)
	}
	return nil
}

// version is the version that the package says it has.
func version(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "__init__.py"))
	if err != nil {
		return "of no known version"
	}
	if m := regexp.MustCompile(`(?m)^__version__ = "([^"]+)"`).FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "of no known version"
}

// readTasks lists, by model_type, "Class=task" for the tables of
// modeling_auto.py, generation first.
func readTasks(file string) (map[string][]string, error) {
	tree, err := parseFile(file)
	if err != nil {
		return nil, err
	}
	out, seen := map[string][]string{}, map[string]bool{}
	for _, lm := range []bool{true, false} {
		for _, s := range tree.Body {
			name, pairs := namesTable(s)
			if pairs == nil || slices.Contains(generating, name) != lm {
				continue
			}
			task := strings.TrimSuffix(strings.TrimPrefix(name, "MODEL_"), "MAPPING_NAMES")
			task = strings.ToLower(strings.ReplaceAll(strings.Trim(strings.TrimPrefix(task, "FOR_"), "_"), "_", "-"))
			switch {
			case lm:
				task = "lm"
			case task == "":
				task = "base"
			}
			for _, p := range pairs {
				if key := p[0] + " " + p[1]; !seen[key] {
					seen[key] = true
					out[p[0]] = append(out[p[0]], p[1]+"="+task)
				}
			}
		}
	}
	return out, nil
}

// namesTable reads one OrderedDict of model_type and class; nil when the
// statement is none.
func namesTable(s pysrc.Stmt) (name string, pairs [][2]string) {
	a, ok := s.(*pysrc.AssignStmt)
	if !ok || a.Value == nil {
		return "", nil
	}
	n, _ := a.Targets[0].(*pysrc.Name)
	call, isCall := a.Value.(*pysrc.Call)
	if n == nil || !isCall || len(call.Args) == 0 || !strings.HasSuffix(n.ID, "MAPPING_NAMES") {
		return "", nil
	}
	list, ok := call.Args[0].(*pysrc.ListExpr)
	if !ok {
		return "", nil
	}
	for _, e := range list.Elts {
		pair, ok := e.(*pysrc.TupleExpr)
		if !ok || len(pair.Elts) != 2 {
			continue
		}
		k, _ := pair.Elts[0].(*pysrc.Const)
		if k == nil {
			continue
		}
		classes := []pysrc.Expr{pair.Elts[1]}
		if several, ok := pair.Elts[1].(*pysrc.TupleExpr); ok {
			classes = several.Elts
		}
		for _, c := range classes {
			if v, ok := c.(*pysrc.Const); ok {
				pairs = append(pairs, [2]string{fmt.Sprint(k.Value), fmt.Sprint(v.Value)})
			}
		}
	}
	return n.ID, pairs
}

// encoderDecoders are the model_types whose configuration class is that of an
// encoder-decoder whatever the file says.
func encoderDecoders(dir string) (map[string]bool, error) {
	out := map[string]bool{}
	return out, eachConfig(dir, func(c *hubClass) {
		if c.modelType != "" && c.values["is_encoder_decoder"] == "True" {
			out[c.modelType] = true
		}
	})
}
