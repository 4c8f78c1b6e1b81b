#!/usr/bin/env bash
# Names what is missing on this machine that the Makefile cannot install.
set -euo pipefail
missing=0
need() { # need COMMAND WHAT HOW
  if ! command -v "$1" >/dev/null 2>&1; then
    echo "missing: $2. $3" >&2
    missing=1
  fi
}
need go "Go 1.26 or newer" "Install it from https://go.dev/dl/."
need "${CC:-gcc}" "a C compiler (tree-sitter's grammars are C)" "On Debian: apt-get install gcc libc6-dev."
need git "git" "On Debian: apt-get install git."
exit $missing
