package report

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// hostile is what a config.json, a flag or a server may say in every text.
const hostile = "x http://evil.test www.evil.test @org/team Fixes #12 o/r#3 GH-9 0123456789abcdef ![i](u) <img> `"

// fill puts the hostile text into every text that a value holds.
func fill(v reflect.Value, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(hostile))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth+1)
		fill(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

// TestSummaryOfAHostileModel: whatever text a run holds, the summary, which
// becomes the text of a pull request, neither links nor mentions nor closes.
func TestSummaryOfAHostileModel(t *testing.T) {
	r := &Run{}
	fill(reflect.ValueOf(&r.Contract).Elem(), 0)
	r.ModelsTS, r.Unmapped, r.TypeScript.Note = hostile, []string{hostile}, hostile
	r.Architecture.LayerSchedule = []extract.LayerRun{{First: 0, Count: 2, Attention: hostile, MLP: hostile}}
	for _, source := range []string{hostile, "clone", "none", ""} {
		r.Baseline.Source = source
		summary := Summary(r)
		if strings.Count(summary, "evil.test") < 40 {
			t.Fatalf("the test reaches only %d texts", strings.Count(summary, "evil.test"))
		}
		text := regexp.MustCompile("(?s)```mermaid.*?```").ReplaceAllString(summary, "")
		text = regexp.MustCompile("(^|[^\\\\`])`[^`\n]*`").ReplaceAllString(text, "$1")
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimLeft(line, "# ") // our own headings
			if found := regexp.MustCompile(`@|#\d|://|www\.|GH-\d|[0-9a-f]{12}|[^\\]\]\(|(^|[^\\])<`).FindString(line); found != "" {
				t.Errorf("%q is outside of code: %s", found, line)
			}
		}
	}
}
