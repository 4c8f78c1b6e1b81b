package extract

import (
	"errors"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseConfigReadsWhatPythonReads(t *testing.T) {
	obj, warnings, err := ParseConfig([]byte("\ufeff{\"a\": 1, \"b\": Infinity, \"c\": -Infinity, \"d\": NaN, \"a\": 2.0,\n" +
		`"e": 123456789012345678901234567890, "f": "\u00e9\ud83d\ude00\ud800", "A": "x", "g": [1e999, -0, null, true], "h": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 2 || !strings.Contains(warnings[0], "byte order mark") || !strings.Contains(warnings[1], `"a"`) {
		t.Errorf("warnings = %q", warnings)
	}
	if n, ok, err := obj.Int("a"); n != 2 || !ok || err != nil {
		t.Errorf("a = %v %v %v, want the last value 2", n, ok, err)
	}
	if strings.Join(obj.Keys, "") != "abcdefAgh" {
		t.Errorf("keys = %v", obj.Keys)
	}
	if f, _, _ := obj.Float("b"); !math.IsInf(f, 1) {
		t.Errorf("b = %v", f)
	}
	if f, _, _ := obj.Float("d"); !math.IsNaN(f) {
		t.Errorf("d = %v", f)
	}
	if v, _ := obj.Get("e"); v.(*big.Int).String() != "123456789012345678901234567890" {
		t.Errorf("e = %v", v)
	}
	if _, _, err := obj.Int("e"); err == nil {
		t.Error("an integer of 30 digits is not a size")
	}
	if s, _ := obj.String("f"); s != "é😀\ufffd" {
		t.Errorf("f = %q", s)
	}
}

func TestParseConfigErrorsHavePositions(t *testing.T) {
	for _, c := range []struct {
		in           string
		line, column int
		says         string
	}{
		{"", 1, 1, "empty"},
		{"  \n", 2, 1, "empty"},
		{"[1]", 1, 1, "one JSON object"},
		{"<!DOCTYPE html>", 1, 1, "web page"},
		{"version https://git-lfs.github.com/spec/v1\n", 1, 1, "Git LFS"},
		{"{\"a\": 1,}", 1, 8, "trailing comma"},
		{"{\n \"a\": [1, 2,\n]}", 2, 12, "trailing comma"},
		{"{\"é\": }", 1, 7, "value should stand"},
		{"{'a': 1}", 1, 2, "double quotes"},
		{"{\"a\": 'b'}", 1, 7, "single quotes"},
		{"{\"a\": 1} x", 1, 10, "after the end"},
		{"{\"a\": 01}", 1, 7, "start with 0"},
		{"{\"a\": 1.}", 1, 7, "point"},
		{"{\"a\": 1e}", 1, 7, "exponent"},
		{"{\"a\": -}", 1, 7, "without a number"},
		{"{\"a\": True}", 1, 7, "lower case"},
		{"{\"a\" 1}", 1, 6, ": should follow"},
		{"{\"a\": 1 \"b\": 2}", 1, 9, ", or a }"},
		{"{\"a\": 1, // x\n}", 1, 10, "comments"},
		{"{\"a\": \"x\ny\"}", 1, 9, "control character"},
		{"{\"a\": \"x", 1, 7, "does not end"},
		{"{\"a\": \"\\x\"}", 1, 8, "escape"},
		{"{\"a\": \"\\u12g4\"}", 1, 8, "hexadecimal"},
		{"{\"a\": 1", 1, 8, "ends inside an object"},
		{"{\"a\": [1", 1, 9, "ends inside an array"},
		{"{\"a\": \"\xff\"}", 1, 8, "not UTF-8"},
		{"\xff\xfe{\x00}\x00", 1, 1, "UTF-16"},
		{strings.Repeat(`{"a":`, 600) + "1", 1, 2566, "levels of nesting"},
		{`{"a": ` + strings.Repeat("9", 5000) + "}", 1, 7, "5000 digits"},
	} {
		_, _, err := ParseConfig([]byte(c.in))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40q: error = %v, want a SyntaxError", c.in, err)
			continue
		}
		if syntax.Line != c.line || syntax.Column != c.column || !strings.Contains(syntax.Message, c.says) {
			t.Errorf("%.40q: %v, want %d:%d %q", c.in, err, c.line, c.column, c.says)
		}
	}
	if _, _, err := ParseConfig(make([]byte, MaxConfigSize+1)); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("oversized file: %v", err)
	}
}

func TestLenientValues(t *testing.T) {
	obj, _, err := ParseConfig([]byte(`{"i": 4096, "f": 4096.0, "s": "32", "e": 1e3, "half": 1.5, "n": null, "t": true,
		"word": "many", "list": [1, 2.0, null], "bad": [1, "x"], "inf": Infinity, "huge": 99999999999}`))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]int{"i": 4096, "f": 4096, "s": 32, "e": 1000} {
		if n, ok, err := obj.Int(key); n != want || !ok || err != nil {
			t.Errorf("Int(%s) = %v %v %v", key, n, ok, err)
		}
	}
	for _, key := range []string{"half", "word", "t", "list", "inf", "huge"} {
		if _, ok, err := obj.Int(key); ok || err == nil {
			t.Errorf("Int(%s) = %v %v, want an error", key, ok, err)
		}
	}
	for _, key := range []string{"n", "absent"} {
		if _, ok, err := obj.Int(key); ok || err != nil {
			t.Errorf("Int(%s) = %v %v, want absent", key, ok, err)
		}
	}
	if !obj.IsNull("n") || obj.IsNull("absent") {
		t.Error("null and absent are told apart by IsNull")
	}
	if l, scalar, ok, err := obj.Ints("list"); len(l) != 3 || scalar || !ok || err != nil || l[2] != 0 {
		t.Errorf("Ints(list) = %v %v %v %v", l, scalar, ok, err)
	}
	if l, scalar, ok, _ := obj.Ints("i"); len(l) != 1 || !scalar || !ok {
		t.Errorf("Ints(i) = %v %v %v", l, scalar, ok)
	}
	if _, _, _, err := obj.Ints("bad"); err == nil || !strings.Contains(err.Error(), "bad[1]") {
		t.Errorf("Ints(bad) = %v", err)
	}
}

// goldConfigs lists the real configs when they are at hand.
func goldConfigs(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "gold", "configs", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the folder of real configs is not at hand")
	}
	return files
}

func TestParseConfigReadsEveryRealFile(t *testing.T) {
	for _, f := range goldConfigs(t) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ParseConfig(data); err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
		}
	}
}
