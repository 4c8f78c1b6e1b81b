package baseline

import (
	"encoding/json"
	"fmt"
)

// LoadImplementation reads back what sglang_implementation.json holds, for
// steps that are run one after the other by hand.
func LoadImplementation(data []byte) (*Implementation, error) {
	impl := &Implementation{}
	if err := json.Unmarshal(data, impl); err != nil {
		return nil, fmt.Errorf("reading an SGLang implementation: %w", err)
	}
	return impl, nil
}
