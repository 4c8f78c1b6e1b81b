package extract

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/catalog"
)

// oneOfEachFamily are catalogue configs, one for every model_type.
func oneOfEachFamily(t testing.TB) map[string]*Object {
	t.Helper()
	families := map[string]*Object{}
	for _, id := range catalog.IDs() {
		e, _ := catalog.Lookup(id)
		root, _, err := ParseConfig(e.Config)
		if err != nil {
			t.Fatal(err)
		}
		if m := locate(root).modelType; families[m] == nil {
			families[m] = root
		}
	}
	return families
}

// Every field of every family takes on every kind of wrong value: Read must
// give a whole Architecture or an error of its own kinds, and never panic.
func TestReadSurvivesWrongValues(t *testing.T) {
	wrong := []Value{nil, int64(-1), int64(0), 1.5, "x", true, int64(1) << 40, int64(7), []Value{}, []Value{int64(1)}, []Value{"full_attention"}, &Object{Values: map[string]Value{}}}
	refused := 0
	for family, root := range oneOfEachFamily(t) {
		loc := locate(root)
		for _, key := range loc.text.Keys {
			for _, v := range append([]Value{absent}, wrong...) {
				text := loc.text.clone()
				if v == absent {
					delete(text.Values, key)
					text.Keys = without(text.Keys, key)
				} else {
					text.Set(key, v)
				}
				whole := text
				if loc.nested() {
					whole = setPath(root, loc.path, text)
				}
				data, err := json.Marshal(whole)
				if err != nil {
					t.Fatal(err)
				}
				a, err := Read(data, Options{RepoID: "a/" + family})
				if err != nil {
					refused++
					knownError(t, family+"."+key, err)
					continue
				}
				consistent(t, family+"."+key, a)
				for _, k := range a.AttentionKinds {
					positive(t, k.Dimensions)
				}
				for _, k := range a.MLPKinds {
					positive(t, k.Dimensions)
				}
				if _, err := json.Marshal(a); err != nil {
					t.Errorf("%s.%s: %v", family, key, err)
				}
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d wrong values were refused", refused)
	}
}

const absent = "\x00absent"

func without(list []string, s string) []string {
	var out []string
	for _, x := range list {
		if x != s {
			out = append(out, x)
		}
	}
	return out
}

func knownError(t *testing.T, name string, err error) {
	t.Helper()
	var syntax *SyntaxError
	var field *FieldError
	var missing *MissingFieldsError
	var not *NotDecoderError
	if !errors.As(err, &syntax) && !errors.As(err, &field) && !errors.As(err, &missing) && !errors.As(err, &not) {
		t.Errorf("%s: an error of no kind: %v", name, err)
	}
}
