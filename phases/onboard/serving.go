package onboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/renameio/v2/maybe"

	"github.com/fib-ls/fib-ls/phases/disk"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/generate"
)

// ServingConfigsPath is where a clone of FlashInfer-Bench keeps the flags with
// which workloads are collected, by machine and model.
const ServingConfigsPath = "examples/sglang_bench/model_configs.json"

// maxServingConfigs bounds that file: upstream's has 12 KB.
const maxServingConfigs = 4 << 20

// machine is one for which upstream keeps serving configs, with the attention
// backend that SGLang has there.
type machine struct {
	name, attention string
	// collects: workloads are collected there, so it has the variants.
	collects bool
}

var machines = []machine{
	{"b200", "flashinfer", true}, {"h200", "flashinfer", false}, {"h100", "flashinfer", false}, {"mi300x", "aiter", false},
}

// server is one entry of the serving configs: flags, each with its value.
type server struct {
	name  string
	flags [][]string
}

// servers are the model's entries for a machine: one for the machine's own layout,
// and where workloads are collected one for each further layout, page size and
// kind of kernel that the plan has.
func (p *Plan) servers(m machine) []server {
	layout := p.layoutOn(m.name)
	list := []server{{p.Slug, layoutFlags(m.attention, layout)}}
	if m.collects {
		list = append(list, p.variants(m.attention, layout)...)
	}
	return list
}

// layoutOn is the layout that the cookbook serves the model with on a machine,
// where that is planned for, else the plan's first.
func (p *Plan) layoutOn(machine string) Layout {
	for _, l := range generate.CookbookServing(p.Repo)[machine] {
		if slices.Contains(p.Layouts, l) {
			return l
		}
	}
	return p.Layouts[0]
}

func layoutFlags(attention string, l Layout) [][]string {
	flags := [][]string{{"--trust-remote-code"}, {"--attention-backend", attention}}
	if l.TP > 1 {
		flags = append(flags, []string{"--tp-size", strconv.Itoa(l.TP)})
	}
	if l.EP > 1 {
		flags = append(flags, []string{"--ep-size", strconv.Itoa(l.EP)})
	}
	return flags
}

func (p *Plan) variants(attention string, layout Layout) []server {
	var list []server
	for _, l := range p.Layouts {
		name := p.Slug
		if l.TP != layout.TP {
			name += fmt.Sprintf("-tp%d", l.TP)
		}
		if l.EP != layout.EP {
			name += fmt.Sprintf("-ep%d", l.EP)
		}
		if name != p.Slug {
			list = append(list, server{name, layoutFlags(attention, l)})
		}
	}
	for _, v := range []struct {
		suffix string
		needs  func(k Kernel) bool
		flag   []string
	}{
		{"-ps64", func(k Kernel) bool { return strings.HasSuffix(k.Name, "_ps64") }, []string{"--page-size", "64"}},
		// Ragged prefill runs outside of the piecewise graph only.
		{"-ragged", func(k Kernel) bool { return k.OpType == "gqa_ragged" || k.OpType == "mla_ragged" }, []string{"--disable-piecewise-cuda-graph"}},
		{"-moe", func(k Kernel) bool { return k.OpType == "moe" && !strings.Contains(k.Name, "routed") }, []string{"--moe-runner-backend", "flashinfer_trtllm"}},
		{"-moe-routed", func(k Kernel) bool { return k.OpType == "moe" && strings.Contains(k.Name, "routed") }, []string{"--moe-runner-backend", "flashinfer_trtllm_routed"}},
	} {
		if slices.ContainsFunc(p.Kernels, v.needs) {
			list = append(list, server{p.Slug + v.suffix, append(layoutFlags(attention, layout), v.flag)})
		}
	}
	return list
}

// place is where an object of the file takes another member.
type place struct {
	at    int // the offset behind its last member, or behind its brace
	empty bool
	has   map[string]bool
}

