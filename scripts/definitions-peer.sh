#!/bin/sh
# Installs flashinfer-bench, pinned, under .cache/ of the project and loads a
# Definition of every family that `fib-ls define` writes through its Definition
# model; with torch at hand also computes the references of small ones and holds
# them to formulas, and to the references of FlashInfer's trace templates. Installs no torch of its own: that of scripts/checkpoints.sh
# is taken where it is, else the interpreter's. Says what was and what was not
# checked.
#
#   scripts/definitions-peer.sh [FIB-LS]     FIB-LS: the binary, built when not given
#
# Needs python3 (3.10 or later, with venv) and PyPI; PYTHON names another
# interpreter (one that has torch, say). Exits 3 with the reason when it cannot
# install.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
requirements=$root/scripts/definitions-peer-requirements.txt
version=$(sed -n 's/^flashinfer-bench==//p' "$requirements")
flashinfer=$(sed -n 's/^flashinfer-python==//p' "$requirements")
venv=$root/.cache/venv-definitions-$version-$flashinfer
python=${PYTHON:-python3}

say() { echo "definitions-peer: $*" >&2; }

if [ ! -f "$venv/complete" ]; then
	command -v "$python" >/dev/null 2>&1 || { say "no $python on PATH"; exit 3; }
	mkdir -p "$root/.cache"
	rm -rf "$venv"
	# The interpreter's own torch, where it has one, stays in reach.
	"$python" -m venv --system-site-packages "$venv" >&2 || { say "$python cannot make a virtual environment"; exit 3; }
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
		-r "$requirements" >&2 || { say "PyPI gave no flashinfer-bench==$version or flashinfer-python==$flashinfer"; exit 3; }
	touch "$venv/complete"
fi

# The packages of scripts/checkpoints.sh come after the virtual environment's own.
transformers=$(sed -n 's/^transformers==//p' "$root/scripts/checkpoints-requirements.txt")
other=$root/.cache/transformers-$transformers
purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
pth=$("$venv/bin/python" -c "$purelib")/checkpoints.pth
rm -f "$pth"
if [ -f "$other/complete" ]; then
	"$other/bin/python" -c "$purelib" >"$pth"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
binary=${1:-}
if [ -z "$binary" ]; then
	binary=$work/fib-ls
	(cd "$root" && go build -o "$binary" ./cmd/fib-ls)
fi

# One name of every family, and of each form that a page size makes; small
# ones of those that are computed.
"$binary" define --out "$work/trace" --tp 2 \
	rmsnorm_h4096 fused_add_rmsnorm_h4096 gemm_n6144_k4096 \
	gqa_paged_decode_h32_kv8_d128_ps1 gqa_paged_decode_h32_kv8_d128_ps64 \
	gqa_paged_prefill_causal_h32_kv8_d128_ps1 gqa_paged_prefill_causal_h32_kv8_d128_ps64 \
	gqa_ragged_prefill_causal_h32_kv8_d128 \
	mla_paged_decode_h16_ckv512_kpe64_ps1 mla_paged_decode_h16_ckv512_kpe64_ps64 \
	mla_paged_prefill_causal_h16_ckv512_kpe64_ps1 mla_paged_prefill_causal_h16_ckv512_kpe64_ps64 \
	mla_ragged_prefill_causal_h16_qk192_vo128 \
	rope_with_cos_sin_cache_neox_style_d128_rd64 rope_with_cos_sin_cache_gptj_style_d128_rd64 \
	top_k_sampling_from_probs_v32000 top_p_sampling_from_probs_v32000 top_k_top_p_sampling_from_probs_v32000 \
	gdn_prefill_qk16_v32_d128_k_last gdn_decode_qk16_v32_d128_k_last gdn_mtp_qk16_v32_d128_k_last \
	dsa_sparse_attention_h16_ckv512_kpe64_topk2048_ps64 dsa_topk_indexer_fp8_h64_d128_topk2048_ps64 \
	mamba_ssu_decode_h128_d64_s128_ng8 moe_fp8_block_scale_renorm_topk8_e128_h2048_i768 \
	trtllm_fp4_block_scale_routed_moe_topk8_e128_h2048_i768 \
	gemm_n8_k16 rmsnorm_h16 fused_add_rmsnorm_h16 \
	gqa_paged_decode_h4_kv2_d8_ps1 gqa_paged_decode_h4_kv2_d8_ps4 \
	gqa_paged_prefill_causal_h4_kv2_d8_ps1 gqa_paged_prefill_causal_h4_kv2_d8_ps4 \
	gqa_ragged_prefill_causal_h4_kv2_d8 \
	mla_paged_decode_h4_ckv8_kpe4_ps1 mla_paged_decode_h4_ckv8_kpe4_ps4 \
	mla_paged_prefill_causal_h4_ckv8_kpe4_ps1 mla_paged_prefill_causal_h4_ckv8_kpe4_ps4 \
	mla_ragged_prefill_causal_h4_qk6_vo4 \
	rope_with_cos_sin_cache_neox_style_d8_rd4 rope_with_cos_sin_cache_gptj_style_d8_rd4 \
	rope_with_cos_sin_cache_neox_style_d8_rd8 \
	top_k_sampling_from_probs_v8 top_p_sampling_from_probs_v8 top_k_top_p_sampling_from_probs_v8 \
	gdn_prefill_qk2_v4_d8_k_last gdn_decode_qk2_v4_d8_k_last gdn_mtp_qk2_v4_d8_k_last \
	dsa_sparse_attention_h4_ckv8_kpe4_topk4_ps4 dsa_topk_indexer_fp8_h4_d8_topk4_ps4 mamba_ssu_decode_h4_d8_s8_ng2 \
	moe_fp8_block_scale_renorm_topk2_e4_h256_i128 trtllm_fp4_block_scale_routed_moe_topk2_e4_h8_i4
"$venv/bin/python" -B "$root/scripts/definitions-peer.py" "$work/trace"
