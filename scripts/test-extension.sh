#!/usr/bin/env bash
# The extension's types, lint and unit tests.
set -euo pipefail
cd "$(dirname "$0")/../vscode-extension"
stamp=node_modules/.installed-$(sha256sum package-lock.json | cut -d' ' -f1)
if [ ! -e "$stamp" ]; then
  npm ci --silent --no-audit --no-fund --ignore-scripts
  touch "$stamp"
fi
npm run --silent check
npm run --silent lint
npm test --silent
