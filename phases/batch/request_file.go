package batch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/fault"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse reads a batch file: a YAML list whose items take every parameter
// of add (or are the strings below), or a text of lines NAME:ORG/REPO, as the
// original workflow writes them, or ORG/REPO. "#" begins a comment. What an
// item leaves out is taken from common.
func Parse(data []byte, common phases.Request) ([]phases.Request, error) {
	if len(data) > MaxFile {
		return nil, &fault.Usage{Message: fmt.Sprintf("the batch has more than %d bytes", MaxFile)}
	}
	parse := parseLines
	if isYAMLList(data) {
		parse = parseYAML
	}
	requests, err := parse(data, common)
	if err == nil && len(requests) == 0 {
		err = &fault.Usage{Message: "the batch names no model"}
	}
	return requests, err
}

func parseLines(data []byte, common phases.Request) ([]phases.Request, error) {
	var requests []phases.Request
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		req, err := parseLine(line, common)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		requests = append(requests, req)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the batch: %w", err)
	}
	return requests, nil
}

// isYAMLList reports whether the first line that is not blank or a comment
// begins a YAML list.
func isYAMLList(data []byte) bool {
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' || bytes.Equal(line, []byte("---")) {
			continue
		}
		return line[0] == '[' || bytes.HasPrefix(line, []byte("- ")) || bytes.Equal(line, []byte("-"))
	}
	return false
}

// MaxFile bounds a batch file: some five thousand models.
const MaxFile = 256 << 10

// plainYAML refuses what no batch needs and what makes a YAML reader run
// without end: nesting deeper than a request has, and aliases, each of which
// may stand for a copy of all before it.
func plainYAML(data []byte) error {
	const deepest = 16
	depth, dashes, line := 0, 0, 0
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Position != nil && t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return &fault.Usage{Message: fmt.Sprintf("line %d of the batch: anchors and aliases are not read in a batch", line)}
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType, token.TagType:
			dashes++
		case token.CollectEntryType:
			dashes = 0
		}
		if depth > deepest || dashes > deepest {
			return &fault.Usage{Message: fmt.Sprintf("line %d of the batch: nested deeper than a batch is", line)}
		}
	}
	return nil
}

// yamlItems reads a list's items. The text is parsed once: unmarshalling into
// raw messages takes time with the square of their number.
func yamlItems(data []byte) ([]ast.Node, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil:
		case *ast.SequenceNode:
			return body.Values, nil
		default:
			return nil, errors.New("its first value is not a list")
		}
	}
	return nil, nil
}

func parseYAML(data []byte, common phases.Request) ([]phases.Request, error) {
	if err := plainYAML(data); err != nil {
		return nil, err
	}
	items, err := yamlItems(data)
	if err != nil {
		return nil, &fault.Usage{Message: "the batch is not a YAML list: " + yaml.FormatError(err, false, true)}
	}
	var requests []phases.Request
	for i, item := range items {
		var line string
		if yaml.NodeToValue(item, &line) == nil {
			req, err := parseLine(line, common)
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			requests = append(requests, req)
			continue
		}
		req, err := parseItem(item, common)
		if err != nil {
			return nil, &fault.Usage{Message: fmt.Sprintf("item %d of the batch: %s", i+1, yaml.FormatError(err, false, true))}
		}
		if req.ModelName == "" && req.HFRepoID == "" && req.Config == "" {
			return nil, &fault.Usage{Message: fmt.Sprintf("item %d of the batch names no model: give hf_repo_id or config", i+1)}
		}
		requests = append(requests, req)
	}
	return requests, nil
}

// yamlItem is an item of the YAML list: a request, with the values that the
// command line takes in several spellings.
type yamlItem struct {
	phases.Request `yaml:",inline"`
	TP             *yamlText  `yaml:"tp"`
	EP             *yamlText  `yaml:"ep"`
	PageSizes      *yamlTexts `yaml:"page_size"`
	Set            *yamlPairs `yaml:"set"`
	TypeCheck      *yamlText  `yaml:"typecheck"`
}

