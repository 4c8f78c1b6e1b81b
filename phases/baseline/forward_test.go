package baseline_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fib-ls/fib-ls/phases/baseline"
	"github.com/fib-ls/fib-ls/phases/baseline/pyeval"
)

// TestEveryLayerIsCalled holds that the walk through forward() finds a call of
// every norm, linear, attention and MoE layer.
func TestEveryLayerIsCalled(t *testing.T) {
	r := baseline.NewReader(baseline.NewEmbedded(), nil)
	for arch, cfg := range realConfigs(t) {
		impl, err := r.Analyse(context.Background(), arch, cfg, nil, baseline.Options{})
		if isUnregistered(err) {
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", arch, err)
			continue
		}
		called := map[string]bool{}
		for _, c := range impl.Calls {
			called[c.Path] = true
		}
		for _, m := range impl.Modules {
			switch m.Type {
			case baseline.TypeNorm, baseline.TypeLinear, baseline.TypeAttention, baseline.TypeMoE, baseline.TypeLinearAttention, baseline.TypeLMHead:
				if !called[m.Path] && m.Tied == "" {
					t.Errorf("%s: %s %s is never called", arch, m.Path, m.Class)
				}
			}
		}
	}
}

// TestNormsBehindCommunicator holds that the norm before attention runs alone
// in the first layer and with the residual in later ones, and that what the
// communicator runs after it is seen, on CUDA only.
func TestNormsBehindCommunicator(t *testing.T) {
	for _, name := range []string{"llama", "qwen3-moe", "deepseek-v3"} {
		impl := analyseTestdata(t, baseline.NewEmbedded(), name)
		kernels := map[string]bool{}
		latent := ""
		for _, c := range impl.Calls {
			if c.Path == "model.layers.input_layernorm" {
				kernels[c.Function] = true
			}
			if pyeval.LastPart(c.Path) == "fused_qkv_a_proj_with_mqa" {
				latent += c.Method + ";"
			}
			if strings.Contains(c.Location, "rocm") || strings.Contains(c.Location, "_cpu") {
				t.Errorf("%s: %s is called for other hardware at %s", name, c.Path, c.Location)
			}
		}
		if !kernels["rmsnorm"] || !kernels["fused_add_rmsnorm"] || len(kernels) != 2 {
			t.Errorf("%s: the norm before attention runs %v", name, kernels)
		}
		if name == "deepseek-v3" && latent != "DeepseekV2AttentionMLA.prepare_qkv_latent;" {
			t.Errorf("the latent projection is called in %q", latent)
		}
	}
}

// TestRouterWeight holds that a bare weight's call is where it is multiplied,
// not where it is looked at.
func TestRouterWeight(t *testing.T) {
	impl := analyseTestdata(t, baseline.NewEmbedded(), "deepseek-v3")
	found := false
	for _, c := range impl.Calls {
		if pyeval.LastPart(c.Path) != "weight" {
			continue
		}
		found = true
		if !strings.Contains(c.Parameters["args"], "self.weight") || !strings.HasSuffix(c.BaselineImpl, ":MoEGate.forward") {
			t.Errorf("%s calls %q, runs %q", c.Location, c.Parameters["args"], c.BaselineImpl)
		}
	}
	if !found {
		t.Error("the router's weight is not called")
	}
}

// TestGateIsNoResidual holds that the second argument of a gated norm is not
// taken for the residual, in whatever name the class has.
func TestGateIsNoResidual(t *testing.T) {
	text := readConfig(t, filepath.Join("testdata", "configs", "qwen3-next.json"))
	for _, entry := range []string{"Qwen3NextForCausalLM", "Qwen3_5ForConditionalGeneration"} {
		impl, err := baseline.NewReader(baseline.NewEmbedded(), nil).Analyse(context.Background(), entry, text, text, baseline.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, c := range impl.Calls {
			if !strings.HasSuffix(c.Path, "linear_attn.norm") {
				continue
			}
			found = true
			if c.Function != "rmsnorm_gated" || len(c.FlashInfer) > 0 {
				t.Errorf("%s: %s runs %s, %v", entry, c.Path, c.Function, c.FlashInfer)
			}
		}
		if !found {
			t.Errorf("%s: no gated norm in %d calls; %v", entry, len(impl.Calls), impl.Undecided)
		}
	}
}
