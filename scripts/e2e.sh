#!/usr/bin/env bash
# Real editors against the built binary: Neovim and Emacs with eglot, set up by
# the README's own blocks, and the
# protocol's own client library. Each gets a scratch workspace and no network:
# the model that is added comes from the built-in catalogue, and the Hub that
# is cancelled never answers. An editor that is not installed is a failure, but
# for Kakoune, whose kakoune-lsp is built here: where it cannot be, it is said why.
#
#   scripts/e2e.sh [nvim|emacs|node|kakoune]...
set -uo pipefail
cd "$(dirname "$0")/.."
FIB_LS=${FIB_LS:-$PWD/fib-ls}
export FIB_LS
if [ ! -x "$FIB_LS" ]; then
  make -s build || exit 1
fi

work=$(mktemp -d)
hang_pid=
cleanup() {
  [ -z "$hang_pid" ] || kill "$hang_pid" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

node scripts/e2e/hang.mjs >"$work/port" &
hang_pid=$!
for _ in $(seq 100); do
  [ -s "$work/port" ] && break
  sleep 0.1
done
HANG=$(cat "$work/port")
export HANG

# The README's blocks run as they stand: they find the binary on PATH.
mkdir -p "$work/bin"
ln -s "$FIB_LS" "$work/bin/fib-ls"
export PATH=$work/bin:$PATH
block() { # block EDITOR LANGUAGE: the code that the README has people paste
  awk -v head="<summary>$1" -v fence="\`\`\`$2" '
    printing && $0 == "```" { exit }
    printing { print }
    index($0, head) { inside = 1 }
    inside && !printing && $0 == fence { printing = 1 }
  ' README.md
}
block Neovim lua >"$work/readme.lua"
block "Emacs (eglot)" elisp >"$work/readme.el"
block "Kakoune (kakoune-lsp)" "" >"$work/readme.kak"
for file in readme.lua readme.el readme.kak; do
  [ -s "$work/$file" ] || { echo "e2e: the README has no block for $file" >&2; exit 1; }
done
export README_LUA=$work/readme.lua README_EL=$work/readme.el README_KAK=$work/readme.kak

home=$HOME # where cargo is, when there is one
failed=0
drive() { # drive NAME COMMAND...: one editor in a workspace of its own
  local name=$1
  shift
  export WORK=$work/$name HOME=$work/home-$name XDG_CACHE_HOME=$work/home-$name/.cache HF_HOME=$work/home-$name/hf
  export FIB_LS_CACHE_DIR=$work/home-$name/fib-ls
  mkdir -p "$WORK/web/apps/web/data" "$HOME"
  cp scripts/e2e/models.ts "$WORK/web/apps/web/data/models.ts"
  if timeout 180 "$@" >"$work/$name.log" 2>&1; then
    grep -E '^# ' "$work/$name.log"
  else
    cat "$work/$name.log"
    echo "--- FAIL: editors/$name" >&2
    failed=1
  fi
}

for editor in "${@:-nvim emacs node kakoune}"; do
  for one in $editor; do
    case $one in
    nvim) drive nvim nvim --headless -u NONE -i NONE -n -c 'luafile scripts/e2e/nvim.lua' ;;
    emacs) drive emacs emacs -Q --batch -l scripts/e2e/emacs.el ;;
    node)
      [ -d scripts/e2e/node/node_modules ] || (cd scripts/e2e/node && npm ci --silent --no-audit --no-fund --ignore-scripts)
      drive node node scripts/e2e/node/client.mjs
      ;;
    kakoune)
      if why=$(HOME=$home scripts/install-kakoune.sh); then
        PATH=$PWD/.cache/kak-lsp/bin:$PATH drive kakoune scripts/e2e/kakoune.sh
      else
        echo "--- SKIP: editors/kakoune: $why"
      fi
      ;;
    *)
      echo "e2e: there is no $one" >&2
      failed=1
      ;;
    esac
  done
done
exit $failed
