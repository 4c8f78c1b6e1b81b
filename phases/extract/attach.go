package extract

import (
	"encoding/json"
	"maps"
	"strings"
)

// AttachConfig gives an Architecture that was read back from its JSON the
// config.json it was made from again, with the same overrides: Config and
// TextConfig. What was given or taken from the namesake when it was made stands
// in Inferred.
func (a *Architecture) AttachConfig(data []byte, overrides map[string]string) error {
	root, _, err := ParseConfig(data)
	if err != nil {
		return err
	}
	loc := locate(root)
	values := map[string]string{}
	for _, n := range a.Inferred {
		if text, err := json.Marshal(n.Value); err == nil && (n.Why == whyGiven || strings.HasPrefix(n.Why, whyNamesake)) {
			values[n.Field] = string(text)
		}
	}
	maps.Copy(values, overrides)
	applyOverrides(loc, values)
	a.Config, a.TextConfig = loc.root, loc.text
	return nil
}
