#!/usr/bin/env bash
# Drives the built server from Kakoune through kakoune-lsp, set up by the
# README's own block. Run by scripts/e2e.sh, which sets WORK (a scratch
# workspace) and README_KAK (the block).
set -uo pipefail
file=$WORK/web/apps/web/data/models.ts
session=fib-$$
passed=0
mkdir -p "$WORK/run" "$HOME/.config/kak-lsp"
export XDG_RUNTIME_DIR=$WORK/run XDG_CONFIG_HOME=$HOME/.config
cat >"$HOME/.config/kak-lsp/kak-lsp.toml" <<TOML
snippet_support = false
TOML
cat >"$WORK/kakrc" <<KAK
eval %sh{kak-lsp}
source "$README_KAK"
hook global BufCreate .*\.ts %{ set-option buffer filetype typescript }
hook global WinSetOption filetype=typescript lsp-enable-window
KAK

fail() {
  echo "not ok - kakoune: $1"
  kak -p "$session" <<<"evaluate-commands -buffer *debug* %{ write! $WORK/debug }" 2>/dev/null
  sleep 1
  tail -30 "$WORK/debug" 2>/dev/null
  kill "$kak" 2>/dev/null
  exit 1
}
ok() {
  passed=$((passed + 1))
  echo "ok - kakoune: $1"
}
wait_for() { # wait_for NAME COMMAND...: until it succeeds
  local name=$1
  shift
  for _ in $(seq 150); do
    if "$@"; then
      ok "$name"
      return
    fi
    sleep 0.2
  done
  fail "$name"
}
inside() { printf 'evaluate-commands -client main %%{ %s }\n' "$1" | kak -p "$session"; }

kak -n -ui dummy -s "$session" -e "rename-client main; source $WORK/kakrc; edit $file" >/dev/null 2>&1 &
kak=$!
wait_for "the editor is there" sh -c "printf 'nop' | kak -p '$session' 2>/dev/null"

errors() {
  inside "echo -to-file $WORK/errors %opt{lsp_diagnostic_error_count}"
  sleep 0.2
  [ "$(cat "$WORK/errors" 2>/dev/null)" -gt 0 ] 2>/dev/null
}
wait_for "diagnostics appear" errors

has() { # has TEXT: the buffer has it
  inside "write! -method overwrite $WORK/text"
  sleep 0.2
  grep -qF "$1" "$WORK/text" 2>/dev/null
}
at() { inside "execute-keys gg/$1<ret>"; }

hovered() {
  at gemm_n6144
  inside "lsp-hover-buffer fib-e2e"
  sleep 0.5
  inside "evaluate-commands -buffer *hover* %{ write! $WORK/hover }"
  sleep 0.2
  grep -qF 'n = 6144' "$WORK/hover" 2>/dev/null
}
wait_for "hover decodes a Definition" hovered

at layerz
inside "lsp-code-action-sync 'Change the parent to .layers.'"
wait_for "the quick fix is applied" has 'parent: "layers", type: "layer", definitions: ["gemm'
at 'layers: '
inside "lsp-rename decoder_layers"
wait_for "rename changes the key" has 'decoder_layers: {'
wait_for "and its parents" has 'parent: "decoder_layers"'

inside "lsp-execute-command fib-ls.addModel '[{\"repoId\":\"Qwen/Qwen3-0.6B\",\"offline\":true,\"skipSglang\":true}]'"
wait_for "the entry is inserted" has 'id: "qwen3-0.6b"'

printf 'kill! 0' | kak -p "$session"
wait "$kak" 2>/dev/null
echo "# $(kak -version | head -1), kak-lsp $(kak-lsp --version): $passed checks"
