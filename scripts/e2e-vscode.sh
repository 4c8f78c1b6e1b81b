#!/usr/bin/env bash
# The built extension in the real editor: code-server, driven in headless
# Chromium, on a copy of the web application's folder, with the fake Hub.
# Arguments choose tests by a part of their name.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-code-server.sh
OUT=.cache/vsix scripts/vsix.sh --host
mkdir -p .cache/bin
go build -o .cache/bin/fakehub ./phases/extract/hub/cmd/fakehub
exec node vscode-extension/e2e/run.mjs "$@"
