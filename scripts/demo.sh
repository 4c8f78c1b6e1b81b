#!/usr/bin/env bash
# The main job on the embedded default, offline: one dense model and one with
# MLA and experts go into a copy of a real-shaped models.ts.
set -euo pipefail
bin=$(realpath "${1:-./fib-ls}")
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/fib-ls-demo.XXXXXX")
mkdir -p "$dir/web/apps/web/data"
cp "$here/testdata/models.ts" "$dir/web/apps/web/data/models.ts"
cp "$dir/web/apps/web/data/models.ts" "$dir/before.ts"
cd "$dir"
echo "== fib-ls add --model-name llama-3.3-70b --hf-repo-id meta-llama/Llama-3.3-70B-Instruct --offline"
"$bin" add --model-name llama-3.3-70b --hf-repo-id meta-llama/Llama-3.3-70B-Instruct --offline
echo
echo "== fib-ls add --model-name kimi-k2 --hf-repo-id moonshotai/Kimi-K2-Instruct --offline"
"$bin" add --model-name kimi-k2 --hf-repo-id moonshotai/Kimi-K2-Instruct --offline
echo
echo "== the change of models.ts"
diff -u before.ts web/apps/web/data/models.ts || true
echo
echo "== model_analysis_kimi-k2/model_addition_summary.md"
cat model_analysis_kimi-k2/model_addition_summary.md
echo
echo "Everything is in $dir"
