#!/usr/bin/env bash
# Installs Kakoune from Debian and kakoune-lsp, which is on crates.io alone,
# below .cache/kak-lsp: once per version, a debug build, which takes half the
# time of one that is optimised. Where that cannot be, one line on standard
# output says why, and it ends with 1.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh
version=22.0.0
needed=1.85 # of rustc, for what kakoune-lsp is built from
root=$PWD/.cache/kak-lsp

cannot() {
  echo "$1"
  exit 1
}
recent() { # whether this rustc is new enough
  local have
  have=$(rustc --version 2>/dev/null | awk '{ print $2 }') && [ -n "$have" ] || return 1
  [ "$(printf '%s\n' "$needed" "$have" | sort -V | head -1)" = "$needed" ]
}

command -v kak >/dev/null || debian kakoune
installed=$("$root/bin/kak-lsp" --version 2>/dev/null) || installed=
[ "${installed##* }" != "$version" ] || exit 0 # it prints its name before
# Debian's own rustc is too old; the one that its browsers are built with is not.
recent && command -v cargo >/dev/null || debian cargo-web rustc-web
recent || cannot "kakoune-lsp $version needs rustc $needed, and here is $(rustc --version 2>/dev/null || echo none)"
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
echo "kakoune-lsp: building $version" >&2
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0
timeout 1200 cargo install kak-lsp --version "$version" --locked --debug --quiet --root "$root" --target-dir "$target" >"$target/log" 2>&1 || {
  tail -20 "$target/log" >&2
  cannot "kakoune-lsp $version could not be built"
}
