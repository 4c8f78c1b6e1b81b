package generate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fib-ls/fib-ls/phases/extract"
)

// TestJoinedKindsKeepEveryLayer: drawn as one, the kinds of layers hold the
// modules that they hold apart, as often.
func TestJoinedKindsKeepEveryLayer(t *testing.T) {
	joinable := 0
	for name, a := range ownModels(t) {
		rows := FromArchitecture(a)
		apart, err := buildTree(rows, a, false)
		if err != nil {
			t.Fatal(err)
		}
		if !apart.joinable() {
			continue
		}
		joinable++
		joined, err := buildTree(rows, a, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(timesOf(apart.nodes), timesOf(joined.nodes)); diff != "" {
			t.Errorf("%s (-apart +joined):\n%s", name, diff)
		}
		for _, way := range []layout{{joined: true}, {joined: true, nested: true}, {joined: true, deep: true}} {
			_, parts := drawBuilt(joined, rows, way)
			assignKeys(parts)
			keys := map[string]bool{}
			drawn := map[*node]bool{}
			for _, p := range parts {
				if keys[p.key] {
					t.Errorf("%s: %s twice", name, p.key)
				}
				keys[p.key] = true
				drawn[p.node] = true
			}
			for _, n := range joined.nodes {
				if len(n.children) == 0 && !drawn[n] {
					t.Errorf("%s: %s is not drawn", name, n.path)
				}
			}
		}
	}
	if joinable < 5 {
		t.Errorf("%d models with kinds that can be joined", joinable)
	}
}

// timesOf is how often each module is there.
func timesOf(nodes []*node) map[string]int {
	times := map[string]int{}
	for _, n := range nodes {
		if len(n.children) > 0 {
			continue
		}
		key := n.path
		if len(n.rows) > 0 {
			key += " " + signature(n.rows[0])
		}
		times[key] += n.count
	}
	return times
}

// drawModel draws one of ownModels from its config.
func drawModel(t *testing.T, a *extract.Architecture, name string) (*builder, []*part) {
	t.Helper()
	if a == nil {
		t.Fatalf("no model %s", name)
	}
	b, _, parts, err := drawTree(FromArchitecture(a), a)
	if err != nil {
		t.Fatal(err)
	}
	return b, parts
}

// TestEntriesFitOnThePage: no more of these is out of view than of upstream's
// own (docs/drawing.md has the real models, drawn).
func TestEntriesFitOnThePage(t *testing.T) {
	models := ownModels(t)
	for _, name := range []string{"dsa", "gdn-shared-expert", "hash-moe-compressed-attention", "lightning-moe", "sliding-full", "per-layer-heads"} {
		_, parts := drawModel(t, models[name], name)
		if share := shareOutside(parts); share > mostOutside {
			t.Errorf("%s: %.2f of its cards are out of view", name, share)
		}
	}
}

// TestKindsApartWhereTheyFit: kinds of layers stand apart, as upstream has
// them, unless they are too many side by side.
func TestKindsApartWhereTheyFit(t *testing.T) {
	models := ownModels(t)
	for name, want := range map[string]bool{"sliding-full": true, "hash-moe-compressed-attention": true, "nope-rope-interleaved-moe": false, "attention-sinks": false} {
		b, _ := drawModel(t, models[name], name)
		if b.joined != want {
			t.Errorf("%s: joined is %v", name, b.joined)
		}
	}
}
