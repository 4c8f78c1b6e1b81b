#!/usr/bin/env bash
# Installs what the tests need beyond the prerequisites: Debian packages (Node,
# Python, the editors), npm packages for TypeScript, the SGLang package to read. What is
# there already is not installed again.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/debian.sh

# All that is missing is named before it ends, not only the first.
missing=0
need() { # need COMMAND PACKAGE...
  command -v "$1" >/dev/null || debian "${@:2}" >&2 || missing=1
}
need node nodejs
need npm npm
need python3 python3 python3-venv
need nvim neovim
need emacs emacs-nox
ls /usr/share/emacs/site-lisp/elpa-src 2>/dev/null | grep -q eglot || debian elpa-eglot >&2 || missing=1
need chromium chromium
need rg ripgrep
[ $missing = 0 ] || exit 1
scripts/sarif-schema.sh || echo "the SARIF schema could not be fetched" >&2
if [ -f scripts/package.json ] && [ ! -e scripts/node_modules/.installed-"$(sha256sum scripts/package-lock.json | cut -c1-16)" ]; then
  (cd scripts && npm ci --silent --no-audit --no-fund --ignore-scripts && touch node_modules/.installed-"$(sha256sum package-lock.json | cut -c1-16)")
fi
