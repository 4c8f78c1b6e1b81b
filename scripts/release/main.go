// Command release makes the parts of a release that a shell cannot make the
// same way twice:
//
//	release sbom BINARY VERSION     prints a CycloneDX bill of materials
//	release archive OUT DIR         packs DIR into OUT (.tar.gz or .zip)
//
// Both are reproducible: times are SOURCE_DATE_EPOCH (else 1980), files are
// sorted, owners are nobody's.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "sbom":
		return sbom(os.Stdout, args[1], args[2])
	case len(args) == 3 && args[0] == "archive":
		return archive(args[1], args[2])
	}
	return errors.New("usage: release sbom BINARY VERSION | release archive OUT DIR")
}

// when is the time that everything in the release bears.
func when() time.Time {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type component struct {
	Type       string     `json:"type"`
	Reference  string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PackageURL string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type dependency struct {
	Reference string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type document struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

// sbom prints what the linker wrote into the binary: its modules, with the
// checksums of go.sum, and the settings it was built with.
func sbom(w io.Writer, binary, version string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading %s: %w", binary, err)
	}
	purl := func(module, version string) string { return "pkg:golang/" + module + "@" + version }
	main := component{
		Type: "application", Reference: purl(info.Main.Path, version), Name: info.Main.Path, Version: version,
		PackageURL: purl(info.Main.Path, version),
	}
	for _, s := range info.Settings {
		main.Properties = append(main.Properties, property{"go:build:" + s.Key, s.Value})
	}
	d := document{
		Format: "CycloneDX", SpecVersion: "1.5", Version: 1,
		Metadata: metadata{Timestamp: when().Format(time.RFC3339), Component: main},
		Components: []component{{
			Type: "library", Reference: purl("std", strings.TrimPrefix(info.GoVersion, "go")), Name: "std",
			Version: strings.TrimPrefix(info.GoVersion, "go"), PackageURL: purl("std", strings.TrimPrefix(info.GoVersion, "go")),
		}},
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := component{Type: "library", Reference: purl(m.Path, m.Version), Name: m.Path, Version: m.Version, PackageURL: purl(m.Path, m.Version)}
		if m.Sum != "" {
			// Go's own hash of the module's files, which no algorithm of the format stands for.
			c.Properties = []property{{"go:sum", m.Sum}}
		}
		d.Components = append(d.Components, c)
	}
	all := dependency{Reference: main.Reference}
	for _, c := range d.Components {
		all.DependsOn = append(all.DependsOn, c.Reference)
	}
	d.Dependencies = []dependency{all}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(d)
}

// entry is one file of an archive.
type entry struct {
	name string // with "/", below the archive's one folder
	path string
	mode fs.FileMode
}

func archive(out, dir string) error {
	entries, err := list(dir)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("writing %s: %w", out, err)
	}
	if strings.HasSuffix(out, ".zip") {
		err = writeZip(f, entries)
	} else {
		err = writeTar(f, entries)
	}
	return errors.Join(err, f.Close())
}

func list(dir string) ([]entry, error) {
	var entries []entry
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		entries = append(entries, entry{path.Join(filepath.Base(dir), filepath.ToSlash(below)), file, mode})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].name < entries[j].name })
	return entries, nil
}

func writeTar(w io.Writer, entries []entry) error {
	zipped := gzip.NewWriter(w)
	t := tar.NewWriter(zipped)
	for _, e := range entries {
		data, err := os.ReadFile(e.path)
		if err != nil {
			return fmt.Errorf("packing %s: %w", e.name, err)
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: int64(e.mode), Size: int64(len(data)), ModTime: when(), Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return fmt.Errorf("packing %s: %w", e.name, err)
		}
		if _, err := t.Write(data); err != nil {
			return fmt.Errorf("packing %s: %w", e.name, err)
		}
	}
	return errors.Join(t.Close(), zipped.Close())
}

func writeZip(w io.Writer, entries []entry) error {
	z := zip.NewWriter(w)
	for _, e := range entries {
		data, err := os.ReadFile(e.path)
		if err != nil {
			return fmt.Errorf("packing %s: %w", e.name, err)
		}
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: when()}
		header.SetMode(e.mode)
		part, err := z.CreateHeader(header)
		if err == nil {
			_, err = part.Write(data)
		}
		if err != nil {
			return fmt.Errorf("packing %s: %w", e.name, err)
		}
	}
	return z.Close()
}
