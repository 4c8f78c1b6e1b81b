#!/usr/bin/env bash
# Puts the official SARIF 2.1.0 schema into .cache, for the test that holds
# `check --format sarif` to it. The schema is a constant of a public Go module,
# pinned, fetched through Go's own proxy and checksum database.
set -euo pipefail
cd "$(dirname "$0")/.."
to=.cache/sarif-schema-2.1.0.json
[ -s "$to" ] && exit 0
mkdir -p .cache
dir=$(cd "$(mktemp -d)" && go mod download -json github.com/owenrumney/go-sarif/v3@v3.3.1 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
awk -F'`' '/^const schema = `/ { on = 1; $0 = substr($0, index($0, "`") + 1); print; next } on && /`/ { print $1; exit } on { print }' \
  "$dir/pkg/report/v210/sarif/schema.go" >"$to.part"
mv "$to.part" "$to"
