package onboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/fib-ls/fib-ls/phases/disk"
)

// maxManifest bounds a run manifest: upstream's have some kilobytes.
const maxManifest = 16 << 20

// later are the fields of the phases after plan, as a new kernel has them.
var later = map[string]any{
	"phase2_status": nil, "phase2_method": nil, "phase3_status": nil, "workload_entries": nil, "fi_issue_url": nil,
}

// ManifestPath is where upstream's run manifest of a day stands.
func (p *Plan) ManifestPath(day time.Time) string {
	return filepath.Join("tmp", "onboard_"+p.Slug+"_"+day.Format("20060102")+".json")
}

// Manifest merges the plan into a run manifest: what other phases wrote stays,
// kernels that are there keep their classification unless refresh is given.
func (p *Plan) Manifest(before []byte, day time.Time, refresh bool) ([]byte, error) {
	manifest := map[string]any{}
	if len(before) > 0 {
		if err := json.Unmarshal(before, &manifest); err != nil {
			return nil, fmt.Errorf("the manifest is not JSON: %w", err)
		}
	}
	manifest["model_slug"], manifest["hf_repo_id"] = p.Slug, p.Repo
	if _, there := manifest["date"]; !there {
		manifest["date"] = day.Format("2006-01-02")
	}
	shas, _ := manifest["repo_shas"].(map[string]any)
	if shas == nil {
		shas = map[string]any{}
	}
	for repo, version := range p.commits {
		if _, there := shas[repo]; !there || refresh && version != "" {
			shas[repo] = version
		}
	}
	manifest["repo_shas"] = shas
	manifest["kernels"] = p.merge(manifest["kernels"], refresh)
	if _, there := manifest["phase4"]; !there {
		manifest["phase4"] = map[string]any{}
	}
	data, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// merge puts the plan's kernels among those of a manifest.
func (p *Plan) merge(before any, refresh bool) []any {
	kernels, _ := before.([]any)
	at := map[string]map[string]any{}
	for _, k := range kernels {
		if row, ok := k.(map[string]any); ok {
			name, _ := row["definition_name"].(string)
			at[name] = row
		}
	}
	for _, k := range p.Kernels {
		// What else stands there belongs to the phases after it.
		fresh := map[string]any{
			"definition_name": k.Name, "op_type": k.OpType, "phase1_status": k.Phase1,
			"fi_status": k.FI, "fi_trace_template": k.Template, "sgl_status": k.SGL,
		}
		row, there := at[k.Name]
		switch {
		case !there:
			maps.Copy(fresh, later)
			kernels = append(kernels, fresh)
		case refresh:
			maps.Copy(row, fresh)
		}
	}
	return kernels
}

// WriteManifest merges the plan into the manifest at a path, which may not be
// there yet.
func (p *Plan) WriteManifest(path string, day time.Time, refresh bool) error {
	before, err := disk.ReadRegular(path, maxManifest)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	data, err := p.Manifest(before, day, refresh)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}
