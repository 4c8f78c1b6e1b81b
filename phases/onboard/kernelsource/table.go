package kernelsource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fib-ls/fib-ls/phases/definition"
)

// Table writes what two trees say as the table that package definition embeds:
// one JSON object a line, the versions first.
func Table(f *FlashInfer, s *SGLang) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(definition.Versions{FlashInfer: f.Version, SGLang: s.Version}); err != nil {
		return nil, fmt.Errorf("writing the versions: %w", err)
	}
	for _, t := range f.Templates {
		row := definition.TemplateRow{
			OpType: t.OpType, Prefix: t.Prefix, Doc: oneLine(t.Description),
			Tags: t.Tags, Constraints: t.Constraints, Reference: t.Reference, APIs: t.APIs,
		}
		for _, a := range t.Axes {
			axis := definition.AxisRow{Name: a.Name, Const: a.Const, Abbrev: a.Abbrev}
			if a.Const {
				axis.Meaning = oneLine(a.Description)
			}
			if a.Fixed {
				axis.Fixed = &a.Value
			}
			row.Axes = append(row.Axes, axis)
		}
		if err := enc.Encode(row); err != nil {
			return nil, fmt.Errorf("writing %s: %w", t.Pattern(), err)
		}
	}
	for _, api := range f.APIs {
		if err := enc.Encode(definition.API{Name: api.Name, File: api.File, Line: api.Line, SGLang: s.Calls[api.Name]}); err != nil {
			return nil, fmt.Errorf("writing %s: %w", api.Name, err)
		}
	}
	return b.Bytes(), nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