// parseItem reads one item over what is common to all.
func parseItem(node ast.Node, common phases.Request) (phases.Request, error) {
	item := yamlItem{Request: common.Clone()}
	if err := yaml.NodeToValue(node, &item, yaml.DisallowUnknownField()); err != nil {
		return item.Request, err
	}
	req := item.Request
	for _, p := range []struct {
		key   string
		text  *yamlText
		value *int
	}{{"tp", item.TP, &req.TP}, {"ep", item.EP, &req.EP}} {
		if p.text == nil {
			continue
		}
		n, err := strconv.Atoi(string(*p.text))
		switch {
		case *p.text == "auto":
			n = 0
		case err != nil || n < 1:
			return req, fmt.Errorf("%s: %q: a number, or auto", p.key, string(*p.text))
		}
		*p.value = n
	}
	if item.TypeCheck != nil {
		mode, err := typecheck.ParseMode(string(*item.TypeCheck))
		if err != nil {
			return req, fmt.Errorf("typecheck: %w", err)
		}
		req.TypeCheck = mode
	}
	if item.PageSizes != nil {
		req.PageSizes = nil
		for _, text := range *item.PageSizes {
			n, err := strconv.Atoi(text)
			if err != nil {
				return req, fmt.Errorf("page_size: %q is not a number", text)
			}
			req.PageSizes = append(req.PageSizes, n)
		}
	}
	if item.Set != nil {
		maps.Copy(req.Set, *item.Set)
	}
	return req, nil
}

// yamlText is a scalar as it is written: 8, "8" and auto alike.
type yamlText string

// UnmarshalYAML keeps the scalar's own text.
func (t *yamlText) UnmarshalYAML(node ast.Node) error {
	text, err := scalarText(node)
	*t = yamlText(text)
	return err
}

// scalarText is the text of a scalar without quotes.
func scalarText(node ast.Node) (string, error) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, nil
	case ast.ScalarNode:
		return node.GetToken().Value, nil
	}
	return "", errors.New("a single value belongs here, not a list or a mapping")
}

// yamlTexts are page sizes: 64, "1,64" or [1, 64].
type yamlTexts []string

// UnmarshalYAML reads a scalar with commas, or a list.
func (t *yamlTexts) UnmarshalYAML(node ast.Node) error {
	*t = nil
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		text, err := scalarText(node)
		for part := range strings.SplitSeq(text, ",") {
			*t = append(*t, strings.TrimSpace(part))
		}
		return err
	}
	for _, item := range list.Values {
		text, err := scalarText(item)
		if err != nil {
			return err
		}
		*t = append(*t, text)
	}
	return nil
}

// yamlPairs are config fields: a mapping, or a list of key=value.
type yamlPairs map[string]string

// UnmarshalYAML reads either form.
func (p *yamlPairs) UnmarshalYAML(node ast.Node) error {
	var mapping map[string]yamlText
	*p = yamlPairs{}
	if yaml.NodeToValue(node, &mapping) == nil {
		for key, value := range mapping {
			(*p)[key] = string(value)
		}
		return nil
	}
	var list []string
	if err := yaml.NodeToValue(node, &list); err != nil {
		return errors.New("set: write a mapping, or a list of key=value")
	}
	for _, item := range list {
		key, value, ok := strings.Cut(item, "=")
		if !ok || key == "" {
			return fmt.Errorf("set: %q: write key=value", item)
		}
		(*p)[key] = value
	}
	return nil
}

// NamedRepo splits NAME=ORG/REPO or NAME:ORG/REPO. A web address has a colon
// of its own: ok is false, and repo is all of the text, when no name is given.
func NamedRepo(text string) (name, repo string, ok bool) {
	i := strings.IndexByte(text, '=')
	if i < 0 || strings.Contains(text[:i], "://") {
		i = strings.IndexByte(text, ':')
	}
	if i < 0 || strings.HasPrefix(text[i:], "://") {
		return "", text, false
	}
	return text[:i], text[i+1:], true
}

// parseLine reads NAME:ORG/REPO, NAME=ORG/REPO or ORG/REPO.
func parseLine(line string, common phases.Request) (phases.Request, error) {
	req := common.Clone()
	name, repo, ok := NamedRepo(line)
	name, repo = strings.TrimSpace(name), strings.TrimSpace(repo)
	if repo == "" || ok && name == "" || strings.ContainsAny(repo, " \t") {
		return req, &fault.Usage{Message: fmt.Sprintf("%q: write NAME:ORG/REPO or ORG/REPO", line)}
	}
	req.ModelName, req.HFRepoID = name, repo
	return req, nil
}
