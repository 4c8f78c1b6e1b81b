#!/usr/bin/env bash
# Adds every model of the built-in catalogue to a copy of the fixture, and
# holds the file to TypeScript, to a zod schema with the web app's rules, to our own check, and to the entries that were
# there before.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/fib-ls" ./cmd/fib-ls
cp testdata/models.ts "$dir/models.ts"
"$dir/fib-ls" catalogue --ids >"$dir/batch.txt"
(cd "$dir" && ./fib-ls add --batch batch.txt --offline --models-ts models.ts --output-dir out 2>"$dir/log" | tail -1) || { cat "$dir/log"; exit 1; }
# Everything up to the array's end is as it was.
size=$(grep -abo '^]' testdata/models.ts | tail -1 | cut -d: -f1)
cmp -n "$size" testdata/models.ts "$dir/models.ts"
(cd scripts && [ -d node_modules/typescript ] && [ -d node_modules/zod ] || npm ci --silent --no-audit --no-fund --ignore-scripts)
node scripts/typecheck.mjs "$dir/models.ts"
node scripts/typecheck.mjs --values "$dir/models.ts" | node scripts/schema.mjs
"$dir/fib-ls" check --fail-level error "$dir/models.ts" | tail -3
