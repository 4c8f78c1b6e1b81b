package baseline

import (
	"context"
	"fmt"
	"sort"
)

// BuildIndex compiles a source tree into the index that ships in the binary.
// commit and date are written into it where the tree does not know its own.
func BuildIndex(ctx context.Context, src Source, commit, date string) ([]byte, error) {
	r := NewReader(src, nil)
	classes, err := r.Classes()
	if err != nil {
		return nil, err
	}
	if h, d := src.Commit(); h != "" {
		commit, date = h, d
	}
	in := newInterp(ctx, r, Limits{}, environmentFacts{tp: 1, fusionDisabled: true, sm: 90})
	facts := indexFacts{Commit: commit, Date: date, Classes: classes, Configs: r.configTypes()}
	p := newPruner(in)
	for _, c := range classes {
		if c.Category != OtherClass {
			p.keep(moduleName(c.File), c.Name)
		}
	}
	names := make([]string, 0, len(facts.Configs))
	for _, full := range facts.Configs {
		names = append(names, full)
	}
	sort.Strings(names)
	for _, full := range names {
		p.keep(full[:len(full)-len(lastPart(full))-1], lastPart(full))
	}
	p.run()
	data, err := writeIndex(facts, p.trees())
	if err != nil {
		return nil, err
	}
	if _, err := readIndex(data); err != nil {
		return nil, fmt.Errorf("checking the index: %w", err)
	}
	return data, ctx.Err()
}

// configTypes lists SGLang's configuration classes by model_type, as
// "module.Class".
func (r *Reader) configTypes() map[string]string {
	if e, ok := r.src.(*Embedded); ok {
		x, err := e.open()
		if err != nil {
			return nil
		}
		return x.facts.Configs
	}
	in := newInterp(context.Background(), r, Limits{}, environmentFacts{tp: 1, fusionDisabled: true, sm: 90})
	out := map[string]string{}
	for _, name := range configRegistries() {
		m := in.module(name)
		if m == nil {
			continue
		}
		for _, class := range registeredConfigs(m.body) {
			c := in.classValue(m, class)
			if c == nil {
				continue
			}
			if t, ok := in.attempt(func() value { return in.classAttr(c, "model_type") }).(string); ok {
				if _, have := out[t]; !have {
					out[t] = c.qualified()
				}
			}
		}
	}
	return out
}

func (in *interp) classValue(m *module, name string) *class {
	c, _ := in.global(m, name).(*class)
	return c
}
