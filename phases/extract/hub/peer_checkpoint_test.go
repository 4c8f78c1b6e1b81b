package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/extract/hub/fakehub"
)

// flatten writes every tensor of a checkpoint as the peer does, and counts the
// parameters by type.
func flatten(t *testing.T, ck *Checkpoint) (lines []string, parameters map[string]int64) {
	t.Helper()
	parameters = map[string]int64{}
	for _, h := range ck.Headers {
		var tensors map[string]struct {
			DType string  `json:"dtype"`
			Shape []int64 `json:"shape"`
		}
		if err := json.Unmarshal(h.JSON, &tensors); err != nil {
			t.Fatal(err)
		}
		delete(tensors, "__metadata__")
		for name, tensor := range tensors {
			lines = append(lines, fmt.Sprintf("%s %s %s %s", h.Filename, name, tensor.DType, strings.ReplaceAll(fmt.Sprint(tensor.Shape), " ", ", ")))
			n := int64(1)
			for _, d := range tensor.Shape {
				n *= d
			}
			parameters[tensor.DType] += n
		}
	}
	slices.Sort(lines)
	return lines, parameters
}

// TestPeerCheckpoint compares what we read of checkpoints with Python's
// get_safetensors_metadata.
func TestPeerCheckpoint(t *testing.T) {
	p := startPeer(t)
	scenarios := []struct {
		name  string
		repo  *fakehub.Repo
		rules []fakehub.Rule
		wrong bool
	}{
		{name: "one file", repo: single("acme/one", fakehub.Safetensors(map[string]fakehub.Tensor{
			"a.weight": {DType: "F8_E4M3", Shape: []int64{6, 4}}, "b": {DType: "BF16", Shape: []int64{}}, "c": {DType: "I32", Shape: []int64{2, 3, 4}},
		}))},
		{name: "shards", repo: shards(20, true)},
		{name: "shards in git", repo: shards(3, false)},
		{name: "a long header", repo: single("acme/one", long(300_000))},
		{name: "a header over the cap", repo: single("acme/one", long(maxHeader+1)), wrong: true},
		{name: "no checkpoint", repo: fakehub.NewRepo("acme/none", map[string]string{"config.json": "{}"}), wrong: true},
	}
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			b := newCheckpointBench(t, sc.repo)
			b.s.On(sc.rules...)
			ck, err := b.client().Checkpoint(context.Background(), sc.repo.ID, "main", false, nil)
			r := p.run(peerJob{Env: b.peerEnv(filepath.Join(b.home, "peer"), fakehub.Scenario{}), Repo: sc.repo.ID, Revision: "main", Safetensors: true})
			if sc.wrong {
				if err == nil || len(r.Error) == 0 {
					t.Errorf("ours: %v; Python's: %v %s", err, r.Error, r.Message)
				}
				return
			}
			if err != nil || len(r.Error) > 0 {
				t.Fatalf("ours: %v; Python's: %v %s", err, r.Error, r.Message)
			}
			lines, parameters := flatten(t, ck)
			if !slices.Equal(lines, r.Tensors) || !maps.Equal(parameters, r.Parameters) {
				t.Errorf("ours %v %v\nPython's %v %v", lines, parameters, r.Tensors, r.Parameters)
			}
		})
	}
}
