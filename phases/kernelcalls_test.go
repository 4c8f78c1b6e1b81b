package phases_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/definition"
	"github.com/fib-ls/fib-ls/phases/dispatch"
	"github.com/fib-ls/fib-ls/phases/report"
)

// realModel prepares one of testdata/models.
func realModel(t *testing.T, env *phases.Env, name string, tp int, quantization string) *phases.Result {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("..", "testdata", "models", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name+".json")
	if err := os.WriteFile(file, archive.Files[0].Data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := phases.Prepare(t.Context(), env, phases.Request{ModelName: strings.ReplaceAll(name, "_", "-"), Config: file, Offline: true, TP: tp, EP: 1, Quantization: quantization})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func kernelRows(r *phases.Result) []dispatch.Row {
	run := r.Report()
	m := dispatch.New(run.Architecture, run.Implementation, dispatch.Options{TP: run.Parallelism.TP, EP: run.Parallelism.EP, Quantization: run.Quantization})
	return m.Rows(run.Implementation.Calls, run.DefinitionsOf)
}

// runsWords shows runs as "prefill FUNCTION NAME, NAME; decode …".
func runsWords(runs []dispatch.Run) string {
	var parts []string
	for _, run := range runs {
		parts = append(parts, strings.TrimSpace(strings.TrimSpace(run.Phase+" "+run.Function)+" "+strings.Join(run.TraceNames, ", ")))
	}
	return strings.Join(parts, "; ")
}

// TestKernelsThatRun: what real models run on each GPU, read by hand off
// SGLang 0.5.23 and FlashInfer 0.7.2.
func TestKernelsThatRun(t *testing.T) {
	const (
		fa3    = "sglang.srt.layers.attention.flashattention_backend"
		rope   = "sglang.kernels.ops.attention.rope.apply_rope_with_cos_sin_cache_inplace"
		flash  = "sglang.kernels.ops.attention.flash_attention."
		ragged = "flashinfer.prefill.trtllm_ragged_attention_deepseek trtllm_ragged_attention_deepseek_h128_d_qk192_d_v128"
		latent = "flashinfer.mla._core.trtllm_batch_decode_with_kv_cache_mla "
		moe    = "flashinfer.fused_moe.core."
		triton = "sglang.srt.layers.moe.moe_runner.triton"
	)
	gqa := func(sizes string) string {
		return "prefill flashinfer.prefill.trtllm_batch_context_with_kv_cache trtllm_batch_context_" + sizes + "_ps64; decode flashinfer.decode.trtllm_batch_decode_with_kv_cache trtllm_batch_decode_" + sizes + "_ps64"
	}
	env := closedEnv(t)
	for _, test := range []struct {
		model, path, kernel, definition, sm90, sm100 string
	}{
		{"llama-3.1-8b", "model.layers.self_attn.attn", "attention", "gqa_paged_prefill_causal_h32_kv8_d128_ps1", fa3, gqa("h32_kv8_d128")},
		{"llama-3.1-8b", "model.layers.self_attn.rotary_emb", "rope", "rope_with_cos_sin_cache_neox_style_d128_rd128", rope, rope},
		{"deepseek-v3", "model.layers.self_attn.attn_mha", "mla_ragged_attention", "mla_ragged_prefill_causal_h128_qk192_vo128", fa3, ragged},
		{"deepseek-v3", "model.layers.self_attn.attn_mqa", "mla_paged_attention", "mla_paged_prefill_causal_h128_ckv512_kpe64_ps1", fa3, latent + "trtllm_batch_decode_mla_dense_h128_d_qk576_ckv512_kpe64_nope128_ps64"},
		{"deepseek-v3", "model.layers.mlp.experts", "moe", "moe_fp8_block_scale_ds_routing_topk8_ng8_kg4_e256_h7168_i2048", triton, moe + "trtllm_fp8_block_scale_moe moe_fp8_block_scale_ds_routing_topk8_ng8_kg4_e256_h7168_i2048"},
		{"deepseek-v3.2", "model.layers.self_attn.attn_mha", "mla_ragged_attention", "mla_ragged_prefill_causal_h128_qk192_vo128", flash + "flash_attn_varlen_func", ragged},
		{"deepseek-v3.2", "model.layers.self_attn.attn_mqa", "dsa_sparse_attention", "dsa_sparse_attention_h128_ckv512_kpe64_topk2048_ps1",
			"prefill sglang.kernels.ops.attention.flash_mla_interface.flash_mla_sparse_fwd; decode " + flash + "flash_attn_with_kvcache",
			latent + "trtllm_batch_decode_mla_sparse_h128_d_qk576_ckv512_kpe64_nope128_ps64_topk2048"},
		{"deepseek-v3.2", "model.layers.self_attn.indexer", "dsa_topk_indexer", "dsa_topk_indexer_fp8_h64_d128_topk2048_ps64", "sglang.srt.layers.attention.dsa.dsa_indexer", "sglang.srt.layers.attention.dsa.dsa_indexer"},
		{"deepseek-v2-lite-chat", "model.layers.self_attn.attn_mqa", "mla_paged_attention", "mla_paged_prefill_causal_h16_ckv512_kpe64_ps1", fa3, "flashinfer.mla._batch_mla._wrapper.BatchMLAPagedAttentionWrapper.run mla_paged_decode_h16_ckv512_kpe64_ps1"},
		{"gemma-3-27b-it", "language_model.model.layers.input_layernorm", "gemma_rmsnorm", "rmsnorm_h5376", "flashinfer.norm.gemma_rmsnorm gemma_rmsnorm_h5376", "flashinfer.norm.gemma_rmsnorm gemma_rmsnorm_h5376"},
		{"gemma-4-31b", "language_model.layers.self_attn.q_norm", "rmsnorm", "rmsnorm_h256", "sglang.kernels.ops.layernorm.gemma4_fused_ops.gemma_qkv_rmsnorm", "sglang.kernels.ops.layernorm.gemma4_fused_ops.gemma_qkv_rmsnorm"},
		{"gemma-4-31b", "language_model.layers.input_layernorm", "rmsnorm", "rmsnorm_h5376", "flashinfer.norm.rmsnorm rmsnorm_h5376", "flashinfer.norm.rmsnorm rmsnorm_h5376"},
		{"qwen3-30b-a3b-fp8", "model.layers.self_attn.q_norm", "rmsnorm", "rmsnorm_h128", "sglang.kernels.ops.layernorm.norm.fused_inplace_qknorm", "sglang.kernels.ops.layernorm.norm.fused_inplace_qknorm"},
		{"qwen3-30b-a3b-fp8", "model.layers.mlp.experts", "moe", "moe_fp8_block_scale_renorm_topk8_e128_h2048_i768", triton, moe + "trtllm_fp8_block_scale_moe moe_fp8_block_scale_renormalize_routing_topk8_e128_h2048_i768"},
		{"qwen3-30b-a3b-fp8", "model.layers.mlp.gate", "gemm", "gemm_n128_k2048", "torch.nn.functional.linear", "sglang.kernels.ops.gemm.cutedsl_bf16_gemm"},
		{"qwen3-30b-a3b-fp8", "model.layers.self_attn.o_proj", "gemm", "gemm_n2048_k4096", "sglang.srt.layers.deep_gemm_wrapper", "sglang.srt.layers.deep_gemm_wrapper"},
		{"qwen3-next-80b-a3b-instruct", "model.layers.linear_attn.attn", "linear_attention", "gdn_prefill_qk16_v32_d128_k_last",
			"prefill flashinfer.gdn_prefill.chunk_gated_delta_rule gdn_prefill_qk16_v32_d128; decode sglang.srt.layers.attention.linear.kernels.gdn_triton", "sglang.srt.layers.attention.linear.kernels.gdn_triton"},
		{"qwen3-next-80b-a3b-instruct", "model.layers.mlp.experts", "moe", "", triton, moe + "trtllm_bf16_moe trtllm_bf16_moe_topk10_e512_h2048_i512"},
		{"gpt-oss-120b", "model.layers.mlp.router", "gemm", "gemm_n128_k2880", "flashinfer.gemm.routergemm.tinygemm_bf16 tinygemm_bf16_n128_k2880", "flashinfer.gemm.routergemm.tinygemm_bf16 tinygemm_bf16_n128_k2880"},
	} {
		rows := kernelRows(realModel(t, env, test.model, 1, ""))
		i := slices.IndexFunc(rows, func(r dispatch.Row) bool { return r.Module == test.path && r.Kernel == test.kernel })
		if i < 0 {
			t.Errorf("%s: no call of %s runs %s", test.model, test.path, test.kernel)
			continue
		}
		for _, row := range rows { // what runs and what stands for it dump under one name where they are one function
			for _, run := range append(slices.Clone(row.Runs[dispatch.SM90]), row.Runs[dispatch.SM100]...) {
				for _, name := range run.TraceNames {
					if len(row.TraceNames) > 0 && slices.Contains(row.FlashInfer, run.Function) && !slices.Contains(row.TraceNames, name) {
						t.Errorf("%s %s: %s dumps %s and is said to dump %v", test.model, row.Module, run.Function, name, row.TraceNames)
					}
				}
			}
		}
		if got := rows[i].Equivalent; got != test.definition {
			t.Errorf("%s %s: equivalent to %q, want %q", test.model, test.path, got, test.definition)
		}
		for gpu, want := range map[string]string{dispatch.SM90: test.sm90, dispatch.SM100: test.sm100} {
			if got := runsWords(rows[i].Runs[gpu]); got != want {
				t.Errorf("%s %s on %s runs\n%s\nwant\n%s", test.model, test.path, gpu, got, want)
			}
		}
	}
}

// TestTableOfAngles: a rotary embedding that is given no queries and keys makes
// the table that another call turns them by, which no function of FlashInfer
// does; nor does an entry name a Definition of it.
func TestTableOfAngles(t *testing.T) {
	env := closedEnv(t)
	for model, turns := range map[string]bool{"gemma-3-27b-it": false, "llama-3.1-8b": true, "deepseek-v3": true} {
		seen := false
		result := realModel(t, env, model, 1, "")
		named := slices.ContainsFunc(result.Definitions, func(d report.Definition) bool { return d.OpType == "rope" })
		if want := model == "llama-3.1-8b"; named != want { // an entry with MLA names none
			t.Errorf("%s: the entry names a rope Definition: %v, want %v", model, named, want)
		}
		for _, row := range kernelRows(result) {
			if row.Kernel != "rope" {
				continue
			}
			seen = true
			if (len(row.FlashInfer) > 0) != turns {
				t.Errorf("%s %s: FlashInfer's %v", model, row.Module, row.FlashInfer)
			}
		}
		if !seen {
			t.Errorf("%s calls no rotary embedding", model)
		}
	}
}

// TestKernelsOnOneDevice: the numbers of trace names are those of one device.
func TestKernelsOnOneDevice(t *testing.T) {
	rows := kernelRows(realModel(t, closedEnv(t), "qwen3-30b-a3b-fp8", 2, ""))
	want := map[string]string{
		"model.layers.self_attn.attn": "trtllm_batch_context_h16_kv2_d128_ps64",
		"model.layers.mlp.experts":    "moe_fp8_block_scale_renormalize_routing_topk8_e128_h2048_i384",
	}
	for _, row := range rows {
		for _, run := range row.Runs[dispatch.SM100] {
			if name := want[row.Module]; name != "" && run.Phase != "decode" {
				if !slices.Equal(run.TraceNames, []string{name}) {
					t.Errorf("%s dumps %v, want %s", row.Module, run.TraceNames, name)
				}
				delete(want, row.Module)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("not run: %v", want)
	}
}

// TestKernelsAsServed: a quantisation that is asked for decides the experts'
// kernel, as it decides their Definitions.
func TestKernelsAsServed(t *testing.T) {
	for _, row := range kernelRows(realModel(t, closedEnv(t), "deepseek-v3", 1, "nvfp4")) {
		if row.Kernel != "moe" {
			continue
		}
		const want = "flashinfer.fused_moe.core.trtllm_fp4_block_scale_moe moe_fp4_block_scale_ds_routing_topk8_e256_h7168_i2048_act3_ng8_kg4"
		if got := runsWords(row.Runs[dispatch.SM100]); got != want || row.Equivalent != "trtllm_fp4_block_scale_moe_topk8_e256_h7168_i2048" {
			t.Errorf("%s runs %s, equivalent to %s", row.Module, got, row.Equivalent)
		}
		if got := runsWords(row.Runs[dispatch.SM90]); got != "sglang.srt.layers.moe.moe_runner.marlin" {
			t.Errorf("on sm90 %s runs %s", row.Module, got)
		}
		return
	}
	t.Error("no experts are called")
}

// TestKernelCallsAgree holds kernel_calls.json of real models to itself: a
// call has Definitions of its own kind, names that parse, and FlashInfer's
// equivalents beside them; the summary shows what runs.
func TestKernelCallsAgree(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "models", "*.txtar"))
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	env := closedEnv(t)
	for i, file := range files {
		if i%4 != 0 { // a quarter, of all kinds
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		r := realModel(t, env, name, 1, "")
		rows := kernelRows(r)
		for _, row := range rows {
			if strings.HasPrefix(row.Kernel, "mla_ragged") && strings.Contains(row.Equivalent, "dsa_") || row.Kernel == "moe" && strings.HasPrefix(row.Equivalent, "gemm") {
				t.Errorf("%s: %s runs %s and is equivalent to %s", name, row.Module, row.Kernel, row.Equivalent)
			}
			for _, gpu := range dispatch.GPUs {
				for _, run := range row.Runs[gpu] {
					for _, trace := range run.TraceNames {
						if _, err := definition.Parse(trace); err != nil {
							t.Errorf("%s: %v", name, err)
						}
					}
				}
			}
		}
		if summary := report.Summary(r.Report()); !strings.Contains(summary, "## Kernels That Run") {
			t.Errorf("%s: the summary does not say what runs", name)
		}
	}
}
