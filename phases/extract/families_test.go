package extract

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the expectations anew")

// TestFamilies reads small configs of one kind each, with what differs in the
// kind, and holds the layers that come out: testdata/families/*.txtar has a
// config.json, the error or the layers (want), as transformers builds them.
func TestFamilies(t *testing.T) {
	files, err := filepath.Glob("testdata/families/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := layersText(Read(archive.Files[0].Data, Options{}))
			if *update {
				archive.Files = append(archive.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// layersText writes the schedule and the sizes of every kind of layer.
func layersText(a *Architecture, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	sizes := func(list []Dimension) {
		for _, d := range list {
			fmt.Fprintf(&b, "  %s", d.Name)
			if d.Times > 1 {
				fmt.Fprintf(&b, " x%d", d.Times)
			}
			if d.Type != "linear" {
				fmt.Fprintf(&b, " %s", strings.TrimSpace(d.Type+" "+d.Norm))
			}
			fmt.Fprintf(&b, " %d", d.N)
			if d.K > 0 {
				fmt.Fprintf(&b, " %d", d.K)
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%d layers, tied %v\n", a.NumLayers, a.TieWordEmbeddings)
	for _, run := range a.LayerSchedule {
		fmt.Fprintf(&b, "%d-%d %s %s\n", run.First, run.First+run.Count-1, run.Attention, run.MLP)
	}
	for _, k := range a.AttentionKinds {
		fmt.Fprintf(&b, "%s: heads %d kv %d width %d rotary %d window %d\n", k.ID, k.NumHeads, k.NumKVHeads, k.HeadDim, k.RotaryDim, k.SlidingWindow)
		sizes(k.Dimensions)
		sizes(k.Norms)
	}
	for _, k := range a.MLPKinds {
		fmt.Fprintf(&b, "%s:", k.ID)
		if k.MoE != nil {
			fmt.Fprintf(&b, " %d experts of %d, top %d, %s", k.MoE.NumExperts, k.MoE.MoEIntermediateSize, k.MoE.NumExpertsPerTok, k.MoE.Routing)
		}
		b.WriteByte('\n')
		sizes(k.Dimensions)
		sizes(k.Norms)
	}
	if len(a.Extra) > 0 {
		b.WriteString("once:\n")
		sizes(a.Extra)
	}
	for _, doubt := range a.Doubts {
		b.WriteString("doubt: " + doubt + "\n")
	}
	return b.String()
}
