package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fib-ls/fib-ls/phases/prose"
)

// MarshalJSON writes indented JSON without HTML escapes, as people read it;
// what a terminal or an editor would not show stands as an escape.
func MarshalJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return escapeHidden(b.Bytes()), nil
}

// escapeHidden writes the hidden characters of a JSON text as escapes. Outside
// strings JSON has none but line ends and spaces.
func escapeHidden(data []byte) []byte {
	isHidden := func(r rune) bool { return r >= 0x7f && prose.Hidden(r) }
	if bytes.IndexFunc(data, isHidden) < 0 {
		return data
	}
	out := make([]byte, 0, len(data)+64)
	for _, r := range string(data) {
		if !isHidden(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, "\\u%04x", unit)
		}
	}
	return out
}
