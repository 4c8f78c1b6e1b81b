#!/usr/bin/env bash
# Every test of the project: lint, Go tests with the race detector, the
# TypeScript of the extension, and real editors. Ends with one line that counts
# them; what is skipped is printed with its reason.
set -uo pipefail
cd "$(dirname "$0")/.."
export FIB_LS_TEST_ALL=1
passed=0 failed=0 skipped=0
out=.cache/test
mkdir -p "$out"

step() { # step NAME COMMAND...: one test that is a whole program
  local name=$1
  shift
  echo "=== $name"
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "--- FAIL: $name" >&2
  fi
}

skip() { # skip NAME WHY
  skipped=$((skipped + 1))
  echo "--- SKIP: $1: $2"
}

step "install what the tests need" scripts/install-test-tools.sh
step "lint" scripts/lint.sh

# The SGLang reader is tested on the real source: the pinned package, unpacked
# and never imported.
if FIB_LS_SGLANG_SRC=$(scripts/fetch-package.sh sglang); then
  export FIB_LS_SGLANG_SRC
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  echo "--- FAIL: the sglang package could not be unpacked" >&2
  unset FIB_LS_SGLANG_SRC
fi
# Python's huggingface_hub is the peer of the Hub client.
export FIB_LS_HUB_PEER=1

echo "=== go test -race ./..."
go test -race -timeout 40m -json ./... >"$out/go.json"
go run ./scripts/testsummary <"$out/go.json" >"$out/go.txt"
status=$?
cat "$out/go.txt"
read -r p f s < <(tail -1 "$out/go.txt")
passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
[ $status -eq 0 ] || failed=$((failed + (f == 0)))

step "tiny checkpoints that transformers saves are read as their testdata says" scripts/checkpoints.sh
step "TypeScript accepts every generated entry" scripts/typecheck.sh
step "flashinfer-bench loads the Definitions that we write" scripts/definitions-peer.sh
step "the extension: types, lint, unit tests" scripts/test-extension.sh
step "editors: Neovim, Emacs, Kakoune, the protocol's own client" scripts/e2e.sh
step "editors: VS Code (code-server in Chromium)" scripts/e2e-vscode.sh
skip "govulncheck" "it asks a service beyond the package registries; the release workflow runs it"
skip "npm audit" "it asks a service beyond the package registries; the release workflow runs it"

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
