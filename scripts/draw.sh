#!/bin/sh
# Draws entries of twelve kinds of models as FlashInfer-Bench's web app draws
# its own, with its own component in Chromium, and prints what is cut, overlaps
# or lies outside (docs/drawing.md).
#
#   scripts/draw.sh CLONE [FIB-LS]     CLONE: of flashinfer-ai/flashinfer-bench
#
# Needs node, npm and Chromium (CHROMIUM names it). Pictures of PICTURES (ids)
# go into docs/.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
clone=$(cd "${1:?a clone of flashinfer-ai/flashinfer-bench}" && pwd)
work=$root/.cache/draw
mkdir -p "$work"
cp "$root/scripts/draw/package.json" "$root/scripts/draw/package-lock.json" "$work/"
npm ci --prefix "$work" --no-audit --no-fund --silent
binary=${2:-$work/fib-ls}
[ -n "${2:-}" ] || (cd "$root" && go build -o "$binary" ./cmd/fib-ls)

rm -f "$work/models.ts"
for repo in Qwen/Qwen3-32B Qwen/Qwen3-30B-A3B deepseek-ai/DeepSeek-V3 deepseek-ai/DeepSeek-V3.2 Qwen/Qwen3-Next-80B-A3B-Instruct \
	nvidia/Nemotron-H-8B-Base-8K google/gemma-3-27b-it openai/gpt-oss-120b LiquidAI/LFM2-1.2B MiniMaxAI/MiniMax-Text-01 \
	meta-llama/Llama-4-Scout-17B-16E-Instruct deepseek-ai/DeepSeek-V4-Flash; do
	name=$(echo "${repo#*/}" | tr 'A-Z_' 'a-z-')-fib-ls
	"$binary" add --hf-repo-id "$repo" --model-name "$name" --models-ts "$work/models.ts" --output-dir "$work/out" --offline --quiet >/dev/null
done
cd "$work"
# shellcheck disable=SC2086 # a list of ids
node "$root/scripts/draw/draw.mjs" "$clone/web" "$work/models.ts" "$root/docs" ${PICTURES:-}