// InsertServers puts the model's entries into the text of a
// model_configs.json, in its own style and without touching any other byte. Of
// machines that the file does not have, and of names that it has, nothing is
// inserted. It returns what was, as "MACHINE NAME".
func (p *Plan) InsertServers(text []byte) (after []byte, inserted []string, err error) {
	places, err := objects(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", ServingConfigsPath, err)
	}
	newline, unit := style(text)
	type insertion struct {
		at   int
		text string
	}
	var all []insertion
	for _, m := range machines {
		where, there := places[m.name]
		if !there {
			continue
		}
		var b strings.Builder
		empty := where.empty
		for _, s := range p.servers(m) {
			if where.has[s.name] {
				continue
			}
			if !empty {
				b.WriteByte(',')
			}
			empty = false
			b.WriteString(s.text(newline, unit))
			inserted = append(inserted, m.name+" "+s.name)
		}
		if where.empty && b.Len() > 0 && !emptyLine.Match(text[where.at:]) {
			b.WriteString(newline + unit)
		}
		all = append(all, insertion{where.at, b.String()})
	}
	slices.SortFunc(all, func(a, b insertion) int { return b.at - a.at })
	after = slices.Clone(text)
	for _, i := range all {
		after = slices.Insert(after, i.at, []byte(i.text)...)
	}
	return after, inserted, nil
}

// text is the entry as a member of a machine's object.
func (s server) text(newline, unit string) string {
	in := func(depth int) string { return newline + strings.Repeat(unit, depth) }
	var b strings.Builder
	b.WriteString(in(2) + quoted(s.name) + ": {" + in(3) + `"server_flags": [`)
	for i, flag := range s.flags {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(in(4))
		for j, word := range flag {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quoted(word))
		}
	}
	return b.String() + in(3) + "]" + in(2) + "}"
}

func quoted(s string) string {
	data, _ := json.Marshal(s) // a string always marshals
	return string(data)
}

// firstMember is the indentation of the file's first member.
var firstMember = regexp.MustCompile(`^\s*\{[^\n]*?(\r?\n)([ \t]*)"`)

// emptyLine is a line break behind the brace of an object without members.
var emptyLine = regexp.MustCompile(`^[ \t]*\r?\n`)

// style is how the file breaks and indents its lines.
func style(text []byte) (newline, unit string) {
	if m := firstMember.FindSubmatch(text); m != nil && len(m[2]) > 0 {
		return string(m[1]), string(m[2])
	}
	return "\n", "    "
}

// objects finds where each member of the file that is an object takes another
// member.
func objects(text []byte) (map[string]place, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if dec.PeekKind() != jsontext.KindBeginObject {
		return nil, errors.New("it is not a JSON object")
	}
	places := map[string]place{}
	err := members(dec, func(name string) error {
		if dec.PeekKind() != jsontext.KindBeginObject {
			return dec.SkipValue()
		}
		where := place{empty: true, has: map[string]bool{}}
		err := members(dec, func(name string) error {
			where.empty, where.has[name] = false, true
			return dec.SkipValue()
		}, &where.at)
		places[name] = where
		return err
	}, new(int))
	if err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands behind the object")
	}
	return places, nil
}

// members reads an object, calling f for each value, which it has to read. end is
// the offset behind the last of them, or behind the object's brace.
func members(dec *jsontext.Decoder, f func(name string) error, end *int) error {
	for {
		token, err := dec.ReadToken()
		if err != nil || token.Kind() == jsontext.KindEndObject {
			return err
		}
		if token.Kind() == jsontext.KindString {
			err = f(token.String())
		}
		if err != nil {
			return err
		}
		*end = int(dec.InputOffset())
	}
}

// EditServers inserts the model's entries into the model_configs.json of a
// clone; the file is the old one or the new one, never half of it.
func (p *Plan) EditServers(root string) (inserted []string, err error) {
	root, err = filepath.Abs(root)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, fmt.Errorf("editing the serving configs: %w", err)
	}
	path, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(ServingConfigsPath)))
	if err != nil {
		return nil, fmt.Errorf("editing the serving configs: %w", err)
	}
	if !strings.HasPrefix(path, root+string(filepath.Separator)) {
		return nil, &fault.Usage{Message: ServingConfigsPath + " is a link that leads out of the clone: " + path}
	}
	text, err := disk.ReadRegular(path, maxServingConfigs)
	if err != nil {
		return nil, fmt.Errorf("editing the serving configs: %w", err)
	}
	after, inserted, err := p.InsertServers(text)
	if err != nil || len(inserted) == 0 {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("editing the serving configs: %w", err)
	}
	if err := maybe.WriteFile(path, after, info.Mode().Perm()); err != nil {
		return nil, fmt.Errorf("editing the serving configs: %w", err)
	}
	return inserted, nil
}

// noServers is a file of serving configs without any model.
func noServers() []byte {
	var members []string
	for _, m := range machines {
		members = append(members, "    "+quoted(m.name)+": {}")
	}
	return []byte("{\n" + strings.Join(members, ",\n") + "\n}\n")
}
