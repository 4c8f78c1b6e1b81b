package kernelsource

import (
	"bytes"
	"encoding/json"
	"fmt"

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
		if err := enc.Encode(t); err != nil {
			return nil, fmt.Errorf("writing %s: %w", t.Pattern(), err)
		}
	}
	for _, api := range f.APIs {
		api.SGLang = s.Calls[api.Name]
		if err := enc.Encode(api); err != nil {
			return nil, fmt.Errorf("writing %s: %w", api.Name, err)
		}
	}
	return b.Bytes(), nil
}
