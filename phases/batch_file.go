package phases

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// ParseBatch reads a batch file: a YAML list whose items take every parameter
// of add (or are the strings below), or a text of lines NAME:ORG/REPO, as the
// original workflow writes them, or ORG/REPO. "#" begins a comment. What an
// item leaves out is taken from common.
func ParseBatch(data []byte, common Request) ([]Request, error) {
	if isYAMLList(data) {
		return parseBatchYAML(data, common)
	}
	var requests []Request
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		req, err := parseBatchLine(line, common)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		requests = append(requests, req)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the batch: %w", err)
	}
	if len(requests) == 0 {
		return nil, &UsageError{Message: "the batch names no model"}
	}
	return requests, nil
}

// isYAMLList says whether the first line that is not blank or a comment
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

func parseBatchYAML(data []byte, common Request) ([]Request, error) {
	var items []yaml.RawMessage
	if err := yaml.Unmarshal(data, &items); err != nil {
		return nil, &UsageError{Message: "the batch is not a YAML list: " + yaml.FormatError(err, false, true)}
	}
	var requests []Request
	for i, item := range items {
		var line string
		if yaml.Unmarshal(item, &line) == nil {
			req, err := parseBatchLine(line, common)
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			requests = append(requests, req)
			continue
		}
		req := common.clone()
		if err := yaml.UnmarshalWithOptions(item, &req, yaml.DisallowUnknownField()); err != nil {
			return nil, &UsageError{Message: fmt.Sprintf("item %d of the batch: %s", i+1, yaml.FormatError(err, false, true))}
		}
		if req.ModelName == "" && req.HFRepoID == "" && req.Config == "" {
			return nil, &UsageError{Message: fmt.Sprintf("item %d of the batch names no model: give hf_repo_id or config", i+1)}
		}
		requests = append(requests, req)
	}
	if len(requests) == 0 {
		return nil, &UsageError{Message: "the batch names no model"}
	}
	return requests, nil
}

// parseBatchLine reads NAME:ORG/REPO, NAME=ORG/REPO or ORG/REPO.
func parseBatchLine(line string, common Request) (Request, error) {
	req := common.clone()
	name, repo, ok := strings.Cut(line, "=")
	if !ok {
		name, repo, ok = strings.Cut(line, ":")
	}
	if !ok {
		name, repo = "", line
	}
	name, repo = strings.TrimSpace(name), strings.TrimSpace(repo)
	if repo == "" || ok && name == "" || strings.ContainsAny(repo, " \t") {
		return req, &UsageError{Message: fmt.Sprintf("%q: write NAME:ORG/REPO or ORG/REPO", line)}
	}
	req.ModelName, req.HFRepoID = name, repo
	return req, nil
}

// clone copies a request so that items do not share maps or slices.
func (r Request) clone() Request {
	c := r
	c.PageSizes = append([]int(nil), r.PageSizes...)
	c.Set = make(map[string]string, len(r.Set))
	for k, v := range r.Set {
		c.Set[k] = v
	}
	return c
}
