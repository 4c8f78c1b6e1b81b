#!/usr/bin/env bash
# The long forms of tests that make test runs short: scripts/soak.sh [NAME…]
# with the names below (default: all). EDITS, KILLS, REQUESTS, FLOOD and SEED
# change their size and their random moments.
set -uo pipefail
cd "$(dirname "$0")/.."
seed=${SEED:-7}
passed=0 failed=()
wanted=" $* "

long() { # long NAME COMMAND...
  local name=$1
  shift
  [ "$wanted" = "  " ] || [[ "$wanted" == *" $name "* ]] || return 0
  echo "=== $name: $*"
  local begin=$SECONDS
  if env FIB_LS_LONG=1 FIB_LS_SEED="$seed" "$@"; then
    passed=$((passed + 1))
    echo "--- passed: $name, $((SECONDS - begin)) s"
  else
    failed+=("$name")
    echo "--- FAILED: $name, $((SECONDS - begin)) s"
  fi
}

has() { # has PACKAGE PATTERN: whether the package has such a test
  local tests
  tests=$(go test -list "$2" "$1") || return 1
  [[ "$tests" == Test* ]]
}

go_test() { # go_test PACKAGE PATTERN [FLAGS of the test...]
  local package=$1 pattern=$2
  shift 2
  if ! has "$package" "$pattern"; then
    echo "$package has no test $pattern" >&2
    return 1
  fi
  go test -count=1 -timeout 12h -v -run "$pattern" "$package" "$@" | grep -vE '^(=== |[[:space:]]*$)'
}
# env runs programs, not functions: long calls this script for them.
if [ "${1:-}" = --go-test ]; then
  shift
  go_test "$@"
  exit
fi

# Text in step with an editor: random edits against a fresh parse.
long edits "$0" --go-test ./tsast '^TestIncremental$' -edits "${EDITS:-1000000}" -seed "$seed"
# The same through the language server, with its positions and diagnostics;
# a long life: memory, goroutines and files stay flat.
long text-in-step "$0" --go-test ./lsp '^TestTextInStep$' -soak.count "${EDITS:-1000000}" -soak.seed "$seed"
long long-life "$0" --go-test ./lsp '^TestLongLife$' -soak.requests "${REQUESTS:-200000}" -soak.seed "$seed"
# Floods of that many edits and of as many cancelled requests.
long floods "$0" --go-test ./lsp '^TestFloods$' -soak.flood "${FLOOD:-100000}"
# kill -9 at that many moments of each of add, add --update, check --fix and
# add --batch.
long kill env FIB_LS_KILLS="${KILLS:-250}" "$0" --go-test ./cmd/fib-ls '^TestKillAdd$'
long writers env FIB_LS_ROUNDS=100 "$0" --go-test ./cmd/fib-ls '^TestWritersAtOnce$'
# A models.ts of 1,000 times upstream's size.
long huge "$0" --go-test ./cmd/fib-ls '^TestHugeFile$'

echo
echo "$passed passed, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
[ ${#failed[@]} -eq 0 ]
