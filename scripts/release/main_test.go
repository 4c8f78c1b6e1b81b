package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSBOM reads the bill of this test's own binary.
func TestSBOM(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	var out bytes.Buffer
	if err := sbom(&out, os.Args[0], "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Format != "CycloneDX" || d.SpecVersion != "1.5" || d.Metadata.Component.Version != "v1.2.3" || d.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("%+v", d.Metadata)
	}
	seen := map[string]bool{}
	for _, c := range d.Components {
		if c.Name == "" || c.Version == "" || !strings.HasPrefix(c.PackageURL, "pkg:golang/") || seen[c.Reference] {
			t.Errorf("component %+v", c)
		}
		seen[c.Reference] = true
	}
	if len(d.Dependencies) != 1 || len(d.Dependencies[0].DependsOn) != len(d.Components) {
		t.Errorf("dependencies %+v", d.Dependencies)
	}
}

// TestArchiveIsReproducible packs the same files with other times and in
// another order.
func TestArchiveIsReproducible(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	pack := func(ending string, names ...string) []byte {
		dir := filepath.Join(t.TempDir(), "fib-ls_1")
		for _, name := range names {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		out := filepath.Join(t.TempDir(), "x"+ending)
		if err := archive(out, dir); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, ending := range []string{".tar.gz", ".zip"} {
		if !bytes.Equal(pack(ending, "b", "a", "man/c.1"), pack(ending, "man/c.1", "a", "b")) {
			t.Errorf("%s differs from run to run", ending)
		}
	}
}
