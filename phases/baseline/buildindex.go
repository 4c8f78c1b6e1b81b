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
	for _, name := range rotaryModules() {
		p.keep(name, "RotaryEmbedding")
	}
	p.keep(activationModule, activationRegistry)
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
