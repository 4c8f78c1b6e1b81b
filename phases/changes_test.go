package phases_test

import (
	"context"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases"
)

// TestChanges: an update says of each thing that it changes what it was, what it
// becomes and why, and tells a key that is called otherwise from a number that
// was wrong.
func TestChanges(t *testing.T) {
	env := closedEnv(t)
	prepare := func(update bool) *phases.Result {
		r, err := phases.Prepare(context.Background(), env, phases.Request{HFRepoID: "Qwen/Qwen3-8B", Offline: true, Update: update})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	made := prepare(false)
	if err := phases.Place(made, nil); err != nil {
		t.Fatal(err)
	}
	if made.Changes() != nil {
		t.Errorf("a new entry changes nothing that is there: %v", made.Changes())
	}
	wrong := strings.NewReplacer(
		"layers: {\n        count: 36", "layers: {\n        // fib: ignore config-layer-count\n        count: 35",
		"qkv_proj: {", "qkv: {", "gemm_n4096_k12288", "gemm_n4096_k12289", `"rope_with_cos`, `"rope_which_cos`,
	).Replace(string(made.Edited))
	if wrong == string(made.Edited) {
		t.Fatal("nothing was spoilt")
	}
	r := prepare(true)
	if err := phases.Place(r, []byte(wrong)); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"renamed qkv qkv_proj", "corrected 35 36", "corrected gemm_n4096_k12289 gemm_n4096_k12288",
	}
	var lines []string
	for _, c := range r.Changes() {
		line := string(c.Kind) + " " + c.Old + " " + c.New
		lines = append(lines, c.String())
		for i, w := range want {
			if w == line {
				want = append(want[:i], want[i+1:]...)
				break
			}
		}
		if c.Why == "" || c.Line < 1 || !strings.Contains(strings.Split(wrong, "\n")[c.Line-1], strings.Trim(c.Old, `"`)) {
			t.Errorf("%s", c)
		}
	}
	text := strings.Join(lines, "\n")
	if len(want) > 0 {
		t.Errorf("lacks %q:\n%s", want, text)
	}
	if !strings.Contains(text, "num_hidden_layers = 36") {
		t.Errorf("the count has no reason out of the config:\n%s", text)
	}
	t.Log(text)
}
